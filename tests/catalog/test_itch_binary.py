"""The reader of binary ITCH: what is cut, broken or out of order is refused, with its byte."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from tests.catalog.itch_recorded import NINE_THIRTY, add, at, execute, written

from garraway.catalog import (
    CatalogError,
    FileDamaged,
    FileUnreadable,
    ItchFile,
    SymbolInvalid,
    encode_itch,
    framed,
    replay_itch,
    write_itch_sample,
)

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
    ".gz": lambda plain: gzip.compress(plain, mtime=0),
}
DAY = (add(0, 1, "B", 100, 1_000_000), add(1, 2, "S", 100, 1_010_000), execute(2, 1, 40))


def read(file: Path, symbol: str | None = None) -> int:
    return len(list(ItchFile(file, symbol).messages()))


def damage(file: Path) -> FileDamaged:
    with pytest.raises(FileDamaged) as found:
        read(file)
    return found.value


def test_every_cut_within_a_message_is_refused_with_its_byte(tmp_path: Path) -> None:
    whole = written(tmp_path / "day.itch", *DAY, end=b"").read_bytes()
    starts, refused = [0, 38, 76, 109], 0
    cut = tmp_path / "cut.itch"
    assert len(whole) == starts[-1]
    for length in range(1, len(whole)):
        cut.write_bytes(whole[:length])
        if length in starts:
            assert read(cut) == starts.index(length)
            continue
        assert damage(cut).line == max(start for start in starts if start <= length)
        refused += 1
    assert refused == 106
    assert "day.itch" not in str(damage(cut))
    assert "the file ends within the message that starts here: 32 bytes of it are there" in str(damage(cut))


@pytest.mark.parametrize("suffix", PACKERS)
def test_every_cut_of_a_compressed_file_is_refused(tmp_path: Path, suffix: str) -> None:
    packed = PACKERS[suffix](written(tmp_path / "day.itch", *DAY).read_bytes())
    file = tmp_path / f"day.itch{suffix}"
    for length in range(len(packed)):
        file.write_bytes(packed[:length])
        assert "cut after byte" in str(damage(file))
    file.write_bytes(packed)
    assert read(file) == 3


@pytest.mark.parametrize("suffix", PACKERS)
def test_every_flipped_byte_of_a_compressed_file_is_refused_or_without_effect(tmp_path: Path, suffix: str) -> None:
    packed = PACKERS[suffix](written(tmp_path / "day.itch", *DAY).read_bytes())
    file = tmp_path / f"day.itch{suffix}"
    file.write_bytes(packed)
    wanted, refused = list(ItchFile(file).messages()), 0
    for place in range(len(packed)):
        flipped = bytearray(packed)
        flipped[place] ^= 0x10
        file.write_bytes(flipped)
        try:
            assert list(ItchFile(file).messages()) == wanted
        except CatalogError:
            refused += 1
    assert refused > len(packed) - 12, "only a header has bytes without effect"


@pytest.mark.parametrize(
    ("messages", "end", "byte", "what"),
    [
        ((add(0, 1, "B", 1, 1), b"z"), b"", 38, "unknown message type 0x7a"),
        ((add(0, 1, "B", 1, 1), b"D" * 18), b"", 38, r"OrderDelete \(type 0x44\) of 18 bytes, it must be 19"),
        ((add(1, 1, "B", 1, 1), add(0, 2, "B", 1, 1)), b"", 38, "time 34200000000000 ns is earlier than that of"),
        ((add(52_200, 1, "B", 1, 1),), b"", 0, "lies beyond the day's 86,400 s"),
        ((add(0, 1, "B", 1, 1),), b"\0\0\0", 40, "bytes behind the frame that ends the session"),
        ((at(0, "SystemEvent", event="C"), add(0, 1, "B", 1, 1)), b"", 14, "a message behind the end of messages"),
        ((add(0, 1, "B", 1, 1), add(0, 2, "B", 1, 1, "XYZ")), b"", 38, "stock locate 7 is XYZ, but was ABC"),
    ],
)
def test_damage_is_named_with_its_byte(
    tmp_path: Path, messages: tuple[bytes, ...], end: bytes, byte: int, what: str
) -> None:
    file = written(tmp_path / "day.itch", *messages, end=end)
    with pytest.raises(FileDamaged, match=rf"day\.itch, byte {byte}: .*{what}") as found:
        read(file)
    assert found.value.line == byte


def test_damage_far_behind_is_named_with_its_byte(tmp_path: Path) -> None:
    many = [at(0, "SystemEvent", event="Q")] * 50_000
    file = written(tmp_path / "day.itch", *many, b"?")
    assert damage(file).line == 50_000 * 14


def test_order_is_kept_across_blocks(tmp_path: Path) -> None:
    day = [at(second, "OrderDelete", order=1) for second in range(10_000)]
    file = written(tmp_path / "day.itch", add(0, 1, "B", 1, 1), *day, at(9_998, "OrderDelete", order=1))
    assert damage(file).line == 38 + 10_000 * 21


def test_one_instrument_of_several_is_played_on_request(tmp_path: Path) -> None:
    other = add(0, 9, "B", 5, 5, "XYZ").replace(b"\0\7", b"\0\x08", 1)
    file = written(tmp_path / "day.itch", *DAY[:1], other, *DAY[1:])
    assert (read(file, "ABC"), read(file, "XYZ")) == (3, 1)
    with pytest.raises(SymbolInvalid, match=r"several instruments: name one with --symbol; the file names ABC, XYZ"):
        read(file)
    with pytest.raises(SymbolInvalid, match="no order of QQQ; the file names ABC, XYZ"):
        read(file, "QQQ")


def test_file_without_orders_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"\0\0", framed(at(0, "SystemEvent", event="O"))):
        file = tmp_path / "day.itch"
        file.write_bytes(content)
        with pytest.raises(SymbolInvalid, match="no order of any instrument; the file names none"):
            replay_itch(file)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match=r"absent\.itch cannot be read"):
        read(tmp_path / "absent.itch")


def test_end_of_messages_makes_a_file_complete(tmp_path: Path) -> None:
    end = at(3, "SystemEvent", event="C", stock_locate=0)
    found = [replay_itch(written(tmp_path / "day.itch", *DAY, *more)).complete for more in ([], [end])]
    assert found == [False, True]


def test_packed_files_replay_like_plain_ones(tmp_path: Path) -> None:
    source = write_itch_sample(tmp_path, messages=300)
    reports = []
    for suffix in ("", ".gz", ".zst"):
        encode_itch(source, tmp_path / f"day.itch{suffix}")
        reports.append(replay_itch(tmp_path / f"day.itch{suffix}").as_json())
    assert reports[0] == reports[1] == reports[2]
    assert [file.name for file in tmp_path.glob("*.part")] == []


def test_target_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    source = write_itch_sample(tmp_path, messages=30)
    with pytest.raises(FileUnreadable, match=r"day\.itch cannot be written"):
        encode_itch(source, tmp_path / "absent" / "day.itch")


def test_time_is_that_of_the_message(tmp_path: Path) -> None:
    first = next(ItchFile(written(tmp_path / "day.itch", *DAY)).messages())
    assert (first.at_ns, first.kind, first.order, first.quantity, first.price) == (NINE_THIRTY, "A", 1, 100, 1_000_000)
