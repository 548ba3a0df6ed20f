"""What it took to trade: fills against orders, slippage, fees, turnover, exposure. Touches nothing.

Slippage is what a fill paid above (buy) or got below (sell) a reference price, times its quantity: above 0 is worse
for us. `decision` refers to the mid of the quote when the order was decided (the fill's own `mid`), `arrival` to the
last price at or before the order was placed. Source: A. Perold, "The Implementation Shortfall" (1988).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from garraway.analytics.frames import (
    DAY_NS,
    YEAR_DAYS,
    Floats,
    equity_of,
    fills_of,
    floats,
    number,
    orders_of,
    prices_of,
)

BPS: Final = 10_000.0
SIGN: Final = pl.when(pl.col("side") == "buy").then(1.0).otherwise(-1.0)


@dataclass(frozen=True, slots=True)
class Execution:
    """Money in the quote asset; None where nothing says it."""

    orders: int
    filled: int
    """Orders with a fill of any size."""
    fill_rate: float | None
    """Lots filled over lots ordered."""
    fills: int
    value: float
    """Of all fills: price times quantity, as the ledger has it."""
    turnover: float | None
    """Value of all fills over mean equity, a year."""
    fees: float
    fees_bps: float | None
    """Over value."""
    slippage: float | None
    """Against the decision, of the fills that have a mid."""
    slippage_bps: float | None
    """Over the value of those fills."""
    arrival: float | None
    """Slippage against the arrival."""
    arrival_bps: float | None
    costs: float
    """Fees, and slippage against the decision where it is known."""
    costs_of_gross: float | None
    """Costs over what the trades would have made without them; None where that is not above 0."""
    maker_share: float | None
    """Value of fills as maker over value."""
    exposure: float | None
    """Share of the run's time with a position in anything."""
    gross_exposure: float | None
    """Mean over time of |position_value| / equity, of samples whose equity is above 0."""


def execution(
    fills: pl.DataFrame,
    orders: pl.DataFrame,
    equity: pl.DataFrame,
    *,
    gross: float | None = None,
    prices: pl.DataFrame | None = None,
) -> Execution:
    """Reckons what it took to trade; see `Execution` for each number.

    Args:
        fills: the contract's frame.
        orders: the contract's frame.
        equity: the contract's frame.
        gross: P&L of the trades before fees.
        prices: at_ns, instrument, price: what arrival is taken from; without it arrival is None.
    Raises: FrameInvalid.
    """
    done, placed, samples = slippages(fills, orders=orders, prices=prices), orders_of(orders), equity_of(equity)
    value, fees = float(done["value"].sum()), float(done["fee"].sum())
    slippage, slippage_bps = _slipped(done, "slippage")
    arrival, arrival_bps = _slipped(done, "arrival_slippage")
    costs = fees + (slippage or 0.0)
    ordered = int(placed["quantity"].sum())
    without = None if gross is None else gross + (slippage or 0.0)
    return Execution(
        orders=placed.height,
        filled=int((placed["filled"] > 0).sum()),
        fill_rate=number(int(placed["filled"].sum()) / ordered) if ordered else None,
        fills=done.height,
        value=value,
        turnover=_turnover(value, samples),
        fees=fees,
        fees_bps=number(fees / value * BPS) if value else None,
        slippage=slippage,
        slippage_bps=slippage_bps,
        arrival=arrival,
        arrival_bps=arrival_bps,
        costs=costs,
        costs_of_gross=number(costs / without) if without is not None and without > 0 else None,
        maker_share=_maker_share(done, value),
        exposure=exposure(fills, equity),
        gross_exposure=_gross_exposure(samples),
    )


