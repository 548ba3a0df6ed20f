"""The price of an auction and how the book uncrosses, from docs/concepts/phases.md."""

from collections.abc import Generator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from tests.model.book import crossed
from tests.model.events import EventKind
from tests.model.links import reduce_to
from tests.model.state import BUY, SELL, Instrument, Order, State, Work
from tests.model.trading import NOT_POSSIBLE, meet

ROUNDS: Final = 16
STEP: Final = 6
"""Room for one event and five more."""


@dataclass(slots=True)
class Auction:
    """What an auction gives: all zero where nothing trades."""

    price: int = 0
    volume: int = 0
    left_over: int = 0
    side: int = 0
    left_out: list[Order] = field(default_factory=list)
    """Orders that would not get their minimum, by id."""


def demand(orders: list[Order], price: int) -> int:
    """Lots of buys at the price or above."""
    return sum(order.open for order in orders if order.side == BUY and order.price >= price)


def supply(orders: list[Order], price: int) -> int:
    """Lots of sells at the price or below."""
    return sum(order.open for order in orders if order.side == SELL and order.price <= price)


def best_price(instrument: Instrument, orders: list[Order]) -> Auction:
    """The price at which most trades: demand and supply change at limits only, so few prices can be the best one."""
    near = instrument.reference or instrument.last
    limits = {order.price for order in orders} | {near, instrument.min_price, instrument.max_price}
    around = {price + step for price in limits for step in (-1, 0, 1)}
    on_tick = {each(price) for price in around for each in (instrument.tick_down, instrument.tick_up)}
    for prices in (on_tick, around):
        found = [price for price in prices if instrument.min_price <= price <= instrument.max_price]
        auctions = [at_price(orders, price) for price in sorted(found)]
        trading = [each for each in auctions if each.volume > 0]
        if trading:
            return min(trading, key=lambda each: goodness(orders, near, each))
    return Auction()


def at_price(orders: list[Order], price: int) -> Auction:
    """What would trade at a price."""
    buys, sells = demand(orders, price), supply(orders, price)
    side = BUY if buys > sells else SELL if sells > buys else 0
    return Auction(price, min(buys, sells), abs(buys - sells), side)


def goodness(orders: list[Order], near: int, auction: Auction) -> tuple[int, int, int, int]:
    """The least is the best: volume, left over, distance; of two equally near the higher where D >= S there."""
    above = auction.price > near
    higher_wins = auction.side != SELL
    return (-auction.volume, auction.left_over, abs(auction.price - near), 0 if above and higher_wins else 1)


def work_out(instrument: Instrument) -> Auction:
    """The auction of the orders in the book; those that would not get their minimum are left out, round by round."""
    orders = instrument.sides[BUY] + instrument.sides[SELL]
    out: list[Order] = []
    for _ in range(ROUNDS):
        auction = best_price(instrument, [order for order in orders if order not in out])
        lots = given(instrument, auction, out)
        short = [order for order in orders if order not in out and order.minimum > lots.get(order, 0)]
        if not short:
            auction.left_out = sorted(out, key=lambda order: order.order_id)
            return auction
        out += short
    out = [order for order in orders if order.minimum]
    auction = best_price(instrument, [order for order in orders if order not in out])
    auction.left_out = sorted(out, key=lambda order: order.order_id)
    return auction


def given(instrument: Instrument, auction: Auction, out: list[Order]) -> dict[Order, int]:
    """Lots that each order gets, by priority."""
    lots: dict[Order, int] = {}
    for side in (BUY, SELL):
        left = auction.volume
        for order, most in in_turn(instrument, side):
            reaches = order.price >= auction.price if side == BUY else order.price <= auction.price
            if order not in out and reaches:
                lots[order] = lots.get(order, 0) + min(left, most)
                left -= min(left, most)
    return lots


def in_turn(instrument: Instrument, side: int) -> list[tuple[Order, int]]:
    """Orders and lots by priority: of an iceberg the slice in its place, the rest behind the displayed ones."""
    turn: list[tuple[Order, int]] = []
    for _, group in groupby(instrument.sides[side], key=lambda order: order.price):
        level = list(group)
        displayed = [order for order in level if not order.hidden]
        turn += [(order, order.in_front()) for order in displayed]
        turn += [(order, order.open - order.in_front()) for order in displayed]
        turn += [(order, order.open) for order in level if order.hidden]
    return turn


def uncross(state: State, instrument: Instrument) -> Work:
    """The auction ends: orders left out are cancelled, Uncrossed is said, pairs trade at the price."""
    first = True
    while first or crossed(instrument):
        first = False
        auction = yield from announce(state, instrument)
        while auction.price and (pair := pair_at(instrument, auction.price)):
            yield 6 if all(order.display for order in pair) else 5
            pair = pair_at(instrument, auction.price)
            if pair:
                earlier, later = sorted(pair, key=lambda order: order.order_id)
                meet(state, later, earlier, auction.price)


def announce(state: State, instrument: Instrument) -> Generator[int, None, Auction]:
    """Cancels what is left out and says Uncrossed; in each command that goes on before, all is worked out anew."""
    while True:
        auction, command_seq = work_out(instrument), state.command_seq
        for order in auction.left_out:
            yield STEP
            if state.command_seq != command_seq:
                break
            reduce_to(state, order, 0, NOT_POSSIBLE)
        else:
            yield STEP
            if state.command_seq == command_seq:
                break
    for order in instrument.sides[BUY] + instrument.sides[SELL]:
        order.minimum = 0
    if auction.price:
        instrument.reference = instrument.last = auction.price
    state.reply.say(
        EventKind.Uncrossed,
        named=False,
        instrument=number_of(state, instrument),
        price=auction.price,
        quantity=auction.volume,
        leaves=auction.left_over,
        side=auction.side,
    )
    return auction


def number_of(state: State, instrument: Instrument) -> int:
    """The number under which it is listed."""
    return next(number for number, each in state.instruments.items() if each is instrument)


def pair_at(instrument: Instrument, price: int) -> tuple[Order, Order] | None:
    """The best buy and the best sell, while both take the price."""
    buys, sells = instrument.sides[BUY], instrument.sides[SELL]
    if not buys or not sells or buys[0].price < price or sells[0].price > price:
        return None
    return buys[0], sells[0]
