"""Parquet of order-by-order messages: written and read back equal, replayed alike, and damage is told."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.catalog.itch_recorded import add, at, execute
from tests.catalog.itch_recorded import written as itch_written
from tests.catalog.mbo_recorded import TICK, day, head, written

from garraway import _native
from garraway.catalog import (
    CatalogError,
    FileDamaged,
    FileUnreadable,
    ItchFile,
    MboFile,
    itch_parquet,
    mbo_parquet,
    replay_itch,
    replay_mbo,
)
from garraway.catalog.mbo import MBO
from garraway.catalog.parquet import NOTES, seal

DAY = day("A B 1 100 5\nA A 2 102 5\nT B 9 102 2 +\nF A 2 102 2 +\nM A 2 102 3")
ITCH_DAY = (
    add(0, 1, "B", 100, 1_000_000),
    add(1, 2, "S", 100, 1_010_000),
    execute(2, 1, 40),
    at(3, "SystemEvent", event="C", stock_locate=0),
)


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    target = tmp_path / "day.parquet"
    assert mbo_parquet(written(tmp_path / "day.dbn", *DAY), target) == 5
    return target


def all_rows(file: Path) -> bytes:
    return b"".join(rows.tobytes() for rows in MboFile(file).rows())


def test_records_are_read_back_equal(stored: Path, tmp_path: Path) -> None:
    assert all_rows(stored) == all_rows(tmp_path / "day.dbn") != b""
    source, again = MboFile(tmp_path / "day.dbn"), MboFile(stored)
    assert source.survey() == again.survey()
    assert source.symbols == again.symbols == {7: "ABC"}


def test_replay_of_records_is_the_same(stored: Path, tmp_path: Path) -> None:
    first, second = (replay_mbo([file]).as_json() for file in (tmp_path / "day.dbn", stored))
    assert [name for name in first if first[name] != second[name]] == ["oracles"], "they name the file"


def test_messages_are_read_back_equal_and_replay_alike(tmp_path: Path) -> None:
    source, target = itch_written(tmp_path / "day.itch", *ITCH_DAY), tmp_path / "day.parquet"
    assert itch_parquet(source, target) == 4
    first, second = (b"".join(rows.tobytes() for rows in ItchFile(file).rows()) for file in (source, target))
    assert first == second != b""
    assert replay_itch(source).as_json() == replay_itch(target).as_json()
    assert replay_itch(target).complete is True


def test_columns_are_whole_numbers_of_the_source(stored: Path, tmp_path: Path) -> None:
    frame = pl.read_parquet(stored)
    assert frame.columns == list(MBO.names or ())
    assert all(kind.is_integer() for kind in frame.dtypes)
    assert frame["price"].to_list() == [100 * TICK, *[102 * TICK] * 4]
    target = tmp_path / "itch.parquet"
    itch_parquet(itch_written(tmp_path / "day.itch", *ITCH_DAY), target)
    itch = pl.read_parquet(target)
    assert itch.columns == list(_native.ITCH.names or ())
    assert [name for name, kind in itch.schema.items() if not kind.is_integer()] == ["stock"]
    assert itch["stock"].to_list()[:2] == ["ABC     "] * 2


def test_file_is_the_same_bytes_twice(stored: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.parquet"
    mbo_parquet(tmp_path / "day.dbn", again)
    assert again.read_bytes() == stored.read_bytes()
    assert [file.name for file in tmp_path.glob("*.part")] == []


def test_order_is_kept_across_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("garraway.catalog.parquet.BLOCK_ROWS", 7)
    source = written(tmp_path / "day.dbn", *DAY * 1, *day("A B 1 100 5\n" * 50)[5:])
    mbo_parquet(source, tmp_path / "day.parquet")
    sizes = [len(rows) for rows in MboFile(tmp_path / "day.parquet").rows()]
    assert (sizes, all_rows(tmp_path / "day.parquet")) == ([7] * 7 + [1], all_rows(source))


def test_file_without_records_is_one_without_records(tmp_path: Path) -> None:
    source, target = tmp_path / "day.dbn", tmp_path / "day.parquet"
    source.write_bytes(head())
    assert mbo_parquet(source, target) == 0
    with pytest.raises(CatalogError, match="has no records"):
        replay_mbo([target])


def test_every_cut_is_refused(stored: Path) -> None:
    whole = stored.read_bytes()
    for length in range(len(whole)):
        stored.write_bytes(whole[:length])
        with pytest.raises(FileDamaged, match=r"day\.parquet, row 0: "):
            all_rows(stored)


def test_every_flipped_byte_is_refused(stored: Path) -> None:
    whole = stored.read_bytes()
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        stored.write_bytes(flipped)
        with pytest.raises(FileDamaged, match=r"day\.parquet, row 0: "):
            all_rows(stored)


def test_file_that_another_writer_changed_is_refused(stored: Path) -> None:
    notes = pl.read_parquet_metadata(stored)[NOTES]
    frame = pl.read_parquet(stored).with_columns(pl.col("size") + 1)
    frame.write_parquet(stored, metadata={NOTES: notes})
    with pytest.raises(FileDamaged, match="its bytes are not those that were written: their SHA-256 differs"):
        replay_mbo([stored])
    frame.write_parquet(stored)
    with pytest.raises(FileDamaged, match=r"it is no Parquet file that Garraway wrote \(no notes with a digest\)"):
        replay_mbo([stored])


def sealed(file: Path, frame: pl.DataFrame, **change: object) -> Path:
    """The file with other rows or notes, and a digest that is right."""
    notes = json.loads(pl.read_parquet_metadata(file)[NOTES]) | change | {"sha256": "0" * 64}
    frame.write_parquet(file, metadata={NOTES: json.dumps(notes)})
    seal(file)
    return file


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"form": "itch"}, "messages of form itch, version 1, not mbo, version 1"),
        ({"version": 2}, "messages of form mbo, version 2, not mbo, version 1"),
        ({"rows": 6}, "5 rows, 6 were written"),
        ({"symbols": [1]}, "it is no Parquet file that Garraway wrote"),
    ],
)
def test_notes_that_do_not_fit_are_refused(stored: Path, change: dict[str, object], what: str) -> None:
    with pytest.raises(FileDamaged, match=what):
        all_rows(sealed(stored, pl.read_parquet(stored), **change))


def test_columns_that_do_not_fit_are_refused(stored: Path) -> None:
    frame = pl.read_parquet(stored)
    for other in (
        frame.drop("size"),
        frame.with_columns(pl.col("price").cast(pl.Float64)),
        frame.with_columns(pl.when(pl.col("size") > 2).then(pl.col("size")).alias("size")),
    ):
        with pytest.raises(FileDamaged, match="it cannot be decoded from here"):
            all_rows(sealed(stored, other))


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match=r"absent\.parquet cannot be read"):
        all_rows(tmp_path / "absent.parquet")
    with pytest.raises(FileUnreadable, match=r"day\.parquet cannot be written"):
        mbo_parquet(written(tmp_path / "day.dbn", *DAY), tmp_path / "absent" / "day.parquet")
    damaged = written(tmp_path / "day.dbn", *DAY, b"?")
    with pytest.raises(FileDamaged):
        mbo_parquet(damaged, tmp_path / "day.parquet")
    assert not (tmp_path / "day.parquet").exists()


def test_texts_of_any_bytes_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "day.itch"
    itch_written(file, add(0, 1, "B", 1, 1, "XYZ"))
    file.write_bytes(file.read_bytes().replace(b"XYZ  ", b"\xff\xfeZ\0 "))
    itch_parquet(file, tmp_path / "day.parquet")
    rows = np.concatenate(list(ItchFile(tmp_path / "day.parquet").rows()))
    assert rows["stock"].tolist() == [b"\xff\xfeZ\0    "]
