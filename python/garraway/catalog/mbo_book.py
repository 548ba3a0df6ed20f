"""The book that a file of order-by-order records tells, in plain Python, apart from the engine. Touches nothing.

It is the oracle of a replay: what the engine's book must equal wherever a packet ends. `F` tells of an execution alone;
the record behind it, `C` or `M`, takes the lots from the book.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from garraway.catalog.lobster import Level
from garraway.catalog.mbo import LAST, SNAPSHOT, Rows
from garraway.records import Side

SIDES: Final = {ord("B"): Side.BUY, ord("A"): Side.SELL}


class MboRecord(NamedTuple):
    """A record as far as a replay needs it."""

    offset: int
    at_ns: int
    """When it was received: never earlier than the record before."""
    exchange_ns: int
    action: str
    side: int
    """0 for none."""
    order: int
    price: int
    """In ticks."""
    lots: int
    flags: int


class Contradiction(Exception):
    """A record that cannot be true of the book as it stands; the text names both."""


@dataclass(slots=True)
class ShownOrder:
    """An order of the book."""

    side: int
    price: int
    lots: int
    place: int
    """Its rank in time: a lower one is served first at the same price."""


class Change(NamedTuple):
    """What an order is after a record about it."""

    order: int
    side: int
    price: int
    lots: int
    """0 when it left."""
    place: int


def records(rows: Rows, instrument: int, tick: int) -> Iterator[MboRecord]:
    """The records of one instrument, prices in ticks."""
    names = ["offset", "ts_recv", "ts_event", "action", "side", "order_id", "price", "size", "flags"]
    mine = rows[rows["instrument_id"] == instrument]
    columns = [mine[name].tolist() for name in names]
    for offset, at_ns, exchange_ns, action, side, order, price, lots, flags in zip(*columns, strict=True):
        yield MboRecord(offset, at_ns, exchange_ns, chr(action), SIDES.get(side, 0), order, price // tick, lots, flags)


def packets(stream: Iterator[MboRecord]) -> Iterator[list[MboRecord]]:
    """Records that are final together: up to one that ends a packet; a snapshot ends with its last record, too."""
    packet: list[MboRecord] = []
    for record in stream:
        if packet and (packet[-1].flags ^ record.flags) & SNAPSHOT:
            yield packet
            packet = []
        packet.append(record)
        if record.flags & LAST:
            yield packet
            packet = []
    if packet:
        yield packet


@dataclass(slots=True)
class RecordedBook:
    """The orders of a file so far, and its levels."""

    orders: dict[int, ShownOrder] = field(default_factory=dict)
    _lots: dict[int, dict[int, int]] = field(default_factory=lambda: {Side.BUY: {}, Side.SELL: {}})
    """Side -> key -> lots; a key is smaller the better the price."""
    _keys: dict[int, list[int]] = field(default_factory=lambda: {Side.BUY: [], Side.SELL: []})
    """Side -> keys, the best first."""
    _filled: dict[int, int] = field(default_factory=dict)
    """Order -> lots executed in this packet that no later record has taken from the book yet."""
    _places: int = 0

    def apply(self, record: MboRecord) -> Change | None:
        """Does what a record says to the book. Raises: Contradiction: nothing is changed then."""
        if record.action == "R":
            self.clear()
        elif record.action == "A":
            return self._add(record)
        elif record.action == "F":
            self._filled[record.order] = self._filled.get(record.order, 0) + record.lots
        elif record.action in "CM":
            shown = self._known(record)
            return self._cancel(record, shown) if record.action == "C" else self._modify(record, shown)
        return None

    def end_packet(self) -> None:
        """The packet is whole."""
        self._filled.clear()

    def clear(self) -> None:
        """Takes all orders away."""
        self.orders.clear()
        for side in (Side.BUY, Side.SELL):
            self._lots[side].clear()
            self._keys[side].clear()

    def levels(self, side: Side, depth: int) -> list[Level]:
        """The best levels of a side, price and lots, best first."""
        lots = self._lots[side]
        return [(_price(side, key), lots[key]) for key in self._keys[side][:depth]]

    @property
    def crossed(self) -> bool:
        """Whether the best buyer pays at least what the best seller takes: orders are being collected."""
        buys, sells = self._keys[Side.BUY], self._keys[Side.SELL]
        return bool(buys and sells) and -buys[0] >= sells[0]

    def _add(self, record: MboRecord) -> Change:
        if record.order in self.orders:
            raise Contradiction(f"order {record.order} is added a second time")
        shown = ShownOrder(record.side, record.price, record.lots, self._next_place())
        self.orders[record.order] = shown
        self._count(shown.side, shown.price, shown.lots)
        return _change(record.order, shown)

    def _cancel(self, record: MboRecord, shown: ShownOrder) -> Change:
        if record.price != shown.price:
            raise Contradiction(f"price of order {record.order} is not the one it stands at")
        if record.lots > shown.lots:
            raise Contradiction(f"takes {record.lots} lots from order {record.order}, which has {shown.lots}")
        self._filled.pop(record.order, None)
        self._count(shown.side, shown.price, -record.lots)
        shown.lots -= record.lots
        if not shown.lots:
            del self.orders[record.order]
        return _change(record.order, shown)

    def _modify(self, record: MboRecord, shown: ShownOrder) -> Change:
        # An order that is given more than executions left it, or another price, goes to the back: also a displayed
        # part that is filled up from a reserve.
        left = shown.lots - self._filled.pop(record.order, 0)
        if record.price != shown.price or record.lots > left:
            shown.place = self._next_place()
        self._count(shown.side, shown.price, -shown.lots)
        shown.price, shown.lots = record.price, record.lots
        self._count(shown.side, shown.price, shown.lots)
        return _change(record.order, shown)

    def _known(self, record: MboRecord) -> ShownOrder:
        shown = self.orders.get(record.order)
        if shown is None:
            raise Contradiction(f"action {record.action} of order {record.order}, which does not stand in the book")
        if shown.side != record.side:
            raise Contradiction(f"side of order {record.order} is not the one it was added on")
        return shown

    def _next_place(self) -> int:
        self._places += 1
        return self._places

    def _count(self, side: int, price: int, lots: int) -> None:
        """Adds lots to a level, which comes and goes with them."""
        key = -price if side == Side.BUY else price
        levels, keys = self._lots[side], self._keys[side]
        if key not in levels:
            insort(keys, key)
        levels[key] = levels.get(key, 0) + lots
        if not levels[key]:
            del levels[key]
            del keys[bisect_left(keys, key)]


def _change(order: int, shown: ShownOrder) -> Change:
    return Change(order, shown.side, shown.price, shown.lots, shown.place)


def _price(side: Side, key: int) -> int:
    return -key if side == Side.BUY else key
