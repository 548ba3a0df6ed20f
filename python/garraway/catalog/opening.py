"""The opening book of a replay: one anonymous order for each level of an oracle's first row. Touches nothing.

The row is the book after the first message, so an order that this message adds is a part of its level, and stands
last in it.
"""

from dataclasses import dataclass
from pathlib import Path

from garraway.catalog.errors import FileDamaged
from garraway.catalog.lobster import Kind, Message, Row
from garraway.catalog.oracle import Oracle
from garraway.records import Side


@dataclass(frozen=True, slots=True)
class Opening:
    """An anonymous order."""

    side: Side
    price: int
    quantity: int


def opening_book(oracle: Oracle, file: Path, first: Message) -> list[Opening]:
    """The anonymous orders, best first, bids before asks, without the order that the first message adds.

    Raises: FileDamaged: the row is crossed, or does not hold the order of the first message.
    """
    row = oracle.first
    if row.asks and row.bids and row.asks[0][0] <= row.bids[0][0]:
        what = f"bid {row.bids[0][0]} at or above ask {row.asks[0][0]}: it cannot open a book"
        raise FileDamaged(oracle.file, row.line, what, "start both files at a line whose book is not crossed")
    rest = {(Side.BUY, price): quantity for price, quantity in row.bids}
    rest |= {(Side.SELL, price): quantity for price, quantity in row.asks}
    if first.kind == Kind.ADD and shown(row, Side(first.side), first.price):
        place = (Side(first.side), first.price)
        have = rest.get(place, 0)
        if have < first.quantity:
            what = f"adds {first.quantity} at {first.price}, but the first row of {oracle.file} has {have} there"
            raise FileDamaged(file, first.line, what, "give the book that belongs to these messages")
        rest[place] = have - first.quantity
    return [Opening(side, price, quantity) for (side, price), quantity in rest.items() if quantity]


def shown(row: Row, side: Side, price: int) -> bool:
    """Whether a row is deep enough to show a price."""
    levels = row.bids if side == Side.BUY else row.asks
    if len(levels) < row.levels:
        return True
    deepest = levels[-1][0]
    return price >= deepest if side == Side.BUY else price <= deepest
