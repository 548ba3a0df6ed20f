"""MassQuote, from docs/concepts/orders.md: bids and asks of an account in many instruments, in place of its last."""

from typing import Final

from tests.model.commands import Command
from tests.model.due import after_cancel
from tests.model.events import EventKind, Reply
from tests.model.limits import MAX_REF_STEP, U64_MAX
from tests.model.links import reduce_to
from tests.model.orders import place
from tests.model.rejects import Reason
from tests.model.state import BUY, GOOD_TILL_CANCELLED, SELL, Account, Order, State
from tests.model.trading import BY_OWNER

ITEM_ROOM: Final = 13
BEHIND: Final = 4
"""Events for which matching leaves room: cancel of the ask, outcome of bid and ask, WorkFull at the end."""


def mass_quote(state: State, command: Command, reply: Reply) -> Reason | None:
    """MassQuote -> for each item Canceled of the old bid and ask, Accepted or Rejected of the new ones."""
    account = state.accounts.get(command["account"])
    if account is None:
        return Reason.AccountUnknown
    first = command["client_ref"]
    last = first + 2 * len(command.items) - 1
    if not 0 < first - account.last_ref <= MAX_REF_STEP or last > U64_MAX:
        return Reason.ClientRefStale
    if not command.items:
        return Reason.QuantityInvalid
    account.last_ref = last
    for index, item in enumerate(command.items):
        if not state.has_room(ITEM_ROOM):
            refuse(state, command, Reason.WorkFull, client_ref=first + 2 * index)
            return None
        state.reply.reserve = BEHIND
        withdraw(state, account, item["instrument"])
        account.quotes[item["instrument"]] = [
            order.client_ref
            for order in (
                placed(state, command, item, BUY, first + 2 * index),
                placed(state, command, item, SELL, first + 2 * index + 1),
            )
            if order is not None
        ]
        state.reply.reserve = 0
    return None


def withdraw(state: State, account: Account, instrument: int) -> None:
    """Cancels what is open of the last quote in the instrument, the bid first."""
    for client_ref in account.quotes.pop(instrument, []):
        order = account.open.get(client_ref)
        if order is not None:
            state.reply.own = order
            reduce_to(state, order, 0, BY_OWNER)
            after_cancel(state, state.instrument_of(order))


def placed(state: State, command: Command, item: dict[str, int], side: int, client_ref: int) -> Order | None:
    """One side of an item, None where there is none or it was refused."""
    name = "bid" if side == BUY else "ask"
    if item[f"{name}_quantity"] == 0:
        return None
    order = Order(
        order_id=0,
        account=command["account"],
        instrument=item["instrument"],
        client_ref=client_ref,
        side=side,
        time_in_force=GOOD_TILL_CANCELLED,
        price=item[f"{name}_price"],
        open=item[f"{name}_quantity"],
    )
    price, quantity = order.price, order.open
    listed = state.instruments.get(order.instrument)
    dealt = listed is not None and listed.dealing is not None
    reason = Reason.ExecutionInvalid if dealt else place(state, order, 0)
    if reason:
        refuse(
            state,
            command,
            reason,
            client_ref=client_ref,
            instrument=order.instrument,
            side=side,
            price=price,
            quantity=quantity,
        )
        return None
    return order


def refuse(state: State, command: Command, reason: Reason, **values: int) -> None:
    """Rejected of a part of the command."""
    named = {"account": command["account"], "detail": int(reason), "value": int(command.kind)}
    state.reply.say(EventKind.Rejected, named=True, **(named | values))
