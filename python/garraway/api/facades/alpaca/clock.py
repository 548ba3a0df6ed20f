"""Clock and calendar: of the share listed first that the planner has a schedule for. Touches `market`.

Without such a schedule every day is a session from midnight to midnight, UTC, and the clock says whether anything
trades now.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool

from garraway.api.facades.alpaca import symbols
from garraway.api.facades.alpaca.asking import Ask
from garraway.api.facades.alpaca.assets import phase_of
from garraway.api.rendering import at_text
from garraway.api.services import Services
from garraway.config import InstrumentSchedule
from garraway.market.sessions import TradingDay, trading_days
from garraway.records import Phase

Said = dict[str, Any]
DAY: Final = timedelta(days=1)
NANO: Final = 10**9
AROUND: Final = timedelta(days=14)
"""Longer than markets close for holidays."""
LONGEST: Final = timedelta(days=366)
FURTHEST: Final = timedelta(days=3_660)
NEW_YORK: Final = ZoneInfo("America/New_York")


async def clock(ask: Ask) -> Said:
    """Whether the market is open, and when it opens and closes next."""
    at_ns = ask.services.clock()
    now = datetime.fromtimestamp(at_ns // NANO, UTC)
    today = now.date()
    days = await _days(ask.services, today - DAY, today + AROUND)
    opens = next((day.opens for day in days if day.opens > now), now + AROUND)
    closes = next((day.closes for day in days if day.closes > now), now + AROUND)
    return {
        "timestamp": at_text(at_ns),
        "is_open": _is_open(ask.services),
        "next_open": opens.isoformat(),
        "next_close": closes.isoformat(),
    }


async def sessions(ask: Ask) -> list[Said]:
    """Sessions by date, both ends included: a year from today on where nothing is named. Times are New York's."""
    today = datetime.fromtimestamp(ask.services.clock() // NANO, UTC).date()
    first = _date(ask, "start") or today
    last = _date(ask, "end") or first + LONGEST
    if not timedelta(0) <= last - first <= LONGEST:
        raise ask.query.refused("end", f"not within {LONGEST.days} days after start")
    if abs(first - today) > FURTHEST:
        raise ask.query.refused("start", f"more than {FURTHEST.days} days from today")
    days = await _days(ask.services, first, last)
    zone = NEW_YORK if _planned(ask.services) is not None else UTC
    return [
        {
            "date": day.day.isoformat(),
            "open": f"{day.opens.astimezone(zone):%H:%M}",
            "close": f"{min(day.closes, _end_of(day)).astimezone(zone):%H:%M}",
            "settlement_date": day.day.isoformat(),
        }
        for day in days
    ]


def _end_of(day: TradingDay) -> datetime:
    """The last minute of a day that ends at midnight, which has no name within the day."""
    return day.opens + DAY - timedelta(minutes=1)


def _planned(services: Services) -> InstrumentSchedule | None:
    plans = services.schedules.instruments
    shares = symbols.shown(services.directory, symbols.SHARE)
    found = (plans[one.terms.symbol] for one in shares if one.terms.symbol in plans)
    return next((plan for plan in found if plan.calendar != "ALWAYS"), None)


async def _days(services: Services, first: date, last: date) -> list[TradingDay]:
    plan = _planned(services)
    if plan is not None:
        return await run_in_threadpool(partial(trading_days, plan, first, last))
    days = (first + count * DAY for count in range((last - first).days + 1))
    return [TradingDay(day, _midnight(day), _midnight(day) + DAY) for day in days]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _is_open(services: Services) -> bool:
    directory, plans = services.directory, services.schedules.instruments
    shares = symbols.shown(directory, symbols.SHARE)
    planned = [one for one in shares if one.terms.symbol in plans and plans[one.terms.symbol].calendar != "ALWAYS"]
    return any(phase_of(directory, one) is Phase.CONTINUOUS for one in planned[:1] or symbols.shown(directory))


def _date(ask: Ask, name: str) -> date | None:
    at_ns = ask.query.time_ns(name)
    return datetime.fromtimestamp(at_ns // NANO, UTC).date() if at_ns is not None else None
