"""What a replay's book is compared with: recorded rows, counted where they are equal. Touches the files alone."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from garraway.catalog.errors import BooksInvalid
from garraway.catalog.lobster import Level, Row, rows
from garraway.catalog.report import OracleReport

DEPTHS: Final = (1, 5, 10, 20, 30, 40, 50)
"""Depths for which equal rows are counted, as far as the file has them, beside its own depth."""


class Tally:
    """Rows that were compared with our book, by how much of them was equal."""

    def __init__(self, levels: int) -> None:
        """Nothing compared yet, of rows with so many levels."""
        self.levels: Final = levels
        self.compared = 0
        self.l1_equal = 0
        self.depth_equal = 0
        self.first_difference: int | None = None
        """Rows before the first one whose best quotes differ; None where there is no such row."""
        self.first_depth_difference: int | None = None
        """The same for the first row that differs at any depth."""
        self._equal_to = [0] * (levels + 1)
        """Rows by how many levels are equal from the best one on."""

    def add(self, row: Row, asks: Sequence[Level], bids: Sequence[Level]) -> None:
        """Compares a row with our levels, best first, at least as many as the row has room for or all."""
        equal = _equal_levels(row, asks[: self.levels], bids[: self.levels])
        self._equal_to[equal] += 1
        if equal >= 1:
            self.l1_equal += 1
        elif self.first_difference is None:
            self.first_difference = self.compared
        if equal == self.levels:
            self.depth_equal += 1
        elif self.first_depth_difference is None:
            self.first_depth_difference = self.compared
        self.compared += 1

    def levels_equal(self) -> dict[int, int]:
        """Rows in which levels 1 to n are all equal, by n."""
        depths = [*(depth for depth in DEPTHS if depth < self.levels), self.levels]
        return {depth: sum(self._equal_to[depth:]) for depth in depths}

    def report(self, file: Path) -> OracleReport:
        """The counts, under the name of the file that the rows are from."""
        return OracleReport(
            file=file,
            levels=self.levels,
            rows=self.compared,
            l1_equal=self.l1_equal,
            depth_equal=self.depth_equal,
            levels_equal=self.levels_equal(),
            first_difference=self.first_difference,
            first_depth_difference=self.first_depth_difference,
        )


class Oracle:
    """The rows of one file, compared one after the other."""

    def __init__(self, file: Path, found: Iterator[Row] | None = None) -> None:
        """Reads the first row of an orderbook file, or of `found`.

        Raises: BooksInvalid: there is none; FileUnreadable, FileDamaged.
        """
        self.file = file
        self._rows = rows(file) if found is None else found
        self._row = next(self._rows, None)
        if self._row is None:
            raise BooksInvalid(f"{file} is empty: give an orderbook file, one row for each message")
        self.first: Final[Row] = self._row
        self.levels: Final = self._row.levels
        self._tally = Tally(self.levels)

    @property
    def due(self) -> bool:
        """Whether there is a row for the next message."""
        return self._row is not None

    def compare(self, asks: Sequence[Level], bids: Sequence[Level]) -> None:
        """Compares the row that is due with our levels, best first, at least as many as the file has or all."""
        assert self._row is not None
        self._tally.add(self._row, asks, bids)
        self._row = next(self._rows, None)

    def close(self, messages: int) -> OracleReport:
        """Makes sure that no row is left over, and reports. Raises: BooksInvalid."""
        if self._row is not None:
            raise BooksInvalid(
                f"{self.file}, line {self._row.line}: a row without a message, there are {messages} messages; "
                f"give the books that belong to the messages"
            )
        return self._tally.report(self.file)


def _equal_levels(row: Row, asks: Sequence[Level], bids: Sequence[Level]) -> int:
    if asks == row.asks and bids == row.bids:
        return row.levels
    for place in range(row.levels):
        here = slice(place, place + 1)
        if asks[here] != row.asks[here] or bids[here] != row.bids[here]:
            return place
    raise AssertionError("levels differ, but none of them")
