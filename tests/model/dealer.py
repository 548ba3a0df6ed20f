"""What the house deals, from docs/concepts/dealer.md: quotes, which orders they call, fills, positions, dividends."""

from dataclasses import replace
from typing import Final

from tests.model.accounts import count_traded
from tests.model.commands import Command
from tests.model.dealt import (
    STANDING,
    fill_of,
    is_covered,
    is_fresh,
    lots_at_quote,
    position_of,
    price_for,
    reducible,
    within_bound,
)
from tests.model.events import EventKind, Reply
from tests.model.limits import BILLION, FEE_INCOME, HOUSE
from tests.model.links import has_too_much, level, lots_gone, reduce_to
from tests.model.rejects import Reason, lowest
from tests.model.results import count_fill
from tests.model.state import (
    BUY,
    CONTINUOUS,
    DELISTED,
    FILL_OR_KILL,
    RESTING,
    SELL,
    TRAILING_STOP,
    Dealing,
    Instrument,
    Order,
    Prices,
    State,
    Work,
    charge,
)
from tests.model.stops import make_due, trigger_price
from tests.model.trading import FUNDS_MISSING, NOT_FILLED_AT_ONCE, NOT_POSSIBLE, NOTHING_TO_REDUCE

NEXT: Final = 2
"""Rules for orders that arrive."""
TOUCHED: Final = 1
AT_QUOTE: Final = 2
THROUGH: Final = 3
"""Rules for limits that wait."""
ROOM: Final = 6
"""Events for which there must be room before an order that was called has its turn."""
DEALT: Final = 3
"""Detail of `Filled`."""


def set_quote(state: State, command: Command, reply: Reply) -> Reason | None:
    """SetQuote -> Quoted, and what comes of the orders that it calls."""
    number, instrument = command["instrument"], state.instruments.get(command["instrument"])
    if instrument is None:
        return Reason.InstrumentUnknown
    if instrument.dealing is None:
        return Reason.ExecutionInvalid
    bid, ask, bid_lots, ask_lots = (command[name] for name in ("price", "trigger", "quantity", "amount"))
    reason = lowest(
        {
            Reason.QuantityInvalid: bid_lots < 0 or ask_lots < 0,
            Reason.PriceOffTick: not all(instrument.on_tick(price) for price in (bid, ask)),
            Reason.PriceOutOfRange: not all(
                instrument.min_price <= price <= instrument.max_price for price in (bid, ask)
            ),
            Reason.PhaseForbids: instrument.phase == DELISTED,
            Reason.InstrumentBusy: instrument.busy,
            Reason.QuoteCrossed: bid > ask,
        }
    )
    if reason:
        return reason
    dealing = instrument.dealing
    dealing.quote, dealing.at_ns = Prices(bid, ask), state.at_ns
    dealing.left = {BUY: ask_lots or None, SELL: bid_lots or None} if dealing.sized else {BUY: None, SELL: None}
    reply.say(EventKind.Quoted, instrument=number, price=bid, value=ask, quantity=bid_lots, leaves=ask_lots)
    if instrument.phase == CONTINUOUS:
        for order in called_by_quote(instrument, dealing):
            make_due(instrument, "called", order)
        state.settle(instrument)
    return None


def set_dealing(state: State, command: Command, reply: Reply) -> Reason | None:
    """SetDealing -> DealingSet."""
    instrument = state.instruments.get(command["instrument"])
    if instrument is None:
        return Reason.InstrumentUnknown
    if instrument.dealing is None:
        return Reason.ExecutionInvalid
    rate, age, market, limit, sized = (
        command[name] for name in ("margin_rate", "max_age_ns", "market", "limit", "sized")
    )
    reason = lowest(
        {
            Reason.InstrumentBusy: instrument.busy,
            Reason.DealingInvalid: not 1 <= rate <= BILLION
            or age < 0
            or market not in {STANDING, NEXT}
            or limit not in {TOUCHED, AT_QUOTE, THROUGH}
            or sized > 1,
        }
    )
    if reason:
        return reason
    dealing = instrument.dealing
    dealing.margin_rate, dealing.max_age_ns, dealing.market, dealing.limit = rate, age, market, limit
    dealing.sized = sized == 1
    reply.say(EventKind.DealingSet, instrument=command["instrument"])
    return None


