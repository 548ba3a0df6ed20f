"""What a reader of a recorded file is given, and what it gives back. Touches nothing but through the file's reader.

A reader is a function: `Job` in, `Batch`es out, in the order of the file. It runs twice where the units or the clock of
the source have to be found first: then the first run's rows are thrown away.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from garraway.catalog.blocks import Watch
from garraway.catalog.errors import FileDamaged, OptionMissing, UnitsInvalid
from garraway.catalog.importers.names import Hints
from garraway.catalog.kinds import DTYPES, NOT_A_NUMBER, Kind, Longs, Rows
from garraway.catalog.numbers import NotANumber, column_decimals, decimals_of, scaled_column, scaled_number
from garraway.catalog.rules import Problem

if TYPE_CHECKING:
    import polars as pl

BATCH_ROWS: Final = 1 << 15
BAD_SHOWN: Final = 100
BEYOND: Final = 2**63
CLOCK_MOST_NS: Final = 3600 * 10**9
"""A time of the venue that is further ahead of the recorder's clock is not believed."""
QUANTITY_DECIMALS: Final = 8
"""Most decimals of a quantity, if no other unit is given: what is finer is the noise of a float."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is said of a file beside its content; None: what the file or its name says."""

    format: str | None = None
    venue: str | None = None
    symbols: frozenset[str] = frozenset()
    """Instruments to import; none: all. For a file that does not name its instrument, the one that it has."""
    period: str | None = None
    of: str | None = None
    currency: str | None = None
    zone: str | None = None
    day: date | None = None
    """Of files whose times count from midnight."""
    price_decimals: int | None = None
    quantity_decimals: int | None = None
    columns: dict[str, str] = field(default_factory=dict)
    """Of CSV: what it is -> name of the column, or its number from 1."""
    skip_bad: bool = False


class Bad(NamedTuple):
    """What was left out because it could not be read."""

    place: int
    unit: str
    what: str


@dataclass(slots=True)
class Faults:
    """What to do with what cannot be read: end, or leave out and count."""

    file: Path
    skip: bool
    count: int = 0
    first: list[Bad] = field(default_factory=list)

    def bad(self, place: int, what: str, *, unit: str = "line", member: str = "") -> None:
        """Something at a line or byte that is not what the format says. Raises: FileDamaged, unless it is skipped."""
        shown = f"{member}: {what}" if member else what
        if not self.skip:
            remedy = "fetch the file again or correct it; --skip-bad leaves such out"
            raise FileDamaged(self.file, place, shown, remedy, unit=unit)
        self.count += 1
        if len(self.first) < BAD_SHOWN:
            self.first.append(Bad(place, unit, shown))


class Units(NamedTuple):
    """Decimals of an instrument's prices and quantities."""

    price: int
    quantity: int


@dataclass(slots=True)
class Gauge:
    """Makes whole numbers of texts; on a first run it finds out instead how fine they are and how the clock goes."""

    surveying: bool
    fixed: Units | None = None
    """Units of every instrument, where the format or the options give them."""
    units: dict[str, Units] = field(default_factory=dict)
    """Units found, by instrument."""
    rounded: int = 0
    """Quantities that were finer than their unit, and were rounded."""
    clock_behind_ns: int = 0
    """By how much the venue's times are ahead of the recorder's, at most."""

    def price(self, symbol: str, text: str) -> int:
        """A price in the instrument's unit, NOT_A_NUMBER where the text is none. Raises: UnitsInvalid."""
        return self._number(symbol, text, 0)

    def quantity(self, symbol: str, text: str) -> int:
        """A quantity in the instrument's unit, rounded; NOT_A_NUMBER where the text is none. Raises: UnitsInvalid."""
        return self._number(symbol, text, 1)

    def prices(self, symbol: str, texts: "pl.Series") -> Longs:
        """A column of prices. Raises: UnitsInvalid."""
        return self._column(symbol, texts, 0)

    def quantities(self, symbol: str, texts: "pl.Series") -> Longs:
        """A column of quantities, rounded. Raises: UnitsInvalid."""
        return self._column(symbol, texts, 1)

    def heard(self, received_ns: int, sent_ns: int) -> None:
        """Takes note of when a message was received by the recorder's clock, and sent by the venue's."""
        if self.surveying and sent_ns - received_ns <= CLOCK_MOST_NS:
            self.clock_behind_ns = max(self.clock_behind_ns, sent_ns - received_ns)

    def at(self, received_ns: int) -> int:
        """A time of the recorder's clock, put forward so that nothing is received before it was sent."""
        return received_ns + self.clock_behind_ns

    def fine(self, symbol: str, *, price: int) -> None:
        """Takes note of the decimals that prices need."""
        if self.surveying and self.fixed is None:
            self._found(symbol, 0, price)

    def of(self, symbol: str) -> Units:
        """The units of an instrument."""
        return self.fixed or self.units.get(symbol, Units(0, 0))

    def _number(self, symbol: str, text: str, which: int) -> int:
        try:
            fine = decimals_of(text)
            if not self.surveying:
                self.rounded += which == 1 and fine > self.of(symbol).quantity
                return scaled_number(text, self.of(symbol)[which], rounded=which == 1)
            if self.fixed is None:
                self._found(symbol, which, fine)
        except NotANumber:
            return NOT_A_NUMBER
        except UnitsInvalid as error:
            raise UnitsInvalid(f"{symbol}: {error}") from error
        return 0

    def _column(self, symbol: str, texts: "pl.Series", which: int) -> Longs:
        if self.surveying:
            if self.fixed is None:
                self._found(symbol, which, column_decimals(texts))
            return np.zeros(len(texts), np.int64)
        try:
            decimals = self.of(symbol)[which]
            if which == 1 and column_decimals(texts) > decimals:
                self.rounded += int(texts.str.contains(rf"\.\d{{{decimals}}}\d*[1-9]").sum() or 0)
            return scaled_column(texts, decimals, rounded=which == 1)
        except UnitsInvalid as error:
            raise UnitsInvalid(f"{symbol}: {error}") from error

    def _found(self, symbol: str, which: int, decimals: int) -> None:
        known = self.units.get(symbol, Units(0, 0))
        if which == 1:
            decimals = min(decimals, QUANTITY_DECIMALS)
        if decimals > known[which]:
            self.units[symbol] = Units(decimals, known[1]) if which == 0 else Units(known[0], decimals)


