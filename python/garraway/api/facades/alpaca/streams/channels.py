"""Market data to many: who reads which channel, and what is told of it, made once for all of them. Touches `units`.

Trades are told each, with the batch of events that they came in; quotes and books at most so often as `publish` is
called, as they stand then.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from garraway.api.facades.alpaca import quotes, symbols
from garraway.api.facades.alpaca.streams.codec import Moment, Shared
from garraway.api.facades.alpaca.streams.connection import Connection
from garraway.api.ports import TradeRow
from garraway.api.services import Services
from garraway.records import EVENTS, EventArray
from garraway.store.history import Row
from garraway.venues import Instrument

Said = dict[str, Any]
Levels = dict[int, int]
"""Price -> lots."""
DEPTH: Final = 100
EVERY: Final = 0
"""In place of an instrument's number: all of a class."""
UNSHOWN: Final = (EVENTS["Posted"], EVENTS["AssetDefined"])
"""Kinds whose `instrument` is an asset."""


class ChannelKind(StrEnum):
    """What is told, as clients name it."""

    TRADES = "trades"
    QUOTES = "quotes"
    BARS = "bars"
    DAILY_BARS = "dailyBars"
    BOOKS = "orderbooks"


TYPES: Final = {
    ChannelKind.TRADES: "t",
    ChannelKind.QUOTES: "q",
    ChannelKind.BARS: "b",
    ChannelKind.DAILY_BARS: "d",
    ChannelKind.BOOKS: "o",
}


@dataclass(frozen=True, slots=True)
class Channel:
    """A kind of an instrument, or of all of a class (`number` is then `EVERY`)."""

    kind: ChannelKind
    group: str
    number: int


@dataclass(slots=True)
class Book:
    """A book as it was last told."""

    bids: Levels = field(default_factory=dict)
    asks: Levels = field(default_factory=dict)


