"""Messages of ITCH 5.0 and the binary files that hold them, read strictly. Touches the files, and `_native`.

A file is a row of frames: a length of two bytes and a message; a frame of length 0 may end it (BinaryFILE).
Source: "Nasdaq TotalView-ITCH", version 5.0. Prices are in 0.0001 dollars, times in ns since midnight.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from garraway import _native
from garraway.catalog.blocks import PackingBroken, Watch, blocks
from garraway.catalog.errors import FileDamaged, SymbolInvalid
from garraway.catalog.lobster import DAY_NS
from garraway.catalog.parquet import SUFFIX, ParquetFile, write_parquet
from garraway.records import Side

ADDS: Final = "AF"
ORDER_KINDS: Final = "AFECXDU"
"""Types of the messages that change the shown book."""
FORM: Final = "itch"
"""What these messages are called in Parquet."""
UNIT: Final = "byte"
"""What `place` counts in a binary file."""
END_OF_MESSAGES: Final = ord("C")
NAMES_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class ItchMessage:
    """A message as far as a replay needs it; what its type does not have is 0."""

    place: int
    """Byte of its frame, or line."""
    at_ns: int
    kind: str
    """The type byte."""
    order: int = 0
    """The order, in U the one that leaves."""
    new_order: int = 0
    side: int = 0
    """Of A, F and P."""
    quantity: int = 0
    price: int = 0
    code: int = 0
    """Trading state of H."""


@dataclass(slots=True)
class ItchFile:
    """One instrument's messages in a binary file, and what the file as a whole is found to be."""

    file: Path
    symbol: str | None = None
    """The instrument; without one, the only one that has orders."""
    watch: Watch | None = None
    types: Counter[str] = field(default_factory=Counter)
    """Messages of the whole file by type."""
    complete: bool = False
    """Whether the file ends with the end of messages, `S` of code `C`."""
    _locate: int | None = None
    _symbols: dict[int, str] = field(default_factory=dict)

    def messages(self) -> Iterator[ItchMessage]:
        """The instrument's messages in order.

        Raises: FileUnreadable; FileDamaged: cut, broken, unordered; SymbolInvalid.
        """
        for rows in self.rows():
            self._learn(rows)
            self._choose(rows)
            if self._locate is None:
                continue
            for row in rows[rows["stock_locate"] == self._locate].tolist():
                yield _message(row)
        if self._locate is None:
            raise SymbolInvalid(f"{self.file} has no order of {self.symbol or 'any instrument'}; {self._known()}")

    def rows(self) -> Iterator[NDArray[np.void]]:
        """The messages of the whole file, in arrays of `_native.ITCH`. Raises: FileUnreadable, FileDamaged."""
        last_ns = 0
        if self.file.suffix == SUFFIX:
            for rows in ParquetFile.opened(self.file, FORM, _native.ITCH).rows():
                last_ns = self._check(rows, last_ns)
                yield rows
            return
        at, rest, ended = 0, b"", False
        try:
            for block in blocks(self.file, self.watch):
                if ended:
                    raise self._damaged(at, "bytes behind the frame that ends the session")
                pending = rest + block
                rows, consumed, ended, damage = _native.itch_read(pending, at)
                last_ns = self._check(rows, last_ns)
                yield rows
                at, rest = at + consumed, pending[consumed:]
                if damage is not None:
                    raise self._damaged(at, damage)
                if ended and rest:
                    raise self._damaged(at, "bytes behind the frame that ends the session")
        except PackingBroken as error:
            raise error.told(self.file, at, f"byte {at} of the content", unit=UNIT) from error
        if rest:
            what = f"the file ends within the message that starts here: {len(rest)} bytes of it are there"
            raise self._damaged(at, what)

    def _check(self, rows: NDArray[np.void], last_ns: int) -> int:
        """Counts the rows and proves their order. Gives the last time."""
        if not len(rows):
            return last_ns
        kinds, times = rows["kind"], rows["timestamp_ns"].astype(np.int64)
        for kind, count in enumerate(np.bincount(kinds).tolist()):
            if count:
                self.types[chr(kind)] += count
        steps = np.diff(times, prepend=last_ns)
        if (steps < 0).any():
            row = int(np.argmax(steps < 0))
            what = f"time {times[row]} ns is earlier than that of the message before"
            raise self._damaged(int(rows["offset"][row]), what)
        if times[-1] >= DAY_NS:
            row = int(np.argmax(times >= DAY_NS))
            raise self._damaged(int(rows["offset"][row]), f"time {times[row]} ns lies beyond the day's 86,400 s")
        ends = np.flatnonzero((kinds == ord("S")) & (rows["code"] == END_OF_MESSAGES))
        if self.complete or (len(ends) and ends[0] + 1 < len(rows)):
            row = 0 if self.complete else int(ends[0]) + 1
            raise self._damaged(int(rows["offset"][row]), "a message behind the end of messages")
        self.complete = len(ends) > 0
        return int(times[-1])

    def _learn(self, rows: NDArray[np.void]) -> None:
        """Takes the numbers of the instruments from the messages that name both."""
        named = rows[np.isin(rows["kind"], [ord(kind) for kind in "RAF"])]
        first = np.unique(named[["stock_locate", "stock"]], return_index=True)[1]
        for locate, stock, offset in named[["stock_locate", "stock", "offset"]][first].tolist():
            symbol = stock.decode("ascii", "backslashreplace").rstrip()
            if self._symbols.setdefault(locate, symbol) != symbol:
                raise self._damaged(offset, f"stock locate {locate} is {symbol}, but was {self._symbols[locate]}")

    def _choose(self, rows: NDArray[np.void]) -> None:
        """Finds the instrument's number."""
        if self.symbol is not None:
            if self._locate is None:
                self._locate = next((locate for locate, name in self._symbols.items() if name == self.symbol), None)
            return
        of_orders = rows["stock_locate"][np.isin(rows["kind"], [ord(kind) for kind in ORDER_KINDS])]
        found = set(np.unique(of_orders).tolist()) | ({self._locate} - {None})
        if len(found) > 1:
            raise SymbolInvalid(f"{self.file} has several instruments: name one with --symbol; {self._known()}")
        self._locate = next(iter(found), None)

    @property
    def found_symbol(self) -> str:
        """The instrument of the messages given so far."""
        return self.symbol or self._symbols.get(self._locate or 0, "?")

    def _known(self) -> str:
        names = sorted(self._symbols.values())
        more = ", ..." if len(names) > NAMES_SHOWN else ""
        return f"the file names {', '.join(names[:NAMES_SHOWN]) or 'none'}{more}"

    def _damaged(self, at: int, what: str) -> FileDamaged:
        return FileDamaged(self.file, at, what, unit=UNIT)


def itch_parquet(source: Path, target: Path, watch: Watch | None = None) -> int:
    """Writes all messages of a binary file as Parquet, which replays to the same result. Gives their count.

    Raises: CatalogError: the source is missing or damaged, the target cannot be written.
    """
    return write_parquet(target, FORM, ItchFile(source, watch=watch).rows(), {})


_SIDES: Final = {ord("B"): Side.BUY, ord("S"): Side.SELL}


def _message(row: tuple[int, int, int, int, int, int, bytes, int, int, int, int]) -> ItchMessage:
    offset, at_ns, order, new_order, _, quantity, _, price, _, kind, code = row
    letter = chr(kind)
    side = _SIDES.get(code, 0) if letter in "AFP" else 0
    return ItchMessage(offset, at_ns, letter, order, new_order, side, quantity, price, code)
