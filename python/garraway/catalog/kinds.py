"""What a dataset can hold: the kinds, their columns, and the codes in them. Touches nothing.

All columns are whole numbers. Times are ns since 1970, UTC; prices and quantities count the units of their dataset.
"""

from enum import IntEnum, IntFlag, StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.void]
Longs = NDArray[np.int64]
Mask = NDArray[np.bool_]

NOT_A_NUMBER: Final = -(2**63)
"""What a reader gives for a number that is none; no row that is stored has it."""
ABSENT: Final = -(2**63) + 1
"""What a reader gives for the price of a side that the source says is not there; stored as 0."""

DAY_NS: Final = 86_400 * 10**9


class Kind(StrEnum):
    """The kinds of dataset."""

    BARS = "bars"
    QUOTES = "quotes"
    TRADES = "trades"
    DEPTH = "depth"
    ORDERS = "orders"
    FACTORS = "factors"


class Action(IntEnum):
    """What a row of `orders` says, as the ASCII code of a letter."""

    ADD = ord("A")
    """`order` enters with `quantity` at `price`."""
    REDUCE = ord("X")
    """`quantity` of it is cancelled."""
    DELETE = ord("D")
    """It leaves; `quantity` is what the source says was left, or 0."""
    MODIFY = ord("M")
    """It has this price and quantity from now on."""
    EXECUTE = ord("E")
    """`quantity` of it trades, and leaves the book, unless the flag REPORTED is set."""
    TRADE = ord("T")
    """A trade that names no order of the book: of a hidden order, in a cross, or an aggressor's."""
    CLEAR = ord("R")
    """The book is empty."""
    HALT = ord("H")
    """Trading halts or resumes."""


class Flag(IntFlag):
    """Bits of `flags`."""

    SNAPSHOT = 1
    """Tells what stood there before."""
    LAST = 2
    """The last row of its message: the book is whole."""
    GAP = 4
    """Messages are missing before it, or the venue's checksum differs: the book is not known until a snapshot."""
    HIDDEN = 8
    """A trade with an order that was not shown, or off the book."""
    SUSPICIOUS = 16
    """The source doubts it."""
    REPLACED = 32
    """A DELETE and an ADD that are one replacement."""
    REPORTED = 64
    """An EXECUTE that leaves the book as it is: the change follows in rows of its own."""


_BAR: Final = ("at_ns", "end_ns", "open", "high", "low", "close", "volume", "value", "trades")
_FACTORS: Final = ("at_ns", "price_factor", "split_factor", "reference")

DTYPES: Final[dict[Kind, np.dtype[np.void]]] = {
    Kind.BARS: np.dtype([(name, "<i8") for name in _BAR]),
    Kind.QUOTES: np.dtype(
        [(name, "<i8") for name in ("at_ns", "bid", "ask", "bid_size", "ask_size")] + [("place", "u1"), ("flags", "u1")]
    ),
    Kind.TRADES: np.dtype(
        [(name, "<i8") for name in ("at_ns", "price", "quantity", "trade")]
        + [("side", "i1"), ("place", "u1"), ("flags", "u1")]
    ),
    Kind.DEPTH: np.dtype(
        [(name, "<i8") for name in ("at_ns", "sequence", "price", "quantity")] + [("side", "i1"), ("flags", "u1")]
    ),
    Kind.ORDERS: np.dtype(
        [
            *[("at_ns", "<i8"), ("sequence", "<i8"), ("order", "<u8"), ("price", "<i8"), ("quantity", "<i8")],
            *[("action", "u1"), ("side", "i1"), ("flags", "u1")],
        ]
    ),
    Kind.FACTORS: np.dtype([(name, "<i8") for name in _FACTORS]),
}
"""The columns of each kind, in order, as a NumPy record."""

FACTOR_DECIMALS: Final = 9
"""Factors count 1e-9."""


def rows_of(kind: Kind, count: int) -> Rows:
    """So many rows of a kind, all zeros."""
    return np.zeros(count, DTYPES[kind])
