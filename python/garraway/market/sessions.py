"""When markets are open: sessions of a calendar as pairs of times, whatever clocks do in between. Touches calendars.

Stock and futures exchanges from `exchange-calendars`, whose CMES runs from 17:00 to 17:00 in Chicago without the daily
pause of Globex; the FX week from New York's clock; a fixed one in UTC.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from garraway.config import InstrumentSchedule
from garraway.records import Phase
from garraway.venues import Change

SECOND_NS: Final = 1_000_000_000
NEW_YORK: Final = ZoneInfo("America/New_York")
FX_TURN: Final = time(17)
DAY: Final = timedelta(days=1)
AROUND: Final = timedelta(days=7)
"""Days before the first moment that are looked at: a session may have begun, and weekends and holidays lie between."""
EXCHANGES: Final = frozenset({"XNYS", "CMES"})


@dataclass(frozen=True, slots=True)
class TradingDay:
    """A session by its date: when it opens and closes."""

    day: date
    opens: datetime
    closes: datetime


def changes(plan: InstrumentSchedule, *, from_ns: int, until_ns: int) -> list[Change]:
    """The changes of phase of an instrument later than `from_ns`, not later than `until_ns`, in order of time."""
    return [change for change in _all_changes(plan, from_ns, until_ns) if from_ns < change.at_ns <= until_ns]


def phase_at(plan: InstrumentSchedule, at_ns: int) -> Phase:
    """The phase that the schedule has an instrument in at this time."""
    if plan.calendar == "ALWAYS":
        return Phase.CONTINUOUS
    past = [change for change in _all_changes(plan, at_ns, at_ns) if change.at_ns <= at_ns]
    return Phase(past[-1].phase) if past else Phase.CLOSED


def trading_days(plan: InstrumentSchedule, first: date, last: date) -> list[TradingDay]:
    """The sessions of these dates, as the plan's own days change them."""
    return [_closing_early(plan, one) for one in _calendar(plan, first, last) if one.day not in plan.closed_on]


def _all_changes(plan: InstrumentSchedule, from_ns: int, until_ns: int) -> list[Change]:
    first = datetime.fromtimestamp(from_ns // SECOND_NS, UTC).date() - AROUND
    last = datetime.fromtimestamp(until_ns // SECOND_NS, UTC).date() + 2 * DAY
    found: list[Change] = []
    for opens, closes in _joined(trading_days(plan, first, last)):
        # What would come before the session of the day before has closed is left out.
        found += [one for one in _session(plan, opens, closes) if not found or one.at_ns > found[-1].at_ns]
    return found


def _calendar(plan: InstrumentSchedule, first: date, last: date) -> Iterator[TradingDay]:
    if plan.calendar in EXCHANGES:
        yield from _of_exchange(plan.calendar, first, last)
    elif plan.calendar != "ALWAYS":
        for count in range((last - first).days + 1):
            day = first + count * DAY
            if plan.calendar == "FX" and day.weekday() < 5:
                yield TradingDay(day, _new_york(day - DAY), _new_york(day))
            elif plan.calendar == "UTC" and day.weekday() in plan.weekdays:
                closes = day if plan.close > plan.open else day + DAY
                yield TradingDay(day, _utc(day, plan.open), _utc(closes, plan.close))


@lru_cache(maxsize=32)
def _of_exchange(name: str, first: date, last: date) -> tuple[TradingDay, ...]:
    """Sessions of an exchange: kept, because making a calendar takes a fifth of a second."""
    import exchange_calendars  # noqa: PLC0415 -- brings pandas, which nobody else here needs

    with warnings.catch_warnings():
        # It calls what the next pandas will not have; which of the two is installed, requirements say.
        warnings.simplefilter("ignore", DeprecationWarning)
        calendar = exchange_calendars.get_calendar(name, start=str(first), end=str(last))
    return tuple(
        TradingDay(session.date(), _whole(opens), _whole(closes))
        for session, opens, closes in zip(
            calendar.sessions, calendar.opens.to_list(), calendar.closes.to_list(), strict=True
        )
    )


def _whole(moment: datetime) -> datetime:
    """A time of the calendar, in UTC whatever zone it carries."""
    return datetime.fromtimestamp(int(moment.timestamp()), UTC)


def _closing_early(plan: InstrumentSchedule, one: TradingDay) -> TradingDay:
    early = plan.closes_at.get(one.day)
    if early is None:
        return one
    closes = _utc(one.day, early)
    closes = closes if closes > one.opens else closes + DAY
    return TradingDay(one.day, one.opens, min(closes, one.closes))


def _joined(days: list[TradingDay]) -> Iterator[tuple[datetime, datetime]]:
    """Sessions that follow each other without a pause as one."""
    opens = closes = None
    for one in days:
        if closes is not None and opens is not None:
            if one.opens <= closes:
                closes = max(closes, one.closes)
                continue
            yield opens, closes
        opens, closes = one.opens, one.closes
    if opens is not None and closes is not None:
        yield opens, closes


def _session(plan: InstrumentSchedule, opens: datetime, closes: datetime) -> Iterator[Change]:
    opening, closing = _ns(opens), _ns(closes)
    auction = opening - plan.opening_auction_s * SECOND_NS
    if plan.pre_open_s:
        yield Change(auction - plan.pre_open_s * SECOND_NS, Phase.PRE_OPEN)
    if plan.opening_auction_s:
        yield Change(auction, Phase.OPENING_AUCTION)
    yield Change(opening, Phase.CONTINUOUS)
    last = closing - plan.closing_auction_s * SECOND_NS
    if plan.closing_auction_s and last > opening:
        yield Change(last, Phase.CLOSING_AUCTION)
    yield Change(closing, Phase.CLOSED)


def _new_york(day: date) -> datetime:
    return datetime.combine(day, FX_TURN, NEW_YORK).astimezone(UTC)


def _utc(day: date, at: time) -> datetime:
    return datetime.combine(day, at, UTC)


def _ns(moment: datetime) -> int:
    return int(moment.timestamp()) * SECOND_NS
