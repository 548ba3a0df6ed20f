"""What the same trades could have come to in another order, or drawn again. Seeded: the same seed, the same answer.

Touches nothing. Source: P. Good, "Resampling Methods" (2006); trades are taken as independent of each other, which
trends and averaging-in break: then draw `block` trades at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
import polars as pl

from garraway.analytics.errors import OptionInvalid
from garraway.analytics.frames import Floats, number

Draw = Literal["bootstrap", "shuffle"]
QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
MOST_CELLS: Final = 50_000_000
POINTS: Final = 400
"""Of the fan: rows of its frame."""


@dataclass(frozen=True, slots=True)
class Chance:
    """Of many drawn histories; money in the quote asset. None without trades."""

    runs: int
    seed: int
    draw: str
    trades: int
    pnl: tuple[float, ...] | None
    """5, 25, 50, 75 and 95 % quantiles of the final P&L; shuffled histories all end alike."""
    drawdown: tuple[float, ...] | None
    """The same of the greatest drawdown in money, above 0."""
    loss: float | None
    """Share of histories that end below 0."""
    ruin: float | None
    """Share of histories that fall to `-capital` or below at any time; None without a capital."""


def chance(
    pnl: Sequence[float] | Floats,
    *,
    runs: int = 1000,
    seed: int = 0,
    draw: Draw = "bootstrap",
    block: int = 1,
    capital: float | None = None,
) -> Chance:
    """Draws histories of trades and tells what they came to; see `Chance`.

    Args:
        pnl: of each trade, in the order of time.
        runs: histories.
        seed: of the drawing (PCG64).
        draw: bootstrap draws with putting back, shuffle takes each trade once in another order.
        block: trades drawn together, one after the other (bootstrap alone).
        capital: what there was to lose.
    Raises: OptionInvalid.
    """
    values = _proved(pnl, runs, draw, block)
    if not len(values):
        return Chance(runs, seed, draw, 0, None, None, None, None)
    paths = _paths(values, runs=runs, seed=seed, draw=draw, block=block)
    final, lowest = paths[:, -1], np.minimum(paths.min(axis=1), 0.0)
    peaks = np.maximum(np.maximum.accumulate(paths, axis=1), 0.0)
    fallen = (peaks - paths).max(axis=1)
    return Chance(
        runs=runs,
        seed=seed,
        draw=draw,
        trades=len(values),
        pnl=_quantiles(final),
        drawdown=_quantiles(fallen),
        loss=number(float((final < 0).mean())),
        ruin=number(float((lowest <= -capital).mean())) if capital is not None and capital > 0 else None,
    )


def fan(
    pnl: Sequence[float] | Floats, *, runs: int = 1000, seed: int = 0, draw: Draw = "bootstrap", block: int = 1
) -> pl.DataFrame:
    """Where histories stand after so many trades: trade (from 1), actual, q05, q25, q50, q75, q95.

    At most 400 rows, evenly over the trades, the last always. Raises: OptionInvalid.
    """
    values = _proved(pnl, runs, draw, block)
    names = [f"q{round(q * 100):02}" for q in QUANTILES]
    if not len(values):
        return pl.DataFrame(schema={"trade": pl.Int64, "actual": pl.Float64, **dict.fromkeys(names, pl.Float64)})
    at = np.unique(np.linspace(0, len(values) - 1, min(len(values), POINTS)).round().astype(np.int64))
    paths = _paths(values, runs=runs, seed=seed, draw=draw, block=block)[:, at]
    found = np.quantile(paths, QUANTILES, axis=0)
    return pl.DataFrame({"trade": at + 1, "actual": np.cumsum(values)[at], **dict(zip(names, found, strict=True))})


def outside(pnl: Sequence[float] | Floats, expected: Sequence[float] | Floats, **drawing: int) -> int | None:
    """The first trade, from 1, after which live P&L stands outside of what backtested trades let expect.

    Args:
        pnl: of live trades, in the order of time.
        expected: of the backtest's trades; drawn with putting back, as many as there are live ones.
        drawing: runs and seed.
    Returns: a trade whose summed P&L is below the 5 % or above the 95 % quantile; None where all are within, or
        either has no trades.
    Raises: OptionInvalid.
    """
    live, values = np.asarray(pnl, np.float64), np.asarray(expected, np.float64)
    if not len(live) or not len(values):
        return None
    runs, seed = drawing.get("runs", 1000), drawing.get("seed", 0)
    _bounded(runs, len(live))
    drawn = np.random.default_rng(seed).choice(values, size=(runs, len(live)))
    low, high = np.quantile(np.cumsum(drawn, axis=1), (QUANTILES[0], QUANTILES[-1]), axis=0)
    reached = np.cumsum(live)
    beyond = np.flatnonzero((reached < low) | (reached > high))
    return int(beyond[0]) + 1 if len(beyond) else None


def _proved(pnl: Sequence[float] | Floats, runs: int, draw: str, block: int) -> Floats:
    values = np.asarray(pnl, np.float64)
    if draw not in get_args(Draw):
        raise OptionInvalid(f"draw {draw!r} is none of {', '.join(get_args(Draw))}: take one of them")
    if runs < 1 or block < 1 or (block > 1 and draw == "shuffle"):
        raise OptionInvalid(f"{runs} runs in blocks of {block}: give 1 or more of each, and no blocks to shuffle")
    if not np.isfinite(values).all():
        raise OptionInvalid(f"the P&L of trade {int(np.argmin(np.isfinite(values)))} is not finite: leave it out")
    _bounded(runs, len(values))
    return values


def _bounded(runs: int, trades: int) -> None:
    if runs < 1 or runs * trades > MOST_CELLS:
        raise OptionInvalid(
            f"{runs} runs of {trades} trades are none, or more than {MOST_CELLS:,} together: give fewer runs"
        )


def _paths(values: Floats, *, runs: int, seed: int, draw: Draw, block: int) -> Floats:
    """Shape (runs, trades): P&L summed along each drawn history."""
    random, count = np.random.default_rng(seed), len(values)
    if draw == "shuffle":
        drawn = random.permuted(np.broadcast_to(values, (runs, count)), axis=1)
    else:
        size = min(block, count)
        starts = random.integers(0, count - size + 1, size=(runs, -(-count // size)))
        rows = (starts[:, :, None] + np.arange(size)).reshape(runs, -1)[:, :count]
        drawn = values[rows]
    return np.cumsum(drawn, axis=1)


def _quantiles(values: Floats) -> tuple[float, ...]:
    return tuple(float(one) for one in np.quantile(values, QUANTILES))
