"""What trades came to: wins, losses, and what is reckoned from them. Touches nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from garraway.analytics.frames import Floats, floats, number


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Of closed trades with a known P&L; money in the quote asset, net of fees. None where nothing says it."""

    trades: int
    wins: int
    """Trades whose P&L is above 0."""
    losses: int
    """Trades whose P&L is below 0; those at 0 are neither."""
    win_rate: float | None
    """wins / trades."""
    pnl: float
    gross_profit: float
    """Sum of the wins."""
    gross_loss: float
    """Sum of the losses, at most 0."""
    profit_factor: float | None
    """gross_profit / -gross_loss; None without a loss."""
    expectancy: float | None
    """Mean P&L of a trade."""
    average_win: float | None
    average_loss: float | None
    payoff: float | None
    """average_win / -average_loss."""
    best: float | None
    worst: float | None
    best_return: float | None
    """P&L over the value of the entry."""
    worst_return: float | None
    winning_run: int
    """Most wins one after the other, in the order of closing."""
    losing_run: int
    holding_s: float | None
    """Mean time from entry to exit."""
    longest_s: float | None


def outcomes(trades: pl.DataFrame) -> Outcomes:
    """Reckons what trades came to; see `Outcomes` for each number. Trades without a P&L are left out."""
    known = trades.filter(pl.col("pnl").is_not_null())
    pnl = floats(known["pnl"])
    wins, losses = pnl[pnl > 0], pnl[pnl < 0]
    gross_profit, gross_loss = float(wins.sum()), float(losses.sum())
    returns, holding = floats(known["return"].drop_nulls()), floats(known["holding_ns"].drop_nulls()) / 1e9
    return Outcomes(
        trades=len(pnl),
        wins=len(wins),
        losses=len(losses),
        win_rate=_ratio(len(wins), len(pnl)),
        pnl=float(pnl.sum()),
        gross_profit=gross_profit,
        gross_loss=gross_loss,
        profit_factor=_ratio(gross_profit, -gross_loss),
        expectancy=_mean(pnl),
        average_win=_mean(wins),
        average_loss=_mean(losses),
        payoff=_ratio(_mean(wins), -losses.mean() if len(losses) else None),
        best=_most(pnl),
        worst=_most(-pnl, -1.0),
        best_return=_most(returns),
        worst_return=_most(-returns, -1.0),
        winning_run=longest_run(list(pnl > 0)),
        losing_run=longest_run(list(pnl < 0)),
        holding_s=_mean(holding),
        longest_s=_most(holding),
    )


def outcomes_by(trades: pl.DataFrame, column: str = "instrument") -> pl.DataFrame:
    """The same numbers for each instrument, side or tag: a row each, in the order of their names."""
    keys = trades[column].unique().sort()
    rows = [{column: key, **_flat(outcomes(trades.filter(pl.col(column).eq_missing(pl.lit(key)))))} for key in keys]
    kinds = {name: pl.Int64 if name in _COUNTS else pl.Float64 for name in Outcomes.__slots__}
    return pl.DataFrame(rows, schema={column: pl.String, **kinds})


def longest_run(flags: Sequence[bool]) -> int:
    """The most flags set one after the other."""
    longest = running = 0
    for flag in flags:
        running = running + 1 if flag else 0
        longest = max(longest, running)
    return longest


_COUNTS = {"trades", "wins", "losses", "winning_run", "losing_run"}


def _flat(of: Outcomes) -> dict[str, float | None]:
    return {name: getattr(of, name) for name in Outcomes.__slots__}


def _mean(values: Floats) -> float | None:
    return number(values.mean()) if len(values) else None


def _most(values: Floats, sign: float = 1.0) -> float | None:
    return number(sign * values.max()) if len(values) else None


def _ratio(above: float | None, below: float | None) -> float | None:
    return number(above / below) if above is not None and below else None
