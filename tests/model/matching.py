"""How an order enters the book, from docs/concepts/orders.md: matching, bands, dry runs, what becomes of the rest."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from tests.model import phases
from tests.model.bands import AUCTION, band_end, limit_of
from tests.model.book import best_displayed, freeze, other, peg_price, priced, reaches, within, worse
from tests.model.limits import I64_MAX
from tests.model.links import reduce_to
from tests.model.positions import excess
from tests.model.state import (
    AT_THE_CLOSE,
    CLOSING_AUCTION,
    CONTINUOUS,
    IMMEDIATE_OR_CANCEL,
    MARKET_TO_LIMIT,
    PEGS,
    VOLATILITY_AUCTION,
    Instrument,
    Order,
    State,
    Work,
)
from tests.model.stops import follow, notice_trades
from tests.model.trading import CANCEL_OLDEST, NOT_FILLED_AT_ONCE, is_own, meet

ROOM: Final = 5
"""Most events of an order that is met, and of the end of the matching behind it."""
BY_BAND: Final = 3


@dataclass(slots=True)
class Reach:
    """How far an order may go by its price and how far by the band, both fixed when it entered."""

    side: int
    own_limit: int
    band: int | None

    def inside(self) -> int:
        """The worst price at which it may trade."""
        return self.own_limit if self.band is None else worse(self.side, self.own_limit, self.band)

    def limit(self, instrument: Instrument) -> int:
        """The worst price at which it meets others: its own limit where a band starts auctions, by the rules of now."""
        return self.own_limit if starts_auctions(instrument) else self.inside()


def starts_auctions(instrument: Instrument) -> bool:
    """An order that comes to the end of a band starts an auction."""
    return instrument.rules.band_action == AUCTION


def reach_of(instrument: Instrument, order: Order, price: int) -> Reach:
    """The order's reach at its price."""
    return Reach(order.side, limit_of(instrument, order, price), band_end(instrument, order.side))


def enter(state: State, order: Order) -> Work:
    """The order matches, then what is left rests or is cancelled; stops are reached by its trades."""
    instrument = state.instrument_of(order)
    if instrument.phase != CONTINUOUS:
        stand(instrument, order)
        return
    order.place = "peg" if order.order_type in PEGS else "working"
    price = peg_price(instrument, order) if order.order_type in PEGS else order.price
    freeze(instrument)
    if price is None:
        instrument.frozen = None
        instrument.outside.append(order)
        return
    order.place, instrument.working = "working", order
    reach = reach_of(instrument, order, price)
    prices: list[int] = []
    into_auction = False
    while order.open and not into_auction and next(within(instrument, order.side, reach.limit(instrument)), None):
        yield ROOM
        met = next(within(instrument, order.side, reach.limit(instrument)), None)
        if not order.open or not met:
            continue
        if reach.band is not None and not reaches(order.side, reach.band, met[0]):
            into_auction = True
            continue
        before = order.filled
        meet(state, order, met[1], met[0])
        prices += [met[0]] if order.filled > before else []
    end_matching(state, order, reach, into_auction=into_auction)
    if prices:
        notice_trades(instrument, min(prices), max(prices))
        instrument.last = prices[-1]
        follow(instrument)
    if into_auction:
        phases.come_into(state, instrument, VOLATILITY_AUCTION, BY_BAND)
        instrument.auction_ends = min(I64_MAX, state.at_ns + instrument.rules.auction_ns)


def end_matching(state: State, order: Order, reach: Reach, *, into_auction: bool) -> None:
    """What is left of an order rests or is cancelled."""
    instrument = state.instrument_of(order)
    banded = reach.band is not None and not starts_auctions(instrument)
    stopped = banded and next(within(instrument, order.side, reach.own_limit), None)
    instrument.working = instrument.frozen = None
    if order.open == 0:
        return
    if may_rest(order) and not stopped:
        order.place = "none"
        stand(instrument, order)
        return
    reduce_to(state, order, 0, NOT_FILLED_AT_ONCE)


