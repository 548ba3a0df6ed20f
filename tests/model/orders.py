"""PlaceOrder, CancelOrder, ReplaceOrder and Continue, from docs/concepts/engine.md: the checks, then what they do."""

from dataclasses import replace
from typing import Final

from tests.model.commands import Command
from tests.model.events import EventKind, Reply
from tests.model.limits import I64_MAX, MAX_REF_STEP
from tests.model.matching import (
    BY_OWNER,
    FILL_OR_KILL,
    GOOD_TILL_CANCELLED,
    NOT_POSSIBLE,
    REPLACED_BY_NO_MORE,
    Outlook,
    cancel_unfilled,
    dry_run,
    match,
    reduce_to,
    within_reach,
)
from tests.model.rejects import Reason, lowest
from tests.model.state import BUY, SELL, Account, Instrument, Order, State

LIMIT: Final = 1
MARKET: Final = 2

POST_ONLY: Final = 1


def place_order(state: State, command: Command, reply: Reply) -> Reason | None:
    """PlaceOrder -> Accepted, then trades, then Canceled or a rest in the book."""
    account = state.accounts.get(command["account"])
    if account is None:
        return Reason.AccountUnknown
    if not 0 < command["client_ref"] - account.last_ref <= MAX_REF_STEP:
        return Reason.ClientRefStale
    account.last_ref = command["client_ref"]
    instrument = state.instruments.get(command["instrument"])
    if instrument is None:
        return Reason.InstrumentUnknown
    reason = (
        refusal_of_form(command)
        or refusal_of_size(instrument, account, command["price"], command["quantity"])
        or refusal_of_room(state, instrument, account)
    )
    if reason:
        return reason
    order = Order(
        order_id=0,
        account=command["account"],
        instrument=command["instrument"],
        client_ref=command["client_ref"],
        side=command["side"],
        time_in_force=command["time_in_force"],
        price=command["price"],
        open=command["quantity"],
        post_only=command["flags"] == POST_ONLY,
    )
    hold = instrument.hold(order, order.price, order.open)
    if not affordable(state, order, hold):
        return Reason.FundsInsufficient
    outlook = dry_run(state, order) if order.time_in_force == FILL_OR_KILL else None
    if outlook == Outlook.TOO_LARGE:
        return Reason.FillOrKillTooLarge
    if would_trade(instrument, order):
        return Reason.PostOnlyWouldTrade
    account.open[order.client_ref] = order
    order.order_id = reply.say(
        EventKind.Accepted,
        account=order.account,
        instrument=order.instrument,
        side=order.side,
        client_ref=order.client_ref,
        price=order.price,
        quantity=order.open,
        leaves=order.open,
        detail=order.time_in_force,
        value=command["order_type"],
        released=state.rehold(order, hold),
    )
    if outlook == Outlook.FAILS:
        cancel_unfilled(state, order, NOT_POSSIBLE, reply)
    else:
        match(state, order, reply)
    return None


def refusal_of_form(command: Command) -> Reason | None:
    """Side, order type, time in force and flags."""
    order_type, time_in_force, flags = (command[name] for name in ("order_type", "time_in_force", "flags"))
    may_be_post_only = order_type == LIMIT and time_in_force == GOOD_TILL_CANCELLED
    return lowest(
        {
            Reason.SideInvalid: command["side"] not in {BUY, SELL},
            Reason.OrderTypeInvalid: order_type not in {LIMIT, MARKET},
            Reason.TimeInForceInvalid: time_in_force not in {1, 2, 3}
            or (order_type == MARKET and time_in_force not in {2, 3}),
            Reason.FlagsInvalid: flags != 0 and not (flags == POST_ONLY and may_be_post_only),
        }
    )


def refusal_of_size(instrument: Instrument, account: Account, price: int, quantity: int) -> Reason | None:
    """Quantity and price against the limits of instrument and account."""
    return lowest(
        {
            Reason.QuantityInvalid: quantity < 1,
            Reason.QuantityTooLarge: quantity > min(instrument.max_quantity, account.max_quantity),
            Reason.PriceOffTick: price % instrument.tick != 0,
            Reason.PriceOutOfRange: not instrument.min_price <= price <= instrument.max_price,
            Reason.NotionalTooLarge: instrument.value(price, quantity)
            > min(instrument.max_notional, account.max_notional),
            Reason.InstrumentBusy: instrument.working is not None,
        }
    )


