"""`garraway replay mbo | mbo-parquet | itch-parquet`: what is printed, and what a failure says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.catalog.itch_recorded import add
from tests.catalog.itch_recorded import written as itch_written
from tests.catalog.mbo_recorded import day, played, written
from tests.catalog.test_mbo_replay import AUCTION

from garraway.catalog import mbo_summary


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    return written(tmp_path / "day.dbn", *day(AUCTION))


def replay(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "garraway.cli", "replay", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_json_is_the_same_twice_and_from_parquet(recorded: Path, tmp_path: Path) -> None:
    target = tmp_path / "day.parquet"
    assert replay("mbo-parquet", recorded, target).stdout == f"18 records in {target}\n"
    first, second, stored = (replay("mbo", file, "--json") for file in (recorded, recorded, target))
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == second.stdout
    assert first.stdout.replace(str(recorded), str(target)) == stored.stdout
    assert json.loads(first.stdout)["uncrosses"][0]["volume"] == 5


def test_itch_is_played_from_parquet(tmp_path: Path) -> None:
    source, target = itch_written(tmp_path / "day.itch", add(0, 1, "B", 5, 5)), tmp_path / "day.parquet"
    assert replay("itch-parquet", source, target).stdout == f"1 messages in {target}\n"
    first, second = (replay("itch", file, "--json") for file in (source, target))
    assert first.stdout == second.stdout != ""


def test_people_see_records_auctions_and_books(tmp_path: Path) -> None:
    text = mbo_summary(played(tmp_path, AUCTION))
    assert text.startswith(
        """\
ABC; records: A 6, C 4, F 5, M 1, T 2; tick 0.25
packets          8, of these 3 with a crossed book
resumed          2 times, 0 orders differ between files
corrected        0 commands after auctions that were not ours
prevented        0 orders cancelled instead of filled
amended          0 resting orders amended to trade
beyond shown     0 lots
doubtful         0 off price, 0 unsettled, 0 skipped
whole book       equal at the end

Auction of 2023-11-14 22:13:26.000000000 UTC, reference 25.75:
price  lots  left over  by
25.50     5          -  the exchange
25.50     5     1 sell  our engine, unshown orders at any price
25.50     5     1 sell  our engine, shown orders alone
  unshown: 0 lots bought, 0 sold
  shown orders filled alike: 4, otherwise: 0
    without the unshown: 4, otherwise: 0

day.dbn, 8 rows
  best quotes equal in 100.00 % of the rows
"""
    )
    assert max(map(len, text.splitlines())) <= 80


def test_people_are_told_why_there_is_no_auction(tmp_path: Path) -> None:
    text = mbo_summary(played(tmp_path, "A B 1 100 5\nA A 2 100 5"))
    assert "\nNo auction: the book is crossed, but no trades without an aggressor follow.\n" in text


def test_skipped_records_are_shown(tmp_path: Path) -> None:
    text = AUCTION + "\n".join(["C B 99 1 1"] * 12)
    assert "byte 1200: " not in mbo_summary(played(tmp_path, AUCTION))
    shown = mbo_summary(played(tmp_path, text, skip=True))
    assert "Skipped records, 12:" in shown
    assert ": action C of order 99, which does not stand in the book" in shown
    assert "  and 2 more: see --json" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_damage_ends_with_code_1_and_one_line_that_names_it(recorded: Path) -> None:
    recorded.write_bytes(recorded.read_bytes() + b"?")
    ended = replay("mbo", recorded, "--json")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"garraway: {recorded}, byte ")
    assert ended.stderr.count("\n") == 1
    skipped = replay("mbo", recorded, "--json", "--skip-damaged")
    assert (skipped.returncode, json.loads(skipped.stdout)["skipped"]) == (0, 1)


@pytest.mark.parametrize("form", ["mbo", "itch"])
def test_damaged_parquet_ends_with_one_line(tmp_path: Path, form: str) -> None:
    file = tmp_path / "day.parquet"
    file.write_bytes(b"PAR1" + bytes(40) + b"PAR1")
    ended = replay(form, file)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"garraway: {file}, row 0: it is no Parquet file that Garraway wrote")
    assert ended.stderr.count("\n") == 1
