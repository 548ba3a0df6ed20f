"""`garraway catalog`: what is printed, exit codes, and what a failure says."""

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import pytest
from tests.catalog import made_files as made
from tests.catalog.made_files import MADE, Made, written

from garraway.catalog import Catalog
from garraway.catalog.importers import FORMATS
from garraway.cli import main


class Ended(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def catalog(*arguments: object, folder: Path) -> Ended:
    """The command in this process, as its own would run it."""
    out, err, before = io.StringIO(), io.StringIO(), Path.cwd()
    with mock.patch.object(sys, "argv", ["garraway", "catalog", *map(str, arguments)]):
        os.chdir(folder)
        try:
            # Nobody is there to answer.
            with redirect_stdout(out), redirect_stderr(err), mock.patch.object(sys, "stdin", io.StringIO()):
                main()
        except SystemExit as ended:
            return Ended(int(ended.code or 0), out.getvalue(), err.getvalue())
        finally:
            os.chdir(before)
    return Ended(0, out.getvalue(), err.getvalue())


@pytest.fixture
def files(tmp_path: Path) -> Path:
    written(tmp_path, MADE["lean"])
    written(tmp_path, MADE["lobster"])
    written(tmp_path, Made("ABC_minute_trade.csv", made.MINUTES))
    return tmp_path


def test_a_catalog_from_import_to_bars(files: Path) -> None:
    ended = catalog("import", MADE["lean"].name, MADE["lobster"].name, "--into", "kept", "--json", folder=files)
    assert (ended.returncode, ended.stderr) == (0, "")
    quotes, orders = json.loads(ended.stdout)
    assert [(each["dataset"], each["rows_read"], each["rows"]) for each in orders["datasets"]] == [
        ("nasdaq/ABC/orders", 7, 7),
        ("nasdaq/ABC/trades", 2, 2),
    ]
    assert quotes["datasets"] == [
        {
            "dataset": "oanda/EURUSD/quotes",
            "rows_read": 3,
            "rows": 2,
            "problems": {"crossed": {"count": 1, "rule": "drop"}, "locked": {"count": 1, "rule": "keep"}},
            "changed": True,
        }
    ]
    keys = {"file", "format", "sha256", "datasets", "bad", "bad_first", "notes", "clock_behind_ns"}
    assert (set(quotes), quotes["format"], quotes["bad"]) == (keys, "lean", 0)

    listed = json.loads(catalog("list", "--in", "kept", "--json", folder=files).stdout)
    assert [(each["name"], each["rows"], each["files"]) for each in listed] == [
        ("nasdaq/ABC/orders", 7, 1),
        ("nasdaq/ABC/trades", 2, 1),
        ("oanda/EURUSD/quotes", 2, 1),
    ]
    assert listed[2]["units"] == {"price_decimals": 5, "quantity_decimals": 0, "currency": "USD", "zone": "UTC"}

    bars = catalog("bars", "nasdaq/ABC/trades", "--in", "kept", "--by", "tick:1", "--json", folder=files)
    first = Catalog(files / "kept").dataset("nasdaq/ABC/trades").first_ns
    assert json.loads(bars.stdout) == {
        "dataset": "nasdaq/ABC/bars-tick:1",
        "bars": 2,
        "first_ns": first,
        "last_ns": first + 1_750_000_000,
        "outside_session": 0,
        "after_last_bar": 0,
    }
    verified = catalog("verify", "--in", "kept", "--json", folder=files)
    assert (verified.returncode, json.loads(verified.stdout)) == (0, {"datasets": 4, "files": 4, "findings": []})


def test_people_see_tables(files: Path) -> None:
    ended = catalog("import", MADE["lean"].name, "--into", "kept", folder=files)
    assert "EURUSD_oanda_tick_quote.csv: lean, 1 datasets" in ended.stdout
    assert "crossed 1 (drop), locked 1 (keep)" in ended.stdout
    again = catalog("import", MADE["lean"].name, "--into", "kept", folder=files)
    assert "1 datasets: there already, nothing changed" in again.stdout
    listed = catalog("list", "--in", "kept", folder=files).stdout
    assert "oanda/EURUSD/quotes" in listed
    assert "2012-06-21 09:30:00" in listed
    assert "1 datasets, 2 rows" in listed
    assert catalog("verify", "--in", "kept", folder=files).stdout == "1 datasets, 1 files, 0 findings\n"
    bars = catalog("bars", "oanda/EURUSD/quotes", "--in", "kept", "--by", "time:1h", folder=files)
    assert bars.stdout.startswith("oanda/EURUSD/bars-time:1h-mid: 1 bars, 2012-06-21 09:00:00 to 2012-06-21 10:00:00\n")
    formats = catalog("formats", folder=files).stdout
    assert [name for name in FORMATS if name not in formats] == []


def test_a_finding_ends_with_code_1(files: Path) -> None:
    catalog("import", MADE["lean"].name, "--into", "kept", folder=files)
    (part,) = Catalog(files / "kept").datasets()[0].parts
    (files / "kept" / part.file).write_bytes(b"other")
    ended = catalog("verify", "--in", "kept", folder=files)
    assert ended.returncode == 1
    assert ended.stdout.splitlines()[0].startswith(f"{part.file}: its SHA-256 is ")
    ended = catalog("verify", "oanda/EURUSD/quotes", "--in", "kept", "--json", folder=files)
    assert (ended.returncode, len(json.loads(ended.stdout)["findings"])) == (1, 1)


def test_options_say_what_the_file_does_not(files: Path) -> None:
    ended = catalog(
        *("import", "ABC_minute_trade.csv", "--into", "kept", "--venue", "usa", "--symbol", "XYZ"),
        *("--period", "1s", "--currency", "EUR", "--zone", "UTC", "--json"),
        folder=files,
    )
    assert [each["dataset"] for each in json.loads(ended.stdout)[0]["datasets"]] == ["usa/XYZ/bars-1s"]
    units = Catalog(files / "kept").dataset("usa/XYZ/bars-1s").units
    assert (units.currency, units.zone) == ("EUR", "UTC")


def test_bad_lines_stop_or_are_counted(files: Path) -> None:
    (files / "bad_2012-06-21_message.csv").write_bytes(made.LOBSTER + b"what\n")
    ended = catalog("import", "bad_2012-06-21_message.csv", "--into", "kept", folder=files)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("garraway: bad_2012-06-21_message.csv, line 8: 1 columns in 'what'")
    assert ended.stderr.count("\n") == 1
    ended = catalog("import", "bad_2012-06-21_message.csv", "--into", "kept", "--skip-bad", folder=files)
    assert (ended.returncode, "left out, not to be read: 1" in ended.stdout) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["import", "absent.csv", "--into", "kept"], 1, "absent.csv cannot be read"),
        (["import", "ABC_minute_trade.csv", "--into", "kept"], 1, "does not say its market: give --venue"),
        (["import", "ABC_minute_trade.csv", "--into", "kept", "--date", "June"], 2, "--date 'June' is no day"),
        (["import", "ABC_minute_trade.csv", "--into", "kept", "--columns", "time"], 2, "--columns 'time' is none"),
        (["import", "ABC_minute_trade.csv", "--into", "kept", "--price-unit", "0.25"], 1, "--price-unit '0.25'"),
        (["import", "ABC_minute_trade.csv", "--into", "kept", "--format", "x"], 1, "'x' is no format"),
        (["list", "--in", "none"], 1, "none holds no catalog"),
        (["verify", "--in", "none"], 1, "none holds no catalog"),
        (["bars", "x", "--in", "none", "--by", "tick:1"], 1, "none holds no catalog"),
        (["remove", "x", "--in", "none", "--yes"], 1, "none holds no catalog"),
    ],
)
def test_failures_are_one_line(files: Path, arguments: list[str], code: int, says: str) -> None:
    ended = catalog(*arguments, folder=files)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (code, "", 1)
    assert ended.stderr.startswith("garraway: ")
    assert says in ended.stderr


def test_a_dataset_is_removed_when_that_is_meant(files: Path) -> None:
    catalog("import", MADE["lean"].name, "--into", "kept", folder=files)
    asked = catalog("remove", "oanda/EURUSD/quotes", "--in", "kept", folder=files)
    assert (asked.returncode, len(Catalog(files / "kept").datasets())) == (1, 1)
    ended = catalog("remove", "oanda/EURUSD/quotes", "--in", "kept", "--yes", folder=files)
    assert (ended.returncode, ended.stdout) == (0, "oanda/EURUSD/quotes: 2 rows removed\n")
    assert Catalog(files / "kept").datasets() == []


def test_the_command_runs_as_a_process(files: Path) -> None:
    command = [sys.executable, "-m", "garraway.cli", "catalog", "import", "absent.csv", "--into", "kept"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=files)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("garraway: absent.csv cannot be read")
