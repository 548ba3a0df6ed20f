"""How an incoming order trades with the book, from docs/concepts/engine.md: fees, holds, matching, slices."""

from itertools import takewhile
from typing import Final

from tests.model.events import EventKind, Reply
from tests.model.limits import BILLION, FEE_INCOME
from tests.model.state import BUY, SELL, Instrument, Order, State, rounded

GOOD_TILL_CANCELLED: Final = 1
FILL_OR_KILL: Final = 3

BY_OWNER: Final = 1
NOT_FILLED_AT_ONCE: Final = 2
NOT_POSSIBLE: Final = 3
REPLACED_BY_NO_MORE: Final = 4

MAKER: Final = 1
TAKER: Final = 2


def crosses(incoming: Order, resting: Order) -> bool:
    """The resting order's price is at the incoming order's limit or better."""
    if incoming.side == BUY:
        return resting.price <= incoming.price
    return resting.price >= incoming.price


def within_reach(instrument: Instrument, incoming: Order) -> list[Order]:
    """The opposite orders at the limit or better, in the order in which they would trade."""
    opposite = instrument.sides[SELL if incoming.side == BUY else BUY]
    return list(takewhile(lambda resting: crosses(incoming, resting), opposite))


def match(state: State, incoming: Order, reply: Reply) -> None:
    """Trades until the lots, the opposite orders or the slice are used up; then rests or cancels what is left."""
    instrument = state.instruments[incoming.instrument]
    for resting in within_reach(instrument, incoming):
        if incoming.open == 0:
            break
        if len(reply.made) + 4 > state.slice_events:
            instrument.working = incoming
            return
        trade(state, incoming, resting, reply)
    if incoming.open == 0:
        del state.accounts[incoming.account].open[incoming.client_ref]
    elif incoming.time_in_force == GOOD_TILL_CANCELLED:
        instrument.rest(incoming)
    else:
        cancel_unfilled(state, incoming, NOT_FILLED_AT_ONCE, reply)


def trade(state: State, incoming: Order, resting: Order, reply: Reply) -> None:
    """One trade: Traded, Filled of the resting order, Filled of the incoming one."""
    instrument = state.instruments[incoming.instrument]
    lots = min(incoming.open, resting.open)
    value = instrument.value(resting.price, lots)
    buyer, seller = (incoming, resting) if incoming.side == BUY else (resting, incoming)
    ledger = state.ledger
    ledger.move(instrument.base, lots * instrument.lot_value, giver=seller.account, taker=buyer.account)
    ledger.move(instrument.quote, value, giver=buyer.account, taker=seller.account)
    resting_fee = charge(resting, instrument.maker_fee_rate * value)
    incoming_fee = charge(incoming, instrument.taker_fee_rate * value)
    ledger.move(instrument.quote, resting_fee, giver=resting.account, taker=FEE_INCOME)
    ledger.move(instrument.quote, incoming_fee, giver=incoming.account, taker=FEE_INCOME)

    resting.open -= lots
    incoming.open -= lots
    resting.filled += lots
    incoming.filled += lots
    shared = {"instrument": incoming.instrument, "price": resting.price, "quantity": lots, "value": value}
    reply.say(
        EventKind.Traded,
        named=False,
        side=incoming.side,
        client_ref=resting.order_id,
        leaves=resting.open,
        **shared,
    )
    for order, fee, detail in ((resting, resting_fee, MAKER), (incoming, incoming_fee, TAKER)):
        reply.say(
            EventKind.Filled,
            named=order is incoming,
            account=order.account,
            side=order.side,
            client_ref=order.client_ref,
            detail=detail,
            leaves=order.open,
            fee=fee,
            released=state.rehold(order, instrument.hold(order, order.price, order.open)),
            **shared,
        )
    if resting.open == 0:
        instrument.leave(resting)
        del state.accounts[resting.account].open[resting.client_ref]


def charge(order: Order, billionths: int) -> int:
    """The fee of a fill, rounded over the order: what is rounded away is carried to its next fill."""
    due = order.carry + billionths
    fee = rounded(due)
    order.carry = due - fee * BILLION
    return fee


def cancel_unfilled(state: State, order: Order, detail: int, reply: Reply) -> None:
    """Ends an order that stands in no level."""
    lots, order.open = order.open, 0
    say_canceled(state, order, lots, detail, reply)
    del state.accounts[order.account].open[order.client_ref]


def say_canceled(state: State, order: Order, lots: int, detail: int, reply: Reply) -> None:
    """Canceled, with what the lots still open no longer hold."""
    instrument = state.instruments[order.instrument]
    reply.say(
        EventKind.Canceled,
        account=order.account,
        instrument=order.instrument,
        side=order.side,
        detail=detail,
        client_ref=order.client_ref,
        price=order.price,
        quantity=lots,
        leaves=order.open,
        value=order.order_id,
        released=state.rehold(order, instrument.hold(order, order.price, order.open)),
    )