def may_rest(order: Order) -> bool:
    """It may rest in the book in continuous trading."""
    if order.order_type in PEGS:
        return True
    becomes_limit = order.is_limit or order.order_type == MARKET_TO_LIMIT
    return becomes_limit and order.time_in_force not in {IMMEDIATE_OR_CANCEL, 3}


def stand(instrument: Instrument, order: Order) -> None:
    """Puts an order where it rests or waits without matching."""
    if order.order_type in PEGS:
        instrument.wait(order, "peg")
    elif order.time_in_force == AT_THE_CLOSE and instrument.phase != CLOSING_AUCTION:
        instrument.wait(order, "close")
    else:
        order.shown = min(order.display, order.open)
        instrument.rest(order)


def would_trade(instrument: Instrument, order: Order, price: int) -> bool:
    """A post-only order that reaches the best opposite price, whoever stands there."""
    return next(within(instrument, order.side, price, without=order), None) is not None


def market_to_limit(instrument: Instrument, side: int, bound: int) -> int | None:
    """The limit that a market to limit order takes, None without a displayed order opposite within its bound."""
    best = best_displayed(instrument, other(side))
    return best if best is not None and reaches(side, bound, best) else None


class Outlook(Enum):
    """What a dry run says of an order that has to trade so many lots."""

    FILLS = "can be filled"
    FAILS = "cannot be filled"
    TOO_LARGE = "shows only beyond the slice"


@dataclass(slots=True)
class Queue:
    """An order that the dry run has still to meet: what is in front, and what is open in all."""

    order: Order
    front: int
    left: int


def dry_run(state: State, incoming: Order, wanted: int, made: int = 1) -> Outlook:
    """Walks the orders that the incoming one would meet, without changing anything; counts the events it would make.

    `made` are the events of the command by the time the order enters, its own `Accepted` or `Activated` included.
    """
    instrument = state.instrument_of(incoming)
    reach = reach_of(instrument, incoming, incoming.price)
    limit = reach.inside()
    mode = state.accounts[incoming.account].self_trade
    queue = [
        (price, Queue(order, order.in_front(), order.open))
        for price, order in priced(instrument, other(incoming.side))
        if reaches(incoming.side, limit, price)
    ]
    left = {id(each.order): each.left for _, each in queue}
    lots = 0
    while queue and lots < wanted:
        if made + ROOM + state.reply.reserve > state.slice_events:
            return Outlook.TOO_LARGE
        price, met = queue.pop(0)
        if is_own(state, incoming, met.order):
            if mode != CANCEL_OLDEST:
                return Outlook.FAILS
            left[id(met.order)] = 0
            made += 1
            continue
        spare = surplus(state, met, left)
        if spare:
            made += 1
            met.left -= spare
            left[id(met.order)] = met.left
            met.front = min(met.front, met.left)
            if met.left:
                queue.insert(0, (price, met))
            continue
        taken = min(met.front, wanted - lots)
        lots, made = lots + taken, made + 3
        met.left -= taken
        met.front -= taken
        left[id(met.order)] = met.left
        if met.left and not met.front:
            made += 1
            met.front = min(met.order.display, met.left)
            behind = [index for index, (at, each) in enumerate(queue) if at == price and not each.order.hidden]
            queue.insert(behind[-1] + 1 if behind else 0, (price, met))
    return Outlook.FILLS if lots >= wanted else Outlook.FAILS


def surplus(state: State, met: Queue, left: dict[int, int]) -> int:
    """Lots that would be cancelled before the order trades: beyond its partner's, beyond the position it closes."""
    other_one = met.order.partner
    if other_one is not None:
        beyond = met.left - left.get(id(other_one), other_one.open)
        if beyond > 0:
            return beyond
    already = met.order.open - met.left
    return max(0, excess(state, met.order) - already)