class Channels:
    """Who reads what. Its invariant: a channel stands in `_readers` while somebody reads it, and no longer."""

    def __init__(self, services: Services) -> None:
        """Nobody reads yet."""
        self._services = services
        self._readers: dict[Channel, set[Connection]] = defaultdict(set)
        self._changed: set[int] = set()
        self._quotes: dict[int, tuple[tuple[int, int], tuple[int, int]]] = {}
        self._books: dict[int, Book] = {}

    @property
    def wanted(self) -> bool:
        """Whether anybody reads."""
        return bool(self._readers)

    def add(self, connection: Connection, channel: Channel) -> None:
        """A connection reads a channel from now on; of a book it is told the whole first."""
        self._readers[channel].add(connection)
        if channel.kind is ChannelKind.BOOKS:
            for instrument in self._meant(channel):
                self._whole(connection, instrument)

    def remove(self, connection: Connection, channel: Channel) -> None:
        """It reads it no more."""
        readers = self._readers.get(channel)
        if readers is not None:
            readers.discard(connection)
            if not readers:
                del self._readers[channel]
                self._forget()

    def take(self, events: EventArray) -> None:
        """Tells the trades of a batch, and notes whose book may have changed."""
        if not self._readers:
            return
        self._trades(events[events["kind"] == EVENTS["Traded"]])
        self._changed.update(np.unique(events["instrument"][~np.isin(events["kind"], UNSHOWN)]).tolist())

    def publish(self) -> None:
        """Tells quotes and books that are others than they were."""
        changed, self._changed = self._changed, set()
        for instrument in self._known(changed):
            if self._read(ChannelKind.QUOTES, instrument):
                self._quote(instrument)
            if instrument.number in self._books:
                self._book(instrument)

    def bars(self, kind: ChannelKind, rows: Iterable[tuple[Instrument, Row]]) -> None:
        """Tells candles."""
        for instrument, row in rows:
            bar = quotes.bar(row, instrument, self._services.directory, Moment(row["start_ns"]))
            self._tell(kind, instrument, [bar])

    def instruments(self, kind: ChannelKind) -> list[Instrument]:
        """Instruments of which somebody reads this."""
        return [one for one in symbols.shown(self._services.directory) if self._read(kind, one)]

    def _trades(self, events: EventArray) -> None:
        for instrument in self._known(np.unique(events["instrument"]).tolist()):
            if not self._read(ChannelKind.TRADES, instrument):
                continue
            rows = events[events["instrument"] == instrument.number]
            said = [quotes.trade(_trade(event), instrument, Moment(int(event["at_ns"]))) for event in rows]
            self._tell(ChannelKind.TRADES, instrument, said)

    def _quote(self, instrument: Instrument) -> None:
        book = self._services.views.book(instrument.number, 1)
        if book is None:
            return
        bid, ask = ((side[0][0], side[0][1]) if side else (0, 0) for side in (book["bids"], book["asks"]))
        if self._quotes.get(instrument.number) != (bid, ask):
            self._quotes[instrument.number] = bid, ask
            self._tell(ChannelKind.QUOTES, instrument, [quotes.quote(book, instrument, self._now())])

    def _book(self, instrument: Instrument) -> None:
        old, new = self._books[instrument.number], self._standing(instrument)
        bids, asks = _changes(old.bids, new.bids), _changes(old.asks, new.asks)
        self._books[instrument.number] = new
        if bids or asks:
            self._tell(ChannelKind.BOOKS, instrument, [self._levels(instrument, bids, asks)])

    def _whole(self, connection: Connection, instrument: Instrument) -> None:
        """The book as it was last told, so that what is told next follows."""
        book = self._books.get(instrument.number)
        if book is None:
            book = self._books[instrument.number] = self._standing(instrument)
        said = self._levels(instrument, list(book.bids.items()), list(book.asks.items()))
        connection.say([_named(ChannelKind.BOOKS, instrument) | said | {"r": True}])

    def _standing(self, instrument: Instrument) -> Book:
        found = self._services.views.book(instrument.number, DEPTH)
        if found is None:
            return Book()
        bids, asks = ({units: lots for units, lots, _ in side} for side in (found["bids"], found["asks"]))
        return Book(bids, asks)

    def _levels(self, instrument: Instrument, bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> Said:
        return {"t": self._now(), "b": quotes.levels(bids, instrument), "a": quotes.levels(asks, instrument)}

    def _tell(self, kind: ChannelKind, instrument: Instrument, said: list[Said]) -> None:
        readers = self._read(kind, instrument)
        if readers and said:
            shared = Shared([_named(kind, instrument) | one for one in said])
            for connection in readers:
                connection.put(shared)

    def _read(self, kind: ChannelKind, instrument: Instrument) -> set[Connection]:
        group = symbols.class_of(instrument)
        one, every = (self._readers.get(Channel(kind, group, number)) for number in (instrument.number, EVERY))
        return (one or set()) | (every or set())

    def _meant(self, channel: Channel) -> list[Instrument]:
        shown = symbols.shown(self._services.directory, channel.group)
        return [one for one in shown if channel.number in {EVERY, one.number}]

    def _known(self, numbers: Iterable[int]) -> list[Instrument]:
        found = (symbols.number(self._services.directory, number) for number in numbers)
        return [one for one in found if one is not None]

    def _forget(self) -> None:
        """What was told of channels that nobody reads any more."""
        books = {one.number for one in self.instruments(ChannelKind.BOOKS)}
        self._books = {number: book for number, book in self._books.items() if number in books}
        read = {one.number for one in self.instruments(ChannelKind.QUOTES)}
        self._quotes = {number: quote for number, quote in self._quotes.items() if number in read}

    def _now(self) -> Moment:
        return Moment(self._services.clock())


def _named(kind: ChannelKind, instrument: Instrument) -> Said:
    return {"T": TYPES[kind], "S": symbols.said(instrument)}


def _changes(old: Levels, new: Levels) -> list[tuple[int, int]]:
    """Levels with another quantity than before; without lots one is gone."""
    gone = [(units, 0) for units in old if units not in new]
    return gone + [(units, lots) for units, lots in new.items() if old.get(units) != lots]


def _trade(event: NDArray[np.void]) -> TradeRow:
    """A trade out of its event."""
    names = ("at_ns", "side", "price", "quantity")
    said = {name: int(event[name]) for name in names}
    return cast("TradeRow", said | {"trade_id": int(event["event_id"]), "busted": False})
