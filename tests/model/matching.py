"""How an incoming order meets the book, from docs/concepts/engine.md: matching, self-trade prevention, fees, slices."""

from enum import Enum
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
SELF_TRADE_PREVENTED: Final = 5

THEY_TRADE: Final = 0
CANCEL_NEWEST: Final = 1
CANCEL_OLDEST: Final = 2
CANCEL_BOTH: Final = 3
DECREMENT: Final = 4

OF_ACCOUNT: Final = 1
OF_FIRM: Final = 2

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
    """Meets orders until the lots, the orders or the slice are used up; then rests or cancels what is left."""
    instrument = state.instruments[incoming.instrument]
    for resting in within_reach(instrument, incoming):
        if incoming.open == 0:
            break
        if not has_room(state, len(reply.made)):
            instrument.working = incoming
            return
        if is_own(state, incoming, resting):
            prevent(state, incoming, resting, reply)
        else:
            trade(state, incoming, resting, reply)
    if incoming.open == 0:
        del state.accounts[incoming.account].open[incoming.client_ref]
    elif incoming.time_in_force == GOOD_TILL_CANCELLED:
        instrument.rest(incoming)
    else:
        cancel_unfilled(state, incoming, NOT_FILLED_AT_ONCE, reply)


def has_room(state: State, made: int) -> bool:
    """Whether one more order may be met after so many events."""
    return made + 4 <= state.slice_events


def is_own(state: State, incoming: Order, resting: Order) -> bool:
    """The incoming order's account forbids that these two trade."""
    account = state.accounts[incoming.account]
    if account.self_trade == THEY_TRADE:
        return False
    if account.self_trade_of == OF_FIRM:
        return state.accounts[resting.account].firm == account.firm
    assert account.self_trade_of == OF_ACCOUNT
    return resting.account == incoming.account


def prevent(state: State, incoming: Order, resting: Order, reply: Reply) -> None:
    """What comes instead of a trade with an own order: Canceled of the resting one, of the incoming one, or of both."""
    common = min(incoming.open, resting.open)
    from_resting, from_incoming = {
        CANCEL_NEWEST: (0, incoming.open),
        CANCEL_OLDEST: (resting.open, 0),
        CANCEL_BOTH: (resting.open, incoming.open),
        DECREMENT: (common, common),
    }[state.accounts[incoming.account].self_trade]
    if from_resting:
        reduce_to(state, resting, resting.open - from_resting, SELF_TRADE_PREVENTED, reply, named=False)
    if from_incoming:
        incoming.open -= from_incoming
        say_canceled(state, incoming, from_incoming, SELF_TRADE_PREVENTED, reply)


class Outlook(Enum):
    """What a dry run says of a fill-or-kill order."""

    FILLS = "can be filled"
    FAILS = "cannot be filled"
    TOO_LARGE = "shows only beyond the slice"


def dry_run(state: State, incoming: Order) -> Outlook:
    """Walks the orders that the incoming one would meet, without changing anything; counts the events it would make."""
    mode = state.accounts[incoming.account].self_trade
    lots, made = 0, 1
    for resting in within_reach(state.instruments[incoming.instrument], incoming):
        if lots >= incoming.open:
            return Outlook.FILLS
        if not has_room(state, made):
            return Outlook.TOO_LARGE
        if not is_own(state, incoming, resting):
            lots, made = lots + resting.open, made + 3
        elif mode == CANCEL_OLDEST:
            made += 1
        else:
            return Outlook.FAILS
    return Outlook.FILLS if lots >= incoming.open else Outlook.FAILS


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


def reduce_to(state: State, order: Order, lots_open: int, detail: int, reply: Reply, *, named: bool = True) -> None:
    """Cancels all lots but so many; an order with nothing left is done."""
    lots, order.open = order.open - lots_open, lots_open
    say_canceled(state, order, lots, detail, reply, named=named)
    if order.open == 0:
        state.instruments[order.instrument].leave(order)
        del state.accounts[order.account].open[order.client_ref]


def say_canceled(state: State, order: Order, lots: int, detail: int, reply: Reply, *, named: bool = True) -> None:
    """Canceled, with what the lots still open no longer hold."""
    instrument = state.instruments[order.instrument]
    reply.say(
        EventKind.Canceled,
        named=named,
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
