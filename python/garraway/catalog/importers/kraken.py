"""Kraken's WebSocket, version 1, as captured: books, whose checksums are proved, and trades.

An update carries the CRC32 of the ten best levels of both sides, asks first: price and quantity without their points
and leading zeros. The book is cut to the depth that was subscribed to. Source: Kraken, "WebSockets v1: book, checksum".
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import nlargest, nsmallest
from typing import Any, Final
from zlib import crc32

from garraway.catalog.importers.capture import LEFT_OUT, Message, Stream, captured, is_zero
from garraway.catalog.importers.job import Batch, Job
from garraway.catalog.kinds import Flag, Kind
from garraway.catalog.rules import Problem

PROVED: Final = "checksums equal"
LEVELS: Final = 10
Level = tuple[str, str]


def read_kraken(job: Job) -> Iterator[Batch]:
    """The rows of a file. Raises: CatalogError."""
    player = _Player(job, Stream(job))
    return captured(job, player.stream, player.take)


@dataclass(slots=True)
class _Book:
    """A book's levels as the venue wrote them: price as a number, by which levels are found -> price and quantity."""

    asks: dict[float, Level] = field(default_factory=dict)
    bids: dict[float, Level] = field(default_factory=dict)

    def checksum(self) -> int:
        """What the venue makes of the ten best levels."""
        best = [self.asks[price] for price in nsmallest(LEVELS, self.asks)]
        best += [self.bids[price] for price in nlargest(LEVELS, self.bids)]
        text = "".join(number.replace(".", "").lstrip("0") for level in best for number in level)
        return crc32(text.encode())

    def cut(self, depth: int) -> None:
        """Leaves the best levels alone."""
        if len(self.asks) > depth:
            self.asks = {price: self.asks[price] for price in nsmallest(depth, self.asks)}
        if len(self.bids) > depth:
            self.bids = {price: self.bids[price] for price in nlargest(depth, self.bids)}


@dataclass(slots=True)
class _Player:
    """Turns messages into rows, and keeps the books."""

    job: Job
    stream: Stream
    _books: dict[str, _Book] = field(default_factory=dict)

    def take(self, received_ns: int, message: Message | list[Any]) -> None:
        """One message."""
        if not isinstance(message, list):
            self.job.notes[LEFT_OUT] += 1
            return
        *parts, channel, symbol = message[1:]
        if not self.job.wanted(symbol):
            return
        if channel.startswith("book-"):
            self._book(symbol, received_ns, parts, int(channel.removeprefix("book-")))
        elif channel == "trade":
            for price, quantity, at, side, *_ in parts[0]:
                self.job.gauge.heard(received_ns, _nanos(at))
                taker = 1 if side == "b" else -1
                self.stream.trade(symbol, self.job.gauge.at(received_ns), price, quantity, 0, taker)
        else:
            self.job.notes[LEFT_OUT] += 1

    def _book(self, symbol: str, received_ns: int, parts: list[Any], depth: int) -> None:
        updates = {key: levels for part in parts for key, levels in part.items() if key != "c"}
        snapshot = "as" in updates
        levels = [
            (side, price, quantity)
            for side, keys in ((-1, ("as", "a")), (1, ("bs", "b")))
            for key in keys
            for price, quantity, *_ in updates.get(key, ())
        ]
        for each in updates.values():
            for _, _, at, *_ in each:
                self.job.gauge.heard(received_ns, _nanos(at))
        checksum = next((part["c"] for part in reversed(parts) if "c" in part), None)
        flags = Flag.SNAPSHOT if snapshot else 0
        if not self.job.gauge.surveying:
            book = self._applied(symbol, levels, depth, snapshot=snapshot)
            if checksum is not None:
                flags |= self._proved(symbol, book, int(checksum))
        self.stream.depth(symbol, self.job.gauge.at(received_ns), 0, levels, flags)

    def _applied(self, symbol: str, levels: list[tuple[int, str, str]], depth: int, *, snapshot: bool) -> _Book:
        if snapshot:
            self._books[symbol] = _Book()
        book = self._books.setdefault(symbol, _Book())
        for side, price, quantity in levels:
            of_side = book.bids if side == 1 else book.asks
            if is_zero(quantity):
                of_side.pop(float(price), None)
            else:
                of_side[float(price)] = (price, quantity)
        book.cut(depth)
        return book

    def _proved(self, symbol: str, book: _Book, checksum: int) -> int:
        """The flag of the update's rows: that of a gap where the checksum differs."""
        if book.checksum() == checksum:
            self.job.notes[PROVED] += 1
            return 0
        return self.stream.gap(symbol, Kind.DEPTH, Problem.CHECKSUM)


def _nanos(text: str) -> int:
    whole, _, part = text.partition(".")
    return int(whole) * 10**9 + int(part[:9].ljust(9, "0"))
