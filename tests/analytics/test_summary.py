"""All numbers at once: of runs, of next to nothing, and never NaN."""

import json
from dataclasses import fields
from typing import get_args

import polars as pl
import pytest
from tests.analytics.runs import MadeRun, days, drawn, equity, fill, fills, nothing, orders

from garraway.analytics import OptionInvalid, Outcomes, outcomes, outcomes_by, summarise, trades
from garraway.analytics.returns import Period


def test_outcomes_of_a_few_trades() -> None:
    some = fills(*(fill(at, side, 1, price) for at, (side, price) in enumerate(SIDES)))
    assert outcomes(trades(some)) == Outcomes(
        trades=4, wins=2, losses=1, win_rate=0.5, pnl=25.0, gross_profit=30.0, gross_loss=-5.0, profit_factor=6.0,
        expectancy=6.25, average_win=15.0, average_loss=-5.0, payoff=3.0, best=20.0, worst=-5.0, best_return=0.2,
        worst_return=-0.05, winning_run=2, losing_run=1, holding_s=1e-9, longest_s=1e-9,
    )  # fmt: skip


SIDES = [
    ("buy", 100.0), ("sell", 110.0), ("sell", 100.0), ("buy", 80.0), ("buy", 100.0), ("sell", 95.0),
    ("buy", 9.0), ("sell", 9.0),
]  # fmt: skip


def test_outcomes_are_told_by_instrument() -> None:
    closed = trades(drawn(1, instruments=3).fills)
    found = outcomes_by(closed)
    assert found["instrument"].to_list() == ["SYM0", "SYM1", "SYM2"]
    assert (found["trades"].sum(), found["wins"].sum()) == (outcomes(closed).trades, outcomes(closed).wins)
    assert found["pnl"].sum() == pytest.approx(outcomes(closed).pnl)


@pytest.mark.parametrize(
    "run",
    [
        nothing(),
        MadeRun(fills(), orders(), days(100.0)),
        MadeRun(fills(), orders(), days(0.0, 0.0, -1.0)),
        MadeRun(fills(fill(1, "buy", 1, 1.0)), orders((1, "buy", 1, 1)), equity((1, 5.0), (2, 5.0))),
        MadeRun(fills(), orders(), days(*[100.0] * 60)),
        MadeRun(fills(), orders(), days(1e-300, 1e300, 1e-300, *[1e300] * 60)),
        drawn(1),
    ],
    ids=["nothing", "one sample", "below nothing", "one fill", "flat", "wild", "drawn"],
)
def test_every_run_makes_sound_json(run: MadeRun) -> None:
    for period in get_args(Period):
        text = json.dumps(summarise(run, period=period, trials=5).as_json(), allow_nan=False)
        assert json.loads(text)["performance"]["period"] == period


def test_nothing_is_known_of_nothing() -> None:
    found = summarise(nothing()).performance
    known = {one.name for one in fields(found) if getattr(found, one.name) is not None}
    assert known == {"years", "period", "periods", "per_year", "trials"}


def test_a_run_of_less_than_a_month_has_no_year() -> None:
    found = summarise(MadeRun(fills(), orders(), days(100.0, 101.0, 99.0))).performance
    assert (found.cagr, found.annual_return, found.calmar, found.sharpe is not None) == (None, None, None, True)


def test_more_trials_deflate_more() -> None:
    run = drawn(2)
    few, many = (summarise(run, trials=count).performance.deflated_sharpe for count in (2, 1000))
    plain = summarise(run).performance
    assert few is not None
    assert many is not None
    assert plain.probabilistic_sharpe is not None
    assert many < few < plain.probabilistic_sharpe
    assert plain.deflated_sharpe is None


def test_trials_that_are_none_are_refused() -> None:
    with pytest.raises(OptionInvalid, match="-1 trials"):
        summarise(drawn(1), trials=-1)


def test_summaries_do_not_depend_on_how_often_they_are_made() -> None:
    assert summarise(drawn(4)) == summarise(drawn(4))


def test_frames_of_other_number_types_are_taken() -> None:
    run = drawn(3)
    other = MadeRun(run.fills.with_columns(pl.col("quantity").cast(pl.Int32)), run.orders, run.equity)
    assert summarise(other) == summarise(run)