def set_markup(state: State, command: Command, reply: Reply) -> Reason | None:
    """SetMarkup -> MarkupSet."""
    instrument, group = state.instruments.get(command["instrument"]), command["group"]
    reason = lowest(
        {
            Reason.ExecutionInvalid: instrument is not None and instrument.dealing is None,
            Reason.GroupUnknown: group != 0 and group not in state.register.groups,
            Reason.InstrumentUnknown: instrument is None,
            Reason.InstrumentBusy: instrument is not None and instrument.busy,
            Reason.DealingInvalid: command["bid"] < 0 or command["ask"] < 0,
        }
    )
    if reason or instrument is None or instrument.dealing is None:
        return reason
    instrument.dealing.markups[group] = Prices(command["bid"], command["ask"])
    reply.say(EventKind.MarkupSet, instrument=command["instrument"], value=group)
    return None


def follow_quote(order: Order, price: int) -> None:
    """A trailing stop follows the price at which it would be dealt."""
    if order.order_type == TRAILING_STOP:
        order.extreme = min(order.extreme, price) if order.side == BUY else max(order.extreme, price)


def reaches_trigger(order: Order, price: int) -> bool:
    """The price triggers the stop."""
    return price >= trigger_price(order) if order.side == BUY else price <= trigger_price(order)


def called_by_quote(instrument: Instrument, dealing: Dealing) -> list[Order]:
    """Orders that a new quote calls, in the order in which they have their turn; trailing stops follow it first."""
    beyond = instrument.tick if dealing.limit == THROUGH else 0
    found: list[tuple[int, int, int, Order]] = [(0, 0, each.order_id, each) for each in instrument.standing("next")]
    for order in instrument.standing("stop"):
        price = price_for(instrument, order)
        assert price is not None
        follow_quote(order, price)
        if reaches_trigger(order, price):
            trigger = trigger_price(order)
            found.append(
                (1, trigger, order.order_id, order) if order.side == BUY else (2, -trigger, order.order_id, order)
            )
    for order in instrument.standing("quote"):
        price = price_for(instrument, order)
        assert price is not None
        if order.side == BUY and price + beyond <= order.price:
            found.append((3, -order.price, order.order_id, order))
        if order.side == SELL and price - beyond >= order.price:
            found.append((4, order.price, order.order_id, order))
    return [order for *_, order in sorted(found, key=lambda each: each[:3])]


def begin(state: State, order: Order) -> Work:
    """An order that stands nowhere starts: a stop waits for its trigger, others are dealt, wait, or are cancelled."""
    instrument = state.instrument_of(order)
    dealing = instrument.dealing
    assert dealing is not None
    fresh = instrument.phase == CONTINUOUS and dealing.market == STANDING and is_fresh(state, dealing)
    if order.waits_for_trigger:
        price = price_for(instrument, order)
        if order.order_type == TRAILING_STOP and not order.extreme:
            order.extreme = order.price if price is None else price
        instrument.wait(order, "stop")
        if fresh and price is not None and reaches_trigger(order, price):
            make_due(instrument, "called", order)
    elif fresh:
        meet_quote(state, order)
    elif may_wait(order):
        instrument.wait(order, "quote")
    elif dealing.market == STANDING:
        reduce_to(state, order, 0, unfilled(order))
    else:
        instrument.wait(order, "next")
    yield from ()


def may_wait(order: Order) -> bool:
    """A limit order that rests until a quote reaches it."""
    return order.is_limit and order.time_in_force in RESTING


def unfilled(order: Order) -> int:
    """Why what is left is cancelled."""
    return NOT_POSSIBLE if order.time_in_force == FILL_OR_KILL else NOT_FILLED_AT_ONCE


def meet_quote(state: State, order: Order) -> None:
    """The order is dealt at the quote as far as it may be; what is left waits or is cancelled."""
    if not trim(state, order):
        return
    instrument = state.instrument_of(order)
    price = price_for(instrument, order)
    assert price is not None
    reached = within_bound(order, price)
    lots = lots_at_quote(instrument, order)
    if reached and lots and not (order.time_in_force == FILL_OR_KILL and lots < order.open):
        deal(state, order, price, lots)
    if not order.open:
        return
    instrument.leave(order)
    if may_wait(order):
        instrument.wait(order, "quote")
    elif order.triggered and reached:
        instrument.wait(order, "next")
    else:
        reduce_to(state, order, 0, unfilled(order))


