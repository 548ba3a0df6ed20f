"""Order messages of ITCH 5.0, decoded to CSV, with the ten best levels after each. Read strictly. Touches the file.

One line for each message that changes the shown book of one instrument; the columns are named in the first line.
Prices are in dollars, `timestamp_ns` since midnight; the direction is that of the order.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from garraway.catalog.blocks import Watch
from garraway.catalog.errors import FileDamaged
from garraway.catalog.itch import ItchMessage
from garraway.catalog.lines import numbered_lines, shown
from garraway.catalog.lobster import DAY_NS, MAX_SIZE, PRICE_DECIMALS, Level, Row
from garraway.records import Side

LEVELS: Final = 10
FIELDS: Final = (
    "event_index", "source_message_sequence", "source_file_offset", "timestamp_ns", "time_seconds", "message_type",
    "event_type", "order_id", "old_order_id", "size", "old_size", "price", "old_price", "execution_price", "direction",
    "stock_locate", "stock",
)  # fmt: skip
LEVEL_FIELDS: Final = ("ask_price", "ask_size", "bid_price", "bid_size")
HEADER: Final = ",".join([*FIELDS, *(f"{name}_{level}" for level in range(1, LEVELS + 1) for name in LEVEL_FIELDS)])
EVENT_TYPES: Final = {"A": "1", "F": "1", "X": "2", "D": "3", "E": "4", "C": "4", "U": "8"}
"""The column `event_type` by `message_type`."""


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One line: a message, and the book after it. The message has price and side also where ITCH has none."""

    message: ItchMessage
    old_quantity: int
    """In U, of the order that leaves."""
    old_price: int
    execution_price: int
    """Of C."""
    locate: int
    symbol: str
    numbers: tuple[int, int, int]
    """Event, message of the day and offset in the binary file: each line has higher ones."""
    book: Row


def csv_rows(file: Path, watch: Watch | None = None) -> Iterator[CsvRow]:
    """The lines of a file in order.

    Raises: FileUnreadable; FileDamaged: a line is no message, out of order, or of another instrument than the first.
    """
    lines = numbered_lines(file, watch)
    _, header = next(lines, (1, b""))
    if header.decode("ascii", "replace") != HEADER:
        what = f"the header {shown(header)} is not that of decoded ITCH with {LEVELS} levels"
        raise FileDamaged(file, 1, what, "give a file whose columns are event_index to bid_size_10")
    last: CsvRow | None = None
    for number, line in lines:
        row = _Line(file, number, line).row()
        if last is not None:
            _check_order(file, last, row)
        yield row
        last = row


def _check_order(file: Path, last: CsvRow, row: CsvRow) -> None:
    line = row.message.place
    if row.message.at_ns < last.message.at_ns:
        what = f"time {row.message.at_ns} ns is earlier than that of the line before"
        raise FileDamaged(file, line, what, "sort the file by event_index or fetch it again")
    if row.numbers[0] != last.numbers[0] + 1:
        what = f"event_index {row.numbers[0]} does not follow {last.numbers[0]}"
        raise FileDamaged(file, line, what, "fetch the file again: lines are missing or out of order")
    if any(now <= before for now, before in zip(row.numbers, last.numbers, strict=True)):
        raise FileDamaged(file, line, "message sequence or file offset is not above that of the line before")
    if (row.locate, row.symbol) != (last.locate, last.symbol):
        what = f"instrument {row.symbol} ({row.locate}), but {last.symbol} ({last.locate}) before"
        raise FileDamaged(file, line, what, "give a file of one instrument")


_WHOLE: Final = re.compile(r"(\d{1,18})(?:\.0)?")
_DOLLARS: Final = re.compile(r"(\d{1,6})(?:\.(\d{1,4}))?")


