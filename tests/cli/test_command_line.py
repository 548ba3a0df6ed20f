"""The command line as a user meets it: help, versions, one line for each failure, exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import garraway


def run(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "garraway.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=folder)


def test_the_version_is_told() -> None:
    assert run("version").stdout == garraway.__version__ + "\n"


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["up"],
        ["exchange"],
        ["market"],
        ["status"],
        ["journal"],
        ["journal", "verify"],
        ["journal", "dump"],
        ["bench", "book"],
        ["bench", "engine"],
        ["replay", "lobster"],
        ["catalog"],
        ["catalog", "import"],
        ["catalog", "bars"],
        ["planner"],
        ["config"],
        ["config", "check"],
        ["config", "show"],
        ["config", "migrate"],
    ],
)
def test_every_command_explains_itself(command: list[str]) -> None:
    found = run(*command, "--help")
    assert found.returncode == 0
    assert "Usage:" in found.stdout
    assert "--help" in found.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["status", "--folder", "nowhere"], 1, ["nowhere", "garraway up"]),
        (["journal", "verify", "--folder", "nowhere"], 1, ["nowhere"]),
        (["bench", "book", "nothing.csv"], 1, ["nothing.csv", "make bench"]),
        (["replay", "lobster", "nothing.csv", "--book", "none.csv"], 1, ["none.csv"]),
        (["planner"], 1, ["[schedules.instruments.SYMBOL]"]),
        (["config", "migrate", "--config", "nothing.toml"], 1, ["nothing.toml"]),
    ],
)
def test_a_failure_is_one_line_that_says_value_and_remedy(
    tmp_path: Path, arguments: list[str], code: int, words: list[str]
) -> None:
    found = run(*arguments, folder=tmp_path)
    assert found.returncode == code
    assert found.stdout == ""
    assert found.stderr.count("\n") == 1, found.stderr
    assert found.stderr.startswith("garraway: ")
    assert [word for word in words if word not in found.stderr] == []


@pytest.mark.parametrize(
    "arguments",
    [["up", "--durability", "memory"], ["up", "--rate", "0"], ["journal", "verify", "--nonsense"], ["unknown"]],
)
def test_wrong_usage_is_exit_code_2(tmp_path: Path, arguments: list[str]) -> None:
    found = run(*arguments, folder=tmp_path)
    assert (found.returncode, found.stdout) == (2, "")
    assert arguments[-1] in found.stderr or arguments[-2] in found.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_benchmark_prints_json(tmp_path: Path) -> None:
    operations = tmp_path / "ops.csv"
    operations.write_text("A,1,0,100,5\nA,2,1,101,5\nX,3,0,101,3\nC,2,1,101,0\n")
    found = run("bench", "book", str(operations), "--repeats", "1", "--json")
    assert found.returncode == 0, found.stderr
    said = json.loads(found.stdout)
    assert {"ns_per_op", "p50_ns", "p99_ns", "p999_ns", "trades", "rejects", "tape"} <= set(said)
    assert said["trades"] == 1
