"""Order entry: place, replace, reduce, cancel, mass cancel. Raw routes: parse, call the desk, say what became of it."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from garraway.api.asked import (
    CLIENT_ORDER_ID,
    SIDES,
    PlaceAsked,
    ReduceAsked,
    ReplaceAsked,
    client_order_id,
    converted,
    new_order,
    reference,
    replacement,
)
from garraway.api.desk import Told
from garraway.api.problems import invalid, not_found, translated
from garraway.api.raw import Ask, Parameter, RawRoute
from garraway.api.reading import fresh
from garraway.api.services import Services
from garraway.identity import Permission
from garraway.records import Scope
from garraway.units import quantity_lots
from garraway.venues import Instrument

PATH: Final = "/api/v1/orders"
UNSIGNED_32: Final = 2**32 - 1
STATUSES: Final = {
    200: "The command was carried out, or rejected: see `status` and `reason`.",
    202: "The exchange did not answer in time: what became of the command shows later. Never send it again blindly.",
}
PLACED: Final = {201: STATUSES[200], 202: STATUSES[202]}
REF: Final = {"type": "string", "pattern": "^[0-9]{1,20}$", "examples": ["42"]}
TEXT: Final = {"type": "string", "pattern": CLIENT_ORDER_ID, "examples": ["mine-1"]}
ACCOUNT: Final = Parameter(
    "account",
    {"type": "integer", "minimum": 1, "maximum": UNSIGNED_32},
    "Which account; may be left out by who has one.",
)


class ReasonSaid(msgspec.Struct, frozen=True):
    """Why the engine rejected it."""

    code: str
    detail: str
    remedy: str


class OrderCommandSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a command; `seq` is the number of the command, for `min_seq` of a read."""

    status: Literal["accepted", "rejected", "unknown"]
    account: int
    seq: int
    order_ref: Annotated[str, Meta(pattern="^[0-9]{1,20}$")] | None = None
    client_order_id: str | None = None
    event_id: Annotated[str, Meta(pattern="^[0-9]{1,20}$")] | None = None
    reason: ReasonSaid | None = None


async def place(ask: Ask) -> tuple[int, OrderCommandSaid]:
    """Place an order. The reply says whether it was accepted; what it traded, `GET /api/v1/orders/{order_ref}`."""
    asked = converted(ask.json, PlaceAsked)
    text = client_order_id(asked.client_order_id)
    account = ask.caller.account(asked.account)
    services = ask.services
    order = new_order(asked, services.directory, account=account, now_ns=services.clock())
    began_s = services.monotonic_s()
    told = await services.desk.place(order, text)
    services.meters.acknowledged(told.status, services.monotonic_s() - began_s)
    return 202 if told.status == "unknown" else 201, _said(account, told)


async def replace(ask: Ask) -> tuple[int, OrderCommandSaid]:
    """Replace an open order in one step, under a new `order_ref`; without a new client order id it keeps its own."""
    asked = converted(ask.json, ReplaceAsked)
    text = client_order_id(asked.client_order_id)
    account = ask.caller.account(asked.account)
    target = reference("order_ref", ask.parameters["order_ref"])
    instrument = await _instrument(ask.services, account, target)
    standing = ask.services.directory.standings.get(instrument.number)
    change = replacement(asked, instrument, standing, account=account, target=target)
    told = await ask.services.desk.replace(change, text)
    return _status(told), _said(account, told)


async def reduce(ask: Ask) -> tuple[int, OrderCommandSaid]:
    """Reduce an open order to what it may fill in all. It keeps its place in the queue."""
    asked = converted(ask.json, ReduceAsked)
    account = ask.caller.account(asked.account)
    target = reference("order_ref", ask.parameters["order_ref"])
    terms = (await _instrument(ask.services, account, target)).terms
    lots = translated("quantity", lambda: quantity_lots(asked.quantity, terms))
    told = await ask.services.desk.cancel(account, target, lots)
    return _status(told), _said(account, told)


async def cancel(ask: Ask) -> tuple[int, OrderCommandSaid]:
    """Cancel an open order."""
    account = ask.caller.account(_account(ask))
    told = await ask.services.desk.cancel(account, reference("order_ref", ask.parameters["order_ref"]))
    return _status(told), _said(account, told)


async def cancel_by_text(ask: Ask) -> tuple[int, OrderCommandSaid]:
    """Cancel an open order by the client's own id."""
    account = ask.caller.account(_account(ask))
    text = client_order_id(ask.parameters["client_order_id"])
    assert text is not None
    known = ask.services.views.order_by_text(account, text)
    client_ref = known["client_ref"] if known is not None else ask.services.desk.ref_of(account, text)
    if client_ref is None:
        raise not_found("OrderUnknown", f"no order of account {account} has client_order_id {text!r}")
    assert isinstance(client_ref, int)
    told = await ask.services.desk.cancel(account, client_ref)
    return _status(told), _said(account, told)


