"""Orders as they stand: open ones and those done lately from the fold, older ones from the SQL views."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query

from garraway.api.asked import CLIENT_ORDER_ID, reference
from garraway.api.decimals import Said
from garraway.api.permits import Caller, needs
from garraway.api.problems import not_found
from garraway.api.reading import AccountAsked, Cursor, Limit, MinSeq, Seen, cursor_of, fresh, key_of, queried
from garraway.api.rendering import OrderSaid, order_of_history, order_said
from garraway.api.routes.instruments import named
from garraway.api.serving import Served
from garraway.store import history

routes = APIRouter(prefix="/api/v1/orders", tags=["orders"])
KEPT: Final = 1_000
"""Orders done lately that the fold keeps of an account."""
HIGHEST: Final = 2**63 - 1
"""References beyond are none that this service gave out, and none that SQL can hold."""
Viewer = Annotated[Caller, needs("view", "orders")]
SymbolAsked = Annotated[str | None, Query(max_length=16, description="Orders of this instrument alone.")]


class OrdersSaid(Said):
    """A page of orders, the latest first."""

    items: list[OrderSaid]
    next_cursor: str | None
    seq: int


class OneOrderSaid(Said):
    """An order, as of command `seq`."""

    order: OrderSaid
    seq: int


@routes.get("")
async def list_orders(
    services: Served,
    caller: Viewer,
    account: AccountAsked = None,
    status: Literal["open", "recent", "history"] = "open",
    symbol: SymbolAsked = None,
    cursor: Cursor = None,
    limit: Limit = 100,
    min_seq: MinSeq = None,
) -> OrdersSaid:
    """Orders of an account: `open`, done lately (`recent`), or accepted ever (`history`, a moment behind)."""
    number = caller.account(account)
    wanted = named(services.directory, symbol).number if symbol is not None else None
    key = key_of(cursor, 1)
    if status == "history":
        before = key[0] if key is not None else None
        seq, found = await queried(
            services,
            lambda connection: history.orders(connection, [number], before=before, limit=limit),
            min_seq=min_seq,
        )
        last = found[-1]["placed_id"] if len(found) == limit else None
        rows = [order_of_history(row) for row in found]
    else:
        seq = await fresh(services, min_seq)
        kept = services.views.open_orders(number) if status == "open" else services.views.done_lately(number, KEPT)
        newest = sorted(kept, key=lambda row: -row["client_ref"])
        rows = [row for row in newest if key is None or row["client_ref"] < key[0]][:limit]
        last = rows[-1]["client_ref"] if len(rows) == limit else None
    shown = [order_said(row, services.directory) for row in rows if wanted is None or row["instrument"] == wanted]
    return OrdersSaid(items=shown, next_cursor=cursor_of(last) if last is not None else None, seq=seq)


@routes.get("/by-client-id/{client_order_id}")
async def get_order_by_client_id(
    client_order_id: Annotated[str, Path(pattern=CLIENT_ORDER_ID)],
    services: Served,
    caller: Viewer,
    seen: Seen,
    account: AccountAsked = None,
) -> OneOrderSaid:
    """The latest order with this id of the client's own that is open or was done lately."""
    number = caller.account(account)
    row = services.views.order_by_text(number, client_order_id)
    if row is None:
        raise not_found("OrderUnknown", f"no order of account {number} has client_order_id {client_order_id!r}")
    return OneOrderSaid(order=order_said(row, services.directory), seq=seen)


@routes.get("/{order_ref}")
async def get_order(
    order_ref: Annotated[str, Path(pattern=r"^[0-9]{1,20}$")],
    services: Served,
    caller: Viewer,
    seen: Seen,
    account: AccountAsked = None,
) -> OneOrderSaid:
    """One order: from the fold, else from the SQL views."""
    number, ref = caller.account(account), reference("order_ref", order_ref)
    row = services.views.order(number, ref)
    if row is not None:
        return OneOrderSaid(order=order_said(row, services.directory), seq=seen)
    seq, old = seen, None
    if ref <= HIGHEST:
        seq, old = await queried(services, lambda connection: history.order(connection, number, ref))
    if old is None:
        raise not_found("OrderUnknown", f"account {number} has no order {order_ref}")
    return OneOrderSaid(order=order_said(order_of_history(old), services.directory), seq=seq)
