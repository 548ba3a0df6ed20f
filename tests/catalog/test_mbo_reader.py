"""The reader of MBO files: what is cut, broken or out of order is refused with its byte, or skipped and counted."""

import gzip
from collections.abc import Callable
from pathlib import Path

import databento_dbn as dbn
import numpy as np
import pytest
import zstandard
from tests.catalog.mbo_recorded import TICK, day, head, record, written

from garraway.catalog import CatalogError, FileDamaged, FileUnreadable, MboFile, SymbolInvalid
from garraway.catalog.mbo import MBO, RECORD, Rows

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
    ".gz": lambda plain: gzip.compress(plain, mtime=0),
}
RECORDS = day("A B 1 100 5\nA A 2 104 7\nT B 3 104 2 +\nF A 2 104 2 +\nM A 2 104 5\nC B 1 100 5")
HEAD = len(head())
SIZE = 56


def read(file: Path, *, skip: bool = False) -> Rows:
    return np.concatenate([np.zeros(0, MBO), *MboFile(file, skip=skip).rows()])


def damage(file: Path) -> FileDamaged:
    with pytest.raises(FileDamaged) as found:
        read(file)
    return found.value


def test_layout_is_the_library_s() -> None:
    theirs = np.dtype([(name, kind.replace("S1", "u1")) for name, kind in dbn.MBOMsg._dtypes])
    assert theirs == RECORD
    assert dbn.MBOMsg.size_hint == SIZE == RECORD.itemsize


def test_every_field_is_as_the_library_decodes_it(tmp_path: Path) -> None:
    file = written(tmp_path / "day.dbn", *RECORDS)
    decoder = dbn.DBNDecoder()
    decoded = [each for each in decoder.write_and_decode(file.read_bytes()) if isinstance(each, dbn.MBOMsg)]
    rows = read(file)
    assert rows["offset"].tolist() == [HEAD + place * SIZE for place in range(6)]
    for row, theirs in zip(rows, decoded, strict=True):
        for name in ("publisher_id", "instrument_id", "ts_event", "order_id", "price", "size", "ts_recv", "sequence"):
            assert row[name] == getattr(theirs, name), name
        assert (chr(row["action"]), chr(row["side"])) == (str(theirs.action), str(theirs.side))
        assert (row["flags"], row["channel_id"]) == (int(theirs.flags), theirs.channel_id)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_every_version_of_the_head_is_read(tmp_path: Path, version: int) -> None:
    file = tmp_path / "day.dbn"
    file.write_bytes(head(version=version) + b"".join(RECORDS))
    assert MboFile(file).survey().records == 6


def test_stamps_of_the_gateway_are_passed_over(tmp_path: Path) -> None:
    file, plain = tmp_path / "day.dbn", written(tmp_path / "plain.dbn", *RECORDS)
    longer = [bytes([16]) + each[1:] + bytes(8) for each in RECORDS]
    file.write_bytes(head(ts_out=True) + b"".join(longer))
    names = [name for name in MBO.names or () if name != "offset"]
    assert (read(file)[names] == read(plain)[names]).all()


@pytest.mark.parametrize("suffix", PACKERS)
def test_packed_files_are_read_like_plain_ones(tmp_path: Path, suffix: str) -> None:
    plain = written(tmp_path / "day.dbn", *RECORDS)
    packed = tmp_path / f"day.dbn{suffix}"
    packed.write_bytes(PACKERS[suffix](plain.read_bytes()))
    assert (read(packed) == read(plain)).all()


def test_survey_finds_what_the_replay_needs(tmp_path: Path) -> None:
    found = MboFile(written(tmp_path / "day.dbn", *RECORDS)).survey()
    assert (found.instrument, found.records, found.tick) == (7, 6, 4 * TICK)
    assert (found.lowest, found.highest) == (100 * TICK, 104 * TICK)


