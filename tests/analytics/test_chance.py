"""Drawn histories: the same seed, the same answer; sums and orders hold."""

import numpy as np
import pytest

from garraway.analytics import OptionInvalid, chance, fan, outside

PNL = np.random.default_rng(5).normal(1.0, 10.0, 200)


def test_the_same_seed_draws_the_same() -> None:
    assert chance(PNL, seed=3) == chance(PNL, seed=3)
    assert chance(PNL, seed=3) != chance(PNL, seed=4)
    assert fan(PNL, seed=3).equals(fan(PNL, seed=3))


def test_shuffled_histories_end_alike() -> None:
    found = chance(PNL, draw="shuffle")
    assert found.pnl == pytest.approx([PNL.sum()] * 5)


def test_drawn_histories_equal_those_of_a_plain_loop() -> None:
    random = np.random.default_rng(9)
    starts = random.integers(0, 200 - 4, size=(20, 40))
    final, deepest, ruined = [], [], 0
    for history in starts:
        peak = now = worst = low = 0.0
        for start in history:
            for pnl in PNL[start : start + 5]:
                now += pnl
                peak, low = max(peak, now), min(low, now)
                worst = max(worst, peak - now)
        final.append(now)
        deepest.append(worst)
        ruined += low <= -50.0
    found = chance(PNL, runs=20, seed=9, block=5, capital=50.0)
    quantiles = (0.05, 0.25, 0.5, 0.75, 0.95)
    assert found.pnl == pytest.approx(np.quantile(final, quantiles))
    assert found.drawdown == pytest.approx(np.quantile(deepest, quantiles))
    assert (found.ruin, found.loss) == (ruined / 20, sum(one < 0 for one in final) / 20)


def test_no_trades_have_no_chance() -> None:
    found = chance([])
    assert (found.trades, found.pnl, found.drawdown, found.loss, found.ruin) == (0, None, None, None, None)
    assert fan([]).height == 0


def test_a_fan_has_at_most_400_rows_and_the_last_trade() -> None:
    found = fan(np.resize(PNL, 3000), runs=50)
    assert (found.height, found["trade"][0], found["trade"][-1]) == (400, 1, 3000)
    assert found["actual"][-1] == pytest.approx(float(np.resize(PNL, 3000).sum()))


def test_live_trades_that_leave_what_was_expected_are_told() -> None:
    assert outside(PNL[:50] * 0 + 1.0, PNL) is None
    assert outside(np.full(50, -9.0), PNL) is not None
    assert (outside([], PNL), outside(PNL, [])) == (None, None)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"runs": 0}, "0 runs in blocks of 1: give 1 or more"),
        ({"runs": 10**9}, "more than 50,000,000 together: give fewer runs"),
        ({"draw": "cards"}, "draw 'cards' is none of bootstrap, shuffle"),
        ({"draw": "shuffle", "block": 2}, "no blocks to shuffle"),
    ],
)
def test_options_that_are_none_are_refused(options: dict[str, object], text: str) -> None:
    with pytest.raises(OptionInvalid, match=text):
        chance(PNL, **options)  # type: ignore[arg-type]


def test_a_trade_without_a_number_is_refused() -> None:
    with pytest.raises(OptionInvalid, match="the P&L of trade 1 is not finite: leave it out"):
        chance([1.0, float("nan")])
