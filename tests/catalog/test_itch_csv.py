"""The reader of decoded ITCH, and the opening book that it gives: any contradiction is refused with its line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.catalog.recorded import written

from garraway.catalog import BooksInvalid, FileDamaged, replay_itch_csv, write_itch_sample
from garraway.catalog.itch_csv import FIELDS, HEADER, csv_rows

Lines = list[dict[str, str]]
COLUMNS = HEADER.split(",")


@pytest.fixture
def lines(tmp_path: Path) -> Lines:
    """The rows of a made-up day by column."""
    head, *rows = write_itch_sample(tmp_path, messages=400).read_text().splitlines()
    assert head == HEADER
    return [dict(zip(COLUMNS, row.split(","), strict=True)) for row in rows]


def text(lines: Lines) -> list[str]:
    return [HEADER, *(",".join(line.values()) for line in lines)]


def first(lines: Lines, kind: str) -> int:
    return next(place for place, line in enumerate(lines) if line["message_type"] == kind)


def whole(printed: str) -> str:
    """A number that may have been printed from a float."""
    return printed.removesuffix(".0")


def damage(tmp_path: Path, rows: list[str]) -> str:
    with pytest.raises(FileDamaged) as found:
        replay_itch_csv(written(tmp_path / "day.csv", rows))
    return str(found.value)


@pytest.mark.parametrize(
    ("column", "value", "what"),
    [
        ("timestamp_ns", "-1", "timestamp_ns '-1' is not a whole number"),
        ("timestamp_ns", "34200000000001", "time_seconds '"),
        ("message_type", "Z", "message_type 'Z' with event_type"),
        ("event_type", "9", "message_type '"),
        ("order_id", "0", "order_id is 0, it must be 1 or more"),
        ("order_id", "1.5", "order_id '1.5' is not a whole number"),
        ("size", "0", "size 0 is not within 1 to"),
        ("size", "4294967296", "size 4294967296 is not within 1 to"),
        ("price", "1.23456", "price '1.23456' is not a price above 0 with at most 4 decimals"),
        ("price", "0.0", "price '0.0' is not a price above 0"),
        ("price", "nan", "price 'nan' is not a price above 0"),
        ("execution_price", "1.0", "execution_price '1.0' in a message of type A, which has none"),
        ("old_size", "1", "old_size '1' in a message of type A, which has none"),
        ("direction", "2", "direction '2' is not 1 for a buy, -1 for a sell"),
        ("stock", "TOOLONGNAME", "stock 'TOOLONGNAME' is not a symbol"),
        ("stock", "OTHER", "instrument OTHER (14), but SAMPLE (14) before"),
        ("event_index", "7", "event_index 7 does not follow"),
        ("source_file_offset", "0", "message sequence or file offset is not above"),
        ("ask_price_1", "1000.0", "ask level 2 at "),
        ("bid_size_2", "0", "bid_size_2 0 is not within"),
        ("bid_size_2", "", "bid_size_2 '' is not a whole number"),
    ],
)
def test_wrong_field_is_named_with_its_line(tmp_path: Path, lines: Lines, column: str, value: str, what: str) -> None:
    place = next(place for place, line in enumerate(lines) if place > 5 and line["message_type"] == "A")
    lines[place][column] = value
    assert f"day.csv, line {place + 2}: {what}" in damage(tmp_path, text(lines))


def test_missing_level_before_others_is_refused(tmp_path: Path, lines: Lines) -> None:
    lines[3] |= {"ask_price_2": "", "ask_size_2": ""}
    assert "line 5: ask level 2 is missing, but not all that is behind it" in damage(tmp_path, text(lines))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda rows: rows[1:], "line 1: the header"),
        (lambda rows: [*rows[:9], rows[9] + ",1"], "line 10: 58 columns in"),
        (lambda rows: [*rows[:9], rows[10], rows[9]], "line 10: "),
        (lambda rows: [*rows[:9], *rows[10:]], "line 10: event_index "),
    ],
)
def test_wrong_lines_are_refused(
    tmp_path: Path, lines: Lines, change: Callable[[list[str]], list[str]], what: str
) -> None:
    assert what in damage(tmp_path, change(text(lines)))


def test_cut_file_is_refused(tmp_path: Path, lines: Lines) -> None:
    file = written(tmp_path / "day.csv", text(lines))
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(FileDamaged, match="the file ends within the line"):
        list(csv_rows(file))


@pytest.mark.parametrize("rows", [[], [HEADER]])
def test_empty_file_is_refused(tmp_path: Path, rows: list[str]) -> None:
    with pytest.raises((BooksInvalid, FileDamaged), match=r"has no rows|the header ''"):
        replay_itch_csv(written(tmp_path / "day.csv", rows))


@pytest.mark.parametrize(
    ("kind", "column", "value", "what"),
    [
        ("D", "price", "1.0", "direction is not that of order"),
        ("D", "size", "1000000", "left"),
        ("X", "size", "1000000", "left"),
        ("U", "old_price", "1.0", "direction is not that of order"),
        ("U", "old_size", "1000000", "left"),
        ("U", "order_id", "FIRST", "is added a second time"),
    ],
)
def test_row_that_contradicts_its_order_is_refused(
    tmp_path: Path, lines: Lines, kind: str, column: str, value: str, what: str
) -> None:
    own = {line["order_id"] for line in lines if line["message_type"] in "AFU"}
    named = "old_order_id" if kind == "U" else "order_id"
    place = next(at for at, line in enumerate(lines) if line["message_type"] == kind and whole(line[named]) in own)
    lines[place][column] = lines[first(lines, "A")]["order_id"] if value == "FIRST" else value
    found = damage(tmp_path, text(lines))
    assert f"line {place + 2}: " in found
    assert what in found


def test_order_from_before_must_fit_the_first_row(tmp_path: Path, lines: Lines) -> None:
    added = {line["order_id"] for line in lines if line["message_type"] in "AFU"}
    place = next(at for at, line in enumerate(lines) if line["message_type"] == "E" and line["order_id"] not in added)
    lines[place]["size"] = "1000000"
    assert "was there before at" in damage(tmp_path, text(lines))


def test_difference_in_the_book_is_counted_with_its_depth(tmp_path: Path, lines: Lines) -> None:
    lines[20]["bid_size_3"] = "12345"
    lines[30]["ask_size_1"] = "54321"
    (oracle,) = replay_itch_csv(written(tmp_path / "day.csv", text(lines))).replay.oracles
    assert (oracle.rows, oracle.l1_equal, oracle.depth_equal) == (len(lines), len(lines) - 1, len(lines) - 2)
    assert (oracle.first_difference, oracle.first_depth_difference) == (30, 20)


def test_rows_carry_what_the_columns_say(tmp_path: Path, lines: Lines) -> None:
    place = first(lines, "U")
    row = list(csv_rows(written(tmp_path / "day.csv", text(lines))))[place]
    of = lines[place]
    assert (row.message.order, row.message.new_order) == (int(whole(of["old_order_id"])), int(of["order_id"]))
    assert (row.old_quantity, row.message.quantity) == (int(whole(of["old_size"])), int(of["size"]))
    assert (row.locate, row.symbol, len(FIELDS)) == (14, "SAMPLE", 17)
