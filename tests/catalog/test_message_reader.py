"""The reader of message files takes what the format says, exactly, and names everything else."""

import re
from pathlib import Path

import pytest
from tests.catalog.recorded import written

from garraway.catalog import FileDamaged, FileUnreadable, Message, messages
from garraway.records import Side

GOOD = "34200.004241176,1,16113575,18,5853300,1"


def read(file: Path) -> list[Message]:
    return list(messages(file))


def test_message_is_read_exactly(tmp_path: Path) -> None:
    file = written(tmp_path / "m.csv", [GOOD, "34200.5,5,0,100,5857950,-1"])
    assert read(file) == [
        Message(1, 34_200_004_241_176, 1, 16113575, 18, 5853300, Side.BUY, rounded=False),
        Message(2, 34_200_500_000_000, 5, 0, 100, 5857950, Side.SELL, rounded=False),
    ]


@pytest.mark.parametrize(
    ("text", "at_ns", "rounded"),
    [
        ("34200", 34_200_000_000_000, False),
        ("34200.00426064", 34_200_004_260_640, False),
        ("0.000000001", 1, False),
        ("86399.999999999", 86_399_999_999_999, False),
        ("35821.088778456004", 35_821_088_778_456, True),
        ("35821.088778455996", 35_821_088_778_456, True),
        ("35821.0887784560", 35_821_088_778_456, True),
    ],
)
def test_time_is_read_to_the_nanosecond(tmp_path: Path, text: str, at_ns: int, *, rounded: bool) -> None:
    file = written(tmp_path / "m.csv", [text + ",1,7,18,100,1"])
    found = [(each.at_ns, each.rounded) for each in read(file)]
    assert found == [(at_ns, rounded)]


def test_halts_and_crosses_are_read(tmp_path: Path) -> None:
    lines = ["34200,7,0,0,-1,-1", "34201,7,0,0,0,-1", "34202,7,0,0,1,-1", "34203,6,0,5000,5853300,1"]
    found = [(each.kind, each.price) for each in read(written(tmp_path / "m.csv", lines))]
    assert found == [(7, -1), (7, 0), (7, 1), (6, 5853300)]


DAMAGES = {
    "empty line": ("", "1 columns"),
    "header": ("time,type,order,size,price,direction", "time 'time'"),
    "column missing": ("34200.1,1,7,18,100", "5 columns"),
    "column too many": ("34200.1,1,7,18,100,1,null", "7 columns"),
    "other separator": ("34200.1;1;7;18;100;1", "1 columns"),
    "negative time": ("-34200.1,1,7,18,100,1", "time '-34200.1'"),
    "time as power": ("3.42e4,1,7,18,100,1", "time '3.42e4'"),
    "time without digits after the point": ("34200.,1,7,18,100,1", "time '34200.'"),
    "time finer than 1 ns": ("34200.1234567894,1,7,18,100,1", "finer than 1 ns"),
    "time of 13 decimals": ("34200.1234567890001,1,7,18,100,1", "time '34200.1234567890001'"),
    "time beyond the day": ("86400.0,1,7,18,100,1", "beyond the day"),
    "time missing": (",1,7,18,100,1", "time ''"),
    "type unknown": ("34200.1,8,7,18,100,1", "type '8'"),
    "type zero": ("34200.1,0,7,18,100,1", "type '0'"),
    "type a word": ("34200.1,A,7,18,100,1", "type 'A'"),
    "order negative": ("34200.1,1,-7,18,100,1", "order '-7'"),
    "order zero in an add": ("34200.1,1,0,18,100,1", "order 0"),
    "order zero in an execution": ("34200.1,4,0,18,100,1", "order 0"),
    "order too long": ("34200.1,1,1234567890123456789,18,100,1", "order '1234567890123456789'"),
    "size negative": ("34200.1,1,7,-18,100,1", "size '-18'"),
    "size zero": ("34200.1,1,7,0,100,1", "size 0"),
    "size too large": ("34200.1,1,7,4294967296,100,1", "size 4294967296"),
    "size broken": ("34200.1,1,7,1.5,100,1", "size '1.5'"),
    "price negative": ("34200.1,1,7,18,-1,1", "price -1"),
    "price zero": ("34200.1,1,7,18,0,1", "price 0"),
    "price in dollars": ("34200.1,1,7,18,585.33,1", "price '585.33'"),
    "price of a missing level": ("34200.1,1,7,18,9999999999,1", "price 9999999999"),
    "direction zero": ("34200.1,1,7,18,100,0", "direction '0'"),
    "direction two": ("34200.1,1,7,18,100,2", "direction '2'"),
    "direction a word": ("34200.1,1,7,18,100,B", "direction 'B'"),
    "blank before": (" 34200.1,1,7,18,100,1", "time ' 34200.1'"),
    "blank within": ("34200.1,1,7, 18,100,1", "size ' 18'"),
    "plus sign": ("34200.1,1,7,+18,100,1", "size '+18'"),
    "underscore": ("34200.1,1,7,1_8,100,1", "size '1_8'"),
    "other digits": ("34200.1,1,7,١٨,100,1", "size "),
    "zero byte": ("34200.1,1,7,18,100,1\0", "direction '1\\x00'"),
    "carriage return": ("34200.1,1,7,18,100,1\r", "direction '1\\r'"),
    "byte order mark": ("\ufeff34200.1,1,7,18,100,1", "time "),
    "long nonsense": ("9" * 5000, "1 columns"),
    "earlier than before": ("34200.004241175,1,7,18,100,1", "earlier"),
}


@pytest.mark.parametrize(("line", "what"), DAMAGES.values(), ids=DAMAGES)
def test_damaged_line_is_named_with_file_line_value_and_remedy(tmp_path: Path, line: str, what: str) -> None:
    file = written(tmp_path / "messages.csv", [GOOD, GOOD.replace("113575", "113576"), line])
    with pytest.raises(FileDamaged) as damage:
        read(file)
    text = str(damage.value)
    assert re.match(rf"{re.escape(str(file))}, line 3: .*; .+", text)
    assert what in text
    assert len(text) < len(str(file)) + 300


def test_last_line_without_its_end_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    file.write_text(f"{GOOD}\n{GOOD}")
    with pytest.raises(FileDamaged, match="line 2: the file ends within the line"):
        read(file)


def test_line_that_never_ends_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    file.write_bytes(b"1" * 1_000_000)
    with pytest.raises(FileDamaged, match="line 1: no line end within 65536 bytes"):
        read(file)


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match=r"absent\.csv cannot be read \(No such file"):
        read(tmp_path / "absent.csv")


def test_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="Is a directory"):
        read(tmp_path)
