"""Pairs and children, from docs/concepts/orders.md, "Linked orders"; what an order holds; how an order loses lots."""

from tests.model import money
from tests.model.events import EventKind
from tests.model.state import Order, State
from tests.model.stops import make_due

LINKED = 8


def holds(state: State, order: Order) -> dict[Order, int]:
    """What the order, and the other one of its pair, have to hold."""
    instrument = state.instrument_of(order)
    other = order.partner
    if order.place == "child":
        return {order: 0} | ({other: alone(state, other)} if other and other.place != "child" else {})
    if other is None or other.place == "child":
        return {order: alone(state, order)}
    limit, stop = (other, order) if order.pairs_as_stop else (order, other)
    lots = min(limit.open, stop.open)
    dear = money.hold(instrument, limit, limit.price, lots)
    return {limit: dear, stop: max(0, money.hold(instrument, stop, stop.price, lots) - dear)}


def alone(state: State, order: Order) -> int:
    """What an order holds by the formula."""
    return money.hold(state.instrument_of(order), order, order.price, order.open)


def rehold(state: State, order: Order) -> int:
    """Brings the holds of the order and its pair up to date; returns what that releases."""
    released = 0
    for each, hold in holds(state, order).items():
        released += each.hold - hold
        state.set_hold(each, hold)
    return released


def link_pair(one: Order, another: Order) -> None:
    """From now on one cancels the other."""
    for order, other in ((one, another), (another, one)):
        order.partner, order.pairs_as_stop = other, order.waits_for_trigger


def lots_gone(state: State, order: Order) -> None:
    """After a trade or a cancellation: partner and children may become due, and an order with nothing left is done."""
    instrument = state.instrument_of(order)
    other = order.partner
    if other is not None and other.open > order.open:
        make_due(instrument, "level", other)
    if order.open > 0:
        order.shown = min(order.shown, order.open)
        return
    instrument.leave(order)
    instrument.due = [(what, each) for what, each in instrument.due if each is not order]
    del state.accounts[order.account].open[order.client_ref]
    if order.parent is not None:
        order.parent.children.remove(order)
        order.parent = None
    if len(order.children) == 2 and order.filled:
        link_pair(*order.children)
    for child in order.children:
        make_due(instrument, "start", child)


def reduce_to(state: State, order: Order, lots_open: int, detail: int) -> None:
    """Cancels all lots but so many."""
    lots, order.open = order.open - lots_open, lots_open
    say_canceled(state, order, lots, detail)
    lots_gone(state, order)


def say_canceled(state: State, order: Order, lots: int, detail: int) -> None:
    """Canceled, with what the lots still open no longer hold."""
    state.reply.say(
        EventKind.Canceled,
        named=state.reply.own is order,
        account=order.account,
        instrument=order.instrument,
        side=order.side,
        detail=detail,
        client_ref=order.client_ref,
        price=order.price,
        quantity=lots,
        leaves=order.open,
        value=order.order_id,
        released=rehold(state, order),
    )


def has_too_much(order: Order) -> bool:
    """It has more open than the other one of its pair."""
    return order.partner is not None and order.open > order.partner.open


def level(state: State, order: Order) -> None:
    """Brings an order level with the other one of its pair."""
    assert order.partner is not None
    reduce_to(state, order, order.partner.open, LINKED)
