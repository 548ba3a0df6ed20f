"""How events of accounts, risk and days read in the outcomes of scenarios."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from tests.model.events import Event, EventKind
from tests.model.limits import OUTSIDE, SETTLEMENT


class Called(Protocol):
    """What things are called."""

    @property
    def assets(self) -> Mapping[int, str]:
        """By number."""

    @property
    def symbols(self) -> Mapping[int, str]:
        """Of instruments, by number."""

    @property
    def accounts(self) -> Mapping[int, str]:
        """By number."""

    def lots(self, event: Event, lots: int) -> str:
        """An order of the event and so many lots of it."""


Tell = Callable[[Event, list[Event], Called], str]
"""An event, those that follow it and may be told with it, and the names."""


def posted(event: Event, left: list[Event], names: Called) -> str:
    """`A usd 100` for a leg of a bust; `A xyz 10 more`, `A xyz 10 less` for both of a split."""
    leg = f"{names.accounts[event.account]} {names.assets[event.instrument]}"
    if event.detail in {3, 4}:
        return f"{leg} {event.value}"
    other = left.pop(0)
    assert (other.kind, other.value) == (EventKind.Posted, -event.value)
    if event.detail == 6:
        assert other.account == OUTSIDE
        return f"{leg} {abs(event.value)} {'more' if event.value > 0 else 'less'}"
    marked = left.pop(0)
    assert other.account == SETTLEMENT
    assert (marked.kind, marked.value) == (EventKind.PositionMarked, event.value)
    gained = f"gains {event.value}" if event.value >= 0 else f"loses {-event.value}"
    return f"{names.accounts[marked.account]} {marked.quantity} {gained}"


def prices(event: Event, left: list[Event], names: Called) -> str:
    """`XYZ 100 first 99 high 101 low 98 settled 0 lots 5 trades 2 value 500`."""
    turnover = left.pop(0)
    assert turnover.kind == EventKind.DayTurnover
    return (
        f"{names.symbols[event.instrument]} {event.price} first {event.quantity} high {event.leaves}"
        f" low {event.value} settled {event.fee}"
        f" lots {turnover.quantity} trades {turnover.leaves} value {turnover.value}"
    )


def split_order(event: Event, left: list[Event], names: Called) -> str:
    """`A a1 20 @ 50`."""
    return f"{names.lots(event, event.leaves)} @ {event.price}"


def busted(event: Event, left: list[Event], names: Called) -> str:
    """`busted 10 @ 100`, `corrected 10 @ 100 to 99`."""
    trade = f"{event.quantity} @ {event.price}"
    return f"corrected {trade} to {event.fee}" if event.fee else f"busted {trade}"


def plan_changed(event: Event, left: list[Event], names: Called) -> str:
    """`A to plan 2 for 1000`."""
    return f"{names.accounts[event.account]} to plan {event.detail} for {event.value}"


RISK_PHRASES: Final[dict[EventKind, Tell]] = {
    EventKind.FeePlanDefined: lambda event, _, __: f"plan {event.value} defined",
    EventKind.GroupDefined: lambda event, _, __: f"group {event.value} defined with {event.quantity} tiers",
    EventKind.AccountChanged: lambda *_: "account changed",
    EventKind.LimitsSet: lambda *_: "limited",
    EventKind.KillSet: lambda event, _, __: "killed" if event.detail else "revived",
    EventKind.RestrictionSet: lambda event, _, __: "restricted" if event.detail else "allowed",
    EventKind.DayEnded: lambda event, _, __: f"day {event.value} ended",
    EventKind.DayPrices: prices,
    EventKind.FeePlanChanged: plan_changed,
    EventKind.InstrumentChanged: lambda *_: "changed",
    EventKind.InstrumentSplit: lambda event, _, __: f"split {event.quantity} for {event.leaves}",
    EventKind.OrderSplit: split_order,
    EventKind.TradeBusted: busted,
}


def is_told_here(event: Event) -> bool:
    """The event is one of these words'."""
    return (
        EventKind(event.kind) in RISK_PHRASES
        or (event.kind == EventKind.Posted and event.detail in {3, 4, 5, 6})
        or (event.kind == EventKind.ReferenceSet and event.detail == 2)
    )


def told(event: Event, left: list[Event], names: Called) -> str:
    """The phrase for an event, and for those that follow it and belong to it."""
    others: dict[EventKind, Tell] = {
        EventKind.Posted: posted,
        EventKind.ReferenceSet: lambda event, _, __: f"settled at {event.price}",
    }
    return (RISK_PHRASES | others)[EventKind(event.kind)](event, left, names)
