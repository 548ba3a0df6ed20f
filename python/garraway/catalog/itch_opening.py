"""The opening book of a decoded ITCH file: what must have stood there before its first message. Touches the file.

Every order that the file mentions without adding it was there, with the shares that are then taken from it. The first
row, less what the first message did, is the book: what those orders do not account for at a level stands in one
anonymous order, last, since whatever stood before an executed order would have been executed.
"""

from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from garraway.catalog.errors import BooksInvalid, FileDamaged
from garraway.catalog.itch import ADDS, ItchMessage
from garraway.catalog.itch_csv import CsvRow, csv_rows
from garraway.catalog.opening import shown
from garraway.records import Side


@dataclass(frozen=True, slots=True)
class ItchOpening:
    """The orders that were there before the first message, as messages that add them, in order."""

    first: CsvRow
    adds: list[ItchMessage]


def itch_opening(file: Path) -> ItchOpening:
    """Reads a whole file for its opening book.

    Raises: BooksInvalid: it has no rows; FileUnreadable, FileDamaged: a row is wrong, or the first row cannot hold an
        order that is mentioned later.
    """
    mentioned = _Mentioned()
    first = None
    for row in csv_rows(file):
        first = first or row
        mentioned.take(row)
    if first is None:
        raise BooksInvalid(f"{file} has no rows: give a file of decoded ITCH messages")
    known = sorted(mentioned.before.values(), key=lambda order: order.order)
    levels = _levels_before(first)
    for each in known:
        place = (Side(each.side), each.price)
        if place in levels or shown(first.book, *place):
            levels[place] = levels.get(place, 0) - each.quantity
            if levels[place] < 0:
                what = f"order {each.order} was there before at {each.price}, but the first row has too little there"
                raise FileDamaged(file, each.line, what, "fetch the file again")
    numbers = (number for number in count(1) if number not in mentioned.numbers)
    at_ns = first.message.at_ns
    adds = [ItchMessage(0, at_ns, "A", e.order, side=e.side, quantity=e.quantity, price=e.price) for e in known]
    for (side, price), quantity in levels.items():
        if quantity:
            adds.append(ItchMessage(0, at_ns, "A", next(numbers), side=side, quantity=quantity, price=price))
    return ItchOpening(first, adds)


@dataclass(slots=True)
class _Before:
    """An order that was there before the file, as far as the file takes from it."""

    order: int
    line: int
    side: int
    price: int
    quantity: int = 0


@dataclass(slots=True)
class _Mentioned:
    """The orders of a file."""

    numbers: set[int] = field(default_factory=set)
    before: dict[int, _Before] = field(default_factory=dict)

    def take(self, row: CsvRow) -> None:
        """Notes the orders of a row."""
        message = row.message
        if message.kind not in ADDS:
            replaces = message.kind == "U"
            if message.order not in self.numbers:
                price = row.old_price if replaces else message.price
                self.before[message.order] = _Before(message.order, message.place, message.side, price)
            if message.order in self.before:
                self.before[message.order].quantity += row.old_quantity if replaces else message.quantity
        self.numbers.add(message.order)
        if message.new_order:
            self.numbers.add(message.new_order)


def _levels_before(first: CsvRow) -> dict[tuple[Side, int], int]:
    """The levels of the first row without what the first message did, as far as the row shows it."""
    levels = {(Side.BUY, price): quantity for price, quantity in first.book.bids}
    levels |= {(Side.SELL, price): quantity for price, quantity in first.book.asks}
    message = first.message
    side = Side(message.side)
    undone = [(message.price, message.quantity)]
    if message.kind in ADDS:
        undone = [(message.price, -message.quantity)]
    elif message.kind == "U":
        undone = [(message.price, -message.quantity), (first.old_price, first.old_quantity)]
    for price, quantity in undone:
        if (side, price) in levels or shown(first.book, side, price):
            levels[side, price] = levels.get((side, price), 0) + quantity
    return levels
