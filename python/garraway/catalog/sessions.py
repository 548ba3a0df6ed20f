"""Periods of a clock: which bar of time a moment belongs to, in a zone and a session of its day. Touches nothing.

A day begins at midnight of the zone, or with its session; periods are counted from there, and the last one of a session
ends with it. A session that begins in the evening belongs to the day on which it ends for whom names it so: it is one
session all the same. Where the clock is put back, the hour that it shows twice is one period; periods are times of the
clock.
"""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from garraway.catalog.errors import BarsInvalid
from garraway.catalog.importers.tables import local_ns
from garraway.catalog.kinds import DAY_NS, Longs, Mask

HOUR_NS: Final = 3600 * 10**9
_SESSION: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Session:
    """The hours of a zone's day in which there are bars."""

    zone: str = "UTC"
    start_ns: int = 0
    """After midnight of the zone."""
    length_ns: int = DAY_NS

    @classmethod
    def parsed(cls, zone: str, hours: str | None) -> "Session":
        """`09:30-16:00`, or `18:00-17:00` over midnight; None: the whole day. Raises: BarsInvalid."""
        if hours is None:
            return cls(zone)
        match = _SESSION.fullmatch(hours)
        if match is None:
            raise BarsInvalid(f"session {hours!r} is none: write it like 09:30-16:00, or 18:00-17:00 over midnight")
        start, end = (int(match[at]) * HOUR_NS + int(match[at + 1]) * HOUR_NS // 60 for at in (1, 3))
        if end > DAY_NS or start == end:
            raise BarsInvalid(f"session {hours!r} ends beyond the day, or when it begins: give two times of a day")
        return cls(zone, start, (end - start) % DAY_NS or DAY_NS)


class Periods(NamedTuple):
    """Where moments belong."""

    inside: Mask
    """Moments that are within the session."""
    start_ns: Longs
    """Of those, the start of the period, in ns UTC."""
    end_ns: Longs
    """Its end."""


def periods_of(at_ns: Longs, period_ns: int, session: Session) -> Periods:
    """The periods of moments. Raises: BarsInvalid: a period is longer than a day, or is none of it."""
    if period_ns > DAY_NS or (session.length_ns == DAY_NS and DAY_NS % period_ns):
        raise BarsInvalid("a period is at most a day, and a whole day is a multiple of it: take one like 1m, 4h, 1d")
    local = _local(at_ns, session.zone) - session.start_ns
    days, after = np.divmod(local, DAY_NS)
    inside = after < session.length_ns
    days, number = days[inside], after[inside] // period_ns
    first = days * DAY_NS + session.start_ns
    starts = first + number * period_ns
    ends = first + np.minimum((number + 1) * period_ns, session.length_ns)
    return Periods(inside, _utc(starts, session.zone), _utc(ends, session.zone))


def _local(at_ns: Longs, zone: str) -> Longs:
    """What the zone's clock shows, as ns since 1970 of that clock."""
    import polars as pl  # noqa: PLC0415

    if zone == "UTC":
        return at_ns
    aware = pl.from_epoch(pl.Series(at_ns), time_unit="ns").dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    return aware.dt.replace_time_zone(None).dt.epoch("ns").to_numpy()


def _utc(local: Longs, zone: str) -> Longs:
    """Times of the zone's clock in ns UTC; one that the clock never shows is the moment at which it is put forward."""
    import polars as pl  # noqa: PLC0415

    if zone == "UTC":
        return local
    distinct, which = np.unique(local, return_inverse=True)
    found = local_ns(pl.from_epoch(pl.Series(distinct), time_unit="ns"), zone)
    for row in np.flatnonzero(found.is_null().to_numpy()).tolist():
        found[row] = _put_forward(int(distinct[row]), zone)
    return np.asarray(found.to_numpy()[which])


def _put_forward(local: int, zone: str) -> int:
    """The moment of the change, for a time that a clock never shows: the first that it shows, searched by minutes."""
    import polars as pl  # noqa: PLC0415

    minute = HOUR_NS // 60
    later = pl.Series([local - local % minute + minute * step for step in range(1, 24 * 60)])
    return int(local_ns(pl.from_epoch(later, time_unit="ns"), zone).drop_nulls()[0])