def slippages(
    fills: pl.DataFrame, *, orders: pl.DataFrame | None = None, prices: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The fills with `slippage` (money) and `slippage_bps` against the decision, and `arrival_slippage`.

    Arrival needs orders (when placed) and prices (at_ns, instrument, price, or the middle of low and high).

    Raises: FrameInvalid.
    """
    done = fills_of(fills)
    against = SIGN * (pl.col("price") - pl.col("mid")) / pl.col("price")
    done = done.with_columns(slippage=against * pl.col("value"), slippage_bps=against * BPS)
    if orders is None or prices is None:
        return done.with_columns(arrival_slippage=pl.lit(None, pl.Float64))
    seen = prices_of(prices).select("at_ns", "instrument", ((pl.col("low") + pl.col("high")) / 2).alias("arrival"))
    placed = orders_of(orders).select("placed_ns", "instrument", pl.col("client_ref").alias("order"))
    arrived = (
        placed.join_asof(
            seen, left_on="placed_ns", right_on="at_ns", by="instrument", strategy="backward", check_sortedness=False
        )
        .select("instrument", "order", "arrival")
        .unique(["instrument", "order"], keep="first", maintain_order=True)
    )
    joined = done.join(arrived, on=["instrument", "order"], how="left", maintain_order="left")
    shortfall = SIGN * (pl.col("price") - pl.col("arrival")) / pl.col("price") * pl.col("value")
    return joined.with_columns(arrival_slippage=shortfall)


def costs(fills: pl.DataFrame) -> pl.DataFrame:
    """A row for each instrument and liquidity: fills, lots, value, fees, fees_bps, slippage, slippage_bps.

    Slippage is against the decision, of the fills that have a mid; null where none has.

    Raises: FrameInvalid.
    """
    known = pl.col("slippage").is_not_null()
    any_known = known.any()
    return (
        slippages(fills)
        .group_by("instrument", "liquidity")
        .agg(
            pl.len().cast(pl.Int64).alias("fills"),
            pl.col("quantity").sum().alias("lots"),
            pl.col("value").sum(),
            pl.col("fee").sum().alias("fees"),
            (pl.col("fee").sum() / pl.col("value").sum() * BPS).alias("fees_bps"),
            pl.when(any_known).then(pl.col("slippage").sum()).alias("slippage"),
            pl.when(any_known)
            .then(pl.col("slippage").sum() / pl.col("value").filter(known).sum() * BPS)
            .alias("slippage_bps"),
        )
        .sort("instrument", "liquidity")
        .fill_nan(None)
    )


def exposure(fills: pl.DataFrame, equity: pl.DataFrame) -> float | None:
    """Share of the time from the first to the last sample with a position in any instrument.

    Positions are the fills' `position` (lots afterwards), or their sums where that is null. None where the run has no
    length. Raises: FrameInvalid.
    """
    samples = equity_of(equity)["at_ns"]
    if len(samples) < 2 or samples[0] == samples[-1]:
        return None
    steps = positions(fills)
    at_ns = steps["at_ns"].to_numpy()
    held = np.cumsum(steps["held"].to_numpy())
    start, end = int(samples[0]), int(samples[-1])
    edges = np.clip(np.concatenate([at_ns, [end]]), start, end)
    spans = np.diff(edges)
    before = _held_before(steps) * (int(edges[0]) - start)
    return (before + int(spans[(held + _held_before(steps)) > 0].sum())) / (end - start)


def positions(fills: pl.DataFrame) -> pl.DataFrame:
    """For each fill: at_ns, instrument, position (lots afterwards), held (1 opens an instrument, -1 closes it, else 0).

    Raises: FrameInvalid.
    """
    done = fills_of(fills)
    signed = pl.col("quantity") * SIGN.cast(pl.Int64)
    summed = signed.cum_sum().over("instrument")
    after = done.select(
        "at_ns", "instrument", signed.alias("signed"), pl.coalesce("position", summed).alias("position")
    )
    before = pl.col("position").shift(1).over("instrument").fill_null(pl.col("position") - pl.col("signed"))
    held = (pl.col("position") != 0).cast(pl.Int64) - (before != 0).cast(pl.Int64)
    return after.with_columns(held=held, before=before)


def _held_before(steps: pl.DataFrame) -> int:
    """Instruments with a position before the first fill."""
    first = steps.unique("instrument", keep="first", maintain_order=True)
    return int((first["before"] != 0).sum())


def _slipped(done: pl.DataFrame, column: str) -> tuple[float | None, float | None]:
    known = done.filter(pl.col(column).is_not_null())
    if not known.height:
        return None, None
    money, value = float(known[column].sum()), float(known["value"].sum())
    return number(money), number(money / value * BPS) if value else None


def _turnover(value: float, samples: pl.DataFrame) -> float | None:
    if samples.height < 2:
        return None
    years = int(samples["at_ns"][-1] - samples["at_ns"][0]) / DAY_NS / YEAR_DAYS
    mean = _mean_over_time(samples, floats(samples["equity"]))
    return number(value / mean / years) if years > 0 and mean is not None and mean > 0 else None


def _maker_share(done: pl.DataFrame, value: float) -> float | None:
    known = done["liquidity"].is_not_null().any()
    maker = float(done.filter(pl.col("liquidity") == "maker")["value"].sum())
    return number(maker / value) if value and known else None


def _gross_exposure(samples: pl.DataFrame) -> float | None:
    known = samples.filter(pl.col("position_value").is_not_null() & (pl.col("equity") > 0))
    if not known.height:
        return None
    return _mean_over_time(known, np.abs(floats(known["position_value"])) / floats(known["equity"]))


def _mean_over_time(samples: pl.DataFrame, values: Floats) -> float | None:
    """Each value lasts until the next sample; with one time alone, the plain mean."""
    lasts = np.diff(samples["at_ns"].to_numpy()).astype(np.float64)
    if not len(lasts) or not lasts.sum():
        return number(float(values.mean())) if len(values) else None
    with np.errstate(over="ignore", invalid="ignore"):
        return number(float(np.average(values[:-1], weights=lasts)))
