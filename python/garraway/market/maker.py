"""The market maker: levels of quotes on both sides of the fundamental value, leaning against its inventory."""

from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from garraway.market.trader import Trader, Wish
from garraway.records import Side
from garraway.venues import Order

LEVELS: Final = 12
HALF_SPREAD_TICKS: Final = 1
TOUCH_LOTS: Final = 60
LEVEL_LOTS: Final = 45
"""Each level behind the best one quotes so many lots more."""
LEAN_LOTS: Final = 1_500
"""Inventory of so many lots leans the quotes by one tick."""
LEAN_TICKS: Final = 8
TOP_UP: Final = 4
"""A quote of which less than one in so many lots is left is made whole again."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What should stand in the book."""

    side: Side
    price: int
    lots: int


@dataclass(frozen=True, slots=True)
class Move:
    """An order that goes (None: none does) and the quote that comes in its place (None: none does)."""

    order: Order | None
    quote: Quote | None


@dataclass(slots=True)
class Maker:
    """Quotes around a value, moves what has gone stale, and never crosses its own quotes."""

    trader: Trader
    tick: int
    last_value: int = 0

    def decide(self, value: int, *, at_most: int) -> list[bytes]:
        """At most so many commands that bring the book nearer to the quotes for this value, most urgent first."""
        # The side that the value moves into gives way first, so that the other may follow.
        first = Side.SELL if value >= self.last_value else Side.BUY
        self.last_value = value
        wanted = self.quotes(value)
        retreat = self._moves(first, wanted, self._prices(first.opposite, []))[: at_most // 2]
        follow = self._moves(first.opposite, wanted, self._prices(first, retreat))[: at_most - len(retreat)]
        return [self._command(move) for move in (*retreat, *follow)]

    def quotes(self, value: int) -> list[Quote]:
        """The quotes for a value, best first on each side."""
        lean = max(-LEAN_TICKS, min(LEAN_TICKS, self.trader.inventory_lots // LEAN_LOTS))
        middle = value - lean * self.tick
        found = []
        for level in range(LEVELS):
            away, lots = (HALF_SPREAD_TICKS + level) * self.tick, TOUCH_LOTS + LEVEL_LOTS * level
            found += [Quote(Side.BUY, middle - away, lots), Quote(Side.SELL, middle + away, lots)]
        return [quote for quote in found if quote.price >= self.tick]

    def _moves(self, side: Side, wanted: list[Quote], opposite: list[int]) -> list[Move]:
        missing = {
            quote.price: quote
            for quote in wanted
            if quote.side is side and not any(_crosses(side, quote.price, other) for other in opposite)
        }
        stale: list[Order | None] = []
        thin: list[Move] = []
        for order in sorted(self.trader.open(side), key=lambda order: order.price, reverse=side is Side.BUY):
            quote = missing.pop(order.price, None)
            if quote is None:
                stale.append(order)
            elif order.leaves * TOP_UP < quote.lots:
                thin.append(Move(order, quote))
        return [Move(order, quote) for order, quote in zip_longest(stale, missing.values())] + thin

    def _prices(self, side: Side, moves: list[Move]) -> list[int]:
        """Where its orders of a side will stand once the moves are done."""
        moved = [move.order for move in moves]
        staying = [order.price for order in self.trader.open(side) if order not in moved]
        return staying + [move.quote.price for move in moves if move.quote is not None]

    def _command(self, move: Move) -> bytes:
        if move.quote is None:
            assert move.order is not None
            return self.trader.cancel(move.order)
        if move.order is None:
            return self.trader.place(Wish(move.quote.side, move.quote.price, move.quote.lots))
        return self.trader.replace(move.order, move.quote.price, move.quote.lots)


def _crosses(side: Side, price: int, other: int) -> bool:
    return price >= other if side is Side.BUY else price <= other
