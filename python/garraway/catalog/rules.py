"""What becomes of rows that cannot be right: one rule for each problem and kind. Touches nothing.

A row is counted under the first of its problems, in the order of `Problem`; what is kept or mended goes on to the next.
Order messages are the venue's own account of its book: none is left out, as the book could not be built without it.
"""

from collections import Counter
from enum import StrEnum
from typing import Final

import numpy as np

from garraway.catalog.kinds import ABSENT, DTYPES, NOT_A_NUMBER, Flag, Kind, Longs, Mask, Rows
from garraway.catalog.manifest import Tally


class Problem(StrEnum):
    """What can be wrong with a row that was read."""

    NOT_A_NUMBER = "not_a_number"
    """A price or quantity is NaN, infinite or blank."""
    PRICE_NOT_POSITIVE = "price_not_positive"
    """A price is 0 or negative, or a quote has neither side."""
    QUANTITY_INVALID = "quantity_invalid"
    """A quantity is negative, or that of a trade is 0."""
    FUTURE = "future"
    """The time lies in the future of the import."""
    CROSSED = "crossed"
    """The bid is above the ask."""
    RANGE_BROKEN = "range_broken"
    """Open or close lies outside low to high."""
    DUPLICATE = "duplicate"
    """The row says what the one before it said; of trades and depth with numbers: the number came before."""
    CONFLICT = "conflict"
    """A bar begins when the one before it began, and says something else."""
    UNSORTED = "unsorted"
    """The time is earlier than that of a row before it."""
    GAP = "gap"
    """Something is missing before the row: bars, or messages by the venue's own count."""
    CHECKSUM = "checksum"
    """The venue's checksum of the book differs from that of the book that the messages make."""
    LOCKED = "locked"
    """Bid and ask are equal."""
    SUSPICIOUS = "suspicious"
    """The source says that it doubts the row."""


NUMBERS_KEPT: Final = 1 << 16
"""Numbers of trades that are remembered."""
KEEP, DROP, MEND = "keep", "drop", "mend"
_ALL: Final = frozenset(Kind)
_BOOK: Final = frozenset({Kind.DEPTH, Kind.ORDERS})

RULES: Final[dict[Problem, dict[Kind, str]]] = {
    Problem.NOT_A_NUMBER: dict.fromkeys(_ALL - {Kind.ORDERS}, DROP),
    Problem.PRICE_NOT_POSITIVE: dict.fromkeys(_ALL - {Kind.ORDERS}, DROP),
    Problem.QUANTITY_INVALID: dict.fromkeys(_ALL - {Kind.ORDERS, Kind.FACTORS}, DROP),
    Problem.FUTURE: {
        **dict.fromkeys((Kind.BARS, Kind.QUOTES, Kind.TRADES), DROP),
        **dict.fromkeys((Kind.DEPTH, Kind.ORDERS), MEND),
    },
    Problem.CROSSED: {Kind.QUOTES: DROP},
    Problem.RANGE_BROKEN: {Kind.BARS: DROP},
    Problem.DUPLICATE: dict.fromkeys((Kind.BARS, Kind.QUOTES, Kind.TRADES, Kind.FACTORS), DROP),
    Problem.CONFLICT: {Kind.BARS: DROP},
    Problem.UNSORTED: dict.fromkeys(_ALL, MEND),
    Problem.GAP: {Kind.BARS: KEEP, Kind.TRADES: KEEP, Kind.DEPTH: KEEP},
    Problem.CHECKSUM: {Kind.DEPTH: KEEP},
    Problem.LOCKED: {Kind.QUOTES: KEEP},
    Problem.SUSPICIOUS: {Kind.TRADES: KEEP, Kind.QUOTES: KEEP},
}
"""Problem -> kind -> what is done. Mended means: bars, quotes, trades and factors are sorted by time, those of one
time staying in their order; rows of depth and orders stay where they are and get the time of the row before. One wrong
time that is too late, but not in the future, makes those behind it late."""

