"""Binance's streams as recorded: a line is when it was received, in ns, and a message; the REST snapshot among them.

Depth updates of futures follow each other where `pu` is the `u` before, those of spot where `U` is the `u` before and
one. Best quotes that have the number of an update, and all updates from a snapshot to there, prove each other: price
and quantity must be equal. Times are the recorder's, as spot's best quotes have no other; where the venue's are ahead
of them, the recorder's clock was behind, and all times are put forward by the most of it.
Source: Binance, "Spot API", "Derivatives: Diff. Book Depth Streams", "How to manage a local order book correctly".
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from garraway.catalog.importers.capture import Level, Message, Stream, attempt, decoded
from garraway.catalog.importers.job import Batch, Job
from garraway.catalog.importers.text import line_chunks
from garraway.catalog.kinds import Flag, Kind
from garraway.catalog.rules import Problem

PROVED: Final = "best quotes equal to the book"
_LINE: Final = re.compile(r"(\d{19}) (\{.*\})")
MS_NS: Final = 10**6
EARLY_MOST: Final = 10_000
"""Updates, and best quotes, that are kept until a snapshot comes."""


def read_binance(job: Job) -> Iterator[Batch]:
    """The rows of a file. Raises: CatalogError."""
    player = _Player(job, Stream(job))
    for chunk in line_chunks(job.file, job.faults, job.watch):
        for number, line in enumerate(chunk.lines.to_list(), chunk.first):
            match = _LINE.fullmatch(line)
            if match is None:
                job.faults.bad(number, f"{line[:60]!r} is no line of a capture")
                continue
            attempt(job, number, line, partial(player.line, int(match[1]), match[2]))
        yield from player.stream.rows.full()
    yield from player.stream.rows.rest()


@dataclass(slots=True)
class _Book:
    """An instrument's book, from a snapshot on: price -> quantity, by side; and best quotes that wait for updates."""

    sides: dict[int, dict[int, int]] | None = None
    last: int = 0
    """Number of the last update."""
    best: dict[int, tuple[int, int, int, int]] = field(default_factory=dict)
    early: deque[tuple[int, list[Level]]] = field(default_factory=partial(deque, maxlen=EARLY_MOST))
    """Updates before the snapshot, which may be younger than it: it takes longer on its way."""


@dataclass(slots=True)
class _Player:
    """Turns messages into rows, and keeps the books."""

    job: Job
    stream: Stream
    _books: dict[str, _Book] = field(default_factory=dict)
    _symbol: str = ""
    """Of the last depth update: the snapshot does not name its own."""

    def line(self, received_ns: int, text: str) -> None:
        """One line."""
        self.take(received_ns, decoded(text))

    def take(self, received_ns: int, message: Message) -> None:
        """One message."""
        if "lastUpdateId" in message:
            self._snapshot(self.job.gauge.at(received_ns), message)
            return
        update = message["data"]
        if "E" in update:
            self.job.gauge.heard(received_ns, int(update["E"]) * MS_NS)
        symbol = update["s"]
        if not self.job.wanted(symbol):
            return
        at_ns = self.job.gauge.at(received_ns)
        event = update.get("e") or ("bookTicker" if "B" in update else "")
        if event == "depthUpdate":
            self._update(symbol, at_ns, update)
        elif event == "bookTicker":
            self.stream.quote(symbol, at_ns, (update["b"], update["B"]), (update["a"], update["A"]))
            self._best(symbol, update)
        elif event == "trade":
            taker = -1 if update["m"] else 1
            self.stream.trade(symbol, at_ns, update["p"], update["q"], int(update["t"]), taker)
        else:
            self.job.notes[f"messages {event or 'without a type'}, left out"] += 1

    def _update(self, symbol: str, at_ns: int, update: Message) -> None:
        futures = "pu" in update
        # Coin-margined contracts alone name their pair.
        self.job.venue = "binance-cm" if "ps" in update else "binance-usdm" if futures else "binance"
        self._symbol = symbol
        last = self.stream.sequence_of.get(symbol)
        follows = last is None or (update["pu"] == last if futures else update["U"] == last + 1)
        self.stream.sequence_of[symbol] = update["u"]
        flags = 0 if follows else self.stream.gap(symbol, Kind.DEPTH)
        texts = [(side, price, quantity) for side, key in ((1, "b"), (-1, "a")) for price, quantity in update[key]]
        levels = self.stream.scaled(symbol, texts)
        self.stream.told(symbol, at_ns, update["u"], levels, flags)
        if not self.job.gauge.surveying:
            self._apply(symbol, update["u"], levels, known=bool(follows))

    def _snapshot(self, at_ns: int, message: Message) -> None:
        symbol = self._symbol or self.job.symbol()
        texts = [(side, *level) for side, key in ((1, "bids"), (-1, "asks")) for level in message[key]]
        levels = self.stream.scaled(symbol, texts)
        self.stream.told(symbol, at_ns, message["lastUpdateId"], levels, Flag.SNAPSHOT)
        if not self.job.gauge.surveying:
            book = self._books.setdefault(symbol, _Book())
            book.sides, book.last = {1: {}, -1: {}}, 0
            early = [*book.early]
            self._apply(symbol, message["lastUpdateId"], levels, known=True)
            for number, changes in early:
                self._apply(symbol, number, changes, known=True)

    def _apply(self, symbol: str, number: int, levels: list[Level], *, known: bool) -> None:
        """Brings the book to an update, and proves it where a best quote has its number."""
        book = self._books.setdefault(symbol, _Book())
        if not known:
            book.sides = None
            book.early.clear()
        if book.sides is None:
            book.early.append((number, levels))
        if book.sides is None or number <= book.last:
            return
        for side, price, quantity in levels:
            if quantity:
                book.sides[side][price] = quantity
            else:
                book.sides[side].pop(price, None)
        book.last = number
        if number in book.best:
            self._prove(symbol, book, book.best[number])
        book.best = {at: best for at, best in book.best.items() if at > number}

    def _best(self, symbol: str, update: Message) -> None:
        if self.job.gauge.surveying:
            return
        gauge, book = self.job.gauge, self._books.setdefault(symbol, _Book())
        bid, ask = gauge.price(symbol, update["b"]), gauge.price(symbol, update["a"])
        best = (bid, gauge.quantity(symbol, update["B"]), ask, gauge.quantity(symbol, update["A"]))
        if update["u"] == book.last and book.sides is not None:
            self._prove(symbol, book, best)
        elif update["u"] > book.last:
            book.best[update["u"]] = best
            if len(book.best) > EARLY_MOST:
                del book.best[next(iter(book.best))]

    def _prove(self, symbol: str, book: _Book, best: tuple[int, int, int, int]) -> None:
        assert book.sides is not None
        bid, ask = max(book.sides[1], default=0), min(book.sides[-1], default=0)
        if (bid, book.sides[1].get(bid), ask, book.sides[-1].get(ask)) == best:
            self.job.notes[PROVED] += 1
        else:
            self.job.problem(symbol, Kind.DEPTH, Problem.CHECKSUM)
