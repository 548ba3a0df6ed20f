"""Sharpe's ratio and its kin, and how much of one is chance. Touches nothing.

Returns are simple ones of equal periods, `per_year` of which make a year. All answers are None where there are too few
returns, or nothing varies: a ratio without a denominator is no ratio. Deviations are those of a sample (n - 1).

Sources: W. Sharpe, "The Sharpe Ratio" (1994); F. Sortino, L. Price, "Performance Measurement in a Downside Risk
Framework" (1994); T. Young, "Calmar Ratio" (1991); D. Bailey, M. Lopez de Prado, "The Sharpe Ratio Efficient Frontier"
(2012) and "The Deflated Sharpe Ratio" (2014).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import e, exp, expm1, isfinite, log, log1p, sqrt
from statistics import NormalDist
from typing import Final

import numpy as np

from garraway.analytics.errors import OptionInvalid
from garraway.analytics.frames import Floats, number

EULER_MASCHERONI: Final = 0.5772156649015329
NORMAL: Final = NormalDist()
MOST_EXPONENT: Final = 700.0
"""Beyond it a compounded return is no number any more."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Of a sample of returns."""

    count: int
    mean: float
    deviation: float
    """Of a sample: over n - 1."""
    skew: float
    """m3 / m2^1.5, of the population; 0 for a normal one."""
    kurtosis: float
    """m4 / m2^2, of the population; 3 for a normal one."""


def moments(returns: Sequence[float] | Floats) -> Moments | None:
    """The first four moments; None with fewer than two returns, or where all are the same."""
    values = np.asarray(returns, np.float64)
    if len(values) < 2 or np.ptp(values) == 0:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        away = values - values.mean()
        powers = [float((away**power).mean()) for power in (2, 3, 4)]
    m2, m3, m4 = powers
    if m2**2 == 0 or not all(isfinite(power) for power in powers):
        return None
    return Moments(
        count=len(values),
        mean=float(values.mean()),
        deviation=sqrt(m2 * len(values) / (len(values) - 1)),
        skew=m3 / m2**1.5,
        kurtosis=m4 / m2**2,
    )


def volatility(returns: Sequence[float] | Floats, per_year: float) -> float | None:
    """Deviation of a year: that of a period times the root of periods a year."""
    found = moments(returns)
    return number(found.deviation * sqrt(per_year)) if found else None


def sharpe(returns: Sequence[float] | Floats, per_year: float, risk_free: float = 0.0) -> float | None:
    """(mean - risk_free / per_year) / deviation x sqrt(per_year); risk_free is that of a year."""
    found = moments(returns)
    return number((found.mean - risk_free / per_year) / found.deviation * sqrt(per_year)) if found else None


def sortino(returns: Sequence[float] | Floats, per_year: float, target: float = 0.0) -> float | None:
    """(mean - target / per_year) / downside x sqrt(per_year), downside = root of mean of min(r - target, 0)^2."""
    values = np.asarray(returns, np.float64) - target / per_year
    downside = sqrt(float(np.square(np.minimum(values, 0.0)).mean())) if len(values) else 0.0
    return number(float(values.mean()) / downside * sqrt(per_year)) if downside else None


def annual_return(returns: Sequence[float] | Floats, per_year: float) -> float | None:
    """Compounded: prod(1 + r)^(per_year / n) - 1; -1 where all is lost; None without returns or beyond all measure."""
    values = np.asarray(returns, np.float64)
    if not len(values):
        return None
    if (values <= -1).any():
        return -1.0
    exponent = float(np.log1p(values).sum()) * per_year / len(values)
    return expm1(exponent) if exponent < MOST_EXPONENT else None


def geometric_volatility(returns: Sequence[float] | Floats, per_year: float) -> float | None:
    """Deviation of a year's compounded return, of independent periods: ((s^2 + (1+g)^2)^k - (1+g)^2k)^0.5.

    g is the geometric mean of a period, s its deviation, k the periods of a year. Source: L. Goodman, "On the Exact
    Variance of Products" (1960).
    """
    found, mean = moments(returns), annual_return(returns, per_year)
    if not found or mean is None or mean <= -1:
        return None
    grown = 2 * log1p(mean) / per_year
    exponents = per_year * log(found.deviation**2 + exp(grown)), per_year * grown
    if max(exponents) > MOST_EXPONENT:
        return None
    return number(sqrt(max(exp(exponents[0]) - exp(exponents[1]), 0.0)))


