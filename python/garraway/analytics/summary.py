"""All numbers of a run in one record, for tear sheets, JSON and sweeps. Touches nothing."""

from dataclasses import asdict, dataclass
from math import isfinite, sqrt
from typing import Any

import polars as pl

from garraway.analytics.chance import Chance, chance
from garraway.analytics.drawdowns import Drawdown, drawdown
from garraway.analytics.errors import OptionInvalid
from garraway.analytics.execution import Execution, execution
from garraway.analytics.frames import DAY_NS, YEAR_DAYS, Floats, Run, equity_of, floats
from garraway.analytics.outcomes import Outcomes, outcomes
from garraway.analytics.ratios import (
    annual_return,
    cagr,
    calmar,
    deflated_sharpe,
    least_track_record,
    moments,
    probabilistic_sharpe,
    sharpe,
    sortino,
    volatility,
)
from garraway.analytics.returns import Period, Returns, daily, returns
from garraway.analytics.tails import expected_shortfall, value_at_risk
from garraway.analytics.trades import Method, trades

MOST_DRAWN = 5_000_000
"""Trades of all drawn histories together: beyond it fewer histories are drawn."""


@dataclass(frozen=True, slots=True)
class Performance:
    """Of returns and equity; None where there is too little to say it."""

    first: float | None
    """Equity of the first sample."""
    last: float | None
    pnl: float | None
    total_return: float | None
    """P&L over the first equity."""
    years: float
    """From the first to the last sample, of 365.25 days."""
    cagr: float | None
    """By the calendar: (last / first)^(1 / years) - 1; None for less than 30 days, where it says nothing."""
    period: str
    """Of the returns below."""
    periods: int
    per_year: float
    annual_return: float | None
    """Returns compounded to a year; None for less than 30 days."""
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    """Annual return over the greatest drawdown."""
    skew: float | None
    kurtosis: float | None
    probabilistic_sharpe: float | None
    """How likely the true Sharpe ratio is above 0."""
    trials: int
    """Runs among which this one was chosen; 1 where it was not chosen."""
    deflated_sharpe: float | None
    """How likely it still is above 0, given the trials; None without trials."""
    least_track_record: float | None
    """Returns that make it 95 % sure that the Sharpe ratio is above 0."""
    best_day: float | None
    """P&L of a day."""
    worst_day: float | None
    winning_days: float | None
    """Days with a P&L above 0, over days with one that is not 0."""
    var_95: float | None
    """Loss of a period, as a share, that 5 % of them exceed."""
    var_99: float | None
    shortfall_95: float | None
    """Mean loss of the worst 5 %, as a share."""


@dataclass(frozen=True, slots=True)
class Summary:
    """All numbers of a run."""

    performance: Performance
    drawdown: Drawdown
    trades: Outcomes
    execution: Execution
    chance: Chance

    def as_json(self) -> dict[str, Any]:
        """Nested plain values: numbers are finite, what is not known is None."""
        return {name: plain(part) for name, part in asdict(self).items()}


