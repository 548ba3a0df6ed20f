"""What two orders do that meet: a trade, or what self-trade prevention makes of it; icebergs are refilled."""

from typing import Final

from tests.model import money
from tests.model.events import EventKind
from tests.model.links import has_too_much, level, lots_gone, reduce_to, rehold, say_canceled
from tests.model.positions import excess
from tests.model.state import Order, State

BY_OWNER: Final = 1
NOT_FILLED_AT_ONCE: Final = 2
NOT_POSSIBLE: Final = 3
REPLACED_BY_NO_MORE: Final = 4
SELF_TRADE_PREVENTED: Final = 5
EXPIRED: Final = 6
BY_MASS_CANCEL: Final = 7
FUNDS_MISSING: Final = 9
OFF_TERMS: Final = 10
INSTRUMENT_GONE: Final = 11
NOTHING_TO_REDUCE: Final = 12

THEY_TRADE: Final = 0
CANCEL_NEWEST: Final = 1
CANCEL_OLDEST: Final = 2
CANCEL_BOTH: Final = 3
DECREMENT: Final = 4

OF_ACCOUNT: Final = 1
OF_FIRM: Final = 2

MAKER: Final = 1
TAKER: Final = 2


def meet(state: State, incoming: Order, resting: Order, price: int) -> None:
    """One step of two orders that meet at a price: prevention, a reduction that must come first, or the trade."""
    if is_own(state, incoming, resting):
        prevent(state, incoming, resting)
        return
    for order in (resting, incoming):
        if has_too_much(order):
            level(state, order)
            return
    for order in (resting, incoming):
        if excess(state, order):
            reduce_to(state, order, order.open - excess(state, order), NOTHING_TO_REDUCE)
            refill(state, order)
            return
    trade(state, incoming, resting, price)


def is_own(state: State, incoming: Order, resting: Order) -> bool:
    """The incoming order's account forbids that these two trade."""
    account = state.accounts[incoming.account]
    if account.self_trade == THEY_TRADE:
        return False
    if account.self_trade_of == OF_FIRM:
        return state.accounts[resting.account].firm == account.firm
    assert account.self_trade_of == OF_ACCOUNT
    return resting.account == incoming.account


def prevent(state: State, incoming: Order, resting: Order) -> None:
    """What comes instead of a trade with an own order: Canceled of the resting one, of the incoming one, or of both."""
    common = min(incoming.in_front(), resting.in_front())
    from_resting, from_incoming = {
        CANCEL_NEWEST: (0, incoming.open),
        CANCEL_OLDEST: (resting.open, 0),
        CANCEL_BOTH: (resting.open, incoming.open),
        DECREMENT: (common, common),
    }[state.accounts[incoming.account].self_trade]
    cancelled = [(order, lots) for order, lots in ((resting, from_resting), (incoming, from_incoming)) if lots]
    for order, lots in cancelled:
        take_from_slice(order, lots)
        order.open -= lots
        say_canceled(state, order, lots, SELF_TRADE_PREVENTED)
    for order, _ in cancelled:
        lots_gone(state, order)
    for order, _ in cancelled:
        refill(state, order)


def take_from_slice(order: Order, lots: int) -> None:
    """Lots that are met come from what is shown."""
    if order.display and order.place == "book":
        order.shown = max(0, order.shown - lots)


def trade(state: State, incoming: Order, resting: Order, price: int) -> None:
    """One trade: Traded, Filled of the resting order, Filled of the incoming one."""
    lots = min(incoming.in_front(), resting.in_front())
    value, resting_fee, incoming_fee = money.settle(state, resting, incoming, price, lots)
    for order in (resting, incoming):
        take_from_slice(order, lots)
        order.open -= lots
        order.filled += lots
    shared = {"instrument": incoming.instrument, "price": price, "quantity": lots, "value": value}
    state.reply.say(
        EventKind.Traded,
        named=False,
        side=incoming.side,
        client_ref=resting.order_id,
        leaves=0 if resting.hidden else resting.in_front(),
        **shared,
    )
    for order, fee, detail in ((resting, resting_fee, MAKER), (incoming, incoming_fee, TAKER)):
        state.reply.say(
            EventKind.Filled,
            named=state.reply.own is order,
            account=order.account,
            side=order.side,
            client_ref=order.client_ref,
            detail=detail,
            leaves=order.open,
            fee=fee,
            released=rehold(state, order),
            **shared,
        )
    lots_gone(state, resting)
    lots_gone(state, incoming)
    refill(state, resting)
    refill(state, incoming)


def refill(state: State, order: Order) -> None:
    """The next slice of an iceberg at rest whose slice is used up: it stands behind all displayed orders."""
    if not order.display or order.place != "book" or order.shown:
        return
    instrument = state.instrument_of(order)
    instrument.leave(order)
    order.shown = min(order.display, order.open)
    before = order.order_id
    order.order_id = state.reply.say(
        EventKind.Refilled,
        named=state.reply.own is order,
        account=order.account,
        instrument=order.instrument,
        side=order.side,
        client_ref=order.client_ref,
        price=order.price,
        quantity=order.shown,
        leaves=order.open,
        value=before,
    )
    instrument.rest(order)
