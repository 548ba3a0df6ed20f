"""A catalog's folder: what is added stands there whole, is read by time, survives kills and rivals, and is proved."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
from tests.catalog import made_files as made
from tests.catalog.made_files import MADE, UNTIL_NS, Made, imported, told, written

from garraway.catalog import (
    Catalog,
    CatalogError,
    DatasetUnknown,
    FileUnreadable,
    ManifestDamaged,
    OptionMissing,
    Overlapping,
    UnitsInvalid,
    import_file,
)
from garraway.catalog.folder import digest_of, safe_name
from garraway.catalog.kinds import DTYPES, Kind
from garraway.catalog.manifest import FILE, encoded
from garraway.catalog.partitions import frame_of

QUOTES = "made/ABC/quotes"
DAY_S = 86_400
START_S = 1_340_236_800
"""Midnight of 2012-06-21, UTC."""


def quotes(name: str, seconds: list[int], *, price: str = "1.50") -> Made:
    """A CSV of quotes at these seconds after START_S."""
    rows = [f"{START_S + second},{price},{float(price) + 0.01:.2f}" for second in seconds]
    return Made(name, made.lines("time,bid,ask", *rows), MADE["csv"].options)


def three_days(folder: Path) -> Catalog:
    imported(folder, quotes("ABC.csv", [0, 1, DAY_S, DAY_S + 5, 2 * DAY_S]))
    return Catalog(folder / "catalog")


def seconds(frame: pl.DataFrame) -> list[int]:
    return [at_ns // 10**9 - START_S for at_ns in frame["at_ns"].to_list()]


def test_rows_are_parted_by_day_in_utc(tmp_path: Path) -> None:
    dataset = three_days(tmp_path).dataset(QUOTES)
    digest = dataset.sources[0].sha256[:12]
    names = [f"made/ABC/quotes/2012-06-{day}.{digest}.0000.parquet" for day in (21, 22, 23)]
    assert [part.file for part in dataset.parts] == names
    assert [(part.rows, part.first_ns // 10**9 - START_S) for part in dataset.parts] == [
        (2, 0),
        (2, DAY_S),
        (1, 2 * DAY_S),
    ]
    assert (dataset.rows, dataset.partition, dataset.kind, dataset.symbol) == (5, "day", Kind.QUOTES, "ABC")


def test_scan_opens_the_files_of_its_time_alone(tmp_path: Path) -> None:
    catalog = three_days(tmp_path)
    parts = catalog.dataset(QUOTES).parts
    (catalog.folder / parts[0].file).unlink()
    (catalog.folder / parts[2].file).unlink()
    found = catalog.scan(QUOTES, start="2012-06-22", end="2012-06-22T00:00:05+00:00")
    assert isinstance(found, pl.LazyFrame)
    assert seconds(found.collect()) == [DAY_S]
    with pytest.raises(FileUnreadable, match="garraway catalog verify"):
        catalog.read(QUOTES)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, None, [0, 1, DAY_S, DAY_S + 5, 2 * DAY_S]),
        ((START_S + 1) * 10**9, None, [1, DAY_S, DAY_S + 5, 2 * DAY_S]),
        (None, datetime(2012, 6, 22, tzinfo=UTC), [0, 1]),
        ("2012-06-22 02:00+02:00", "2012-06-23", [DAY_S, DAY_S + 5]),
        ("2013-01-01", None, []),
    ],
)
def test_all_readers_give_the_same_rows(
    tmp_path: Path, start: str | int | None, end: datetime | str | None, expected: list[int]
) -> None:
    catalog = three_days(tmp_path)
    frame = catalog.read(QUOTES, start=start, end=end)
    array = catalog.array(QUOTES, start=start, end=end)
    assert (seconds(frame), array["at_ns"].tolist()) == (expected, frame["at_ns"].to_list())
    assert (frame.columns, array.dtype) == (list(DTYPES[Kind.QUOTES].names or ()), DTYPES[Kind.QUOTES])
    assert array.tolist() == frame.rows()


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="holds no catalog: import a file into it"):
        Catalog(tmp_path / "none").datasets()
    catalog = three_days(tmp_path)
    with pytest.raises(DatasetUnknown, match=f"has no dataset 'x': it has {QUOTES}"):
        catalog.read("x")
    with pytest.raises(OptionMissing, match="'June' is no time: write it like 2014-05-01"):
        catalog.scan(QUOTES, start="June")
    with pytest.raises(FileUnreadable, match=r"absent\.csv cannot be read"):
        import_file(catalog, tmp_path / "absent.csv", MADE["csv"].options, until_ns=UNTIL_NS)


def test_a_file_that_is_there_already_changes_nothing(tmp_path: Path) -> None:
    catalog = three_days(tmp_path)
    before = (catalog.folder / FILE).read_bytes()
    again = imported(tmp_path, quotes("ABC.csv", [0, 1, DAY_S, DAY_S + 5, 2 * DAY_S]))
    assert [(each.dataset, each.changed) for each in again.datasets] == [(QUOTES, False)]
    assert ((catalog.folder / FILE).read_bytes(), catalog.verify()) == (before, [])


def test_a_later_file_is_added_and_an_overlapping_one_refused(tmp_path: Path) -> None:
    catalog = three_days(tmp_path)
    imported(tmp_path, quotes("ABC.csv", [2 * DAY_S + 1, 3 * DAY_S]))
    imported(tmp_path, quotes("ABC.csv", [-5]))
    assert seconds(catalog.read(QUOTES)) == [-5, 0, 1, DAY_S, DAY_S + 5, 2 * DAY_S, 2 * DAY_S + 1, 3 * DAY_S]
    before = (catalog.folder / FILE).read_bytes()
    with pytest.raises(Overlapping, match=r"made/ABC/quotes: ABC\.csv covers a time of which ABC\.csv was imported"):
        imported(tmp_path, quotes("ABC.csv", [DAY_S + 1, DAY_S + 2]))
    assert ((catalog.folder / FILE).read_bytes(), catalog.verify()) == (before, [])
    assert list((catalog.folder / ".staging").iterdir()) == []


def test_units_of_a_dataset_hold_for_later_files(tmp_path: Path) -> None:
    catalog = three_days(tmp_path)
    imported(tmp_path, quotes("ABC.csv", [3 * DAY_S], price="2.00"))
    assert catalog.dataset(QUOTES).units.price_decimals == 2
    assert catalog.read(QUOTES)["bid"].to_list()[-1] == 200
    fine = Made("ABC.csv", made.lines("time,bid,ask", f"{START_S + 4 * DAY_S},1.555,1.556"), MADE["csv"].options)
    with pytest.raises(UnitsInvalid, match="give the units of the dataset"):
        imported(tmp_path, fine)


def test_a_dataset_is_removed_with_its_files(tmp_path: Path) -> None:
    catalog = three_days(tmp_path)
    imported(tmp_path, MADE["csv"])
    assert catalog.remove(QUOTES).name == QUOTES
    assert [dataset.name for dataset in catalog.datasets()] == ["made/ABC/bars-1m"]
    assert (catalog.verify(), (catalog.folder / "made/ABC/quotes").exists()) == ([], False)


def test_names_cannot_leave_the_folder(tmp_path: Path) -> None:
    assert safe_name("../up") == "%2E.%2Fup"
    assert [safe_name(text) for text in ("XBT/USD", "a b", "é")] == ["XBT%2FUSD", "a%20b", "%C3%A9"]
    imported(tmp_path, quotes("ABC.csv", [0]), symbols=frozenset({"../../up"}), venue="..")
    catalog = Catalog(tmp_path / "catalog")
    (part,) = catalog.datasets()[0].parts
    assert part.file.startswith("%2E./%2E.%2F..%2Fup/quotes/")
    assert seconds(catalog.read("../../../up/quotes")) == [0]


def test_every_cut_and_flip_of_the_manifest_is_refused(tmp_path: Path) -> None:
    catalog = three_days(tmp_path)
    file = catalog.folder / FILE
    whole = file.read_bytes()
    for place in range(len(whole)):
        for content in (whole[:place], whole[:place] + bytes([whole[place] ^ (1 << place % 8)]) + whole[place + 1 :]):
            file.write_bytes(content)
            with pytest.raises(ManifestDamaged):
                catalog.datasets()


def test_a_manifest_of_another_version_is_refused(tmp_path: Path) -> None:
    catalog = three_days(tmp_path)
    file = catalog.folder / FILE
    told_so = json.loads(file.read_bytes()) | {"version": 2}
    file.write_text(json.dumps(told_so))
    with pytest.raises(ManifestDamaged, match="version 2, not 'garraway catalog', version 1: read it with the release"):
        catalog.datasets()


def test_every_cut_and_flip_of_a_part_is_found(tmp_path: Path) -> None:
    catalog = three_days(tmp_path)
    name = catalog.dataset(QUOTES).parts[1].file
    file = catalog.folder / name
    whole = file.read_bytes()
    for place in range(0, len(whole), 7):
        for content in (whole[:place], whole[:place] + bytes([whole[place] ^ (1 << place % 8)]) + whole[place + 1 :]):
            file.write_bytes(content)
            (finding,) = catalog.verify()
            assert (finding.dataset, finding.file) == (QUOTES, name)
            assert finding.what.startswith("its SHA-256 is ")
    file.unlink()
    assert [each.what for each in catalog.verify()] == ["is not there"]


def resealed(catalog: Catalog, rows: np.ndarray[tuple[int], np.dtype[np.void]]) -> None:
    """Puts rows into the only part, with the digest that they have."""
    (dataset,) = catalog.datasets()
    (part,) = dataset.parts
    frame_of(rows).write_parquet(catalog.folder / part.file)
    changed = msgspec.structs.replace(part, sha256=digest_of(catalog.folder / part.file))
    (catalog.folder / FILE).write_bytes(encoded([msgspec.structs.replace(dataset, parts=[changed])]))


def test_content_that_is_not_as_told_is_found(tmp_path: Path) -> None:
    imported(tmp_path, quotes("ABC.csv", [0, 5, 9]))
    catalog = Catalog(tmp_path / "catalog")
    sound = catalog.array(QUOTES)
    resealed(catalog, sound[[0, 2, 1]])
    whats = [each.what for each in catalog.verify()]
    assert whats == [
        "has 3 rows, the manifest says 3, or another first or last time",
        "row 2 is earlier than the one before",
    ]
    resealed(catalog, sound[:2])
    assert len(catalog.verify()) == 1
    resealed(catalog, sound)
    assert catalog.verify() == []
    huge = sound.copy()
    huge["bid"][1] = 2**62
    resealed(catalog, huge)
    assert [each.what for each in catalog.verify()] == ["bid beyond 2^62"]


def test_files_that_the_manifest_does_not_name_are_found_and_never_read(tmp_path: Path) -> None:
    catalog = three_days(tmp_path)
    part = catalog.dataset(QUOTES).parts[0].file
    stray = catalog.folder / part.replace(".0000.", ".0001.")
    stray.write_bytes((catalog.folder / part).read_bytes())
    assert [(each.file, each.what) for each in catalog.verify()] == [
        (str(stray.relative_to(catalog.folder)), "is not in the manifest: remove it")
    ]
    assert len(catalog.read(QUOTES)) == 5


def importer(catalog: Path, file: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "garraway.cli", "catalog", "import", str(file), "--into", str(catalog)]
    return subprocess.Popen(
        [*command, "--venue", "made", "--json", *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_importers_at_once_lose_nothing(tmp_path: Path) -> None:
    files = [written(tmp_path / str(day), quotes("ABC.csv", [day * DAY_S, day * DAY_S + 1])) for day in range(4)]
    files += [written(tmp_path / f"other{day}", quotes(f"O{day}.csv", [0])) for day in range(2)]
    running = [importer(tmp_path / "catalog", file) for file in files]
    assert [(process.wait(60), process.communicate()[1]) for process in running] == [(0, "")] * len(files)
    catalog = Catalog(tmp_path / "catalog")
    assert [dataset.name for dataset in catalog.datasets()] == [QUOTES, "made/O0/quotes", "made/O1/quotes"]
    assert seconds(catalog.read(QUOTES)) == [day * DAY_S + at for day in range(4) for at in (0, 1)]
    assert catalog.verify() == []


KILL_EVERY = int(os.environ.get("GARRAWAY_CATALOG_KILL_EVERY", "700"))
"""Calls of functions between the points at which an import is killed."""
KILLING = """
import os, signal, sys
from pathlib import Path
from garraway.catalog import Catalog, import_file
from tests.catalog.made_files import MADE, UNTIL_NS
left = int(sys.argv[3])

