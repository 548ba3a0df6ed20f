"""LOBSTER's message and orderbook files as records, read strictly. Touches the files alone.

Message: `time, type, order, size, price, direction`; orderbook, per level: `ask price, ask size, bid price, bid size`.
Source: lobsterdata.com, "Data structure". Prices are in 0.0001 dollars; the direction is that of the resting order.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final

from garraway.catalog.blocks import Watch
from garraway.catalog.errors import FileDamaged
from garraway.catalog.lines import numbered_lines, shown
from garraway.records import Side

PRICE_DECIMALS: Final = 4
TIME_DECIMALS: Final = 9
NO_ASK: Final = 9_999_999_999
"""Price of an ask level that is not there; its size is 0."""
NO_BID: Final = -9_999_999_999
MAX_SIZE: Final = 2**32 - 1
DAY_NS: Final = 86_400 * 10**9

Level = tuple[int, int]
"""Price and quantity."""


class Kind(IntEnum):
    """LOBSTER's types of message."""

    ADD = 1
    REDUCE = 2
    DELETE = 3
    EXECUTE = 4
    EXECUTE_HIDDEN = 5
    CROSS = 6
    HALT = 7


@dataclass(slots=True)
class Message:
    """One line of a message file.

    `at_ns` is ns since midnight, `price` in 0.0001 dollars, `side` that of the resting order. In a halt only the time
    has a meaning.
    """

    line: int
    at_ns: int
    kind: int
    order: int
    quantity: int
    price: int
    side: int
    rounded: bool
    """The time had more than nine decimals, and was rounded to ns."""


@dataclass(slots=True)
class Row:
    """One line of an orderbook file: its levels, best first, missing ones left out."""

    line: int
    levels: int
    """Levels that the line has room for."""
    asks: list[Level]
    bids: list[Level]


def messages(file: Path, watch: Watch | None = None) -> Iterator[Message]:
    """The messages of a file in order.

    Raises: FileUnreadable; FileDamaged: a line is no message, or earlier than the one before.
    """
    last_ns = 0
    for number, line in numbered_lines(file, watch):
        message = message_of(file, number, line)
        if message.at_ns < last_ns:
            raise FileDamaged(
                file,
                number,
                f"time {shown(line.split(b',')[0])} is earlier than that of the line before",
                "sort the file by time, keeping the order of equal times, or fetch it again",
            )
        last_ns = message.at_ns
        yield message


def rows(file: Path) -> Iterator[Row]:
    """The rows of an orderbook file in order.

    Raises: FileUnreadable; FileDamaged: a line is no row, its levels are out of order, or not as many as in the first.
    """
    levels = 0
    for number, line in numbered_lines(file):
        row = _row(file, number, line)
        levels = levels or row.levels
        if row.levels != levels:
            raise FileDamaged(file, number, f"{row.levels} levels, but {levels} in the first line")
        yield row


_MESSAGE: Final = re.compile(
    rb"(?P<seconds>\d{1,5})(?:\.(?P<part>\d{1,12}))?,(?P<kind>[1-7]),(?P<order>\d{1,18}),(?P<size>\d{1,10}),"
    rb"(?P<price>\d{1,10}|-1),(?P<direction>-?1)"
)
_ROW: Final = re.compile(rb"-?\d{1,10}(?:,-?\d{1,10})*")
_COLUMNS: Final = (
    ("time", re.compile(rb"\d{1,5}(\.\d{1,12})?"), "seconds after midnight like 34200.004241176"),
    ("type", re.compile(rb"[1-7]"), "1 to 7"),
    ("order", re.compile(rb"\d{1,18}"), "a whole number"),
    ("size", re.compile(rb"\d{1,10}"), "a whole number of shares, not negative"),
    ("price", re.compile(rb"\d{1,10}|-1"), "a whole number of 0.0001 dollars"),
    ("direction", re.compile(rb"-?1"), "1 for a buy, -1 for a sell"),
)


def message_of(file: Path, number: int, line: bytes) -> Message:
    """The message of a line. Raises: FileDamaged: it is none."""
    match = _MESSAGE.fullmatch(line)
    if match is None:
        raise FileDamaged(file, number, _why_no_message(line))
    seconds, part, kind_text, order, size, price_text, direction = match.groups()
    at_ns, rounded = _nanos(file, number, seconds, part or b"")
    message = Message(
        number,
        at_ns,
        int(kind_text),
        int(order),
        int(size),
        int(price_text),
        Side.BUY if direction == b"1" else Side.SELL,
        rounded,
    )
    _check_values(file, message)
    return message


