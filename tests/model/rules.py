"""SetRules, SetTicks and SetReference, from docs/concepts/phases.md, "Rules"."""

from itertools import pairwise

from tests.model.bands import AUCTION, REFUSED
from tests.model.commands import Command
from tests.model.days import settle_price
from tests.model.due import settle_all
from tests.model.events import EventKind, Reply
from tests.model.limits import BILLION, MAX_TICK_STEPS
from tests.model.rejects import Reason, lowest
from tests.model.state import Rules, State


def set_rules(state: State, command: Command, reply: Reply) -> Reason | None:
    """SetRules -> RulesSet."""
    rules = Rules(**{name: command[name] for name in Rules.__slots__})
    widths = [rules.static_band, rules.dynamic_band, rules.collar]
    banded = rules.static_band != 0 or rules.dynamic_band != 0
    instrument = state.instruments.get(command["instrument"])
    dealt = instrument is not None and instrument.dealing is not None
    shortest = 1 if AUCTION in {rules.band_action, rules.resume} else 0
    reason = lowest(
        {
            Reason.InstrumentUnknown: command["instrument"] not in state.instruments,
            Reason.BandInvalid: not all(0 <= width <= BILLION for width in widths)
            or rules.band_action not in ({REFUSED, AUCTION} if banded else {0})
            or rules.resume > 2
            or (dealt and (banded or rules.collar != 0 or rules.resume == AUCTION))
            or not shortest <= rules.auction_ns <= 86_400 * BILLION,
        }
    )
    if reason:
        return reason
    state.instruments[command["instrument"]].rules = rules
    reply.say(EventKind.RulesSet, instrument=command["instrument"])
    return None


def set_ticks(state: State, command: Command, reply: Reply) -> Reason | None:
    """SetTicks -> TicksSet; pegs may move."""
    steps = [(item["from_price"], item["tick"]) for item in command.items]
    reason = lowest(
        {
            Reason.TickInvalid: len(steps) > MAX_TICK_STEPS
            or any(start < 1 or tick < 1 or start % tick != 0 for start, tick in steps)
            or any(after <= before for (before, _), (after, _) in pairwise(steps)),
            Reason.InstrumentUnknown: command["instrument"] not in state.instruments,
        }
    )
    if reason:
        return reason
    state.instruments[command["instrument"]].ticks = steps
    reply.say(EventKind.TicksSet, instrument=command["instrument"], quantity=len(steps))
    settle_all(state)
    return None


def set_reference(state: State, command: Command, reply: Reply) -> Reason | None:
    """SetReference -> ReferenceSet; a settlement price is the matter of the days."""
    instrument, price = state.instruments.get(command["instrument"]), command["price"]
    if instrument is None:
        return Reason.InstrumentUnknown
    in_range = instrument.min_price <= price <= instrument.max_price
    if command["what"] not in {1, 2} or not in_range or not instrument.on_tick(price):
        return Reason.ReferenceInvalid
    if command["what"] == 2:
        return settle_price(state, command, reply)
    reply.say(
        EventKind.ReferenceSet,
        instrument=command["instrument"],
        detail=1,
        price=price,
        value=instrument.reference,
    )
    instrument.reference = price
    return None