def trim(state: State, order: Order) -> bool:
    """Brings the order level with its pair, then within the position that it reduces; whether something is left."""
    if has_too_much(order):
        level(state, order)
    if order.open and order.reduces:
        most = reducible(state, order)
        if order.open > most:
            reduce_to(state, order, most, NOTHING_TO_REDUCE)
    return order.open > 0


def called(state: State, order: Order) -> Work:
    """An order that a quote has called has its turn."""
    instrument = state.instrument_of(order)
    dealing = instrument.dealing
    assert dealing is not None
    if order.waits_for_trigger:
        trigger(state, order)
    elif not may_wait(order):
        meet_quote(state, order)
    elif trim(state, order):
        lots = lots_at_quote(instrument, order)
        price = price_for(instrument, order) if dealing.limit == AT_QUOTE else order.price
        assert price is not None
        if lots:
            deal(state, order, price, lots)
    yield from ()


def trigger(state: State, order: Order) -> None:
    """A stop is triggered, and meets the quote."""
    if has_too_much(order):
        level(state, order)
        if not order.open:
            return
    instrument = state.instrument_of(order)
    instrument.leave(order)
    order.triggered = True
    before = order.order_id
    order.order_id = state.reply.say(
        EventKind.Triggered,
        named=False,
        account=order.account,
        instrument=order.instrument,
        side=order.side,
        client_ref=order.client_ref,
        price=order.price,
        quantity=order.open,
        leaves=order.open,
        value=before,
        fee=price_for(instrument, order) or 0,
    )
    state.note_late(order)
    meet_quote(state, order)


def deal(state: State, order: Order, price: int, lots: int) -> None:
    """Filled and PositionChanged, or Canceled where the account cannot pay."""
    instrument = state.instrument_of(order)
    dealing = instrument.dealing
    assert dealing is not None
    value = instrument.value(price, lots)
    before, found = position_of(state, order), fill_of(state, order, price, lots)
    fee = charge(replace(order), order.taker_rate * value)
    if not is_covered(state, order, found, fee):
        reduce_to(state, order, 0, FUNDS_MISSING)
        return
    charge(order, order.taker_rate * value)
    payer, quote = state.payer(order.account), instrument.quote
    state.ledger.move(quote, found.gain, giver=HOUSE, taker=payer)
    state.ledger.move(quote, fee, giver=payer, taker=FEE_INCOME)
    state.ledger.holds[payer, quote] += found.after.margin - before.margin
    left = dealing.left[order.side]
    dealing.left[order.side] = None if left is None else left - lots
    order.open -= lots
    order.filled += lots
    common = {
        "account": order.account,
        "instrument": order.instrument,
        "side": order.side,
        "client_ref": order.client_ref,
        "price": price,
    }
    filled = state.reply.say(
        EventKind.Filled,
        named=state.reply.own is order,
        detail=DEALT,
        quantity=lots,
        leaves=order.open,
        value=value,
        fee=fee,
        **common,
    )
    if state.accounts[order.account].hedging and before.lots == 0:
        order.position = filled
    key = (order.instrument, order.account, order.position)
    state.register.dealt.pop(key, None)
    if found.after.lots:
        state.register.dealt[key] = found.after
    state.reply.say(
        EventKind.PositionChanged,
        named=False,
        detail=found.detail,
        source_seq=order.position,
        quantity=found.after.lots,
        leaves=before.lots,
        value=found.gain,
        fee=found.after.cost,
        released=before.margin - found.after.margin,
        **common,
    )
    sign = 1 if order.side == BUY else -1
    count_traded(state, order.account, quote, value)
    count_fill(state, order.account, order.instrument, cash=-sign * value - fee, lots=sign * lots)
    lots_gone(state, order)


def take_position(state: State, order: Order, target: int) -> None:
    """What an order may reduce only, and of a hedging account which position, as it arrives."""
    account = state.accounts[order.account]
    if state.instruments[order.instrument].dealing is None:
        return
    order.group, order.reduces = account.group, order.reduce_only
    if not account.hedging:
        return
    if order.flags & 4:
        other = account.open[target]
        if other.reduces:
            order.reduces, order.position = True, other.position
    elif not order.flags & 8:
        order.reduces, order.position = order.reduce_only or target != 0, target