def cagr(first: float, last: float, years: float) -> float | None:
    """(last / first)^(1 / years) - 1, by the calendar; None unless all are above 0 and it is a number."""
    if not (first > 0 and last > 0 and years > 0):
        return None
    exponent = log(last / first) / years
    return expm1(exponent) if exponent < MOST_EXPONENT else None


def calmar(annual: float | None, worst_drawdown: float | None) -> float | None:
    """Annual return over the greatest drawdown, both fractions."""
    return number(annual / worst_drawdown) if annual is not None and worst_drawdown else None


def probabilistic_sharpe(
    ratio: float, *, count: int, skew: float = 0.0, kurtosis: float = 3.0, benchmark: float = 0.0
) -> float | None:
    """How likely the true ratio is above the benchmark.

    Phi((SR - SR*) sqrt(n - 1) / sqrt(1 - skew x SR + (kurtosis - 1) / 4 x SR^2)), Phi the normal distribution.

    Args:
        ratio: Sharpe ratio of one period, not of a year.
        count: returns that the ratio was taken of.
        skew: of the returns; 0 for normal ones.
        kurtosis: of the returns; 3 for normal ones.
        benchmark: SR*, also of one period.
    Returns: a probability; None with fewer than two returns, or where the moments cannot belong together.
    """
    spread = 1 - skew * ratio + (kurtosis - 1) / 4 * ratio**2
    if count < 2 or not spread > 0 or not isfinite(spread):
        return None
    return NORMAL.cdf((ratio - benchmark) * sqrt(count - 1) / sqrt(spread))


def expected_best(trials: int, deviation: float) -> float:
    """The ratio that the best of so many independent trials without any skill is expected to have.

    deviation x ((1 - c) Z(1 - 1/N) + c Z(1 - 1/(N e))), c that of Euler and Mascheroni, Z the normal quantile.

    Args:
        trials: N, at least 1; 1 gives 0.
        deviation: of the trials' ratios, of one period.
    Raises: OptionInvalid.
    """
    if trials < 1 or not deviation >= 0:
        raise OptionInvalid(f"{trials} trials with deviation {deviation}: give 1 or more, and at least 0")
    if trials == 1:
        return 0.0
    normal = (1 - EULER_MASCHERONI) * NORMAL.inv_cdf(1 - 1 / trials)
    return deviation * (normal + EULER_MASCHERONI * NORMAL.inv_cdf(1 - 1 / (trials * e)))


def deflated_sharpe(
    ratio: float, *, count: int, trials: int, deviation: float, skew: float = 0.0, kurtosis: float = 3.0
) -> float | None:
    """How likely the best of many trials has a true ratio above 0: `probabilistic_sharpe` against `expected_best`.

    All ratios and the deviation among the trials' ratios are of one period. Raises: OptionInvalid.
    """
    against = expected_best(trials, deviation)
    return probabilistic_sharpe(ratio, count=count, skew=skew, kurtosis=kurtosis, benchmark=against)


def least_track_record(
    ratio: float, *, skew: float = 0.0, kurtosis: float = 3.0, benchmark: float = 0.0, confidence: float = 0.95
) -> float | None:
    """How many returns make `probabilistic_sharpe` reach the confidence; None where the ratio is not above.

    Raises: OptionInvalid: the confidence is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise OptionInvalid(f"confidence {confidence} is not between 0 and 1: give 0.95 for 95 %")
    spread = 1 - skew * ratio + (kurtosis - 1) / 4 * ratio**2
    if not ratio > benchmark or not spread > 0:
        return None
    return 1 + spread * (NORMAL.inv_cdf(confidence) / (ratio - benchmark)) ** 2