def _nanos(file: Path, number: int, seconds: bytes, part: bytes) -> tuple[int, bool]:
    """Time in ns, and whether it was rounded.

    Some files print the seconds from a 64-bit float: digits after the ninth decimal are then its error, at most 0.01 ns
    within a day, and are rounded away. Anything else there is refused.
    """
    at_ns = int(seconds) * 10**9 + int(part[:TIME_DECIMALS].ljust(TIME_DECIMALS, b"0"))
    rounded = len(part) > TIME_DECIMALS
    if rounded:
        beyond = int(part[TIME_DECIMALS:].ljust(3, b"0"))
        if 10 < beyond < 990:
            text = (seconds + b"." + part).decode()
            raise FileDamaged(file, number, f"time {text} is finer than 1 ns", "give at most nine decimals")
        at_ns += beyond >= 990
    if at_ns >= DAY_NS:
        raise FileDamaged(file, number, f"time {seconds.decode()} s lies beyond the day's 86,400 s")
    return at_ns, rounded


def _check_values(file: Path, message: Message) -> None:
    if message.kind == Kind.HALT:
        return
    if message.quantity == 0 or message.quantity > MAX_SIZE:
        raise FileDamaged(file, message.line, f"size {message.quantity} is not within 1 to {MAX_SIZE}")
    if not 1 <= message.price < NO_ASK:
        raise FileDamaged(file, message.line, f"price {message.price} is not within 1 to {NO_ASK - 1}")
    if message.order == 0 and message.kind <= Kind.EXECUTE:
        raise FileDamaged(file, message.line, f"order 0 in a message of type {message.kind}, which names an order")


def _why_no_message(line: bytes) -> str:
    fields = line.split(b",")
    if len(fields) != len(_COLUMNS):
        names = ", ".join(name for name, _, _ in _COLUMNS)
        return f"{len(fields)} columns in {shown(line)}, a message has {len(_COLUMNS)}: {names}"
    for field, (name, pattern, rule) in zip(fields, _COLUMNS, strict=True):
        if pattern.fullmatch(field) is None:
            return f"{name} {shown(field)} is not {rule}"
    raise AssertionError(f"each column of {line!r} is right, but not the line")


def _row(file: Path, number: int, line: bytes) -> Row:
    if _ROW.fullmatch(line) is None:
        raise FileDamaged(file, number, _why_no_row(line))
    values = list(map(int, line.split(b",")))
    if len(values) % 4:
        raise FileDamaged(file, number, f"{len(values)} columns, a row has four for each level")
    asks = _levels(file, number, values[0::4], values[1::4], NO_ASK)
    bids = _levels(file, number, values[2::4], values[3::4], NO_BID)
    return Row(number, len(values) // 4, asks, bids)


def _levels(file: Path, number: int, prices: list[int], sizes: list[int], missing: int) -> list[Level]:
    levels = list(zip(prices, sizes, strict=True))
    last = 0 if missing == NO_ASK else NO_ASK
    for place, (price, size) in enumerate(levels, 1):
        if price == missing:
            if any(level != (missing, 0) for level in levels[place - 1 :]):
                raise FileDamaged(file, number, f"level {place} is missing, but not all that is behind it")
            return levels[: place - 1]
        name = f"{'ask' if missing == NO_ASK else 'bid'} level {place}"
        if not (1 <= price < NO_ASK and 1 <= size <= MAX_SIZE):
            raise FileDamaged(file, number, f"{name} has price {price} and size {size}: both must be 1 or more")
        if (price <= last) if missing == NO_ASK else (price >= last):
            raise FileDamaged(file, number, f"{name} at {price} is not behind level {place - 1} at {last}")
        last = price
    return levels


def _why_no_row(line: bytes) -> str:
    for place, field in enumerate(line.split(b","), 1):
        if _ROW.fullmatch(field) is None:
            return f"column {place} is {shown(field)}, not a whole number"
    raise AssertionError(f"each column of {line!r} is a number, but not the line")
