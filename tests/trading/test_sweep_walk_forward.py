"""Splits never look ahead, and walking forward equals doing it by hand."""

from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.trading.fake_desk import Cross, backtest, bars

from garraway.trading.sweep import sweep
from garraway.trading.sweep_errors import GridInvalid, NothingRan, SplitInvalid
from garraway.trading.walk_forward import rows_of, walk_forward
from garraway.trading.walk_forward_splits import Split, purged_by_time, purged_folds, windows

GRID: dict[str, Any] = {"fast": (3, 5, 8), "slow": (15, 30)}


def test_windows_follow_each_other() -> None:
    assert windows(100, train=40, test=20, gap=5) == [
        Split(((0, 40),), (45, 65)),
        Split(((20, 60),), (65, 85)),
        Split(((40, 80),), (85, 100)),
    ]
    assert windows(100, train=40, test=20, anchored=True, step=40) == [
        Split(((0, 40),), (40, 60)),
        Split(((0, 80),), (80, 100)),
    ]


@pytest.mark.parametrize("seed", range(20))
def test_no_window_learns_from_what_it_tests(seed: int) -> None:
    random = np.random.default_rng(seed)
    train, test, step, gap = (int(random.integers(1, 30)) for _ in range(4))
    for split in windows(200, train=train, test=test, step=step, gap=gap, anchored=bool(seed % 2)):
        (first, last), (start, end) = split.train[0], split.test
        assert 0 <= first < last
        assert last + gap == start < end <= 200


@pytest.mark.parametrize("seed", range(20))
def test_folds_test_each_row_once_and_learn_from_none_too_near(seed: int) -> None:
    random = np.random.default_rng(seed)
    folds, purge, embargo = int(random.integers(2, 9)), int(random.integers(0, 6)), int(random.integers(0, 6))
    found = purged_folds(120, folds, purge=purge, embargo=embargo)
    assert list(chain.from_iterable(range(*split.test) for split in found)) == list(range(120))
    for split in found:
        start, end = split.test
        learnt = set(chain.from_iterable(range(*one) for one in split.train))
        assert learnt == set(range(start - purge)) | set(range(end + embargo, 120)) if start > purge else True


@pytest.mark.parametrize("seed", range(10))
def test_folds_by_time_learn_from_nothing_that_overlaps(seed: int) -> None:
    random = np.random.default_rng(seed)
    begins = np.cumsum(random.integers(1, 10, 80)).tolist()
    ends = [begin + int(random.integers(0, 40)) for begin in begins]
    for train, test in purged_by_time(begins, ends, 4):
        first, last = begins[test[0]], max(ends[row] for row in test)
        plain = [row for row in range(80) if row not in test and (ends[row] < first or begins[row] > last)]
        assert train == plain


def test_walking_forward_equals_doing_it_by_hand() -> None:
    rows = bars(800)
    found = walk_forward(Cross, rows, train=300, test=150, by="pnl", on="here", backtest=backtest, **GRID)
    total = 0.0
    for number, start in enumerate(range(0, 450, 150)):
        learnt = sweep(Cross, rows[start : start + 300], on="here", backtest=backtest, **GRID).best("pnl")
        fold = found.folds.row(number, named=True)
        assert (fold["fast"], fold["slow"], fold["chosen"]) == learnt.select("fast", "slow", "pnl").row(0)
        alone = backtest(Cross(fold["fast"], fold["slow"]), rows[start + 300 : start + 450])
        gained = float(alone.equity["equity"][-1] - alone.equity["equity"][0])
        assert fold["pnl"] == pytest.approx(gained)
        assert (fold["from_ns"], fold["to_ns"]) == (rows["at_ns"][start + 300], rows["at_ns"][start + 449])
        total += gained
    assert found.pnl == pytest.approx(total)
    assert found.folds["pnl"].mean() == pytest.approx(
        (found.kept or 0.0) * float(found.folds["chosen"].to_numpy().mean())
    )


def test_walking_forward_searches_too(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    options: dict[str, Any] = {
        "train": 300,
        "test": 300,
        "by": "pnl",
        "on": "here",
        "backtest": backtest,
        "search": 5,
        "folder": tmp_path,
    }
    once = walk_forward(Cross, bars(600), **options, **GRID)
    assert once.to_json() == walk_forward(Cross, bars(600), **options, **GRID).to_json()
    assert once.sweeps[0].header["search"]["by"] == "pnl"


def test_rows_come_from_files(tmp_path: Path) -> None:
    bars(20).write_parquet(tmp_path / "rows.parquet")
    np.save(tmp_path / "rows.npy", np.zeros(5, dtype=[("ts", "i8")]))
    assert (len(rows_of(tmp_path / "rows.parquet")), len(rows_of(str(tmp_path / "rows.npy")))) == (20, 5)
    (tmp_path / "bad.parquet").write_text("nothing")
    for name in ("bad.parquet", "none.npy", "rows.csv"):
        with pytest.raises(SplitInvalid, match=name):
            rows_of(tmp_path / name)


def test_splits_that_are_none_are_refused() -> None:
    with pytest.raises(SplitInvalid, match="100 rows are too few for train 90, gap 0 and test 30"):
        windows(100, train=90, test=30)
    with pytest.raises(SplitInvalid, match="train 0, test 1, step 1 must be 1 or more"):
        windows(100, train=0, test=1)
    with pytest.raises(SplitInvalid, match="1 folds of 10 rows"):
        purged_folds(10, 1)
    with pytest.raises(SplitInvalid, match="purge 9 and embargo 9 leave nothing of 10 rows to learn from"):
        purged_folds(10, 2, purge=9, embargo=9)
    with pytest.raises(SplitInvalid, match="1 beginnings and 2 ends do not belong together"):
        purged_by_time([1], [1, 2])


def test_a_measure_that_is_none_or_that_no_run_has_is_refused() -> None:
    options: dict[str, Any] = {"train": 100, "test": 50, "on": "here", "backtest": backtest}
    with pytest.raises(GridInvalid, match="'luck' is no measure"):
        walk_forward(Cross, bars(200), by="luck", fast=3, slow=9, **options)
    with pytest.raises(NothingRan, match="none of 1 runs has a sharpe"):
        walk_forward(Cross, bars(200), fast=9, slow=3, **options)
