"""Which fields of an order go together, from docs/concepts/orders.md: the checks that look at no account's funds."""

from typing import Final

from tests.model.commands import Command
from tests.model.limits import BILLION, MAX_CHILDREN
from tests.model.rejects import Reason, lowest
from tests.model.state import (
    BUY,
    CANCELS_THE_OTHER,
    CONTRACT,
    FILL_OR_KILL,
    FUTURE,
    GOOD_TILL_DATE,
    HIDDEN,
    IMMEDIATE_OR_CANCEL,
    LIMIT,
    MARKET,
    MARKET_PEG,
    MARKET_TO_LIMIT,
    PEGS,
    POST_ONLY,
    REDUCE_ONLY,
    RESTING,
    SELL,
    STOPS,
    TRAILING_STOP,
    TRIGGERED_BY_OTHER,
    Account,
    Instrument,
    Order,
    State,
)

LINKS: Final = CANCELS_THE_OTHER | TRIGGERED_BY_OTHER

TIMES_IN_FORCE: Final[dict[int, frozenset[int]]] = {
    LIMIT: frozenset(range(1, 8)),
    MARKET: frozenset({2, 3, 6, 7}),
    MARKET_TO_LIMIT: RESTING | {IMMEDIATE_OR_CANCEL},
    **dict.fromkeys(STOPS | PEGS, RESTING),
}
"""Order type -> the times in force that it may have."""


def order_of(command: Command) -> Order:
    """The order that a PlaceOrder describes."""
    return Order(
        order_id=0,
        account=command["account"],
        instrument=command["instrument"],
        client_ref=command["client_ref"],
        side=command["side"],
        order_type=command["order_type"],
        time_in_force=command["time_in_force"],
        flags=command["flags"],
        price=command["price"],
        open=command["quantity"],
        trigger=command["trigger"],
        display=command["display"],
        minimum=command["minimum"],
        expire_s=command["expire_s"],
    )


def refusal_of_form(state: State, instrument: Instrument, order: Order, target: int) -> Reason | None:
    """From SideInvalid to LinkInvalid."""
    order_type = order.order_type
    if order.side not in {BUY, SELL}:
        return Reason.SideInvalid
    dealt = instrument.kind == CONTRACT
    if order_type not in TIMES_IN_FORCE or (dealt and order_type in PEGS | {MARKET_TO_LIMIT}):
        return Reason.OrderTypeInvalid
    if order.time_in_force not in TIMES_IN_FORCE[order_type] or (dealt and order.time_in_force in {6, 7}):
        return Reason.TimeInForceInvalid
    account = state.accounts[order.account]
    return lowest(
        {
            Reason.FlagsInvalid: order.flags & ~flags_of(instrument, order) != 0 or order.flags & LINKS == LINKS,
            Reason.QuantityInvalid: order.open < 1,
            Reason.PriceOffTick: not instrument.on_tick(order.price),
            Reason.PriceOutOfRange: not in_range(instrument, order.price),
            Reason.DisplayInvalid: order.display != 0 and (dealt or not may_display(order)),
            Reason.MinimumInvalid: order.minimum != 0 and (dealt or not may_have_minimum(order)),
            Reason.TriggerInvalid: not trigger_is_valid(instrument, order_type, order.trigger),
            Reason.ExpiryInvalid: not expiry_is_valid(state, order),
            Reason.LinkInvalid: not link_is_valid(account, order, target),
        }
    )


def flags_of(instrument: Instrument, order: Order) -> int:
    """Flags that the order may have."""
    reduce_only = REDUCE_ONLY if instrument.kind in {FUTURE, CONTRACT} else 0
    if order.order_type in PEGS:
        return 0
    if order.order_type in STOPS:
        return LINKS | reduce_only
    if order.order_type == LIMIT and order.time_in_force in RESTING:
        return (LINKS if instrument.kind == CONTRACT else POST_ONLY | HIDDEN | LINKS) | reduce_only
    return reduce_only


def in_range(instrument: Instrument, price: int) -> bool:
    """The price lies in the instrument's range."""
    return instrument.min_price <= price <= instrument.max_price


def may_display(order: Order) -> bool:
    """It may be an iceberg with this display."""
    rests = order.order_type == LIMIT and order.time_in_force in RESTING
    return rests and not order.flags & HIDDEN and 1 <= order.display < order.open


def may_have_minimum(order: Order) -> bool:
    """It may have this minimum."""
    kind = order.order_type in {LIMIT, MARKET, MARKET_TO_LIMIT} and order.time_in_force != FILL_OR_KILL
    return kind and not order.post_only and order.display == 0 and order.minimum <= order.open


def trigger_is_valid(instrument: Instrument, order_type: int, trigger: int) -> bool:
    """The trigger, distance or offset is one that the order type can have."""
    if order_type == TRAILING_STOP:
        known = instrument.last != 0 or instrument.reference != 0
        if instrument.dealing is not None:
            known = instrument.dealing.quote is not None
        return known and 0 < trigger <= instrument.max_price and trigger % instrument.tick == 0
    if order_type in STOPS:
        return instrument.on_tick(trigger) and in_range(instrument, trigger)
    if order_type in PEGS:
        most = -instrument.tick if order_type == MARKET_PEG else 0
        return -instrument.max_price <= trigger <= most and trigger % instrument.tick == 0
    return trigger == 0


def expiry_is_valid(state: State, order: Order) -> bool:
    """Good till date and nothing else has an expiry, after now."""
    if order.time_in_force == GOOD_TILL_DATE:
        return order.expire_s * BILLION > state.at_ns
    return order.expire_s == 0


def link_is_valid(account: Account, order: Order, target: int) -> bool:
    """The order may be linked with the target."""
    if not order.flags & LINKS:
        return True
    other = account.open.get(target)
    if other is None or other.instrument != order.instrument:
        return False
    return may_be_pair(order, other) if order.flags & CANCELS_THE_OTHER else may_be_child(order, other)


def may_be_pair(order: Order, other: Order) -> bool:
    """One cancels the other: one of them a stop that waits for its trigger, the other a limit order that rests."""
    linked = other.partner is not None or other.parent is not None or other.children
    if linked or other.side != order.side or other.open != order.open:
        return False
    if order.order_type in STOPS:
        return other.is_limit and other.place in {"book", "quote"}
    return order.order_type == LIMIT and other.place == "stop"


def may_be_child(order: Order, parent: Order) -> bool:
    """One triggers the other: two children of a parent have the same side and quantity, and one of them is a stop."""
    if parent.parent is not None or len(parent.children) >= MAX_CHILDREN or order.open > parent.total:
        return False
    for child in parent.children:
        same = (child.side, child.open) == (order.side, order.open)
        if not same or (child.order_type in STOPS) == (order.order_type in STOPS):
            return False
    return True