def test_every_cut_is_refused_with_its_byte(tmp_path: Path) -> None:
    whole = written(tmp_path / "day.dbn", *RECORDS).read_bytes()
    cut = tmp_path / "cut.dbn"
    for length in range(len(whole)):
        cut.write_bytes(whole[:length])
        records, rest = divmod(length - HEAD, SIZE)
        if length >= HEAD and not rest:
            assert len(read(cut)) == records, "a file that ends between two records is a shorter one"
            continue
        assert damage(cut).line == (HEAD + records * SIZE if length >= HEAD else 0), length


@pytest.mark.parametrize("suffix", PACKERS)
def test_every_cut_of_a_compressed_file_is_refused(tmp_path: Path, suffix: str) -> None:
    packed = PACKERS[suffix](written(tmp_path / "day.dbn", *RECORDS).read_bytes())
    file = tmp_path / f"day.dbn{suffix}"
    for length in range(len(packed)):
        file.write_bytes(packed[:length])
        damage(file)


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("skip", [False, True])
def test_every_flipped_bit_of_a_compressed_file_is_refused_or_without_effect(
    tmp_path: Path, suffix: str, skip: bool
) -> None:
    packed = PACKERS[suffix](written(tmp_path / "day.dbn", *RECORDS).read_bytes())
    file = tmp_path / f"day.dbn{suffix}"
    file.write_bytes(packed)
    wanted, refused = read(file), 0
    for place in range(len(packed) * 8):
        flipped = bytearray(packed)
        flipped[place // 8] ^= 1 << place % 8
        file.write_bytes(flipped)
        try:
            assert (read(file, skip=skip) == wanted).all()
        except CatalogError:
            refused += 1
    assert refused > (len(packed) - 12) * 8, "only a header has bits without effect"


def test_flipped_bits_of_what_the_format_fixes_are_refused(tmp_path: Path) -> None:
    whole = written(tmp_path / "day.dbn", *RECORDS[:2]).read_bytes()
    assert RECORD.fields is not None
    places = [(name, int(each[1]), each[0].itemsize) for name, each in RECORD.fields.items()]
    file = tmp_path / "flipped.dbn"
    silent: set[str] = set()
    for place in range(len(whole) * 8):
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        file.write_bytes(flipped)
        try:
            read(file)
        except CatalogError:
            continue
        if place // 8 >= HEAD + SIZE:
            at = (place // 8 - HEAD) % SIZE
            silent.add(next(name for name, start, size in places if start <= at < start + size))
    assert silent, "sizes and prices have no checksum"
    assert not silent & {"length", "rtype", "publisher_id", "instrument_id"}


@pytest.mark.parametrize(
    ("last", "what"),
    [
        (record(0, "A", "B", 9, 1, 1), "is earlier than that of the record before"),
        (record(90_000, "A", "B", 9, 1, 1), "is not within the file's span"),
        (record(9, "A", "B", 9, 1, 1, instrument=8), "instrument 8 is not in the head"),
        (record(9, "A", "B", 9, 1, 1, publisher=2), "publisher 2, not 1"),
        (record(9, "A", "N", 9, 1, 1), "action A of an order without a side"),
        (record(9, "A", "B", 0, 1, 1), "action A of order 0"),
        (record(9, "C", "B", 9, 1, 0), "action C of 0 lots"),
        (record(9, "A", "B", 9, 1, 1)[:24] + (2**63 - 1).to_bytes(8, "little") + bytes(24), "length|action|price"),
        (b"\x0f" + record(9, "A", "B", 9, 1, 1)[1:], "length 60, a record has 56"),
        (b"\x0e\x17" + record(9, "A", "B", 9, 1, 1)[2:], "record type 0x17, MBO is 0xa0"),
        (record(9, "A", "B", 9, 1, 1).replace(b"AB", b"Z?"), "action 'Z' is none of ACMTFRN"),
        (record(9, "A", "B", 9, 1, 1).replace(b"AB", b"A?"), r"side '\?' is none of A, B, N"),
    ],
)
def test_damage_is_named_with_its_byte_or_skipped(tmp_path: Path, last: bytes, what: str) -> None:
    file = written(tmp_path / "day.dbn", *RECORDS, last, record(9, "A", "B", 10, 100, 1))
    byte = HEAD + 6 * SIZE
    with pytest.raises(FileDamaged, match=rf"day\.dbn, byte {byte}: .*({what})"):
        read(file)
    source = MboFile(file, skip=True)
    assert sum(len(rows) for rows in source.rows()) == 7
    assert [(skip.file, skip.row) for skip in source.skipped] == [(str(file), byte)]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "ends within its head: 0 bytes"),
        (b"PAR1" * 20, "starts with b'PAR' where b'DBN' must be"),
        (b"DBN\x09" + bytes(80), "DBN version 9, known are 1, 2 and 3"),
        (b"DBN\x03\xff\xff\xff\xff", "a head of 4294967303 bytes"),
        (b"DBN\x03\x10\0\0\0" + bytes(16), "the head cannot be decoded"),
        (head(schema=dbn.Schema.TRADES), "schema trades, not mbo"),
    ],
)
def test_head_that_is_none_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    file = tmp_path / "day.dbn"
    file.write_bytes(content)
    with pytest.raises(FileDamaged, match=what):
        read(file)


