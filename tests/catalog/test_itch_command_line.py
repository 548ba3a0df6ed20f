"""`garraway replay itch | itch-csv | itch-encode | itch-sample`: what is printed, and what a failure says."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.catalog.itch_recorded import add, written

from garraway.catalog import write_itch_sample


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return write_itch_sample(tmp_path, messages=400)


def replay(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "garraway.cli", "replay", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_both_forms_print_the_same_state_and_the_first_its_book(sample: Path, tmp_path: Path) -> None:
    target = tmp_path / "day.itch.gz"
    encoded = replay("itch-encode", sample, target)
    assert (encoded.returncode, encoded.stderr) == (0, "")
    assert encoded.stdout.endswith(f" messages in {target}\n")
    decoded, binary = (
        json.loads(replay(form, file, "--json").stdout) for form, file in (("itch-csv", sample), ("itch", target))
    )
    for name in ("state_hash", "events_hash", "asks", "bids", "same_order", "different", "open_orders"):
        assert binary[name] == decoded[name], name
    assert decoded["rows"] == decoded["l1_equal"] == decoded["depth_equal"] == decoded["messages"]
    assert decoded["oracles"][0]["levels_equal"]["5"] == decoded["rows"]
    assert (decoded["complete"], binary["complete"], binary["oracles"]) == (None, True, [])


def test_people_see_types_books_and_what_is_missing(sample: Path, tmp_path: Path) -> None:
    decoded = replay("itch-csv", sample, "--no-progress").stdout
    assert decoded.startswith("SAMPLE; messages of the file: A ")
    assert "all 10 levels equal in 100.00 %" in decoded
    part = written(tmp_path / "part.itch", add(0, 1, "B", 5, 5))
    assert "without the end of messages: it is a part of a day" in replay("itch", part).stdout


def test_printed_command_replays_the_sample(tmp_path: Path) -> None:
    printed = shlex.split(replay("itch-sample", tmp_path / "a b", "--messages", 50).stdout)
    assert printed[:3] == ["garraway", "replay", "itch-csv"]
    assert replay(*printed[2:], "--json").returncode == 0


def test_instrument_is_chosen(tmp_path: Path) -> None:
    other = add(0, 2, "S", 5, 7, "XYZ").replace(b"\0\7", b"\0\x08", 1)
    file = written(tmp_path / "day.itch", add(0, 1, "B", 5, 5), other)
    assert json.loads(replay("itch", file, "--symbol", "XYZ", "--json").stdout)["asks"] == [[7, 5]]
    ended = replay("itch", file)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "several instruments: name one with --symbol; the file names ABC, XYZ" in ended.stderr


@pytest.mark.parametrize("form", ["itch", "itch-csv"])
def test_damage_ends_with_code_1_and_one_line_that_names_it(tmp_path: Path, form: str) -> None:
    file = tmp_path / "day.any"
    file.write_bytes(b"\0\4what?\n")
    ended = replay(form, file, "--json")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"garraway: {file}, {'byte 0' if form == 'itch' else 'line 1'}: ")
    assert ended.stderr.count("\n") == 1
