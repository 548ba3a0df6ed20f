"""Ladders and last trades for display: a fold of the event log with the operator's eyes. Touches `records`."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from garraway.records import EVENTS, EventArray, Side, of_kind
from garraway.venues.orders import OpenOrders, Order

TRADES_KEPT: Final = 256


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade; `side` is the incoming order's, price in price units, quantity in lots."""

    event_id: int
    at_ns: int
    side: int
    price: int
    quantity: int


@dataclass(slots=True)
class Level:
    """One price: lots and orders displayed there; of icebergs their slices, nothing that is hidden or waits."""

    lots: int = 0
    orders: int = 0


@dataclass(slots=True)
class Ladder:
    """One instrument's levels and last trades."""

    levels: dict[int, dict[int, Level]] = field(
        default_factory=lambda: {Side.BUY: defaultdict(Level), Side.SELL: defaultdict(Level)}
    )
    trades: deque[Trade] = field(default_factory=lambda: deque(maxlen=TRADES_KEPT))
    trade_count: int = 0
    traded_lots: int = 0
    day_lots: int = 0
    """Traded since the business day began."""

    def best(self, side: int, depth: int) -> list[tuple[int, Level]]:
        """The best `depth` levels of a side, best first: (price, level)."""
        prices = sorted(self.levels[side], reverse=side == Side.BUY)
        return [(price, self.levels[side][price]) for price in prices[:depth]]

    @property
    def last(self) -> Trade | None:
        """The last trade."""
        return self.trades[-1] if self.trades else None


@dataclass(slots=True)
class Books:
    """The ladders of all instruments, by their numbers."""

    orders: OpenOrders = field(default_factory=OpenOrders)
    ladders: dict[int, Ladder] = field(default_factory=lambda: defaultdict(Ladder))

    def apply(self, events: EventArray) -> None:
        """Takes a batch of events, in order."""
        for change in self.orders.apply(events):
            if change.before is not None:
                self._add(change.before, -1)
            if change.after is not None:
                self._add(change.after, 1)
        for day in np.split(events, (events["kind"] == EVENTS["DayEnded"]).nonzero()[0]):
            if len(day) and day[0]["kind"] == EVENTS["DayEnded"]:
                self._end_day()
            self._trade(of_kind(day, "Traded"))

    def _end_day(self) -> None:
        for ladder in self.ladders.values():
            ladder.day_lots = 0

    def _add(self, order: Order, sign: int) -> None:
        lots = order.shown_lots
        if lots == 0:
            return
        levels = self.ladders[order.instrument].levels[order.side]
        level = levels[order.price]
        level.lots += sign * lots
        level.orders += sign
        if level.orders == 0:
            del levels[order.price]

    def _trade(self, traded: EventArray) -> None:
        for number in set(traded["instrument"].tolist()):
            ladder, mine = self.ladders[number], traded[traded["instrument"] == number]
            ladder.trade_count += len(mine)
            lots = int(mine["quantity"].sum())
            ladder.traded_lots += lots
            ladder.day_lots += lots
            ladder.trades.extend(
                Trade(
                    int(one["event_id"]), int(one["at_ns"]), int(one["side"]), int(one["price"]), int(one["quantity"])
                )
                for one in mine[-TRADES_KEPT:]
            )