def count(frame, event, arg):
    global left
    if "garraway/catalog/" in frame.f_code.co_filename.replace(os.sep, "/"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.setprofile(count)
import_file(Catalog(sys.argv[1]), Path(sys.argv[2]), MADE["csv"].options, until_ns=UNTIL_NS)
"""


def test_an_import_that_is_killed_anywhere_is_done_again(tmp_path: Path) -> None:
    first = written(tmp_path / "1", quotes("ABC.csv", [0, DAY_S]))
    second = written(tmp_path / "2", quotes("ABC.csv", [2 * DAY_S, 3 * DAY_S]))
    catalog = Catalog(tmp_path / "catalog")
    import_file(catalog, first, MADE["csv"].options, until_ns=UNTIL_NS)
    root = Path(__file__).parents[2]
    killed = 0
    for calls in range(60, 100_000, KILL_EVERY):
        command = [sys.executable, "-c", KILLING, str(catalog.folder), str(second), str(calls)]
        ended = subprocess.run(command, check=False, cwd=root, env={**os.environ, "PYTHONPATH": str(root)})
        assert seconds(catalog.read(QUOTES)) in ([0, DAY_S], [0, DAY_S, 2 * DAY_S, 3 * DAY_S])
        assert {each.what for each in catalog.verify()} <= {"is not in the manifest: remove it"}
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL
        killed += 1
    assert killed >= 3
    import_file(catalog, second, MADE["csv"].options, until_ns=UNTIL_NS)
    assert seconds(catalog.read(QUOTES)) == [0, DAY_S, 2 * DAY_S, 3 * DAY_S]
    assert catalog.verify() == []
    assert list((catalog.folder / ".staging").iterdir()) == []


def test_a_failed_import_leaves_nothing(tmp_path: Path) -> None:
    catalog = three_days(tmp_path)
    before = sorted(str(file) for file in catalog.folder.rglob("*") if ".staging" not in str(file))
    content = quotes("ABC.csv", [5 * DAY_S]).content + b"x,y\n"
    with pytest.raises(CatalogError):
        imported(tmp_path, Made("ABC.csv", content, MADE["csv"].options))
    assert sorted(str(file) for file in catalog.folder.rglob("*") if ".staging" not in str(file)) == before


def test_memory_is_bounded_by_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("garraway.catalog.partitions.PART_ROWS", 4)
    monkeypatch.setattr("garraway.catalog.importers.text.CHUNK_BYTES", 64)
    imported(tmp_path, quotes("ABC.csv", [*range(10), DAY_S]))
    catalog = Catalog(tmp_path / "catalog")
    assert seconds(catalog.read(QUOTES)) == [*range(10), DAY_S]
    assert sum(part.rows > 4 for part in catalog.dataset(QUOTES).parts) == 0
    assert catalog.verify() == []


def test_unsorted_rows_are_sorted_over_parts_and_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("garraway.catalog.partitions.PART_ROWS", 3)
    order = [DAY_S + 3, 7, 2, DAY_S + 1, 9, 0, 2 * DAY_S, 5, DAY_S]
    result = imported(tmp_path, quotes("ABC.csv", order))
    catalog = Catalog(tmp_path / "catalog")
    assert seconds(catalog.read(QUOTES)) == sorted(order)
    assert catalog.verify() == []
    assert {name: (tally.count, tally.rule) for name, tally in result.datasets[0].problems.items()} == {
        "unsorted": (7, "mend")
    }


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        imported(tmp_path / folder, MADE["lobster"])
    files = [sorted(file for file in (tmp_path / folder).rglob("*.*") if file.is_file()) for folder in ("one", "two")]
    contents = [[(file.name, file.read_bytes()) for file in found] for found in files]
    assert contents[0] == contents[1]
    assert told(tmp_path / "one", "nasdaq/ABC/orders") == told(tmp_path / "two", "nasdaq/ABC/orders")
