"""From samples of equity to days, months and returns. Touches nothing.

A day is one of UTC, moved by `offset_ns`. Where no Saturday has a sample the venue rests on weekends: what Sunday has
(the evening of currencies) belongs to Monday, and a year has 252 days; else it has 365.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
import polars as pl

from garraway.analytics.errors import OptionInvalid
from garraway.analytics.frames import Floats, equity_of, floats

Period = Literal["day", "hour", "minute"]
PERIODS: Final[dict[str, int]] = {"day": 86_400_000_000_000, "hour": 3_600_000_000_000, "minute": 60_000_000_000}
WORKING_DAYS: Final = 252
ALL_DAYS: Final = 365
SATURDAY, SUNDAY = 6, 7


@dataclass(frozen=True, slots=True)
class Returns:
    """Simple returns of one period after the other, and how many of them make a year."""

    values: Floats
    """Shape (n,): equity over that of the period before, less 1; the first over the first sample."""
    per_year: float
    period: str


def daily(equity: pl.DataFrame, *, offset_ns: int = 0) -> pl.DataFrame:
    """A row for each day with a sample: day, equity (the last one), pnl, return.

    P&L is what equity changed since the day before, of the first day since its first sample; return is P&L over the
    equity before it, null where that was not above 0.

    Args:
        equity: the contract's frame.
        offset_ns: added to each time before its date is taken: 2 h for a day that ends at 22:00 UTC.
    Raises: FrameInvalid.
    """
    samples = equity_of(equity)
    dates = _dates(samples, offset_ns)
    return _changes(samples, dates, "day")


def monthly(equity: pl.DataFrame, *, offset_ns: int = 0) -> pl.DataFrame:
    """A row for each month with a sample: year, month, equity, pnl, return, as `daily` has them of days.

    Raises: FrameInvalid.
    """
    samples = equity_of(equity)
    months = _dates(samples, offset_ns).dt.month_start()
    found = _changes(samples, months, "day")
    return found.select(
        pl.col("day").dt.year().alias("year"),
        pl.col("day").dt.month().cast(pl.Int32).alias("month"),
        "equity",
        "pnl",
        "return",
    )


def yearly(months: pl.DataFrame) -> pl.DataFrame:
    """A row for each year of `monthly`: year, pnl, return (the months' compounded; null where one has none)."""
    compounded = (pl.col("return") + 1).product() - 1
    whole = pl.col("return").is_not_null().all()
    return months.group_by("year", maintain_order=True).agg(
        pl.col("pnl").sum(), pl.when(whole).then(compounded).alias("return")
    )


def returns(equity: pl.DataFrame, period: Period = "day", *, offset_ns: int = 0) -> Returns:
    """The returns of periods that have a sample; those before which equity was not above 0 are left out.

    A year has 252 or 365 days; of hours and minutes as many as a day with samples has of them on average.

    Raises: FrameInvalid, OptionInvalid: the period is another.
    """
    if period not in PERIODS:
        raise OptionInvalid(f"period {period!r} is none of {', '.join(get_args(Period))}: take one of them")
    samples = equity_of(equity)
    dates = _dates(samples, offset_ns)
    days_a_year = days_per_year(equity, offset_ns=offset_ns)
    keys = dates if period == "day" else samples["at_ns"] // PERIODS[period]
    found = _changes(samples, keys, "key")
    days = dates.n_unique()
    return Returns(floats(found["return"].drop_nulls()), days_a_year * (found.height / days if days else 1.0), period)


def days_per_year(equity: pl.DataFrame, *, offset_ns: int = 0) -> int:
    """252 where no Saturday has a sample, else 365."""
    dates = (equity["at_ns"] + offset_ns).cast(pl.Datetime("ns")).dt.date()
    return ALL_DAYS if (dates.dt.weekday() == SATURDAY).any() else WORKING_DAYS


def _dates(samples: pl.DataFrame, offset_ns: int) -> pl.Series:
    dates = (samples["at_ns"] + offset_ns).cast(pl.Datetime("ns")).dt.date().alias("day")
    if (dates.dt.weekday() == SATURDAY).any():
        return dates
    ahead = pl.when(pl.col("day").dt.weekday() == SUNDAY).then(1).otherwise(0)
    return pl.DataFrame({"day": dates}).select(pl.col("day") + pl.duration(days=ahead)).to_series()


def _changes(samples: pl.DataFrame, keys: pl.Series, name: str) -> pl.DataFrame:
    """The last equity of each key, and what it is against the one before."""
    last = samples.select(keys.alias(name), "equity").group_by(name, maintain_order=True).agg(pl.col("equity").last())
    worth = floats(last["equity"])
    before = np.concatenate([floats(samples["equity"][:1]), worth[:-1]])
    pnl = worth - before
    with np.errstate(over="ignore"):
        change = np.divide(pnl, before, out=np.full(len(pnl), np.nan), where=before > 0)
    change[np.isinf(change)] = np.nan
    return last.with_columns(pl.Series("pnl", pnl), pl.Series("return", change).fill_nan(None))
