"""Positions against the house, prices at which orders are dealt, from docs/concepts/dealer.md: pure questions."""

from dataclasses import dataclass, replace
from typing import Final

from tests.model.positions import most_lots
from tests.model.register import Held
from tests.model.state import (
    BUY,
    FILL_OR_KILL,
    MARKET,
    Dealing,
    Instrument,
    Order,
    Prices,
    State,
    charge,
    rounded,
)

STANDING: Final = 1
"""Rule for orders that arrive: they are dealt at the standing quote."""
OPENED, INCREASED, REDUCED, CLOSED, TURNED = range(1, 6)
"""Details of `PositionChanged`."""


def prices_for(instrument: Instrument, group: int) -> Prices | None:
    """The quote of a group: worse than the instrument's by its markup, within the price range."""
    dealing = instrument.dealing
    assert dealing is not None
    if dealing.quote is None:
        return None
    markup = dealing.markups.get(group, Prices(0, 0))
    return Prices(
        max(instrument.min_price, dealing.quote.bid - markup.bid),
        min(instrument.max_price, dealing.quote.ask + markup.ask),
    )


def price_for(instrument: Instrument, order: Order) -> int | None:
    """The price at which the order would be dealt now."""
    prices = prices_for(instrument, order.group)
    return None if prices is None else prices.ask if order.side == BUY else prices.bid


def is_fresh(state: State, dealing: Dealing) -> bool:
    """There is a quote that is not too old."""
    old = dealing.max_age_ns != 0 and state.at_ns - dealing.at_ns > dealing.max_age_ns
    return dealing.quote is not None and not old


def within_bound(order: Order, price: int) -> bool:
    """The price is at the limit, or bound, or better."""
    return price <= order.price if order.side == BUY else price >= order.price


def lots_at_quote(instrument: Instrument, order: Order) -> int:
    """Lots of the order for which the quote has some left."""
    dealing = instrument.dealing
    assert dealing is not None
    left = dealing.left[order.side]
    return order.open if left is None else min(order.open, left)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a fill makes of a position."""

    after: Held
    gain: int
    detail: int


def effect(before: Held, lots: int, price_of_lot: int, margin_rate: int) -> Effect:
    """A fill of so many lots, negative when sold, at so many ledger units a lot."""
    if before.lots * lots >= 0:
        cost = before.cost + abs(lots) * price_of_lot
        after = Held(before.lots + lots, cost, margin_of(cost, margin_rate))
        return Effect(after, 0, INCREASED if before.lots else OPENED)
    closed = min(abs(lots), abs(before.lots))
    freed = (2 * before.cost * closed + abs(before.lots)) // (2 * abs(before.lots))
    gain = closed * price_of_lot - freed
    gain = gain if before.lots > 0 else -gain
    rest = before.lots + lots
    if abs(lots) > abs(before.lots):
        cost = abs(rest) * price_of_lot
        return Effect(Held(rest, cost, margin_of(cost, margin_rate)), gain, TURNED)
    if rest == 0:
        return Effect(Held(0, 0, 0), gain, CLOSED)
    cost = before.cost - freed
    return Effect(Held(rest, cost, min(before.margin, margin_of(cost, margin_rate))), gain, REDUCED)


def margin_of(cost: int, margin_rate: int) -> int:
    """What a position of this cost holds."""
    return rounded(cost * margin_rate)


def position_of(state: State, order: Order) -> Held:
    """The position that the order reduces or adds to."""
    return state.register.dealt.get((order.instrument, order.account, order.position), Held(0, 0, 0))


def reducible(state: State, order: Order) -> int:
    """Lots by which the order may reduce its position."""
    lots = position_of(state, order).lots
    return max(0, -lots if order.side == BUY else lots)


def is_covered(state: State, order: Order, found: Effect, fee: int) -> bool:
    """What makes no position larger is always allowed; else it must be counted and paid for."""
    if found.detail in {REDUCED, CLOSED}:
        return True
    instrument = state.instrument_of(order)
    needed = fee + found.after.margin - position_of(state, order).margin - found.gain
    free = state.ledger.free(state.payer(order.account), instrument.quote)
    return abs(found.after.lots) <= most_lots(instrument) and free >= needed


def fill_of(state: State, order: Order, price: int, lots: int) -> Effect:
    """What it would make of the order's position if so many lots were dealt."""
    instrument = state.instrument_of(order)
    assert instrument.dealing is not None
    sign = 1 if order.side == BUY else -1
    return effect(position_of(state, order), sign * lots, instrument.value(price, 1), instrument.dealing.margin_rate)


def lacks_funds_at_once(state: State, order: Order) -> bool:
    """A market order that would be dealt as it arrives, and for which the account has not enough free."""
    instrument = state.instruments[order.instrument]
    dealing = instrument.dealing
    if dealing is None or order.order_type != MARKET or dealing.market != STANDING or not is_fresh(state, dealing):
        return False
    price, lots = price_for(instrument, order), lots_at_quote(instrument, order)
    killed = order.time_in_force == FILL_OR_KILL and lots < order.open
    if price is None or not within_bound(order, price) or not lots or killed:
        return False
    fee = charge(replace(order), order.taker_rate * instrument.value(price, lots))
    return not is_covered(state, order, fill_of(state, order, price, lots), fee)


def lacks_quote(state: State, order: Order) -> bool:
    """A market order that would be dealt at a standing quote that there is not."""
    dealing = state.instruments[order.instrument].dealing
    return (
        dealing is not None
        and order.order_type == MARKET
        and dealing.market == STANDING
        and not is_fresh(state, dealing)
    )


def lots_on_side(state: State, account: int, where: int, side: int) -> int:
    """Lots to which one more order of the side would add."""
    sign = 1 if side == BUY else -1
    lots = [
        sign * held.lots
        for (instrument, owner, _), held in state.register.dealt.items()
        if (instrument, owner) == (where, account)
    ]
    return sum(each for each in lots if each > 0) if state.accounts[account].hedging else sum(lots)
