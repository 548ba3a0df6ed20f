"""SetPhase, SetSchedule and Tick, from docs/concepts/phases.md: what changes a phase, what is due at its time."""

from itertools import pairwise
from typing import Final

from tests.model import sweeps
from tests.model.auction import work_out
from tests.model.book import crossed
from tests.model.commands import Command
from tests.model.due import after_cancel, start
from tests.model.events import EventKind, Reply
from tests.model.limits import BILLION, LOOKS_PER_EVENT, MAX_SCHEDULED, MAX_SWEEPS
from tests.model.links import reduce_to
from tests.model.phases import AUCTIONS, BY_AUCTION_END, BY_COMMAND, BY_SCHEDULE, change
from tests.model.rejects import Reason, lowest
from tests.model.state import (
    CLOSED,
    COLLECTING,
    CONTINUOUS,
    DELISTED,
    GOOD_TILL_DATE,
    HALT,
    OPENING_AUCTION,
    SUSPENDED,
    Instrument,
    Order,
    State,
)
from tests.model.trading import EXPIRED

EXPIRY: Final = 0
AUCTION_END: Final = 1
SCHEDULE: Final = 2

Due = tuple[int, int, int]
"""When, which of the three, and of what: sorts what a Tick has to do."""


def set_phase(state: State, command: Command, reply: Reply) -> Reason | None:
    """SetPhase -> the steps of the change; a delisting sweeps all orders away."""
    number, new = command["instrument"], command["phase"]
    instrument = state.instruments.get(number)
    if instrument is None:
        return Reason.InstrumentUnknown
    reason = lowest(
        {
            Reason.PhaseInvalid: is_invalid(instrument, new) or is_blocked(instrument, new),
            Reason.ReferenceUnknown: lacks_reference(instrument, new),
            Reason.WorkFull: new == DELISTED and len(state.sweeps) >= MAX_SWEEPS,
            Reason.InstrumentBusy: instrument.busy,
        }
    )
    if reason:
        return reason
    start(state, instrument, change(state, instrument, new, BY_COMMAND, named=True))
    if new == DELISTED:
        sweeps.delist(state, command, reply)
    return None


def is_invalid(instrument: Instrument, new: int) -> bool:
    """The instrument cannot go to this phase, whatever stands in its book."""
    old = instrument.phase
    return (
        not CONTINUOUS <= new <= DELISTED
        or old in {new, DELISTED}
        or (new == DELISTED and old not in {CLOSED, SUSPENDED})
        or (instrument.dealing is not None and new in COLLECTING)
    )


def is_blocked(instrument: Instrument, new: int) -> bool:
    """A crossed book becomes continuous through an auction only."""
    return new == CONTINUOUS and instrument.phase not in AUCTIONS and crossed(instrument)


def lacks_reference(instrument: Instrument, new: int) -> bool:
    """The opening auction ends with a reference price only."""
    return instrument.phase == OPENING_AUCTION and new in {CONTINUOUS, CLOSED} and not instrument.reference


def set_schedule(state: State, command: Command, reply: Reply) -> Reason | None:
    """SetSchedule -> ScheduleSet."""
    items = [(item["at_ns"], item["phase"]) for item in command.items]
    reason = lowest(
        {
            Reason.InstrumentUnknown: command["instrument"] not in state.instruments,
            Reason.ScheduleInvalid: len(items) > MAX_SCHEDULED
            or any(not CONTINUOUS <= phase <= CLOSED for _, phase in items)
            or any(after <= before for (before, _), (after, _) in pairwise(items))
            or any(at_ns <= state.at_ns for at_ns, _ in items[:1]),
        }
    )
    if reason:
        return reason
    state.instruments[command["instrument"]].schedule = items
    reply.say(EventKind.ScheduleSet, instrument=command["instrument"], quantity=len(items))
    return None


def tick(state: State, command: Command, reply: Reply) -> Reason | None:
    """Tick -> Ticked, what is due by now, and what auctions would give."""
    reply.say(EventKind.Ticked)
    done = 0
    while what := due_now(state):
        if not state.has_room(6) or done == LOOKS_PER_EVENT * state.slice_events:
            break
        done += 1
        do(state, min(what))
    indicate(state)
    return None


def next_due_ns(state: State) -> int | None:
    """The earliest time at which a Tick would do something other than indicate."""
    return min((at_ns for at_ns, _, _ in timed(state)), default=None)


def timed(state: State) -> list[Due]:
    """Everything that has a time, save what is due of busy instruments."""
    found = [
        (order.expire_s * BILLION, EXPIRY, order.order_id)
        for account in state.accounts.values()
        for order in account.open.values()
        if order.time_in_force == GOOD_TILL_DATE
    ]
    for number, instrument in state.instruments.items():
        if instrument.busy:
            continue
        if instrument.auction_ends is not None:
            found.append((instrument.auction_ends, AUCTION_END, number))
        if instrument.schedule:
            found.append((instrument.schedule[0][0], SCHEDULE, number))
    return found


def due_now(state: State) -> list[Due]:
    """What is due at the time of the command."""
    return [each for each in timed(state) if each[0] <= state.at_ns]


def do(state: State, each: Due) -> None:
    """One thing that is due."""
    _, what, which = each
    if what == EXPIRY:
        expire(state, which)
        return
    instrument = state.instruments[which]
    if what == AUCTION_END:
        start(state, instrument, change(state, instrument, CONTINUOUS, BY_AUCTION_END))
        return
    _, new = instrument.schedule.pop(0)
    if instrument.phase in {SUSPENDED, DELISTED} or is_invalid(instrument, new):
        return
    if is_blocked(instrument, new) or lacks_reference(instrument, new):
        new = HALT
    if new != instrument.phase:
        start(state, instrument, change(state, instrument, new, BY_SCHEDULE))


def expire(state: State, order_id: int) -> None:
    """An order good till date has expired, wherever it stands."""
    found: list[Order] = [
        order for account in state.accounts.values() for order in account.open.values() if order.order_id == order_id
    ]
    reduce_to(state, found[0], 0, EXPIRED)
    after_cancel(state, state.instrument_of(found[0]))


def indicate(state: State) -> None:
    """Indicated, for auctions of which it differs from what was said last."""
    for number in sorted(state.instruments):
        instrument = state.instruments[number]
        if instrument.phase not in AUCTIONS or instrument.busy:
            continue
        auction = work_out(instrument)
        now = (auction.price, auction.volume, auction.left_over)
        if now == instrument.indicated:
            continue
        if not state.has_room(1):
            return
        instrument.indicated = now
        state.reply.say(
            EventKind.Indicated,
            named=False,
            instrument=number,
            price=auction.price,
            quantity=auction.volume,
            leaves=auction.left_over,
            side=auction.side,
        )
