"""Messages and books that contradict what came before are refused with file, line and value."""

import re
from pathlib import Path

import pytest
from tests.catalog.recorded import (
    ADD,
    BUY,
    DELETE,
    EXECUTE,
    HIDDEN,
    OPENING,
    REDUCE,
    SELL,
    message,
    replayed,
    written,
)

from garraway.catalog import BooksInvalid, CatalogError, CommandRefused, FileDamaged, replay_lobster, write_sample

ORDER = message(0, ADD, 7, 30, 1005, SELL)
CONTRADICTIONS = {
    "added twice": (message(1, ADD, 7, 30, 1006, SELL), "order 7 is added a second time"),
    "executed beyond its size": (message(1, EXECUTE, 7, 31, 1005, SELL), "size 31, but order 7 has 30 left"),
    "reduced beyond its size": (message(1, REDUCE, 7, 31, 1005, SELL), "size 31, but order 7 has 30 left"),
    "deleted beyond its size": (message(1, DELETE, 7, 31, 1005, SELL), "size 31, but order 7 has 30 left"),
    "other price": (
        message(1, EXECUTE, 7, 30, 1006, SELL),
        "price 1006 or direction is not that of order 7, added in line 2",
    ),
    "other direction": (message(1, EXECUTE, 7, 30, 1005, BUY), "direction is not that of order 7"),
}


@pytest.mark.parametrize(("line", "what"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_contradiction_is_named(tmp_path: Path, line: str, what: str) -> None:
    with pytest.raises(FileDamaged, match=re.escape(what)) as damage:
        replayed(tmp_path, [ORDER, line])
    assert str(damage.value).startswith(f"{tmp_path / 'messages.csv'}, line 3: ")


@pytest.mark.parametrize("kind", [REDUCE, DELETE, EXECUTE])
def test_message_about_an_order_that_is_done_is_refused(tmp_path: Path, kind: int) -> None:
    lines = [ORDER, message(1, EXECUTE, 7, 30, 1005, SELL), message(2, kind, 7, 1, 1005, SELL)]
    with pytest.raises(FileDamaged, match="line 4: order 7 was executed or deleted before"):
        replayed(tmp_path, lines)


def test_add_of_an_order_that_is_done_is_refused(tmp_path: Path) -> None:
    lines = [ORDER, message(1, EXECUTE, 7, 30, 1005, SELL), message(2, ADD, 7, 1, 1005, SELL)]
    with pytest.raises(FileDamaged, match="line 4: order 7 is added a second time"):
        replayed(tmp_path, lines)


@pytest.mark.parametrize("bid", [1010, 1011])
def test_crossed_row_opens_no_book(tmp_path: Path, bid: int) -> None:
    with pytest.raises(FileDamaged, match=f"line 1: bid {bid} at or above ask 1010"):
        replayed(tmp_path, [message(0, HIDDEN, 0, 1, 1005, BUY)], [f"1010,50,{bid},100"])


@pytest.mark.parametrize(("price", "size", "have"), [(1000, 101, 100), (995, 10, 0), (1005, 10, 0)])
def test_first_message_that_the_first_row_does_not_hold_is_refused(
    tmp_path: Path, price: int, size: int, have: int
) -> None:
    with pytest.raises(FileDamaged, match=rf"line 1: adds {size} at {price}, but .* has {have} there"):
        replayed(tmp_path, [message(0, ADD, 7, size, price, BUY)], [OPENING])


def test_rows_without_messages_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BooksInvalid, match=r"book_0\.csv, line 2: a row without a message, there are 1 messages"):
        replayed(tmp_path, [message(0, HIDDEN, 0, 1, 1005, BUY)], [OPENING, OPENING, OPENING])


def test_no_book_no_messages_no_rows(tmp_path: Path) -> None:
    sample, empty = write_sample(tmp_path, messages=20), written(tmp_path / "empty.csv", [])
    with pytest.raises(BooksInvalid, match="no book is given"):
        replay_lobster(sample.messages, [])
    with pytest.raises(BooksInvalid, match=r"empty\.csv is empty: give a LOBSTER message file"):
        replay_lobster(empty, [sample.book])
    with pytest.raises(BooksInvalid, match=r"empty\.csv is empty: give an orderbook file"):
        replay_lobster(sample.messages, [sample.book, empty])


def test_order_that_the_engine_refuses_is_named_with_its_line(tmp_path: Path) -> None:
    too_dear = message(0, ADD, 7, 4_294_967_295, 9_999_999_998, SELL)
    with pytest.raises(CommandRefused, match=r"messages\.csv, line 2: the engine does not follow: NotionalTooLarge"):
        replayed(tmp_path, [too_dear])


def test_no_cut_of_the_messages_goes_unnoticed(tmp_path: Path) -> None:
    sample = write_sample(tmp_path, messages=12)
    content, file = sample.messages.read_bytes(), tmp_path / "cut.csv"
    for length in range(len(content)):
        file.write_bytes(content[:length])
        with pytest.raises(CatalogError):
            replay_lobster(file, [sample.book])


@pytest.mark.parametrize("lost", range(1, 40, 3))
def test_lost_line_shows(tmp_path: Path, lost: int) -> None:
    sample = write_sample(tmp_path, messages=40)
    lines = sample.messages.read_text().splitlines()
    del lines[lost]
    with pytest.raises(CatalogError):
        replay_lobster(written(tmp_path / "lost.csv", lines), [sample.book])
