"""The reader of orderbook files takes ordered levels, missing ones behind all others, and names everything else."""

from pathlib import Path

import pytest
from tests.catalog.recorded import NO_ASK, NO_BID, OPENING, written

from garraway.catalog import FileDamaged, Row, rows


def test_row_is_read(tmp_path: Path) -> None:
    file = written(tmp_path / "b.csv", [OPENING])
    assert list(rows(file)) == [Row(1, 2, [(1010, 50), (1020, 60)], [(1000, 100), (990, 70)])]


def test_missing_levels_are_left_out(tmp_path: Path) -> None:
    file = written(tmp_path / "b.csv", [f"1010,50,{NO_BID},{NO_ASK},{NO_BID}"])
    assert list(rows(file)) == [Row(1, 2, [(1010, 50)], [])]


DAMAGES = {
    "empty line": ("", "column 1 is ''"),
    "header": ("ask,size,bid,size", "column 1 is 'ask'"),
    "column missing": ("1010,50,1000,100,1020,60,990", "7 columns"),
    "level missing": ("1010,50,1000,100", "1 levels, but 2"),
    "level too many": (OPENING + ",1030,1,980,1", "3 levels, but 2"),
    "no number": ("1010,50,1000,x,1020,60,990,70", "column 4 is 'x'"),
    "empty column": ("1010,50,,100,1020,60,990,70", "column 3 is ''"),
    "broken number": ("1010.0,50,1000,100,1020,60,990,70", "column 1 is '1010.0'"),
    "blank": ("1010, 50,1000,100,1020,60,990,70", "column 2 is ' 50'"),
    "carriage return": (OPENING + "\r", "column 8 is '70\\r'"),
    "size zero": ("1010,0,1000,100,1020,60,990,70", "ask level 1 has price 1010 and size 0"),
    "size negative": ("1010,50,1000,-1,1020,60,990,70", "bid level 1 has price 1000 and size -1"),
    "size too large": ("1010,50,1000,4294967296,1020,60,990,70", "bid level 1"),
    "price zero": ("1010,50,1000,100,1020,60,0,70", "bid level 2 has price 0"),
    "price negative": ("1010,50,1000,100,1020,60,-990,70", "bid level 2 has price -990"),
    "asks out of order": ("1020,50,1000,100,1010,60,990,70", "ask level 2 at 1010 is not behind level 1 at 1020"),
    "asks equal": ("1010,50,1000,100,1010,60,990,70", "ask level 2 at 1010"),
    "bids out of order": ("1010,50,990,100,1020,60,1000,70", "bid level 2 at 1000 is not behind level 1 at 990"),
    "missing level before another": (f"{NO_ASK},1000,100,1010,50,990,70", "level 1 is missing"),
    "missing level with a size": ("1010,50,1000,100,9999999999,5,990,70", "level 2 is missing"),
    "missing ask among the bids": ("1010,50,1000,100,1020,60,9999999999,0", "bid level 2 has price 9999999999"),
}


@pytest.mark.parametrize(("line", "what"), DAMAGES.values(), ids=DAMAGES)
def test_damaged_row_is_named_with_file_line_value_and_remedy(tmp_path: Path, line: str, what: str) -> None:
    file = written(tmp_path / "book.csv", [OPENING, OPENING, line])
    with pytest.raises(FileDamaged) as damage:
        list(rows(file))
    assert str(damage.value).startswith(f"{file}, line 3: ")
    assert what in str(damage.value)
    assert "; " in str(damage.value)


def test_row_without_its_end_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "b.csv"
    file.write_text(OPENING)
    with pytest.raises(FileDamaged, match="line 1: the file ends within the line"):
        list(rows(file))
