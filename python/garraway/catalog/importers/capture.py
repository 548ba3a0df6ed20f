"""Captured streams of venues: a line is a time and a message in JSON. What the readers of all venues share.

Cryptofeed's captures begin with lines of the connection, `wss://... <-> time` and `wss://... <- time: what was sent`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Final

import msgspec

from garraway.catalog.importers.job import Batch, Collector, Job
from garraway.catalog.importers.text import line_chunks
from garraway.catalog.kinds import Flag, Kind
from garraway.catalog.rules import Problem

Level = tuple[int, int, int]
"""Side, price and quantity."""
Message = dict[str, Any]
"""A message of a venue: whatever it says, a reader takes what it knows, and the rest breaks it."""
_CONNECTION: Final = re.compile(r"wss?://\S+ <(?:-|->) \d+\.\d+.*")
_LINE: Final = re.compile(r"(\d{10})(?:\.(\d{1,9}))?: (.*)")
_DECODER: Final = msgspec.json.Decoder(float_hook=str)
BROKEN: Final = (
    msgspec.DecodeError, InvalidOperation, KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError,
)  # fmt: skip
"""What a message that is not as the venue documents it makes of a reader."""
LEFT_OUT: Final = "messages left out"


@dataclass(slots=True)
class Stream:
    """Where a reader of captured messages puts its rows."""

    job: Job
    rows: Collector = field(default_factory=Collector)
    sequence_of: dict[str, int] = field(default_factory=dict)
    """The last number of an instrument's updates, or of its trades."""

    def depth(self, symbol: str, at_ns: int, number: int, levels: list[tuple[int, str, str]], flags: int = 0) -> None:
        """Rows of one update: side, price and quantity of each level; the last one is marked."""
        self.told(symbol, at_ns, number, self.scaled(symbol, levels), flags)

    def scaled(self, symbol: str, levels: list[tuple[int, str, str]]) -> list[Level]:
        """Levels in whole numbers."""
        gauge = self.job.gauge
        return [(side, gauge.price(symbol, price), gauge.quantity(symbol, size)) for side, price, size in levels]

    def told(self, symbol: str, at_ns: int, number: int, levels: list[Level], flags: int) -> None:
        """The same, of levels in whole numbers."""
        for place, (side, price, quantity) in enumerate(levels, 1):
            marks = flags | (Flag.LAST if place == len(levels) else 0)
            self.rows.add(symbol, Kind.DEPTH, (at_ns, number, price, quantity, side, marks))
            flags &= ~Flag.GAP

    def trade(self, symbol: str, at_ns: int, price: str, quantity: str, number: int, side: int, flags: int = 0) -> None:
        """A trade; `side` is the aggressor's."""
        gauge = self.job.gauge
        row = (at_ns, gauge.price(symbol, price), gauge.quantity(symbol, quantity), number, side, 0, flags)
        self.rows.add(symbol, Kind.TRADES, row)

    def quote(self, symbol: str, at_ns: int, bid: tuple[str, str], ask: tuple[str, str]) -> None:
        """Best prices and their quantities."""
        gauge = self.job.gauge
        prices = (gauge.price(symbol, bid[0]), gauge.price(symbol, ask[0]))
        sizes = (gauge.quantity(symbol, bid[1]), gauge.quantity(symbol, ask[1]))
        self.rows.add(symbol, Kind.QUOTES, (at_ns, *prices, *sizes, 0, 0))

    def gap(self, symbol: str, kind: Kind, problem: Problem = Problem.GAP) -> int:
        """Counts a gap and gives the flag for the row behind it."""
        self.job.problem(symbol, kind, problem)
        return Flag.GAP


def captured(job: Job, stream: Stream, take: Callable[[int, Message], None]) -> Iterator[Batch]:
    """Gives each message of one of Cryptofeed's captures, with its time, to `take`; yields what comes of it.

    Raises: CatalogError.
    """
    for chunk in line_chunks(job.file, job.faults, job.watch):
        for number, line in enumerate(chunk.lines.to_list(), chunk.first):
            match = _LINE.fullmatch(line)
            if match is None:
                if line and not _CONNECTION.fullmatch(line):
                    job.faults.bad(number, f"{line[:60]!r} is no line of a capture")
                continue
            at_ns = int(match[1]) * 10**9 + int((match[2] or "").ljust(9, "0"))
            attempt(job, number, line, partial(_give, take, at_ns, match[3]))
        yield from stream.rows.full()
    yield from stream.rows.rest()


def _give(take: Callable[[int, Message], None], at_ns: int, text: str) -> None:
    take(at_ns, decoded(text))


def attempt(job: Job, number: int, line: str, work: Callable[[], None]) -> None:
    """Does `work` with a line, which is bad where that fails."""
    try:
        work()
    except BROKEN as error:
        job.faults.bad(number, f"{line[:60]!r} is no message of the venue ({type(error).__name__}: {error})")


def decoded(text: str) -> Message:
    """A message with its decimals as the texts that they were. Raises: msgspec.DecodeError."""
    message: Message = _DECODER.decode(text)
    return message


def iso_ns(text: str) -> int:
    """An ISO time with a zone in ns. Raises: ValueError."""
    since = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000


def is_zero(text: str) -> bool:
    """Whether a quantity is none: its level is gone."""
    return Decimal(text) == 0
