"""Rules of schedules. Touch nothing."""

from collections.abc import Iterator
from typing import Final

from garraway.config.checks.fault import Fault, error, warning
from garraway.config.sections import InstrumentSchedule
from garraway.config.settings import Settings

DAY_S: Final = 86_400
UTC_ONLY: Final = ("open", "close", "weekdays")
OF_SESSIONS: Final = ("pre_open_s", "opening_auction_s", "closing_auction_s", "closed_on", "closes_at")


def schedules(settings: Settings) -> Iterator[Fault]:
    """Each instrument's table makes days."""
    for symbol, plan in settings.schedules.instruments.items():
        key = f"schedules.instruments.{symbol}"
        for name in UTC_ONLY:
            if plan.calendar != "UTC" and getattr(plan, name) != type(plan).model_fields[name].default:
                what = f"is of no use to the calendar {plan.calendar}, which has its own hours"
                yield error("schedule-hours", f"{key}.{name}", what, 'leave it out, or take calendar = "UTC"')
        for name in OF_SESSIONS:
            if plan.calendar == "ALWAYS" and getattr(plan, name):
                what = "is of no use to an instrument that never closes"
                yield error("schedule-always", f"{key}.{name}", what, "leave it out, or take another calendar")
        if plan.calendar == "UTC":
            yield from _utc(key, plan)


def _utc(key: str, plan: InstrumentSchedule) -> Iterator[Fault]:
    if not plan.weekdays:
        yield error("schedule-never", f"{key}.weekdays", "names no day", "name one, Monday is 0")
    if len(set(plan.weekdays)) < len(plan.weekdays):
        yield error("schedule-double", f"{key}.weekdays", "names a day twice", "name each once")
    opens, closes = (_seconds(one.hour, one.minute, one.second) for one in (plan.open, plan.close))
    length = (closes - opens) % DAY_S or DAY_S
    around = plan.pre_open_s + plan.opening_auction_s
    if length < plan.closing_auction_s + 1:
        what = f"the session lasts {length} s, its closing auction {plan.closing_auction_s} s"
        yield error("schedule-short", f"{key}.closing_auction_s", what, "shorten the auction")
    if around and length + around >= DAY_S:
        what = f"pre-open and auction of {around} s begin before the session of the day before has closed"
        yield error("schedule-overlap", f"{key}.pre_open_s", what, "shorten them or the session")
    for day, close in plan.closes_at.items():
        if (_seconds(close.hour, close.minute, close.second) - opens) % DAY_S >= length:
            yield error("schedule-early", f"{key}.closes_at", f"{day} does not close early", "name an earlier time")
    for day in (day for day in plan.closed_on if day.weekday() not in plan.weekdays):
        what = f"{day} is no day on which it opens"
        yield warning("schedule-closed", f"{key}.closed_on", what, "remove it")


def _seconds(hour: int, minute: int, second: int) -> int:
    return hour * 3_600 + minute * 60 + second


RULES: Final = (schedules,)
