"""Databento's order-by-order files (DBN, schema MBO), read strictly. Touches the files, and `databento_dbn`.

The head of a file is decoded by Databento's library; behind it stand records of one size, looked at in blocks.
Source: Databento, "DBN encoding" and "Schema: MBO". Prices are in 1e-9, times in ns since the Unix epoch.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import gcd
from pathlib import Path
from typing import Final, NamedTuple

import databento_dbn
import numpy as np
from numpy.typing import NDArray

from garraway.catalog.blocks import PackingBroken, Watch, blocks
from garraway.catalog.errors import FileDamaged, SymbolInvalid
from garraway.catalog.parquet import SUFFIX, ParquetFile, write_parquet

UNIT: Final = "byte"
"""What an offset counts: bytes of the unpacked content."""
FORM: Final = "mbo"
"""What these records are called in Parquet."""
MAGIC: Final = b"DBN"
VERSIONS: Final = (1, 2, 3)
HEAD_MOST: Final = 1 << 26
"""Bytes of a file's head; a larger one is taken for damage."""
RTYPE: Final = 0xA0
NO_PRICE: Final = 2**63 - 1
LAST: Final = 128
"""Flag of the last record of a packet, at which the book is final."""
SNAPSHOT: Final = 32
"""Flag of the records that tell what stood there before."""
ACTIONS: Final = "ACMTFRN"
BOOK_ACTIONS: Final = "ACM"
PRICED: Final = "ACMTF"
NAMES_SHOWN: Final = 8

_HEADER: Final = [("length", "u1"), ("rtype", "u1")]
_FIELDS: Final = [
    ("publisher_id", "<u2"),
    ("instrument_id", "<u4"),
    ("ts_event", "<u8"),
    ("order_id", "<u8"),
    ("price", "<i8"),
    ("size", "<u4"),
    ("flags", "u1"),
    ("channel_id", "u1"),
    ("action", "u1"),
    ("side", "u1"),
    ("ts_recv", "<u8"),
    ("ts_in_delta", "<i4"),
    ("sequence", "<u4"),
]
RECORD: Final = np.dtype([*_HEADER, *_FIELDS])
"""A record as it stands in the file."""
MBO: Final = np.dtype([("offset", "<i8"), *_FIELDS])
"""A record as it is given: where it stands, and its fields."""

Rows = NDArray[np.void]
Times = NDArray[np.int64]
Check = tuple[NDArray[np.bool_], Callable[[int], str]]
"""Rows that are wrong, and what is wrong with one of them."""


class Skip(NamedTuple):
    """A record that was left out."""

    file: str
    row: int
    """Where it stands: its byte."""
    why: str


@dataclass(frozen=True, slots=True)
class Survey:
    """What a file has of an instrument. Prices are in 1e-9."""

    instrument: int
    records: int
    tick: int
    """The largest step of which all prices are multiples; 0 where there is none but 0."""
    lowest: int
    highest: int


