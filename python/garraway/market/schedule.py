"""The schedule of a venue: phases told ahead of time, the settlement price and the end of each day. Touches `venues`.

Events and the time in, commands out. What is scheduled is read from the log, so that whoever takes over goes on: one
`SetSchedule` per instrument and day, `EndOfDay` once all of them are over, and then the next day's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from garraway.records import EventArray, Phase, PriceKind, encode, item
from garraway.venues import Directory, Instrument, Standing

SECOND_NS: Final = 1_000_000_000
LEAD_NS: Final = SECOND_NS
"""A schedule is told at least so long before its first change."""
NIGHT_NS: Final = 3 * SECOND_NS
"""From the end of one day to the start of the next."""
PATIENCE_NS: Final = 10 * SECOND_NS
"""A last phase that has not come so long after its time comes no more: the instrument was halted or suspended."""

EQUITY: Final = (
    (0, Phase.PRE_OPEN),
    (5, Phase.OPENING_AUCTION),
    (15, Phase.CONTINUOUS),
    (135, Phase.CLOSING_AUCTION),
    (145, Phase.CLOSED),
)
"""A day with auctions on the fast clock: seconds from its start, and the phase from then on."""
DERIVATIVE: Final = ((15, Phase.CONTINUOUS), (145, Phase.CLOSED))
"""The same day for what trades beside it without auctions."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an instrument's days are like.

    `day` are changes of phase, in seconds from the day's start; none: it never closes. `reference` is the price before
    the first opening; of a future also the first settlement price. `settles_to` is the instrument whose last price is
    its settlement price at the end of a day, 0 for none.
    """

    day: tuple[tuple[int, Phase], ...]
    reference: int
    settles_to: int = 0


class Scheduler:
    """Decides what is to be scheduled, settled and ended."""

    def __init__(self, plans: Mapping[int, Plan], *, source: int, pace: int = 1) -> None:
        """A scheduler that has seen nothing yet; with `pace` its clock runs so many times as fast."""
        self.plans = plans
        self.source = source
        self.pace = pace
        self.seen_seq = 0
        self.directory = Directory()

    def apply(self, events: EventArray, tails: list[bytes]) -> None:
        """Takes a batch of events, in order, with their tails."""
        own = events["source_seq"][events["source"] == self.source]
        if len(own):
            self.seen_seq = max(self.seen_seq, int(own.max()))
        self.directory.apply(events, tails)

    def decide(self, now_ns: int) -> list[bytes]:
        """The commands that are due now, in order; ask again once the log has told what became of them."""
        now_ns = max(now_ns, self.directory.last_at_ns)
        first = list(self._references())
        dated = [number for number, plan in self._listed() if plan.day]
        running = [number for number in dated if self._scheduled(number)]
        if running and all(self._over(number, now_ns) for number in running):
            return [*first, *self._settlements(), self._end_of_day(now_ns)]
        starting = [number for number in dated if not self._told_today(number)]
        return [*first, *self._schedules(starting, now_ns)]

    def _listed(self) -> Iterator[tuple[int, Plan]]:
        return ((number, plan) for number, plan in self.plans.items() if number in self.directory.standings)

    def _standing(self, number: int) -> Standing:
        return self.directory.standings[number]

    def _told_today(self, number: int) -> bool:
        return self._standing(number).scheduled_id > self.directory.day_ended_id

    def _scheduled(self, number: int) -> bool:
        """Whether a schedule runs. One that the operator emptied does not: the instrument is left alone."""
        return self._told_today(number) and bool(self._standing(number).schedule)

    def _over(self, number: int, now_ns: int) -> bool:
        standing = self._standing(number)
        last = standing.schedule[-1]
        return now_ns >= last.at_ns and (standing.phase == last.phase or now_ns >= last.at_ns + PATIENCE_NS)

    def _references(self) -> Iterator[bytes]:
        for number, plan in self._listed():
            standing = self._standing(number)
            if plan.settles_to and not standing.settlement:
                yield _price(number, PriceKind.SETTLEMENT, plan.reference)
            if not standing.reference and not standing.last:
                yield _price(number, PriceKind.REFERENCE, plan.reference)

    def _settlements(self) -> Iterator[bytes]:
        """The settlement prices of the day that ends, those that were not set before."""
        for number, plan in self._listed():
            standing, underlying = self._standing(number), self.directory.standings.get(plan.settles_to)
            if underlying is None or not underlying.last or self._settled_today(standing):
                continue
            instruments = self.directory.instruments
            price = _in_units_of(instruments[number], underlying.last, instruments[plan.settles_to])
            yield _price(number, PriceKind.SETTLEMENT, standing.ticks.down(price))

    def _settled_today(self, standing: Standing) -> bool:
        """Whether its settlement price was set since its day was told; the first one of all is set before."""
        return standing.settled_id > max(standing.scheduled_id, self.directory.day_ended_id)

    def _end_of_day(self, now_ns: int) -> bytes:
        today = datetime.fromtimestamp(now_ns // SECOND_NS, UTC).date()
        ended = self.directory.business_date
        ending = max(today, _date(ended) + timedelta(days=1)) if ended else today
        return encode("EndOfDay", business_date=ending.year * 10_000 + ending.month * 100 + ending.day)

    def _schedules(self, starting: list[int], now_ns: int) -> Iterator[bytes]:
        closed_ns = max((self._standing(number).since_ns for number in starting), default=0)
        night_ns = NIGHT_NS // self.pace if self.directory.day_ended_id else 0
        start_ns = max(closed_ns + night_ns, now_ns + LEAD_NS)
        for number in starting:
            changes = [
                item("SetSchedule", at_ns=start_ns + after_s * SECOND_NS // self.pace, phase=phase)
                for after_s, phase in self.plans[number].day
            ]
            yield encode("SetSchedule", items=changes, instrument=number)


def _price(instrument: int, what: PriceKind, price: int) -> bytes:
    return encode("SetReference", instrument=instrument, what=what, price=price)


def _in_units_of(instrument: Instrument, price: int, of: Instrument) -> int:
    """A price of one instrument in another's price units, brought within its range."""
    units = price * of.terms.price_unit // instrument.terms.price_unit
    return min(max(units, instrument.terms.min_price), instrument.terms.max_price)


def _date(number: int) -> date:
    return date(number // 10_000, number // 100 % 100, number % 100)