_PRICES: Final = {
    Kind.BARS: ("open", "high", "low", "close"),
    Kind.QUOTES: ("bid", "ask"),
    Kind.TRADES: ("price",),
    Kind.DEPTH: ("price",),
    Kind.ORDERS: (),
    Kind.FACTORS: ("price_factor", "split_factor"),
}
_QUANTITIES: Final = {
    Kind.BARS: ("volume",),
    Kind.QUOTES: ("bid_size", "ask_size"),
    Kind.TRADES: ("quantity",),
    Kind.DEPTH: ("quantity",),
    Kind.ORDERS: (),
    Kind.FACTORS: (),
}


class Cleaner:
    """Holds the rows of one dataset, as they come from one source, to the rules."""

    def __init__(self, kind: Kind, *, until_ns: int) -> None:
        """Nothing seen yet. Rows at or after `until_ns` are of the future."""
        self._kind, self._until_ns = kind, until_ns
        self._last: Rows = np.zeros(0, DTYPES[kind])
        self._last_ns = -(2**63)
        self._numbers: dict[int, None] = {}
        self.counts: Counter[Problem] = Counter()
        self.rows_read = 0

    def clean(self, rows: Rows) -> Rows:
        """The rows that are kept, mended where the rule says so."""
        self.rows_read += len(rows)
        kept = self._without(rows, self._of_values(rows))
        kept = self._without(kept, self._of_neighbours(kept))
        if not len(kept):
            return kept
        self._told(kept)
        kept = self._in_time(kept)
        self._last = kept[-1:].copy()
        for name in ("bid", "ask"):
            if name in (kept.dtype.names or ()):
                kept[name][kept[name] == ABSENT] = 0
        return kept

    def resorted(self, dropped: Counter[Problem]) -> None:
        """Takes note of what was found once all rows were sorted."""
        self.counts.update(dropped)

    def tallies(self) -> dict[str, Tally]:
        """The counts with their rules, in the order of the problems."""
        return {
            problem.value: Tally(self.counts[problem], RULES[problem][self._kind])
            for problem in Problem
            if self.counts[problem]
        }

    def _without(self, rows: Rows, problems: list[tuple[Problem, Mask]]) -> Rows:
        """The rows without those that the rules drop, which are counted."""
        wrong = np.zeros(len(rows), np.bool_)
        for problem, mask in problems:
            if RULES[problem].get(self._kind) == DROP:
                self.counts[problem] += int(np.count_nonzero(mask & ~wrong))
                wrong |= mask
        kept: Rows = rows[~wrong] if wrong.any() else rows.copy()
        return kept

    def _of_values(self, rows: Rows) -> list[tuple[Problem, Mask]]:
        prices = [rows[name] for name in _PRICES[self._kind]]
        quantities = [rows[name] for name in _QUANTITIES[self._kind]]
        none = np.zeros(len(rows), np.bool_)
        found = [
            (Problem.NOT_A_NUMBER, _any(none, [column == NOT_A_NUMBER for column in prices + quantities])),
            (Problem.PRICE_NOT_POSITIVE, _any(none, [(column <= 0) & (column != ABSENT) for column in prices])),
            (Problem.QUANTITY_INVALID, _any(none, [column < 0 for column in quantities])),
            (Problem.FUTURE, rows["at_ns"] >= self._until_ns),
        ]
        if self._kind == Kind.QUOTES:
            bid, ask = rows["bid"], rows["ask"]
            found.append((Problem.PRICE_NOT_POSITIVE, (bid == ABSENT) & (ask == ABSENT)))
            found.append((Problem.CROSSED, (bid > ask) & (ask != ABSENT)))
        elif self._kind == Kind.TRADES:
            found.append((Problem.QUANTITY_INVALID, rows["quantity"] == 0))
        elif self._kind == Kind.BARS:
            top, bottom = np.maximum(rows["open"], rows["close"]), np.minimum(rows["open"], rows["close"])
            found.append((Problem.RANGE_BROKEN, (rows["high"] < top) | (rows["low"] > bottom)))
        return found

    def _of_neighbours(self, rows: Rows) -> list[tuple[Problem, Mask]]:
        if not len(rows) or self._kind in _BOOK:
            return []
        if self._kind == Kind.TRADES:
            return [(Problem.DUPLICATE, self._numbered_again(rows["trade"]))]
        before = np.concatenate([self._last if len(self._last) else rows[:1], rows[:-1]])
        # What is compared was stored already: an absent side there is 0.
        same = np.logical_and.reduce([_stored(rows[name]) == _stored(before[name]) for name in rows.dtype.names or ()])
        at_once = rows["at_ns"] == before["at_ns"]
        if not len(self._last):
            same[0] = at_once[0] = False
        found = [(Problem.DUPLICATE, np.asarray(same))]
        return [*found, (Problem.CONFLICT, np.asarray(at_once))] if self._kind == Kind.BARS else found

    def _numbered_again(self, trades: Longs) -> Mask:
        """Trades whose number is that of one of the `NUMBERS_KEPT` before; 0 is no number."""
        again = np.zeros(len(trades), np.bool_)
        for row in np.flatnonzero(trades).tolist():
            number = int(trades[row])
            again[row] = number in self._numbers
            self._numbers[number] = None
            if len(self._numbers) > NUMBERS_KEPT:
                del self._numbers[next(iter(self._numbers))]
        return again

    def _told(self, rows: Rows) -> None:
        """Counts what is kept as it is."""
        if self._kind == Kind.QUOTES:
            self.counts[Problem.LOCKED] += int(np.count_nonzero(rows["bid"] == rows["ask"]))
        if self._kind in {Kind.QUOTES, Kind.TRADES}:
            self.counts[Problem.SUSPICIOUS] += int(np.count_nonzero(rows["flags"] & Flag.SUSPICIOUS))
        if self._kind == Kind.BARS:
            ends = np.concatenate([self._last["end_ns"] if len(self._last) else rows["at_ns"][:1], rows["end_ns"][:-1]])
            self.counts[Problem.GAP] += int(np.count_nonzero(rows["at_ns"] > ends))

    def _in_time(self, rows: Rows) -> Rows:
        """Counts what is late, and puts depth and orders to the time of what came before."""
        at_ns = rows["at_ns"]
        if self._kind in _BOOK:
            future = at_ns >= self._until_ns
            self.counts[Problem.FUTURE] += int(np.count_nonzero(future))
            before = np.maximum.accumulate(np.where(future, max(self._last_ns, 0), at_ns))
            at_ns = np.where(future, before, at_ns)
        highest = np.maximum.accumulate(np.concatenate([[self._last_ns], at_ns]))
        self.counts[Problem.UNSORTED] += int(np.count_nonzero(at_ns < highest[:-1]))
        self._last_ns = int(highest[-1])
        if self._kind in _BOOK:
            rows["at_ns"] = highest[1:]
        return rows


def sorted_rows(kind: Kind, rows: Rows) -> tuple[Rows, Counter[Problem]]:
    """Rows in the order of time, those of one time in the order in which they were; and what is dropped then."""
    ordered: Rows = rows[np.argsort(rows["at_ns"], kind="stable")]
    dropped: Counter[Problem] = Counter()
    if kind != Kind.BARS or len(ordered) < 2:
        return ordered, dropped
    again = np.concatenate([[False], ordered["at_ns"][1:] == ordered["at_ns"][:-1]])
    equal = np.concatenate([[False], ordered[1:] == ordered[:-1]])
    dropped[Problem.DUPLICATE] = int(np.count_nonzero(again & equal))
    dropped[Problem.CONFLICT] = int(np.count_nonzero(again & ~equal))
    kept: Rows = ordered[~again]
    return kept, dropped


def _any(none: Mask, masks: list[Mask]) -> Mask:
    return np.asarray(np.logical_or.reduce([none, *masks]))


def _stored(column: Longs) -> Longs:
    return np.where(column == ABSENT, 0, column) if column.dtype == np.int64 else column
