"""Sweeps: the same rows wherever they are made; what is kept is not made again; what is wrong is said."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from tests.trading.fake_desk import Cross, Ending, backtest, bars

from garraway.analytics import deflated_sharpe
from garraway.trading import load
from garraway.trading.sweep import Sweep, sweep
from garraway.trading.sweep_errors import FolderUnusable, GridInvalid, NothingRan, PoolUnavailable, StrategyUnusable
from garraway.trading.sweep_grid import every, grid_of, parsed
from garraway.trading.sweep_runs import MEASURES, Named, fingerprint, measured
from garraway.trading.sweep_search import Search

ROOT = Path(__file__).parents[2]
SMALL = {"fast": range(3, 7), "slow": (10, 20, 30)}


MINE = """
from garraway.trading import Strategy


class Mine(Strategy):
    fast: int = 10
    slow: int = 20
    side: str = "long"
"""


def swept(**options: Any) -> Sweep:  # noqa: ANN401 - whatever sweep takes
    """A sweep in this process, unless told otherwise."""
    return sweep(Cross, options.pop("source", bars()), backtest=backtest, **{"on": "here", **SMALL, **options})


def test_each_row_is_the_run_of_its_parameters() -> None:
    found = swept(settings={"fee": 0.01})
    rows = found.runs.select("fast", "slow").rows()
    assert rows == [(fast, slow) for fast in range(3, 7) for slow in (10, 20, 30)]
    for row in found.runs.iter_rows(named=True):
        alone = backtest(Cross(row["fast"], row["slow"]), bars(), fee=0.01)
        assert {name: row[name] for name in MEASURES} == measured(alone)
        assert row["hash"] == alone.header["hash"]


def test_rows_are_the_same_on_processes() -> None:
    assert swept(on="processes", workers=2).to_json() == swept().to_json()


@pytest.mark.skipif(
    find_spec("ray") is None or "GARRAWAY_RAY" not in os.environ,
    reason="starts a cluster: GARRAWAY_RAY=1, with pip install 'garraway[scale]'",
)
def test_rows_are_the_same_on_ray() -> None:
    # In a process of its own: what Ray leaves open is no concern of the other tests.
    script = (
        "from tests.trading.test_sweep import swept\n"
        "here, there = swept(), swept(on='ray', workers=2)\n"
        "assert here.to_json() == there.to_json()\n"
        "print(there.runs.height)\n"
    )
    with TemporaryDirectory(prefix="ray") as folder:  # a short path: Ray's sockets allow no longer one
        environment = {**os.environ, "RAY_TMPDIR": folder, "RAY_USAGE_STATS_ENABLED": "0"}
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
    assert (done.stdout.split()[-1:], done.returncode) == (["12"], 0), done.stderr


def test_a_run_that_fails_has_its_error_in_its_row() -> None:
    found = swept(fast=(5, 15), slow=(10, 20))
    assert found.runs.select("fast", "slow", "error").rows() == [
        (5, 10, None),
        (5, 20, None),
        (15, 10, "ValueError: fast 15 is not below slow 10"),
        (15, 20, None),
    ]


def test_what_is_kept_is_not_made_again(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    first = swept(folder=tmp_path, fast=(3, 4))
    lines = (tmp_path / "runs.jsonl").read_bytes()
    wider = swept(folder=tmp_path, fast=(3, 4, 5), progress=lambda done, total: told.append((done, total)))
    assert told[0] == (6, 9)
    assert told[-1] == (9, 9)
    assert (tmp_path / "runs.jsonl").read_bytes().startswith(lines)
    assert wider.to_json() == swept(fast=(3, 4, 5)).to_json()
    assert swept(folder=tmp_path, fast=(3, 4)).to_json() == first.to_json()


def test_a_torn_line_is_made_again(tmp_path: Path) -> None:
    whole = swept(folder=tmp_path)
    kept = tmp_path / "runs.jsonl"
    lines = kept.read_bytes()
    kept.write_bytes(lines[:-40])
    assert swept(folder=tmp_path).to_json() == whole.to_json()
    assert kept.read_bytes() == lines


def test_a_sweep_that_was_killed_goes_on(tmp_path: Path) -> None:
    script = (
        "import os\n"
        "from tests.trading.test_sweep import swept\n"
        f"swept(folder={str(tmp_path)!r}, progress=lambda done, total: os._exit(9) if done == 5 else None)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)
    told: list[int] = []
    found = swept(folder=tmp_path, progress=lambda done, _total: told.append(done))
    assert (killed.returncode, told[0], found.to_json()) == (9, 5, swept().to_json())


def test_runs_of_another_source_setting_or_strategy_are_others(tmp_path: Path) -> None:
    one = swept(folder=tmp_path, fast=3, slow=10)
    two = swept(folder=tmp_path, fast=3, slow=10, source=bars(seed=2))
    three = swept(folder=tmp_path, fast=3, slow=10, settings={"fee": 1.0})
    assert len({found.runs["key"][0] for found in (one, two, three)}) == 3
    assert len((tmp_path / "runs.jsonl").read_bytes().splitlines()) == 3


def test_a_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    for name in ("a.parquet", "b.parquet"):
        bars().write_parquet(tmp_path / name)
    assert fingerprint(tmp_path / "a.parquet") == fingerprint(str(tmp_path / "b.parquet"))
    assert fingerprint(bars()) != fingerprint(bars(seed=2))
    assert fingerprint(bars()["close"].to_numpy()) != fingerprint(bars(seed=2)["close"].to_numpy())
    assert swept(source=tmp_path / "a.parquet").runs.drop("key").equals(swept().runs.drop("key"))


def test_a_damaged_folder_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "runs.jsonl").write_text('{"key": "a"}\nnothing\n')
    with pytest.raises(FolderUnusable, match=r"runs\.jsonl, line 2 is no line of a run: move the file away"):
        swept(folder=tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderUnusable, match="give a folder that may be written"):
        swept(folder=tmp_path / "file")


def test_the_best_is_the_first_of_the_most() -> None:
    found = swept()
    best = found.best("pnl", 3)["pnl"].to_list()
    assert best == sorted(found.runs["pnl"].to_list(), reverse=True)[:3]
    assert found.best("-drawdown")["drawdown"][0] == found.runs["drawdown"].min()
    with pytest.raises(GridInvalid, match="'luck' is no measure: take one of pnl, return"):
        found.best("luck")
    with pytest.raises(NothingRan, match="none of 1 runs has a sharpe; the first failure: ValueError: fast 9"):
        swept(fast=9, slow=9).best()


def test_the_best_ratio_is_deflated_by_the_number_of_runs() -> None:
    found = swept(fast=range(3, 9))
    rows = found.runs
    top = rows.sort("ratio", descending=True).row(0, named=True)
    deviation = rows["ratio"].std()
    assert isinstance(deviation, float)
    assert found.deflated_sharpe == pytest.approx(
        deflated_sharpe(
            top["ratio"],
            count=top["periods"],
            trials=18,
            deviation=deviation,
            skew=top["skew"],
            kurtosis=top["kurtosis"],
        )
    )
    assert swept(fast=9, slow=9).deflated_sharpe is None


def test_a_worker_that_ends_ends_the_sweep_with_what_was_done(tmp_path: Path) -> None:
    with pytest.raises(PoolUnavailable, match="a worker ended before its run did"):
        sweep(Ending, bars(), backtest=backtest, workers=1, folder=tmp_path, fast=(1, 2, 3, 4))
    kept = [json.loads(line)["parameters"]["fast"] for line in (tmp_path / "runs.jsonl").read_text().splitlines()]
    assert kept == [1, 2]


def test_a_search_comes_to_the_same_again() -> None:
    pytest.importorskip("optuna")
    chosen = Search(trials=24, by="pnl", batch=6)
    here = swept(search=chosen, slow=range(10, 60, 5))
    assert here.to_json() == swept(search=chosen, slow=range(10, 60, 5)).to_json()
    assert 6 < here.runs.height <= 24
    assert here.header["search"]["sampler"] == "tpe"
    assert here.best("pnl")["pnl"][0] >= swept().runs["pnl"].median()


def test_a_page_shows_the_map_and_the_best(tmp_path: Path) -> None:
    found = swept(side=("long", "short"))
    text = found.report(tmp_path / "sweep.html", x="slow", y="fast").read_text(encoding="utf-8")
    assert "at the best side" in text
    assert "<script" not in text
    assert found.report(tmp_path / "again.html", x="slow", y="fast").read_text(encoding="utf-8") == text
    assert "runs, 0 failed" in swept(fast=3, slow=10).report(tmp_path / "one.html").read_text(encoding="utf-8")
    with pytest.raises(GridInvalid, match="'speed' is none of the parameters fast, slow"):
        swept().report(tmp_path / "none.html", x="speed")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("fast=5:8", (5, 6, 7)),
        ("slow=20:60:15", (20, 35, 50)),
        ("level=0.1:0.5:0.1", (0.1, 0.2, 0.3, 0.4)),
        ("level=-1:1:0.5", (-1.0, -0.5, 0.0, 0.5)),
        ("side=long,short", ("long", "short")),
        ("depth=3", (3,)),
        ("on=true,false", (True, False)),
        ("mix=1,2.5", (1, 2.5)),
    ],
)
def test_values_are_read_from_text(text: str, values: tuple[object, ...]) -> None:
    assert parsed(text) == (text.split("=", maxsplit=1)[0], values)


BAD_TEXTS = [
    "fast",
    "fast=",
    "=3",
    "a b=3",
    "fast=5:5",
    "fast=8:5",
    "fast=1:9:0",
    "fast=1:9:-1",
    "fast=a:b",
    "x=1:2:3:4",
    "x=0:9e99",
    "x=nan:2",
]


@pytest.mark.parametrize("text", BAD_TEXTS)
def test_text_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(GridInvalid, match="--set "):
        parsed(text)


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"fast": []}, "fast has no values: give at least one"),
        ({"fast": [1, 1]}, "fast has a value twice"),
        ({"fast": [float("nan")]}, "fast has the value nan: give whole numbers"),
        ({"fast": [{}]}, "fast has the value {}"),
        ({"a": range(2000), "b": range(2000)}, "a 2000 x b 2000 are 4,000,000 runs, more than 1,000,000"),
    ],
)
def test_a_grid_that_is_none_is_refused(parameters: dict[str, object], text: str) -> None:
    with pytest.raises(GridInvalid) as refused:
        grid_of(parameters)
    assert text in str(refused.value)


def test_a_grid_without_parameters_is_one_run() -> None:
    assert every(grid_of({})) == [{}]
    assert swept(fast=5, slow=20).runs.height == 1


def test_a_class_of_a_function_cannot_be_sent() -> None:
    class Local(Cross):
        """Nobody finds it."""

    with pytest.raises(StrategyUnusable, match="Local is defined in a function"):
        Named.of(Local)


def test_a_class_of_a_file_goes_as_text(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(MINE)
    mine = load(f"{file}:Mine")
    assert Named.of(mine).text == file.read_text()
    assert Named.of(Cross).text is None
    found = sweep(mine, bars(), backtest=backtest, on="here", fast=(3, 4), slow=20)
    assert found.runs["pnl"].to_list() == swept(fast=(3, 4), slow=20).runs["pnl"].to_list()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"on": "abacus"}, "on 'abacus' is none of processes, here, ray"),
        ({"workers": 0}, "0 workers make no run: give 1 or more"),
    ],
)
def test_a_pool_that_is_none_is_refused(options: dict[str, object], text: str) -> None:
    with pytest.raises(PoolUnavailable, match=text):
        swept(**options)


@pytest.mark.parametrize(
    ("search", "text"),
    [
        (Search(trials=0), "0 trials in batches of 8"),
        (Search(by="luck"), "'luck' is no measure"),
        (Search(sampler="dice"), "sampler 'dice' is none of tpe, random"),  # type: ignore[arg-type]
    ],
)
def test_a_search_that_is_none_is_refused(search: Search, text: str) -> None:
    with pytest.raises(GridInvalid, match=text):
        swept(search=search)


def test_types_of_parameters_are_kept() -> None:
    found = swept(fast=(3, 4.0), side=("long", "short"), slow=20).runs
    assert found.select("fast", "side", "slow").schema == pl.Schema(
        {"fast": pl.Float64, "side": pl.String, "slow": pl.Int64}
    )