@dataclass(slots=True)
class Job:
    """One file, as a reader takes it."""

    file: Path
    hints: Hints
    options: Options
    faults: Faults
    gauge: Gauge
    watch: Watch | None = None
    venue: str = ""
    """What the reader finds the venue to be, where neither option nor name say it."""
    found: Counter[tuple[str, Kind, Problem]] = field(default_factory=Counter)
    """Problems that only the reader can see: gaps of sequence, checksums; by instrument and kind."""
    notes: Counter[str] = field(default_factory=Counter)
    """What was read and is not imported, and what was proved, by name."""

    def wanted(self, symbol: str) -> bool:
        """Whether the instrument is imported."""
        return not self.options.symbols or symbol in self.options.symbols

    def symbol(self) -> str:
        """The only instrument of a file that does not name it. Raises: OptionMissing."""
        if len(self.options.symbols) > 1:
            raise OptionMissing(f"{self.file.name} holds one instrument: give one --symbol")
        found = next(iter(self.options.symbols), None) or self.hints.symbol
        if found is None:
            raise OptionMissing(f"{self.file.name} does not say its instrument: give --symbol")
        return found

    def day(self) -> date:
        """The day of a file whose times count from midnight. Raises: OptionMissing."""
        found = self.options.day or self.hints.day
        if found is None:
            raise OptionMissing(f"{self.file.name} does not say its day: give --date 2012-06-21")
        return found

    def problem(self, symbol: str, kind: Kind, problem: Problem) -> None:
        """Counts a problem that the reader has seen."""
        self.found[symbol, kind, problem] += 1


class Batch(NamedTuple):
    """Rows of one dataset."""

    symbol: str
    kind: Kind
    rows: Rows
    of: str = ""
    """Of bars: trades, bid, ask, mid."""
    period: str = ""
    """Of bars."""


@dataclass(slots=True)
class Collector:
    """Rows of several datasets, gathered one by one and given as batches."""

    rows: dict[tuple[str, Kind], list[tuple[int, ...]]] = field(default_factory=dict)
    count: int = 0

    def add(self, symbol: str, kind: Kind, row: tuple[int, ...]) -> None:
        """Takes a row: its columns in order. Raises: ValueError: a number is beyond 64 bits."""
        if max(row) >= BEYOND or min(row) < -BEYOND:
            raise ValueError("a number is beyond 64 bits")
        self.rows.setdefault((symbol, kind), []).append(row)
        self.count += 1

    def full(self) -> Iterator[Batch]:
        """The batches, once enough rows have come."""
        if self.count >= BATCH_ROWS:
            yield from self.rest()

    def rest(self) -> Iterator[Batch]:
        """What is left."""
        gathered, self.rows, self.count = self.rows, {}, 0
        for (symbol, kind), rows in gathered.items():
            yield Batch(symbol, kind, np.array(rows, DTYPES[kind]))
