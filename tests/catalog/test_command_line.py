"""`garraway replay lobster`: what is printed, and what a failure says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from garraway.catalog import Sample, write_sample

ASKED_FOR = {
    "messages", "executions", "same_order", "different", "unseen", "hidden", "seeded",
    "rows", "l1_equal", "depth_equal", "first_difference",
}  # fmt: skip


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return write_sample(tmp_path)


def lobster(messages: Path, *rest: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "garraway.cli", "replay", "lobster", str(messages), *map(str, rest)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_json_has_the_keys_and_nothing_else_is_printed(sample: Sample) -> None:
    ended = lobster(sample.messages, "--book", sample.book, "--json")
    assert (ended.returncode, ended.stderr) == (0, "")
    found = json.loads(ended.stdout)
    assert set(found) >= ASKED_FOR | {"oracles", "differences", "state_hash", "events_hash"}
    assert {name: found[name] for name in sample.counts} == sample.counts
    assert [found[name] for name in ("rows", "l1_equal", "depth_equal", "first_difference")] == [2000, 2000, 2000, None]
    assert found["oracles"][0]["levels_equal"] == {"1": 2000, "5": 2000, "10": 2000}


def test_two_runs_print_the_same_bytes(sample: Sample) -> None:
    one, two = (lobster(sample.messages, "--book", sample.book, "--json").stdout for _ in range(2))
    assert one == two


def test_people_see_counts_and_differences(sample: Sample) -> None:
    ended = lobster(sample.messages, "--book", sample.book)
    assert ended.returncode == 0
    assert ended.stdout.count("passed") == sample.counts["different"]


def test_several_books_are_taken(sample: Sample, tmp_path: Path) -> None:
    best = tmp_path / "best.csv"
    rows = sample.book.read_text().splitlines()
    best.write_text("".join(",".join(row.split(",")[:4]) + "\n" for row in rows))
    oracles = json.loads(lobster(sample.messages, "--book", best, "--book", sample.book, "--json").stdout)["oracles"]
    found = [(each["levels"], each["rows"], each["depth_equal"]) for each in oracles]
    assert found == [(1, 2000, 2000), (10, 2000, 2000)]


def test_damage_ends_with_code_1_and_one_line_that_names_it(sample: Sample) -> None:
    lines = sample.messages.read_text().splitlines()
    lines[41] = lines[41].replace(",", ";")
    sample.messages.write_text("\n".join(lines) + "\n")
    ended = lobster(sample.messages, "--book", sample.book, "--json")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"garraway: {sample.messages}, line 42: 1 columns")
    assert ended.stderr.count("\n") == 1


def test_missing_file_ends_with_code_1(sample: Sample, tmp_path: Path) -> None:
    ended = lobster(tmp_path / "absent.csv", "--book", sample.book)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "absent.csv cannot be read" in ended.stderr


def test_book_must_be_given(sample: Sample) -> None:
    assert lobster(sample.messages).returncode == 2
