"""Noise traders: they come, want something now or leave an order, and think better of it. Touches nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from garraway.market.trader import Trader, Wish
from garraway.records import Flags, OrderType, Phase, Side, TimeInForce
from garraway.venues import Order

OPEN_AT_MOST: Final = 30
"""A trader with so many open orders cancels before it places another."""
CANCELS: Final = 25
RESTS: Final = 34
SPECIALS: Final = 6
"""Of 100 decisions so many cancel, so many leave an order in the book, so many something more special; the rest trades
at once or not at all, or, where orders are collected for an auction, wants to be in it."""
DEEP_TICKS: Final = 20
REACH_TICKS: Final = 6
FAR_TICKS: Final = 60
"""How far from the value the bound of an order without a limit lies."""
STOP_TICKS: Final = (4, 20)
SLICES: Final = 8
FULL_LOTS: Final = 4_000
"""An inventory at which a trader certainly goes the other way."""
SIZE_BITS: Final = 8
AT_ONCE: Final = (TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL)


@dataclass(frozen=True, slots=True)
class _Want:
    """What a trader has drawn: a side and a size, around a value."""

    side: Side
    lots: int
    value: int
    tick: int

    def at(self, ticks: int) -> int:
        """The price so many ticks on the eager side of the value: above it for a buyer, below for a seller."""
        eager = ticks if self.side is Side.BUY else -ticks
        return max(self.tick, self.value + eager * self.tick)


@dataclass(slots=True)
class Noise:
    """The noise traders of one instrument."""

    traders: list[Trader]
    tick: int

    def decide(self, value: int, random: Random, *, phase: Phase, count: int) -> list[bytes]:
        """So many commands of them, drawn one after the other; the phase must take orders."""
        cancelled: set[Order] = set()
        return [self._one(value, random, phase, cancelled) for _ in range(count)]

    def _one(self, value: int, random: Random, phase: Phase, cancelled: set[Order]) -> bytes:
        trader = random.choice(self.traders)
        open_orders = [order for order in trader.open() if order not in cancelled]
        drawn = random.randrange(100)
        if open_orders and (drawn < CANCELS or len(open_orders) >= OPEN_AT_MOST):
            order = random.choice(open_orders)
            cancelled.add(order)
            return trader.cancel(order)
        side = Side.BUY if random.randrange(-FULL_LOTS, FULL_LOTS) >= trader.inventory_lots else Side.SELL
        want = _Want(side, random.randint(1, 1 << random.randint(1, SIZE_BITS)), value, self.tick)
        if drawn < CANCELS + RESTS:
            return trader.place(_resting(want, random))
        if phase.collects:
            return trader.place(_for_auction(want, random, phase))
        if drawn < CANCELS + RESTS + SPECIALS:
            return trader.place(random.choice(_SPECIALS)(want, random))
        return trader.place(_at_once(want, random))


def _resting(want: _Want, random: Random) -> Wish:
    return Wish(want.side, want.at(-random.randint(1, random.randint(1, DEEP_TICKS))), want.lots)


def _at_once(want: _Want, random: Random) -> Wish:
    if random.randrange(8) == 0:
        price = want.at(FAR_TICKS)
        return Wish(want.side, price, want.lots, TimeInForce.IMMEDIATE_OR_CANCEL, OrderType.MARKET)
    return Wish(want.side, want.at(random.randint(1, REACH_TICKS)), want.lots, random.choice(AT_ONCE))


def _for_auction(want: _Want, random: Random, phase: Phase) -> Wish:
    """An order that wants to be filled by the auction: with a limit, or at the open or the close without one."""
    only = {
        Phase.PRE_OPEN: TimeInForce.AT_OPEN,
        Phase.OPENING_AUCTION: TimeInForce.AT_OPEN,
        Phase.CLOSING_AUCTION: TimeInForce.AT_CLOSE,
    }.get(phase)
    if only is not None and random.randrange(3) == 0:
        return Wish(want.side, want.at(FAR_TICKS), want.lots, only, OrderType.MARKET)
    return Wish(want.side, want.at(random.randint(0, REACH_TICKS)), want.lots, only or TimeInForce.DAY)


def _iceberg(want: _Want, random: Random) -> Wish:
    price = want.at(-random.randint(1, REACH_TICKS))
    return Wish(want.side, price, (want.lots + 1) * SLICES, TimeInForce.DAY, display=want.lots + 1)


def _hidden(want: _Want, random: Random) -> Wish:
    return Wish(want.side, want.at(-random.randint(1, REACH_TICKS)), want.lots, TimeInForce.DAY, flags=Flags.HIDDEN)


def _stop(want: _Want, random: Random) -> Wish:
    trigger, bound = want.at(random.randint(*STOP_TICKS)), want.at(FAR_TICKS)
    order_type = random.choice((OrderType.STOP, OrderType.STOP_LIMIT))
    return Wish(want.side, bound, want.lots, TimeInForce.DAY, order_type, trigger=trigger)


def _trailing(want: _Want, random: Random) -> Wish:
    distance = random.randint(*STOP_TICKS) * want.tick
    return Wish(want.side, want.at(FAR_TICKS), want.lots, TimeInForce.DAY, OrderType.TRAILING_STOP, trigger=distance)


def _peg(want: _Want, random: Random) -> Wish:
    order_type = random.choice((OrderType.PRIMARY_PEG, OrderType.MIDPOINT_PEG))
    return Wish(want.side, want.at(REACH_TICKS), want.lots, TimeInForce.DAY, order_type)


def _to_limit(want: _Want, random: Random) -> Wish:
    bound = want.at(random.randint(REACH_TICKS, FAR_TICKS))
    return Wish(want.side, bound, want.lots, TimeInForce.DAY, OrderType.MARKET_TO_LIMIT)


def _at_close(want: _Want, random: Random) -> Wish:
    price = want.at(random.randint(-REACH_TICKS, REACH_TICKS))
    return Wish(want.side, price, want.lots, TimeInForce.AT_CLOSE)


_SPECIALS: Final[tuple[Callable[[_Want, Random], Wish], ...]] = (
    _iceberg,
    _iceberg,
    _hidden,
    _stop,
    _stop,
    _trailing,
    _peg,
    _to_limit,
    _at_close,
)
