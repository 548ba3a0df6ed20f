"""How an instrument stands: phase, prices, schedule, what its auction would give. Touches `records`.

A fold of single events; `directory.py` hands them over in order.
"""

from dataclasses import dataclass
from typing import Final

from garraway.records import EVENTS, EventArray, Phase, PriceKind, body, items
from garraway.units import TickTable


@dataclass(frozen=True, slots=True)
class Auction:
    """What an auction gave, or would give now: price (0: none), lots, lots left over and of which side."""

    price: int
    lots: int
    left_over: int
    side: int


@dataclass(frozen=True, slots=True)
class Change:
    """A change of phase at a time."""

    at_ns: int
    phase: int


@dataclass(frozen=True, slots=True)
class Rules:
    """Price bands and collar in 1e-9 of the price, and how long a volatility auction lasts."""

    static_band: int
    dynamic_band: int
    collar: int
    auction_ns: int
    band_action: int
    resume: int


@dataclass(slots=True)
class Standing:
    """One instrument; prices in price units, 0 where there is none."""

    ticks: TickTable
    phase: Phase = Phase.CONTINUOUS
    since_ns: int = 0
    """When the phase came."""
    reference: int = 0
    last: int = 0
    settlement: int = 0
    base: int = 0
    """What the day's change is counted from: the reference price when the day began, or the day's first price."""
    schedule: tuple[Change, ...] = ()
    """The changes of the last `ScheduleSet`, those that its tail holds; past ones among them."""
    scheduled_id: int = 0
    """Id of that event."""
    settled_id: int = 0
    """Id of the event that set the settlement price."""
    indicated: Auction | None = None
    """What the present auction would give; None until that was said."""
    uncrossed: Auction | None = None
    """What the last auction gave."""
    rules: Rules | None = None

    def next_change(self, now_ns: int) -> Change | None:
        """The next change of phase that is known of, later than `now_ns`."""
        coming = [change for change in self.schedule if change.at_ns > now_ns]
        if self.phase is Phase.VOLATILITY_AUCTION and self.rules is not None:
            coming.append(Change(self.since_ns + self.rules.auction_ns, Phase.CONTINUOUS))
        return min(coming, key=lambda change: change.at_ns, default=None)

    def traded(self, price: int) -> None:
        """A trade, or the last of several."""
        self.last = price
        self.base = self.base or price

    def end_day(self, day_ended_id: int) -> None:
        """The roll of the day; `day_ended_id` is that of the `DayEnded` before: was a settlement price set since?"""
        settled = self.settlement if self.settled_id > day_ended_id else 0
        self.reference = settled or self.last or self.reference
        self.base = self.reference

    def take(self, event: EventArray, tail: bytes) -> None:
        """One event of the instrument of a kind in `KINDS`."""
        _TAKE[int(event["kind"])](self, event, tail)


def _phase_changed(standing: Standing, event: EventArray, _: bytes) -> None:
    standing.phase, standing.since_ns = Phase(int(event["detail"])), int(event["at_ns"])
    standing.indicated = None


def _indicated(standing: Standing, event: EventArray, _: bytes) -> None:
    standing.indicated = _auction(event)


def _uncrossed(standing: Standing, event: EventArray, _: bytes) -> None:
    standing.uncrossed = _auction(event)
    if standing.uncrossed.lots:
        standing.reference = standing.uncrossed.price
        standing.traded(standing.uncrossed.price)


def _schedule_set(standing: Standing, event: EventArray, tail: bytes) -> None:
    changes = items("SetSchedule", tail)
    standing.schedule = tuple(Change(int(change["at_ns"]), int(change["phase"])) for change in changes)
    standing.scheduled_id = int(event["event_id"])


def _reference_set(standing: Standing, event: EventArray, _: bytes) -> None:
    if event["detail"] == PriceKind.SETTLEMENT:
        standing.settlement, standing.settled_id = int(event["price"]), int(event["event_id"])
    else:
        standing.reference = int(event["price"])


def _rules_set(standing: Standing, _: EventArray, tail: bytes) -> None:
    said = body("SetRules", tail)
    standing.rules = Rules(**{name: int(said[name]) for name in Rules.__slots__})


def _ticks_set(standing: Standing, _: EventArray, tail: bytes) -> None:
    steps = tuple((int(step["from_price"]), int(step["tick"])) for step in items("SetTicks", tail))
    standing.ticks = TickTable(standing.ticks.listed, steps)


def _changed(standing: Standing, _: EventArray, tail: bytes) -> None:
    tick = int(body("ChangeInstrument", tail)["tick"])
    if tick != standing.ticks.listed:
        standing.ticks = TickTable(tick)


def _split(standing: Standing, event: EventArray, _: bytes) -> None:
    new, old = int(event["quantity"]), int(event["leaves"])
    for name in ("reference", "last", "settlement", "base"):
        price = getattr(standing, name)
        setattr(standing, name, standing.ticks.down(price * old // new) if price else 0)


def _auction(event: EventArray) -> Auction:
    return Auction(int(event["price"]), int(event["quantity"]), int(event["leaves"]), int(event["side"]))


_TAKE: Final = {
    EVENTS["PhaseChanged"]: _phase_changed,
    EVENTS["Indicated"]: _indicated,
    EVENTS["Uncrossed"]: _uncrossed,
    EVENTS["ScheduleSet"]: _schedule_set,
    EVENTS["ReferenceSet"]: _reference_set,
    EVENTS["RulesSet"]: _rules_set,
    EVENTS["TicksSet"]: _ticks_set,
    EVENTS["InstrumentChanged"]: _changed,
    EVENTS["InstrumentSplit"]: _split,
}
KINDS: Final = tuple(_TAKE)
"""Codes of the kinds of event that change a standing, trades and the end of the day apart."""