def refusal_of_room(state: State, instrument: Instrument, account: Account) -> Reason | None:
    """Whether one more order may be open."""
    return lowest(
        {
            Reason.OpenOrdersTooMany: len(account.open) >= account.max_open_orders,
            Reason.OrdersFull: state.open_orders() >= state.capacity,
        }
    )


def affordable(state: State, order: Order, hold: int) -> bool:
    """Whether the account can hold so much for the order, which may hold something already."""
    asset = state.instruments[order.instrument].held_asset(order.side)
    return hold <= I64_MAX and hold - order.hold <= state.ledger.free(order.account, asset)


def would_trade(instrument: Instrument, order: Order) -> bool:
    """A post-only order that reaches the best opposite price, whoever stands there."""
    return order.post_only and within_reach(instrument, order) != []


def cancel_order(state: State, command: Command, reply: Reply) -> Reason | None:
    """CancelOrder -> Canceled; the order keeps its place with what is left."""
    account = state.accounts.get(command["account"])
    if account is None:
        return Reason.AccountUnknown
    order = account.open.get(command["client_ref"])
    if order is None:
        return Reason.OrderUnknown
    if not 0 <= command["quantity"] < order.filled + order.open:
        return Reason.QuantityInvalid
    reduce_to(state, order, max(0, command["quantity"] - order.filled), BY_OWNER, reply)
    return None


def replace_order(state: State, command: Command, reply: Reply) -> Reason | None:
    """ReplaceOrder -> Replaced and perhaps trades, or Canceled where no more is wanted than was filled."""
    account = state.accounts.get(command["account"])
    if account is None:
        return Reason.AccountUnknown
    if not 0 < command["client_ref"] - account.last_ref <= MAX_REF_STEP:
        return Reason.ClientRefStale
    account.last_ref = command["client_ref"]
    order = account.open.get(command["target"])
    if order is None:
        return Reason.OrderUnknown
    instrument = state.instruments[order.instrument]
    reason = refusal_of_size(instrument, account, command["price"], command["quantity"])
    if reason:
        return reason
    lots_open = command["quantity"] - order.filled
    if lots_open <= 0:
        reduce_to(state, order, 0, REPLACED_BY_NO_MORE, reply)
        return None
    if not affordable(state, order, instrument.hold(order, command["price"], lots_open)):
        return Reason.FundsInsufficient
    moved = replace(order, price=command["price"])
    if not keeps_priority(order, command["price"], lots_open) and would_trade(instrument, moved):
        return Reason.PostOnlyWouldTrade
    change(state, account, order, lots_open, command, reply)
    return None


def keeps_priority(order: Order, price: int, lots_open: int) -> bool:
    """Whether the order stands where it stood with the new price and lots."""
    return price == order.price and lots_open <= order.open


def change(state: State, account: Account, order: Order, lots_open: int, command: Command, reply: Reply) -> None:
    """Gives the order its new reference, price and lots; without priority it leaves its level and matches."""
    instrument = state.instruments[order.instrument]
    stays = keeps_priority(order, command["price"], lots_open)
    if not stays:
        instrument.leave(order)
    del account.open[order.client_ref]
    order.client_ref = command["client_ref"]
    account.open[order.client_ref] = order
    order.price, order.open = command["price"], lots_open
    event_id = reply.say(
        EventKind.Replaced,
        account=order.account,
        instrument=order.instrument,
        side=order.side,
        detail=int(stays),
        client_ref=order.client_ref,
        price=order.price,
        quantity=command["quantity"],
        leaves=order.open,
        value=order.order_id,
        fee=signed(command["target"]),
        released=state.rehold(order, instrument.hold(order, order.price, order.open)),
    )
    if not stays:
        order.order_id = event_id
        match(state, order, reply)


def continue_order(state: State, command: Command, reply: Reply) -> Reason | None:
    """Continue -> what the order that keeps the instrument busy makes next; no source stands on that."""
    instrument = state.instruments.get(command["instrument"])
    if instrument is None:
        return Reason.InstrumentUnknown
    order = instrument.working
    if order is None:
        return Reason.InstrumentNotBusy
    instrument.working = None
    reply.source = reply.source_seq = 0
    match(state, order, reply)
    return None


def signed(number: int) -> int:
    """The 64 bits of a reference as they stand in a signed field."""
    return number - 2**64 if number > I64_MAX else number
