"""Events in a trader's words, for the outcomes of scenarios. README.md has the list."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tests.model.events import Event, EventKind
from tests.model.limits import OUTSIDE
from tests.model.rejects import Reason
from tests.scenarios.dealer_words import of_dealer
from tests.scenarios.risk_phrases import is_told_here, told
from tests.scenarios.words import PHASES

WHY_CANCELED: Final = {
    1: "by owner",
    2: "unfilled",
    3: "not possible",
    4: "replaced by no more",
    5: "own order",
    6: "expired",
    7: "mass",
    8: "linked",
    9: "no funds",
    10: "off terms",
    11: "delisted",
    12: "nothing to reduce",
}
NAMED: Final = {5, 6, 7, 8, 9, 10, 11, 12}
"""Reasons with which an order is always called by its name."""
CAUSES: Final = {1: "", 2: " by schedule", 3: " by band", 4: " by unclean start", 5: " by auction end"}
SIDES: Final = {0: "", 1: " buy", 2: " sell"}


@dataclass(frozen=True, slots=True)
class Names:
    """What things are called; `own` are the references that the command itself names."""

    assets: Mapping[int, str]
    symbols: Mapping[int, str]
    order: Callable[[int, int, int], str]
    account: str
    own: set[str]
    accounts: Mapping[int, str]

    def lots(self, event: Event, lots: int) -> str:
        """An order of the event and so many lots of it."""
        return self.order(event.account, event.client_ref, lots)

    def is_own(self, event: Event) -> bool:
        """The event is of the order that the command names."""
        account, reference, _ = self.lots(event, 0).split()
        return account == self.account and reference in self.own

    def on(self, event: Event) -> str:
        """` on ABC`, for an instrument other than the usual one."""
        symbol = self.symbols.get(event.instrument, "XYZ")
        return "" if symbol == "XYZ" else f" on {symbol}"


def phrases(events: list[Event], names: Names) -> Iterator[str]:
    """A phrase for each event; the three events of a trade make one, and so do the two of a posting."""
    left = list(events)
    while left:
        event = left.pop(0)
        kind = EventKind(event.kind)
        if phrase := of_dealer(event, left, names):
            yield phrase
        elif is_told_here(event):
            yield told(event, left, names)
        elif kind == EventKind.Traded:
            yield trade(event, left.pop(0), left.pop(0))
        elif kind == EventKind.Posted:
            outside = left.pop(0)
            assert (outside.kind, outside.account, outside.value) == (EventKind.Posted, OUTSIDE, -event.value)
            yield f"posted {names.assets[event.instrument]} {event.value}"
        elif kind in OF_ORDERS:
            yield OF_ORDERS[kind](event, names)
        else:
            yield OTHERS[kind](event)


def trade(traded: Event, resting: Event, incoming: Event) -> str:
    """`trade 4 @ 100`, with the fees of resting and incoming order where there are any."""
    for filled, detail in ((resting, 1), (incoming, 2)):
        got = (filled.kind, filled.detail, filled.price, filled.quantity, filled.value)
        assert got == (EventKind.Filled, detail, traded.price, traded.quantity, traded.value)
    fees = f" fees {resting.fee} and {incoming.fee}" if resting.fee or incoming.fee else ""
    return f"trade {traded.quantity} @ {traded.price}{fees}"


def canceled(event: Event, names: Names) -> str:
    """`canceled 4 by owner`, with what is still open; of another order than the command's `canceled A a1 4 linked`."""
    named = event.detail in NAMED or not names.is_own(event)
    lots = names.lots(event, event.quantity) if named else str(event.quantity)
    left = f" left {event.leaves}" if event.leaves else ""
    return f"canceled {lots} {WHY_CANCELED[event.detail]}{left}"


def accepted(event: Event, names: Names) -> str:
    """`accepted`, of a market to limit order `accepted @ 101`; of a quote `accepted A q.bid 5`."""
    if not names.is_own(event):
        return f"accepted {names.lots(event, event.quantity)}"
    return f"accepted @ {event.price}" if event.value & 255 == 3 else "accepted"


def replaced(event: Event, _: Names) -> str:
    """`replaced 10 @ 100 open 6 in place`, or `behind`."""
    place = "in place" if event.detail == 1 else "behind"
    return f"replaced {event.quantity} @ {event.price} open {event.leaves} {place}"


def phase_changed(event: Event, names: Names) -> str:
    """`phase halt by band`."""
    name = next(name for name, number in PHASES.items() if number == event.detail)
    return f"phase {name}{CAUSES[event.fee]}{names.on(event)}"


def auction(word: str, event: Event, names: Names) -> str:
    """`uncrossed 10 @ 100 left 5 sell`, or `nothing`."""
    if not event.price:
        return f"{word} nothing{names.on(event)}"
    left = f" left {event.leaves}{SIDES[event.side]}" if event.leaves else ""
    return f"{word} {event.quantity} @ {event.price}{left}{names.on(event)}"


OF_ORDERS: Final[dict[EventKind, Callable[[Event, Names], str]]] = {
    EventKind.Accepted: accepted,
    EventKind.Canceled: canceled,
    EventKind.Replaced: replaced,
    EventKind.Triggered: lambda event, names: f"triggered {names.lots(event, event.quantity)} by {event.fee}",
    EventKind.Refilled: lambda event, names: f"refilled {names.lots(event, event.quantity)} of {event.leaves}",
    EventKind.Activated: lambda event, names: f"activated {names.lots(event, event.quantity)}",
    EventKind.PhaseChanged: phase_changed,
    EventKind.Uncrossed: lambda event, names: auction("uncrossed", event, names),
    EventKind.Indicated: lambda event, names: auction("indicated", event, names),
}

OTHERS: Final[dict[EventKind, Callable[[Event], str]]] = {
    EventKind.SourceDefined: lambda event: f"source {event.value} defined",
    EventKind.AssetDefined: lambda event: f"asset {event.instrument} defined",
    EventKind.InstrumentListed: lambda event: f"instrument {event.instrument} listed",
    EventKind.AccountOpened: lambda event: f"account {event.account} opened",
    EventKind.SessionDefined: lambda event: f"session {event.value} defined",
    EventKind.Rejected: lambda event: f"rejected {Reason(event.detail).name}",
    EventKind.Ticked: lambda event: f"ticked at {event.at_ns}",
    EventKind.Closed: lambda event: f"closed at {event.at_ns}",
    EventKind.SweepBegun: lambda _: "sweep begun",
    EventKind.SweepEnded: lambda event: f"sweep ended {event.quantity}",
    EventKind.ScheduleSet: lambda event: f"scheduled {event.quantity}",
    EventKind.ReferenceSet: lambda event: f"reference {event.price} was {event.value}",
    EventKind.RulesSet: lambda _: "rules set",
    EventKind.TicksSet: lambda event: f"ticks {event.quantity}",
    EventKind.UncleanStarted: lambda _: "unclean start",
}
