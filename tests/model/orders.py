"""PlaceOrder, CancelOrder, ReplaceOrder and Continue, from docs/concepts/engine.md: the checks, then what they do."""

from typing import Final

from tests.model.commands import Command
from tests.model.events import EventKind, Reply
from tests.model.limits import I64_MAX
from tests.model.matching import (
    BY_OWNER,
    FILL_OR_KILL,
    NOT_POSSIBLE,
    REPLACED_BY_NO_MORE,
    cancel_unfilled,
    match,
    say_canceled,
    within_reach,
)
from tests.model.rejects import Reason, lowest
from tests.model.state import BUY, SELL, Account, Instrument, Order, State

LIMIT: Final = 1
MARKET: Final = 2


def place_order(state: State, command: Command, reply: Reply) -> Reason | None:
    """PlaceOrder -> Accepted, then trades, then Canceled or a rest in the book."""
    account = state.accounts.get(command["account"])
    if account is None:
        return Reason.AccountUnknown
    if command["client_ref"] <= account.last_ref:
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
    )
    hold = instrument.hold(order, order.price, order.open)
    if not affordable(state, order, hold):
        return Reason.FundsInsufficient
    needed = orders_needed(instrument, order)
    if order.time_in_force == FILL_OR_KILL and needed is not None and 1 + 3 * needed + 1 > state.slice_events:
        return Reason.FillOrKillTooLarge
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
    if order.time_in_force == FILL_OR_KILL and needed is None:
        cancel_unfilled(state, order, NOT_POSSIBLE, reply)
    else:
        match(state, order, reply)
    return None


def refusal_of_form(command: Command) -> Reason | None:
    """Side, order type and time in force."""
    order_type, time_in_force = command["order_type"], command["time_in_force"]
    return lowest(
        {
            Reason.SideInvalid: command["side"] not in {BUY, SELL},
            Reason.OrderTypeInvalid: order_type not in {LIMIT, MARKET},
            Reason.TimeInForceInvalid: time_in_force not in {1, 2, 3}
            or (order_type == MARKET and time_in_force not in {2, 3}),
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


def orders_needed(instrument: Instrument, order: Order) -> int | None:
    """How many opposite orders fill the whole order, or None where all within reach do not."""
    lots = 0
    for count, resting in enumerate(within_reach(instrument, order), 1):
        lots += resting.open
        if lots >= order.open:
            return count
    return None


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
    end_or_reduce(state, order, max(0, command["quantity"] - order.filled), BY_OWNER, reply)
    return None


def end_or_reduce(state: State, order: Order, lots_open: int, detail: int, reply: Reply) -> None:
    """Cancels all lots but so many."""
    lots, order.open = order.open - lots_open, lots_open
    say_canceled(state, order, lots, detail, reply)
    if order.open == 0:
        state.instruments[order.instrument].leave(order)
        del state.accounts[order.account].open[order.client_ref]


def replace_order(state: State, command: Command, reply: Reply) -> Reason | None:
    """ReplaceOrder -> Replaced and perhaps trades, or Canceled where no more is wanted than was filled."""
    account = state.accounts.get(command["account"])
    if account is None:
        return Reason.AccountUnknown
    if command["client_ref"] <= account.last_ref:
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
        end_or_reduce(state, order, 0, REPLACED_BY_NO_MORE, reply)
        return None
    if not affordable(state, order, instrument.hold(order, command["price"], lots_open)):
        return Reason.FundsInsufficient
    change(state, account, order, lots_open, command, reply)
    return None


def change(state: State, account: Account, order: Order, lots_open: int, command: Command, reply: Reply) -> None:
    """Gives the order its new reference, price and lots; without priority it leaves its level and matches."""
    instrument = state.instruments[order.instrument]
    keeps_priority = command["price"] == order.price and lots_open <= order.open
    if not keeps_priority:
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
        detail=int(keeps_priority),
        client_ref=order.client_ref,
        price=order.price,
        quantity=command["quantity"],
        leaves=order.open,
        value=order.order_id,
        fee=signed(command["target"]),
        released=state.rehold(order, instrument.hold(order, order.price, order.open)),
    )
    if not keeps_priority:
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