@dataclass(slots=True)
class MboFile:
    """One instrument's records in a file, and what the file is found to be."""

    file: Path
    symbol: str | None = None
    """The instrument; without one, the only one that has records."""
    skip: bool = False
    """Leaves out damaged records instead of ending with an error. What is cut or badly compressed stays an error."""
    watch: Watch | None = None
    symbols: dict[int, str] = field(default_factory=dict)
    """Instruments that the head names, by number."""
    skipped: list[Skip] = field(default_factory=list)
    _start_ns: int = 0
    _end_ns: int = 2**63 - 1
    _record: np.dtype[np.void] = RECORD
    _publisher: int | None = None
    _last_ns: int = 0

    def rows(self) -> Iterator[Rows]:
        """The records of the whole file in arrays of `MBO`. Raises: FileUnreadable; FileDamaged."""
        if self.file.suffix == SUFFIX:
            stored = ParquetFile.opened(self.file, FORM, MBO)
            self.symbols = stored.symbols
            yield from stored.rows()
            return
        self._publisher, self._last_ns = None, 0
        self.skipped.clear()
        at, rest = 0, b""
        try:
            for block in blocks(self.file, self.watch):
                rest += block
                if at == 0:
                    at = self._head(rest)
                    rest = rest[at:]
                if at and (count := len(rest) // self._record.itemsize):
                    size = count * self._record.itemsize
                    yield self._sound(_numbered(np.frombuffer(rest[:size], self._record), at))
                    at, rest = at + size, rest[size:]
        except PackingBroken as error:
            raise error.told(self.file, at, f"byte {at} of the content", unit=UNIT) from error
        if at == 0:
            raise self._damaged(0, f"the file ends within its head: {len(rest)} bytes are there")
        if rest:
            self._refuse(at, f"the file ends within the record that starts here: {len(rest)} bytes of it are there")

    def survey(self) -> Survey:
        """Looks through the whole file. Raises: SymbolInvalid, and as `rows`."""
        found: dict[int, Survey] = {}
        for rows in self.rows():
            for number in np.unique(rows["instrument_id"]).tolist():
                mine = rows[rows["instrument_id"] == number]
                seen = _survey(number, mine)
                found[number] = seen if number not in found else _both(found[number], seen)
        return found[self._chosen(set(found))]

    def _chosen(self, found: set[int]) -> int:
        named = {number for number, name in self.symbols.items() if name == self.symbol}
        if self.symbol is not None and not found & named:
            raise SymbolInvalid(f"{self.file} has no record of {self.symbol}; {self._known()}")
        chosen = found if self.symbol is None else found & named
        if len(chosen) > 1:
            raise SymbolInvalid(f"{self.file} has several instruments: name one with --symbol; {self._known()}")
        if not chosen:
            raise SymbolInvalid(f"{self.file} has no records: give a file of schema MBO with at least one")
        return chosen.pop()

    def _known(self) -> str:
        names = sorted(set(self.symbols.values()))
        more = ", ..." if len(names) > NAMES_SHOWN else ""
        return f"the file names {', '.join(names[:NAMES_SHOWN]) or 'none'}{more}"

    def _head(self, content: bytes) -> int:
        """Takes the head, once it is there as a whole, and gives its length; else 0."""
        if content[:3] != MAGIC[: len(content)]:
            raise self._damaged(0, f"starts with {content[:3]!r} where {MAGIC!r} must be: it is no DBN file")
        if len(content) < 8:
            return 0
        version, length = content[3], 8 + int.from_bytes(content[4:8], "little")
        if version not in VERSIONS:
            raise self._damaged(3, f"DBN version {version}, known are 1, 2 and 3", "fetch it in one of these versions")
        if length > HEAD_MOST:
            raise self._damaged(4, f"a head of {length} bytes, the largest is {HEAD_MOST}")
        if len(content) < length:
            return 0
        self._learn(content[:length])
        return length

    def _learn(self, head: bytes) -> None:
        """Takes schema, span and symbols from the head."""
        try:
            decoded = databento_dbn.Metadata.decode(head)
            schema, mappings, end_ns = decoded.schema, decoded.mappings, decoded.end
        except (databento_dbn.DBNError, ValueError, OverflowError) as error:
            raise self._damaged(0, f"the head cannot be decoded ({error})") from error
        if str(schema) != "mbo":
            raise self._damaged(0, f"schema {schema}, not mbo", "give a file of schema MBO")
        self._start_ns, self._end_ns = decoded.start, min(end_ns or 2**63 - 1, 2**63 - 1)
        self._record = np.dtype([*RECORD.descr, ("ts_out", "<u8")]) if decoded.ts_out else RECORD
        for name, spans in mappings.items():
            for span in spans:
                number = span["symbol"]
                if not number.isdecimal():
                    raise self._damaged(0, f"{name} is mapped to {number!r}, not to a number of an instrument")
                if self.symbols.setdefault(int(number), name) != name:
                    raise self._damaged(0, f"instrument {number} is {self.symbols[int(number)]} and {name}")

    def _sound(self, rows: Rows) -> Rows:
        """The rows that are right, where others may be skipped. Raises: FileDamaged."""
        checks = [*self._of_frame(rows), *self._of_values(rows), *self._of_order(rows)]
        bad = np.logical_or.reduce([wrong for wrong, _ in checks])
        for row in np.flatnonzero(bad).tolist():
            told = next(text for wrong, text in checks if wrong[row])
            self._refuse(int(rows["offset"][row]), told(row))
        kept: Rows = rows[~bad]
        if len(kept):
            self._last_ns = int(kept["ts_recv"][-1])
        sound: Rows = kept[_MBO_NAMES].astype(MBO)
        return sound

    def _of_frame(self, rows: Rows) -> list[Check]:
        words = self._record.itemsize // 4
        return [
            (rows["rtype"] != RTYPE, lambda row: f"record type {rows['rtype'][row]:#04x}, MBO is {RTYPE:#04x}"),
            (rows["length"] != words, lambda row: f"length {int(rows['length'][row]) * 4}, a record has {words * 4}"),
            (self._unknown_instrument(rows), lambda row: f"instrument {rows['instrument_id'][row]} is not in the head"),
            (self._other_publisher(rows), lambda row: f"publisher {rows['publisher_id'][row]}, not {self._publisher}"),
        ]

    def _of_values(self, rows: Rows) -> list[Check]:
        action, side = rows["action"], rows["side"]
        of_book = np.isin(action, _codes(BOOK_ACTIONS))
        sized = np.isin(action, _codes(PRICED))
        return [
            (~np.isin(action, _codes(ACTIONS)), lambda row: f"action {chr(action[row])!r} is none of {ACTIONS}"),
            (~np.isin(side, _codes("ABN")), lambda row: f"side {chr(side[row])!r} is none of A, B, N"),
            (of_book & (side == ord("N")), lambda row: f"action {chr(action[row])} of an order without a side"),
            (of_book & (rows["order_id"] == 0), lambda row: f"action {chr(action[row])} of order 0"),
            (sized & (rows["size"] == 0), lambda row: f"action {chr(action[row])} of 0 lots"),
            (sized & (rows["price"] == NO_PRICE), lambda row: f"action {chr(action[row])} without a price"),
        ]

    def _of_order(self, rows: Rows) -> list[Check]:
        # Times beyond 2^63 are no times; cut to it, they lie beyond the end of the file's span.
        times = np.minimum(rows["ts_recv"], np.uint64(2**63 - 1)).astype(np.int64)
        span = f"the file's span, {self._start_ns} to {self._end_ns}"
        outside = (times < self._start_ns) | (times >= self._end_ns)
        early = _skippable(times, outside, self._last_ns) if self.skip else _early(times, outside, self._last_ns)
        return [
            (outside, lambda row: f"time {rows['ts_recv'][row]} ns is not within {span}"),
            (early, lambda row: f"time {times[row]} ns is earlier than that of the record before"),
        ]

    def _unknown_instrument(self, rows: Rows) -> NDArray[np.bool_]:
        if not self.symbols:
            return np.zeros(len(rows), np.bool_)
        return ~np.isin(rows["instrument_id"], np.array(list(self.symbols), np.int64))

    def _other_publisher(self, rows: Rows) -> NDArray[np.bool_]:
        """Records of another venue than the first one's: each venue has a book of its own."""
        if self._publisher is None and len(rows):
            self._publisher = int(rows["publisher_id"][0])
        return np.asarray(rows["publisher_id"] != self._publisher)

    def _refuse(self, at: int, what: str) -> None:
        if not self.skip:
            raise self._damaged(at, what)
        self.skipped.append(Skip(str(self.file), at, what))

    def _damaged(self, at: int, what: str, remedy: str = "fetch the file again or correct it") -> FileDamaged:
        return FileDamaged(self.file, at, what, remedy, unit=UNIT)


def mbo_parquet(source: Path, target: Path, watch: Watch | None = None) -> int:
    """Writes a file's records as Parquet, which replays to the same result. Gives their count.

    Raises: CatalogError: the source is missing or damaged, the target cannot be written.
    """
    file = MboFile(source, watch=watch)
    return write_parquet(target, FORM, file.rows(), file.symbols)


_MBO_NAMES: Final = list(MBO.names or ())


def _survey(number: int, rows: Rows) -> Survey:
    prices = rows["price"][np.isin(rows["action"], _codes(PRICED))]
    if not len(prices):
        return Survey(number, len(rows), 0, NO_PRICE, 0)
    return Survey(number, len(rows), int(np.gcd.reduce(prices)), int(prices.min()), int(prices.max()))


def _both(one: Survey, other: Survey) -> Survey:
    return Survey(
        one.instrument,
        one.records + other.records,
        gcd(one.tick, other.tick),
        min(one.lowest, other.lowest),
        max(one.highest, other.highest),
    )


def _codes(letters: str) -> list[int]:
    return [ord(letter) for letter in letters]


def _early(times: Times, outside: NDArray[np.bool_], last_ns: int) -> NDArray[np.bool_]:
    """Times that lie before one that came earlier."""
    before = np.maximum.accumulate(np.concatenate(([last_ns], np.where(outside, 0, times)[:-1])))
    return np.asarray(times < before)


def _skippable(times: Times, outside: NDArray[np.bool_], last_ns: int) -> NDArray[np.bool_]:
    """The fewest times without which the others rise: one wrong time shall not cost all that is behind it."""
    early = _early(times, outside, last_ns)
    if not early.any():
        return early
    # Where most lie before the last one of the block before, that one was wrong.
    floor = last_ns if np.count_nonzero(times >= last_ns) * 2 >= len(times) else 0
    ends: list[int] = []
    length = np.zeros(len(times), np.int64)
    for row, time in enumerate(times.tolist()):
        if time >= floor and not outside[row]:
            place = bisect_right(ends, time)
            ends[place : place + 1] = [time]
            length[row] = place + 1
    kept, wanted = np.zeros(len(times), np.bool_), len(ends)
    ceiling = 2**63
    for row in range(len(times) - 1, -1, -1):
        if wanted and length[row] == wanted and times[row] <= ceiling:
            kept[row], ceiling, wanted = True, int(times[row]), wanted - 1
    return ~kept & ~outside


def _numbered(records: Rows, at: int) -> Rows:
    """The records with the byte at which each one stands."""
    rows = np.empty(len(records), np.dtype([("offset", "<i8"), *records.dtype.descr]))
    for name in records.dtype.names or ():
        rows[name] = records[name]
    rows["offset"] = at + np.arange(len(records), dtype=np.int64) * records.dtype.itemsize
    return rows
