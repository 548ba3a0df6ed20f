"""`garraway sweep` as people type it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.trading.recorded import recorded

from garraway.cli.app import main
from garraway.trading import load
from garraway.trading.sweep import sweep

Typed = Callable[..., tuple[int, str, str]]
CROSS = "cross.py:Cross"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Types a command beside a strategy and a file of bars: exit code, what it prints, what it complains of."""
    recorded(tmp_path)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["garraway", "sweep", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return run


def test_a_sweep_is_told_as_json(typed: Typed, tmp_path: Path) -> None:
    words = ("--set", "fast=3:6", "--set", "slow=10:30:10", "--with", "fee=0.0002", "--on", "here", "--json")
    code, out, err = typed(CROSS, "bars.parquet", *words)
    cross = load(str(tmp_path / CROSS))
    same = sweep(cross, "bars.parquet", on="here", settings={"fee": "0.0002"}, fast=range(3, 6), slow=(10, 20))
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert [row["pnl"] for row in told["runs"]] == same.runs["pnl"].to_list()
    assert told["deflated_sharpe"] == pytest.approx(same.deflated_sharpe)


def test_a_sweep_is_told_to_people_and_kept(typed: Typed, tmp_path: Path) -> None:
    words = ("--set", "fast=3:6", "--set", "slow=20", "--on", "here", "--folder", "kept", "--report", "page.html")
    code, out, _ = typed(CROSS, "bars.parquet", *words)
    assert code == 0
    assert "best by sharpe" in out
    assert "3 runs, 0 failed; that the best Sharpe ratio is more than luck: " in out
    assert len((tmp_path / "kept" / "runs.jsonl").read_bytes().splitlines()) == 3
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert typed(CROSS, "bars.parquet", *words)[1] == out


def test_walking_forward_is_told(typed: Typed) -> None:
    words = ("--set", "fast=3:6", "--set", "slow=20", "--on", "here", "--by", "pnl", "--walk-forward", "200:100")
    code, out, _ = typed(CROSS, "bars.parquet", *words)
    assert (code, out.count("P&L of all tests")) == (0, 1)
    assert len(json.loads(typed(CROSS, "bars.parquet", *words, "--json")[1])["folds"]) == 4


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("nothing.py:Cross", "bars.parquet"), 1, "there is no file nothing.py"),
        ((CROSS, "bars.parquet", "--set", "fast"), 1, "--set 'fast' is none of fast=5:20"),
        ((CROSS, "bars.parquet", "--set", "fast=1", "--set", "fast=2"), 1, "--set gives fast twice"),
        (
            (CROSS, "bars.parquet", "--set", "fast=0", "--on", "here"),
            1,
            "none of 1 runs has a sharpe",
        ),
        ((CROSS, "bars.parquet", "--with", "fee"), 1, "--with 'fee' is no NAME=VALUE"),
        ((CROSS, "bars.parquet", "--on", "abacus"), 1, "on 'abacus' is none of processes"),
        ((CROSS, "bars.parquet", "--on", "here", "--by", "luck"), 1, "'luck' is no measure"),
        ((CROSS, "none.parquet", "--walk-forward", "2:1"), 1, "none.parquet cannot be read"),
        ((CROSS, "bars.parquet", "--walk-forward", "2"), 2, "is no TRAIN:TEST"),
        ((CROSS, "bars.parquet", "--walk-forward", "2:1", "--report", "a.html"), 2, "--report is a sweep's"),
        ((CROSS, "bars.parquet", "--workers", "0"), 2, "workers"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(typed: Typed, words: tuple[str, ...], code: int, text: str) -> None:
    ended, out, err = typed(*words)
    assert (ended, out) == (code, "")
    assert text in err