def test_cut_record_is_skipped_on_request(tmp_path: Path) -> None:
    file = written(tmp_path / "day.dbn", *RECORDS, RECORDS[0][:20])
    assert len(read(file, skip=True)) == 6


def test_one_instrument_of_several_is_chosen(tmp_path: Path) -> None:
    file = tmp_path / "day.dbn"
    file.write_bytes(head(mappings=[], symbols=[]) + RECORDS[0] + record(1, "A", "B", 9, 100, 1, instrument=8))
    with pytest.raises(SymbolInvalid, match="several instruments: name one with --symbol; the file names none"):
        MboFile(file).survey()
    with pytest.raises(SymbolInvalid, match="no record of QQQ"):
        MboFile(file, "QQQ").survey()
    file.write_bytes(head())
    with pytest.raises(SymbolInvalid, match="has no records"):
        MboFile(file).survey()


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match=r"absent\.dbn cannot be read"):
        read(tmp_path / "absent.dbn")


@pytest.mark.parametrize("wrong", [(1, 900), (30, 900), (30, 0), (59, 900)])
def test_wrong_time_costs_no_other_record(tmp_path: Path, wrong: tuple[int, int]) -> None:
    place, second = wrong
    times = [second if each == place else 10 + each for each in range(60)]
    file = written(tmp_path / "day.dbn", *(record(time, "A", "B", 1 + n, 100, 1) for n, time in enumerate(times)))
    source = MboFile(file, skip=True)
    kept = [int(order) for rows in source.rows() for order in rows["order_id"]]
    assert kept == [1 + each for each in range(60) if each != place or place == 59]
    assert len(source.skipped) == 60 - len(kept)


def test_wrong_time_at_the_end_of_a_block_costs_no_block(tmp_path: Path) -> None:
    in_block = ((1 << 16) - HEAD) // SIZE
    times = [800 if each == in_block - 1 else each // 100 for each in range(3 * in_block)]
    file = written(tmp_path / "day.dbn", *(record(time, "A", "B", 1 + n, 100, 1) for n, time in enumerate(times)))
    assert len(read(file, skip=True)) == 3 * in_block


def test_records_far_behind_are_named_with_their_byte(tmp_path: Path) -> None:
    many = [record(1, "A", "B", order, 100, 1) for order in range(1, 20_001)]
    file = written(tmp_path / "day.dbn", *many, record(0, "A", "B", 30_000, 100, 1))
    assert damage(file).line == HEAD + 20_000 * SIZE
    assert len(read(file, skip=True)) == 20_000
