"""Ratios and tails against the standard library, published figures, and plain reckonings."""

import statistics
from math import inf, sqrt

import numpy as np
import pytest

from garraway.analytics import (
    OptionInvalid,
    annual_return,
    cagr,
    calmar,
    deflated_sharpe,
    expected_best,
    expected_shortfall,
    geometric_volatility,
    least_track_record,
    moments,
    normal_value_at_risk,
    probabilistic_sharpe,
    sharpe,
    sortino,
    value_at_risk,
    volatility,
)

DRAWN = np.random.default_rng(7).standard_t(4, 500) * 0.01 + 0.0005


def test_ratios_equal_those_of_the_standard_library() -> None:
    values = [float(one) for one in DRAWN]
    mean, deviation = statistics.fmean(values), statistics.stdev(values)
    assert sharpe(DRAWN, 252, 0.02) == pytest.approx((mean - 0.02 / 252) / deviation * sqrt(252))
    assert volatility(DRAWN, 252) == pytest.approx(deviation * sqrt(252))
    below = [min(one - 0.05 / 252, 0.0) ** 2 for one in values]
    assert sortino(DRAWN, 252, 0.05) == pytest.approx((mean - 0.05 / 252) / sqrt(sum(below) / 500) * sqrt(252))
    grown = 1.0
    for one in values:
        grown *= 1 + one
    assert annual_return(DRAWN, 252) == pytest.approx(grown ** (252 / 500) - 1)
    g, k = grown ** (1 / 500), 252
    assert geometric_volatility(DRAWN, k) == pytest.approx(sqrt((deviation**2 + g**2) ** k - g ** (2 * k)))


def test_moments_equal_a_plain_reckoning() -> None:
    found = moments([1.0, 2.0, 4.0, 9.0])
    away = [-3.0, -2.0, 0.0, 5.0]
    m2, m3, m4 = (sum(one**power for one in away) / 4 for power in (2, 3, 4))
    assert found is not None
    assert (found.mean, found.deviation, found.skew, found.kurtosis) == pytest.approx(
        (4.0, sqrt(38 / 3), m3 / m2**1.5, m4 / m2**2)
    )


def test_what_says_nothing_is_none() -> None:
    for of in (sharpe, sortino, volatility, annual_return, geometric_volatility):
        assert of([], 252) is None
    for of in (sharpe, volatility, geometric_volatility):
        assert [of([0.01], 252), of([0.01] * 9, 252)] == [None, None]
    assert sortino([0.01, 0.02], 252) is None
    assert (annual_return([-1.5, 0.1], 252), annual_return([9.0] * 3, 525_600)) == (-1.0, None)
    assert (cagr(100.0, 0.0, 1.0), cagr(-1.0, 5.0, 1.0), cagr(1.0, 2.0, 0.0), cagr(1.0, 2.0, 1e-9)) == (None,) * 4
    assert (calmar(None, 0.1), calmar(0.1, None), calmar(0.1, 0.0)) == (None,) * 3
    assert (value_at_risk([]), expected_shortfall([])) == (None, None)


def test_published_example_of_the_deflated_sharpe_ratio() -> None:
    # Bailey and Lopez de Prado (2014), "A numerical example": annual ratio 2.5 of five years of days, the ratios of the
    # trials with an annual variance of 1/2.
    ratio, deviation = 2.5 / sqrt(250), sqrt(0.5 / 250)
    assert expected_best(100, deviation) == pytest.approx(0.1132, abs=5e-5)
    assert deflated_sharpe(ratio, count=1250, trials=100, deviation=deviation, skew=-3, kurtosis=10) == pytest.approx(
        0.9004, abs=5e-5
    )
    assert deflated_sharpe(ratio, count=1250, trials=46, deviation=deviation, skew=-3, kurtosis=10) == pytest.approx(
        0.9505, abs=2e-3
    )
    assert deflated_sharpe(ratio, count=1250, trials=88, deviation=deviation) == pytest.approx(0.9505, abs=2e-3)


def test_expected_best_is_about_that_of_drawn_trials() -> None:
    drawn = np.random.default_rng(3).normal(0.0, 0.2, (4000, 50)).max(axis=1).mean()
    assert expected_best(50, 0.2) == pytest.approx(drawn, rel=0.03)


def test_track_record_is_as_long_as_the_probability_asks() -> None:
    count = least_track_record(0.1, skew=-0.5, kurtosis=5.0)
    assert count is not None
    below, above = (probabilistic_sharpe(0.1, count=int(count) + one, skew=-0.5, kurtosis=5.0) for one in (0, 1))
    assert below is not None
    assert above is not None
    assert below < 0.95 <= above
    assert least_track_record(-0.1) is None


def test_probability_of_half_at_the_benchmark() -> None:
    assert probabilistic_sharpe(0.1, count=100, benchmark=0.1) == 0.5
    assert probabilistic_sharpe(0.1, count=1) is None
    assert probabilistic_sharpe(2.0, count=9, skew=5.0, kurtosis=1.0) is None


def test_published_values_at_risk() -> None:
    losses = [-30.0, -27.0, -23.0, -21.0, -19.0]
    assert value_at_risk([*losses, *[0.0] * 295], 0.99) == 21.0
    assert expected_shortfall([*losses, *[0.0] * 295], 0.99) == pytest.approx(80 / 3)
    # Hull's figures take 2.33 for the quantile 2.3263.
    for value, deviation, told in ((10e6, 0.02, 1_473_621), (5e6, 0.01, 368_405)):
        found = normal_value_at_risk(value, deviation, confidence=0.99, periods=10)
        assert found * 2.33 / statistics.NormalDist().inv_cdf(0.99) == pytest.approx(told, abs=1)


def test_a_share_of_an_outcome_counts_with_its_share() -> None:
    assert expected_shortfall([-4.0, -2.0, 0.0], 0.5) == pytest.approx((4.0 + 0.5 * 2.0) / 1.5)
    assert value_at_risk([-4.0, -2.0, 0.0], 0.01) == -0.0
    assert value_at_risk(range(10), 0.9) == -1.0


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0, -inf, float("nan")])
def test_confidence_outside_is_refused(confidence: float) -> None:
    for of in (value_at_risk, expected_shortfall):
        with pytest.raises(OptionInvalid, match=r"is not between 0 and 1: give 0\.95 for 95 %"):
            of([1.0], confidence)
    with pytest.raises(OptionInvalid, match="not between 0 and 1"):
        least_track_record(0.1, confidence=confidence)


def test_trials_that_are_none_are_refused() -> None:
    with pytest.raises(OptionInvalid, match=r"0 trials with deviation 1\.0: give 1 or more"):
        expected_best(0, 1.0)