async def mass_cancel(ask: Ask) -> tuple[int, OrderCommandSaid]:
    """Cancel all open orders of an account, or those of one instrument or side."""
    account = ask.caller.account(_account(ask))
    side = ask.parameters.get("side")
    if side is not None and side not in SIDES:
        raise invalid("side", "FieldInvalid", f"side {side[:16]!r} is neither buy nor sell")
    symbol, number = ask.parameters.get("symbol"), 0
    if symbol is not None:
        instrument = ask.services.directory.symbol(symbol)
        if instrument is None:
            raise invalid("symbol", "InstrumentUnknown", f"symbol {symbol[:32]!r} is not listed")
        number = instrument.number
    told = await ask.services.desk.mass_cancel(
        scope=Scope.ACCOUNT, number=account, instrument=number, side=SIDES[side] if side is not None else 0
    )
    return _status(told), _said(account, told)


def _account(ask: Ask) -> int | None:
    text = ask.parameters.get("account")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) <= UNSIGNED_32):
        raise invalid("account", "FieldInvalid", f"account {text[:32]!r} is no number of an account")
    return int(text)


async def _instrument(services: Services, account: int, client_ref: int) -> Instrument:
    """What an order is of. Raises: Problem: there is no such order, open or done lately."""
    known = services.views.order(account, client_ref)
    if known is None:
        await fresh(services, services.desk.last_seq)
        known = services.views.order(account, client_ref)
    if known is None:
        raise not_found("OrderUnknown", f"account {account} has no order {client_ref}, open or done lately")
    number = known["instrument"]
    assert isinstance(number, int)
    return services.directory.instruments[number]


def _status(told: Told) -> int:
    return 202 if told.status == "unknown" else 200


def _said(account: int, told: Told) -> OrderCommandSaid:
    reason = told.reason
    return OrderCommandSaid(
        status=told.status,
        account=account,
        seq=told.seq,
        order_ref=str(told.client_ref) if told.client_ref else None,
        client_order_id=told.text or None,
        event_id=str(told.event_id) if told.event_id else None,
        reason=ReasonSaid(reason.name, reason.doc, reason.remedy) if reason is not None else None,
    )


_QUERY: Final = (
    Parameter("symbol", {"type": "string", "minLength": 1, "maxLength": 16}, "Orders of this instrument alone."),
    Parameter("side", {"type": "string", "enum": ["buy", "sell"]}, "Orders of this side alone."),
    ACCOUNT,
)
PLACE: Final = Permission("place", "orders")
REPLACE: Final = Permission("replace", "orders")
CANCEL: Final = Permission("cancel", "orders")
_ONE: Final = {"order_ref": REF}
ROUTES: Final = (
    RawRoute(
        method="POST",
        path=PATH,
        permission=PLACE,
        endpoint=place,
        asked=PlaceAsked,
        said=OrderCommandSaid,
        statuses=PLACED,
    ),
    RawRoute(
        method="DELETE",
        path=PATH,
        permission=CANCEL,
        endpoint=mass_cancel,
        said=OrderCommandSaid,
        statuses=STATUSES,
        query=_QUERY,
    ),
    RawRoute(
        method="DELETE",
        path=PATH + "/by-client-id/{client_order_id}",
        permission=CANCEL,
        endpoint=cancel_by_text,
        said=OrderCommandSaid,
        statuses=STATUSES,
        query=(ACCOUNT,),
        path_schema={"client_order_id": TEXT},
    ),
    RawRoute(
        method="PUT",
        path=PATH + "/{order_ref}",
        permission=REPLACE,
        endpoint=replace,
        asked=ReplaceAsked,
        said=OrderCommandSaid,
        statuses=STATUSES,
        path_schema=_ONE,
    ),
    RawRoute(
        method="PATCH",
        path=PATH + "/{order_ref}",
        permission=REPLACE,
        endpoint=reduce,
        asked=ReduceAsked,
        said=OrderCommandSaid,
        statuses=STATUSES,
        path_schema=_ONE,
    ),
    RawRoute(
        method="DELETE",
        path=PATH + "/{order_ref}",
        permission=CANCEL,
        endpoint=cancel,
        said=OrderCommandSaid,
        statuses=STATUSES,
        query=(ACCOUNT,),
        path_schema=_ONE,
    ),
)
