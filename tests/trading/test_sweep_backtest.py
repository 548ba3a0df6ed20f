"""Sweeps of real backtests: each row is the run that `backtest` makes alone, hash and all."""

from pathlib import Path
from typing import Any

import pytest
from tests.trading.recorded import recorded

from garraway.trading import Strategy, backtest, load
from garraway.trading.sweep import sweep
from garraway.trading.sweep_errors import GridInvalid
from garraway.trading.sweep_runs import MEASURES, measured
from garraway.trading.walk_forward import walk_forward


@pytest.fixture
def bars(tmp_path: Path) -> Path:
    return recorded(tmp_path)


@pytest.fixture
def cross(bars: Path) -> type[Strategy]:
    return load(f"{bars.parent / 'cross.py'}:Cross")


def test_each_row_is_the_backtest_of_its_parameters(cross: type[Strategy], bars: Path) -> None:
    found = sweep(cross, str(bars), on="here", settings={"fee": "0.0002"}, fast=(5, 8), slow=(20, 30))
    for row in found.runs.iter_rows(named=True):
        alone = backtest(cross(fast=row["fast"], slow=row["slow"]), str(bars), fee="0.0002")
        assert row["hash"] == alone.hash
        assert {name: row[name] for name in MEASURES} == measured(alone)


def test_rows_are_the_same_on_processes(cross: type[Strategy], bars: Path) -> None:
    options: dict[str, Any] = {"fast": range(5, 9), "slow": (20, 30)}
    assert sweep(cross, bars, workers=2, **options).to_json() == sweep(cross, bars, on="here", **options).to_json()


def test_a_parameter_that_the_strategy_has_not_is_refused_before_any_run(cross: type[Strategy], bars: Path) -> None:
    with pytest.raises(GridInvalid, match="Cross has no parameter speed: it has fast, slow"):
        sweep(cross, bars, speed=(1, 2))


def test_walking_forward_runs_on_recorded_rows(cross: type[Strategy], bars: Path) -> None:
    found = walk_forward(cross, bars, train=300, test=150, by="pnl", on="here", fast=(5, 8), slow=20)
    assert found.folds["error"].null_count() == 2
    assert found.folds.select("test_from", "test_to").rows() == [(300, 450), (450, 600)]
