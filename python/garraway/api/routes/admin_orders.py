"""The back office: orders of clients listed, modified, cancelled; what is permitted is asked for each account."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool

from garraway.api.asked import ReplaceAsked, reference, replacement
from garraway.api.decimals import Asked, Decimal
from garraway.api.hands import Reason, hand_of
from garraway.api.permits import Caller, needs
from garraway.api.problems import not_found
from garraway.api.reading import Cursor, Limit, MinSeq, cursor_of, fresh, key_of
from garraway.api.rendering import order_said
from garraway.api.routes.commands import CommandSaid, command_said
from garraway.api.routes.orders import OrdersSaid
from garraway.api.serving import Served
from garraway.identity.audit import Act

routes = APIRouter(prefix="/api/v1/admin/accounts/{account}/orders", tags=["back office"])
AccountNamed = Annotated[int, Path(ge=1, le=2**32 - 1)]
RefNamed = Annotated[str, Path(pattern=r"^[0-9]{1,20}$")]


class ModifyAsked(Asked):
    """What a client's order is to be instead."""

    price: Decimal
    quantity: Decimal
    trigger_price: Decimal | None = None
    reason: Reason


class CancelAsked(Asked):
    """Why a client's order is cancelled."""

    reason: Reason


@routes.get("")
async def list_client_orders(
    account: AccountNamed,
    services: Served,
    caller: Annotated[Caller, needs("view", "orders")],
    cursor: Cursor = None,
    limit: Limit = 100,
    min_seq: MinSeq = None,
) -> OrdersSaid:
    """A client's open orders."""
    number, key = caller.account(account), key_of(cursor, 1)
    seq = await fresh(services, min_seq)
    newest = sorted(services.views.open_orders(number), key=lambda row: -row["client_ref"])
    rows = [row for row in newest if key is None or row["client_ref"] < key[0]][:limit]
    following = cursor_of(rows[-1]["client_ref"]) if len(rows) == limit else None
    return OrdersSaid(items=[order_said(row, services.directory) for row in rows], next_cursor=following, seq=seq)


@routes.put("/{order_ref}")
async def modify_client_order(
    account: AccountNamed,
    order_ref: RefNamed,
    asked: ModifyAsked,
    services: Served,
    caller: Annotated[Caller, needs("replace", "orders")],
) -> CommandSaid:
    """Replaces a client's order in one step."""
    number, target = caller.account(account), reference("order_ref", order_ref)
    row = services.views.order(number, target)
    if row is None:
        raise not_found("OrderUnknown", f"account {number} has no order {order_ref}, open or done lately")
    instrument = services.directory.instruments[row["instrument"]]
    standing = services.directory.standings.get(instrument.number)
    change = replacement(
        ReplaceAsked(price=asked.price, quantity=asked.quantity, trigger_price=asked.trigger_price),
        instrument,
        standing,
        account=number,
        target=target,
    )
    told = await services.desk.replace(change)
    act = Act("order.modify", f"order:{number}/{order_ref}", after=asked.model_dump(mode="json") | {"seq": told.seq})
    await run_in_threadpool(services.back_office.note, act, hand_of(caller, asked.reason))
    return command_said(told)


@routes.post("/{order_ref}/cancel")
async def cancel_client_order(
    account: AccountNamed,
    order_ref: RefNamed,
    asked: CancelAsked,
    services: Served,
    caller: Annotated[Caller, needs("cancel", "orders")],
) -> CommandSaid:
    """Cancels a client's order."""
    number = caller.account(account)
    told = await services.desk.cancel(number, reference("order_ref", order_ref))
    await _note_cancel(services, caller, f"order:{number}/{order_ref}", told.seq, asked.reason)
    return command_said(told)


@routes.delete("/{order_ref}")
async def delete_client_order(
    account: AccountNamed,
    order_ref: RefNamed,
    services: Served,
    caller: Annotated[Caller, needs("cancel", "orders")],
) -> CommandSaid:
    """Cancels a client's order without a word why."""
    number = caller.account(account)
    told = await services.desk.cancel(number, reference("order_ref", order_ref))
    await _note_cancel(services, caller, f"order:{number}/{order_ref}", told.seq, "")
    return command_said(told)


async def _note_cancel(services: Served, caller: Caller, thing: str, seq: int, reason: str) -> None:
    act = Act("order.cancel", thing, after={"seq": seq})
    await run_in_threadpool(services.back_office.note, act, hand_of(caller, reason))