@dataclass(slots=True)
class _Line:
    """The fields of a line, on their way to a row."""

    file: Path
    number: int
    line: bytes

    def row(self) -> CsvRow:
        """The line's row. Raises: FileDamaged."""
        values = self.line.decode("ascii", "replace").rstrip("\r").split(",")
        if len(values) != len(FIELDS) + LEVELS * len(LEVEL_FIELDS):
            raise self.damaged(f"{len(values)} columns in {shown(self.line)}, a row has {HEADER.count(',') + 1}")
        of = dict(zip(FIELDS, values, strict=False))
        kind = of["message_type"]
        if EVENT_TYPES.get(kind) != of["event_type"]:
            raise self.damaged(f"message_type {kind!r} with event_type {of['event_type']!r} is no message of an order")
        self._check_blank(kind, of)
        at_ns = self.whole("timestamp_ns", of["timestamp_ns"])
        if at_ns >= DAY_NS or of["time_seconds"] != str(at_ns / 10**9):
            raise self.damaged(f"time_seconds {of['time_seconds']!r} is not timestamp_ns {at_ns} within a day")
        replaced, executed_apart = kind == "U", kind == "C"
        order = self.positive("order_id", of["order_id"])
        message = ItchMessage(
            place=self.number,
            at_ns=at_ns,
            kind=kind,
            order=self.positive("old_order_id", of["old_order_id"]) if replaced else order,
            new_order=order if replaced else 0,
            side=self.side(of["direction"]),
            quantity=self.size("size", of["size"]),
            price=self.price("price", of["price"]),
        )
        return CsvRow(
            message,
            old_quantity=self.size("old_size", of["old_size"]) if replaced else 0,
            old_price=self.price("old_price", of["old_price"]) if replaced else 0,
            execution_price=self.price("execution_price", of["execution_price"]) if executed_apart else 0,
            locate=self.whole("stock_locate", of["stock_locate"]),
            symbol=self.symbol(of["stock"]),
            numbers=(
                self.whole("event_index", of["event_index"]),
                self.whole("source_message_sequence", of["source_message_sequence"]),
                self.whole("source_file_offset", of["source_file_offset"]),
            ),
            book=self._book(values[len(FIELDS) :]),
        )

    def _check_blank(self, kind: str, of: dict[str, str]) -> None:
        """Columns that a type does not have are empty."""
        absent = [] if kind == "U" else ["old_order_id", "old_size", "old_price"]
        for name in absent if kind == "C" else [*absent, "execution_price"]:
            if of[name]:
                raise self.damaged(f"{name} {of[name]!r} in a message of type {kind}, which has none")

    def _book(self, values: Sequence[str]) -> Row:
        asks = self._levels("ask", values[0::4], values[1::4], 1)
        bids = self._levels("bid", values[2::4], values[3::4], -1)
        return Row(self.number, LEVELS, asks, bids)

    def _levels(self, side: str, prices: Sequence[str], sizes: Sequence[str], sign: int) -> list[Level]:
        """The levels of a side, best first; missing ones are empty and stand last."""
        levels: list[Level] = []
        for place, (price, size) in enumerate(zip(prices, sizes, strict=True), 1):
            if not price and not size:
                continue
            if len(levels) != place - 1:
                raise self.damaged(f"{side} level {len(levels) + 1} is missing, but not all that is behind it")
            level = (self.price(f"{side}_price_{place}", price), self.size(f"{side}_size_{place}", size))
            if levels and (level[0] - levels[-1][0]) * sign <= 0:
                raise self.damaged(f"{side} level {place} at {price} is not behind level {place - 1}")
            levels.append(level)
        return levels

    def whole(self, name: str, text: str) -> int:
        """A whole number, perhaps printed with `.0`."""
        match = _WHOLE.fullmatch(text)
        if match is None:
            raise self.damaged(f"{name} {text!r} is not a whole number")
        return int(match[1])

    def positive(self, name: str, text: str) -> int:
        """A whole number of 1 or more."""
        value = self.whole(name, text)
        if not value:
            raise self.damaged(f"{name} is 0, it must be 1 or more")
        return value

    def size(self, name: str, text: str) -> int:
        """Shares."""
        value = self.whole(name, text)
        if not 1 <= value <= MAX_SIZE:
            raise self.damaged(f"{name} {text} is not within 1 to {MAX_SIZE}")
        return value

    def price(self, name: str, text: str) -> int:
        """Dollars with at most four decimals, in 0.0001 dollars."""
        match = _DOLLARS.fullmatch(text)
        price = 0 if match is None else int(match[1] + (match[2] or "").ljust(PRICE_DECIMALS, "0"))
        if not 1 <= price <= MAX_SIZE:
            raise self.damaged(f"{name} {text!r} is not a price above 0 with at most {PRICE_DECIMALS} decimals")
        return price

    def side(self, text: str) -> Side:
        """The order's side."""
        if text not in {"1", "-1"}:
            raise self.damaged(f"direction {text!r} is not 1 for a buy, -1 for a sell")
        return Side.BUY if text == "1" else Side.SELL

    def symbol(self, text: str) -> str:
        """The instrument."""
        if not re.fullmatch(r"[!-~]{1,8}", text):
            raise self.damaged(f"stock {text!r} is not a symbol of 1 to 8 characters")
        return text

    def damaged(self, what: str) -> FileDamaged:
        """The error of this line."""
        return FileDamaged(self.file, self.number, what)