def summarise(  # noqa: PLR0913 - each has a default, and all are keywords
    run: Run,
    *,
    method: Method = "fifo",
    period: Period = "day",
    risk_free: float = 0.0,
    trials: int = 1,
    trial_deviation: float | None = None,
    prices: pl.DataFrame | None = None,
    seed: int = 0,
    histories: int = 1000,
) -> Summary:
    """Reckons all numbers of a run.

    Args:
        run: whatever has the frames fills, orders and equity.
        method: how fills become trades.
        period: of the returns that ratios are taken of.
        risk_free: return of a year.
        trials: of how many runs this one is the best.
        trial_deviation: of the Sharpe ratios, of one period, of these runs; without it that which chance gives
            ratios of so many returns, 1 / sqrt(n - 1).
        prices: what arrival slippage is taken from.
        seed: of the drawn histories.
        histories: how many are drawn; of many trades fewer.
    Raises: FrameInvalid, OptionInvalid.
    """
    if trials < 1:
        raise OptionInvalid(f"{trials} trials are too few to choose from: give 1 or more")
    closed = trades(run.fills, method)
    pnl, gross = floats(closed["pnl"].drop_nulls()), float(closed["gross"].sum())
    fallen = drawdown(run.equity)
    found = returns(run.equity, period)
    capital = run.equity["equity"][0] if run.equity.height else None
    histories = max(min(histories, MOST_DRAWN // max(len(pnl), 1)), 1)
    return Summary(
        performance=_performance(
            run.equity, found, fallen, risk_free=risk_free, trials=trials, trial_deviation=trial_deviation
        ),
        drawdown=fallen,
        trades=outcomes(closed),
        execution=execution(run.fills, run.orders, run.equity, gross=gross, prices=prices),
        chance=chance(pnl, runs=histories, seed=seed, capital=capital),
    )


def deflated(found: Returns, trials: int, trial_deviation: float | None = None) -> float | None:
    """The deflated Sharpe ratio of the best of so many trials, from its returns. Raises: OptionInvalid."""
    known = moments(found.values)
    if known is None:
        return None
    deviation = 1 / sqrt(known.count - 1) if trial_deviation is None else trial_deviation
    return deflated_sharpe(
        known.mean / known.deviation,
        count=known.count,
        trials=trials,
        deviation=deviation,
        skew=known.skew,
        kurtosis=known.kurtosis,
    )


def plain(value: Any) -> Any:  # noqa: ANN401 - whatever JSON has
    """The same with None for each number that is not finite, in mappings and sequences too."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def _performance(
    equity: pl.DataFrame,
    found: Returns,
    fallen: Drawdown,
    *,
    risk_free: float,
    trials: int,
    trial_deviation: float | None,
) -> Performance:
    samples = equity_of(equity)
    first, last, years = _ends(samples)
    values, known = found.values, moments(found.values)
    days = floats(daily(equity)["pnl"])
    long_enough = years * YEAR_DAYS >= 30
    annual = annual_return(values, found.per_year) if long_enough else None
    ratio = known.mean / known.deviation if known else None
    shape = {"skew": known.skew, "kurtosis": known.kurtosis} if known else {}
    return Performance(
        first=first,
        last=last,
        pnl=None if first is None or last is None else last - first,
        total_return=last / first - 1 if last is not None and first is not None and first > 0 else None,
        years=years,
        cagr=cagr(first or 0.0, last or 0.0, years) if long_enough else None,
        period=found.period,
        periods=len(values),
        per_year=found.per_year,
        annual_return=annual,
        volatility=volatility(values, found.per_year),
        sharpe=sharpe(values, found.per_year, risk_free),
        sortino=sortino(values, found.per_year, risk_free),
        calmar=calmar(annual, fallen.fraction),
        skew=shape.get("skew"),
        kurtosis=shape.get("kurtosis"),
        probabilistic_sharpe=probabilistic_sharpe(ratio, count=len(values), **shape) if ratio is not None else None,
        trials=trials,
        deflated_sharpe=deflated(found, trials, trial_deviation) if trials > 1 else None,
        least_track_record=least_track_record(ratio, **shape) if ratio is not None else None,
        best_day=_most(days),
        worst_day=_most(-days, -1.0),
        winning_days=_share(days),
        var_95=value_at_risk(values, 0.95),
        var_99=value_at_risk(values, 0.99),
        shortfall_95=expected_shortfall(values, 0.95),
    )


def _ends(samples: pl.DataFrame) -> tuple[float | None, float | None, float]:
    if not samples.height:
        return None, None, 0.0
    span = int(samples["at_ns"][-1] - samples["at_ns"][0])
    return samples["equity"][0], samples["equity"][-1], span / DAY_NS / YEAR_DAYS


def _most(values: Floats, sign: float = 1.0) -> float | None:
    return float(sign * values.max()) if len(values) else None


def _share(days: Floats) -> float | None:
    moved = int((days != 0).sum())
    return int((days > 0).sum()) / moved if moved else None
