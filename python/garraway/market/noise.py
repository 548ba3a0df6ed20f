"""Noise traders: they come, want something now or leave an order, and think better of it. Touches nothing."""

from dataclasses import dataclass
from random import Random
from typing import Final

from garraway.market.trader import Trader
from garraway.records import OrderType, Side, TimeInForce
from garraway.venues import Order

OPEN_AT_MOST: Final = 30
"""A trader with so many open orders cancels before it places another."""
CANCELS: Final = 25
RESTS: Final = 40
"""Of 100 decisions so many cancel, so many leave an order in the book; the rest trades at once or not at all."""
DEEP_TICKS: Final = 20
REACH_TICKS: Final = 6
FULL_LOTS: Final = 4_000
"""An inventory at which a trader certainly goes the other way."""
SIZE_BITS: Final = 8
GOOD_TILL_CANCEL: Final = TimeInForce.GOOD_TILL_CANCEL
AT_ONCE: Final = (TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL)


@dataclass(slots=True)
class Noise:
    """The noise traders of one instrument."""

    traders: list[Trader]
    tick: int

    def decide(self, value: int, random: Random, *, count: int) -> list[bytes]:
        """So many commands of them, drawn one after the other."""
        cancelled: set[Order] = set()
        return [self._one(value, random, cancelled) for _ in range(count)]

    def _one(self, value: int, random: Random, cancelled: set[Order]) -> bytes:
        trader = random.choice(self.traders)
        open_orders = [order for order in trader.open() if order not in cancelled]
        drawn = random.randrange(100)
        if open_orders and (drawn < CANCELS or len(open_orders) >= OPEN_AT_MOST):
            order = random.choice(open_orders)
            cancelled.add(order)
            return trader.cancel(order)
        side = Side.BUY if random.randrange(-FULL_LOTS, FULL_LOTS) >= trader.inventory_lots else Side.SELL
        lots = random.randint(1, 1 << random.randint(1, SIZE_BITS))
        rests = drawn < CANCELS + RESTS
        away = -random.randint(1, random.randint(1, DEEP_TICKS)) if rests else random.randint(1, REACH_TICKS)
        towards = away if side is Side.BUY else -away
        price = max(self.tick, value + towards * self.tick)
        return trader.place(side, price, lots, GOOD_TILL_CANCEL if rests else random.choice(AT_ONCE), OrderType.LIMIT)
