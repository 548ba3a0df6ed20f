"""Orders: place, cancel, read. They go through the desk that all interfaces share. Touches `units`.

`orderId` is the native API's `order_ref`: a number within the account.
"""

from typing import Any, Final

from garraway.api.asked import HIGHEST_REF, PlaceAsked, client_order_id, converted, new_order
from garraway.api.desk import Told
from garraway.api.facades.binance import symbols
from garraway.api.facades.binance.asking import Ask
from garraway.api.facades.binance.refusals import malformed, missing, of_reject, refusal
from garraway.api.ports import FillRow, OrderRow
from garraway.api.problems import Problem
from garraway.api.reading import fresh
from garraway.records import Canceling, Flags, OrderType, Scope, TimeInForce
from garraway.units import money_text, price_text, quantity_text
from garraway.venues import Instrument
from garraway.views import ViewsError

Said = dict[str, Any]
MS: Final = 1_000_000
KEPT: Final = 1_000
"""Fills, and orders done, that the fold keeps of an account."""
SIDES: Final = {"BUY": "buy", "SELL": "sell"}
TIMES: Final = {"GTC": "gtc", "IOC": "ioc", "FOK": "fok"}
TYPES: Final = {
    "LIMIT": "limit",
    "LIMIT_MAKER": "limit",
    "MARKET": "market",
    "STOP_LOSS": "stop",
    "STOP_LOSS_LIMIT": "stop_limit",
}
WITH_PRICE: Final = frozenset({"LIMIT", "LIMIT_MAKER", "STOP_LOSS_LIMIT"})
WITH_TIME: Final = frozenset({"LIMIT", "STOP_LOSS_LIMIT"})
WITH_TRIGGER: Final = frozenset({"STOP_LOSS", "STOP_LOSS_LIMIT"})
RESPONSES: Final = frozenset({"ACK", "RESULT", "FULL"})
_SIDE_WORDS: Final = {1: "BUY", 2: "SELL"}
_TYPE_WORDS: Final = {
    OrderType.LIMIT: "LIMIT",
    OrderType.MARKET: "MARKET",
    OrderType.MARKET_TO_LIMIT: "MARKET",
    OrderType.STOP: "STOP_LOSS",
    OrderType.STOP_LIMIT: "STOP_LOSS_LIMIT",
}
"""What orders of other types, placed by other interfaces, are told as: LIMIT."""
_TIME_WORDS: Final = {TimeInForce.IMMEDIATE_OR_CANCEL: "IOC", TimeInForce.FILL_OR_KILL: "FOK"}
_EXPIRING: Final = frozenset(Canceling) - {Canceling.BY_OWNER, Canceling.MASS, Canceling.LINKED}
_STATES: Final = {"filled": "FILLED", "rejected": "REJECTED"}


async def place(ask: Ask) -> Said:
    """Places an order; with FULL, the fills that it had at once."""
    parameters, services = ask.parameters, ask.services
    instrument = symbols.named(services.directory, parameters.needed("symbol"))
    asked = _asked(ask, instrument)
    response = parameters.text("newOrderRespType") or "FULL"
    if response not in RESPONSES:
        raise refusal(-1137, "Invalid newOrderRespType.")
    order = new_order(asked, services.directory, account=ask.account, now_ns=services.clock())
    began_s = services.monotonic_s()
    told = await services.desk.place(order, _text_of(ask, "newClientOrderId"))
    services.meters.acknowledged(told.status, services.monotonic_s() - began_s)
    _insist_accepted(ask, told)
    said = {
        "symbol": symbols.said(instrument),
        "orderId": told.client_ref,
        "orderListId": -1,
        "clientOrderId": told.text,
        "transactTime": services.clock() // MS,
    }
    row = await _known(ask, told)
    if response == "ACK" or row is None:
        return said
    said |= _standing(ask, row, instrument) | {"transactTime": row["placed_at_ns"] // MS}
    if response == "FULL":
        kept = services.views.fills(ask.account, KEPT) if row["filled"] else ()
        said["fills"] = [_part(ask, one, instrument) for one in reversed(kept) if one["client_ref"] == told.client_ref]
    return said


async def cancel(ask: Ask) -> Said:
    """Cancels an open order."""
    instrument = symbols.named(ask.services.directory, ask.parameters.needed("symbol"))
    client_ref = _ref(ask)
    if client_ref is None:
        raise refusal(-2011, "Unknown order sent.")
    row = ask.services.views.order(ask.account, client_ref)
    if row is None and await _came(ask, ask.services.desk.last_seq):
        row = ask.services.views.order(ask.account, client_ref)
    if row is not None and row["instrument"] != instrument.number:
        raise refusal(-2011, "Unknown order sent.")
    told = await ask.services.desk.cancel(ask.account, client_ref)
    _insist_accepted(ask, told)
    found = await _known(ask, told)
    if found is None:
        return {"symbol": symbols.said(instrument), "orderId": client_ref, "orderListId": -1, "status": "CANCELED"}
    return _canceled(ask, found, instrument)


async def cancel_all(ask: Ask) -> list[Said]:
    """Cancels all open orders of an instrument, in one command."""
    instrument = symbols.named(ask.services.directory, ask.parameters.needed("symbol"))
    services = ask.services
    await _seen(ask)
    open_before = _open(ask, instrument)
    if not open_before:
        raise refusal(-2011, "Unknown order sent.")
    told = await services.desk.mass_cancel(scope=Scope.ACCOUNT, number=ask.account, instrument=instrument.number)
    _insist_accepted(ask, told)
    if not await _came(ask, told.seq):
        raise _unknown()
    found = [services.views.order(ask.account, row["client_ref"]) for row in open_before]
    return [_canceled(ask, row, instrument) for row in found if row is not None and row["state"] == "canceled"]


async def order(ask: Ask) -> Said:
    """One order that is open or was done lately."""
    instrument = symbols.named(ask.services.directory, ask.parameters.needed("symbol"))
    client_ref = _ref(ask)
    await _seen(ask)
    row = ask.services.views.order(ask.account, client_ref) if client_ref is not None else None
    if row is None or row["instrument"] != instrument.number:
        raise refusal(-2013, "Order does not exist.")
    return said(ask, row, instrument)


async def open_orders(ask: Ask) -> list[Said]:
    """Open orders, the oldest first: of an instrument, or of all that are shown here."""
    directory, symbol = ask.services.directory, ask.parameters.text("symbol")
    wanted = [symbols.named(directory, symbol)] if symbol is not None else list(symbols.shown(directory).values())
    await _seen(ask)
    by_number = {one.number: one for one in wanted}
    rows = (row for row in ask.services.views.open_orders(ask.account) if row["instrument"] in by_number)
    return [said(ask, row, by_number[row["instrument"]]) for row in rows]


async def all_orders(ask: Ask) -> list[Said]:
    """Orders of an instrument, open or done lately, the oldest first."""
    instrument, parameters = symbols.named(ask.services.directory, ask.parameters.needed("symbol")), ask.parameters
    since, until, least = (parameters.whole(name) for name in ("startTime", "endTime", "orderId"))
    limit = parameters.limit(500, KEPT)
    await _seen(ask)
    views = ask.services.views
    known = [*views.open_orders(ask.account), *views.done_lately(ask.account, KEPT)]
    rows = [
        row
        for row in sorted(known, key=lambda row: row["client_ref"])
        if row["instrument"] == instrument.number
        and row["client_ref"] >= (least or 0)
        and (since or 0) <= row["placed_at_ns"] // MS
        and (until is None or row["placed_at_ns"] // MS <= until)
    ]
    chosen = rows[:limit] if least is not None or since is not None else rows[-limit:]
    return [said(ask, row, instrument) for row in chosen]


def said(ask: Ask, row: OrderRow, instrument: Instrument) -> Said:
    """An order as it stands."""
    return {
        "symbol": symbols.said(instrument),
        "orderId": row["client_ref"],
        "orderListId": -1,
        "clientOrderId": row["text"] or "",
        **_standing(ask, row, instrument),
        "time": row["placed_at_ns"] // MS,
        "updateTime": row["changed_at_ns"] // MS,
        "isWorking": not row["waits"],
    }


def _asked(ask: Ask, instrument: Instrument) -> PlaceAsked:
    """The order in the words of the native API. Raises: Refusal."""
    parameters = ask.parameters
    kind = parameters.needed("type")
    if kind not in TYPES:
        raise refusal(-1116, "Invalid orderType.")
    side = parameters.word("side", SIDES, (-1117, "Invalid side."))
    quantity = parameters.needed("quantity")
    price, trigger = parameters.text("price"), parameters.text("stopPrice")
    _insist_belongs("price", price, needed=kind in WITH_PRICE)
    _insist_belongs("stopPrice", trigger, needed=kind in WITH_TRIGGER)
    time = None
    if kind in WITH_TIME:
        time = parameters.word("timeInForce", TIMES, (-1115, "Invalid timeInForce."))
    elif parameters.has("timeInForce"):
        raise _unneeded("timeInForce")
    words = {
        "symbol": instrument.terms.symbol,
        "side": side,
        "quantity": quantity,
        "type": TYPES[kind],
        "time_in_force": time,
        "price": price,
        "trigger_price": trigger,
        "display_quantity": parameters.text("icebergQty"),
        "post_only": kind == "LIMIT_MAKER",
    }
    return converted(words, PlaceAsked)


def _insist_belongs(name: str, value: str | None, *, needed: bool) -> None:
    if needed and value is None:
        raise missing(name)
    if not needed and value is not None:
        raise _unneeded(name)


def _unneeded(name: str) -> Problem:
    return refusal(-1106, f"Parameter '{name}' sent when not required.")


def _text_of(ask: Ask, name: str) -> str | None:
    """A client order id. Raises: Refusal."""
    try:
        return client_order_id(ask.parameters.text(name))
    except Problem as error:
        raise malformed(name) from error


def _ref(ask: Ask) -> int | None:
    """The reference that `orderId` or `origClientOrderId` names, if there is any. Raises: Refusal."""
    number, text = ask.parameters.whole("orderId"), _text_of(ask, "origClientOrderId")
    if number is not None:
        return number if 0 < number <= HIGHEST_REF else None
    if text is None:
        raise refusal(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")
    row = ask.services.views.order_by_text(ask.account, text)
    return row["client_ref"] if row is not None else ask.services.desk.ref_of(ask.account, text)


def _insist_accepted(ask: Ask, told: Told) -> None:
    """Notes the command for the log. Raises: Refusal: it was rejected, or its end is not known."""
    ask.noted.update(command_seq=told.seq, order_ref=str(told.client_ref) if told.client_ref else None)
    if told.status == "unknown":
        raise _unknown()
    if told.reason is not None:
        raise of_reject(told.reason)


def _unknown() -> Problem:
    text = "Timeout waiting for response from backend server. Send status unknown; execution status unknown."
    return refusal(-1007, text, 503)


async def _known(ask: Ask, told: Told) -> OrderRow | None:
    """The order once the fold knows of the command; None: it does not yet, though the command was carried out."""
    return ask.services.views.order(ask.account, told.client_ref) if await _came(ask, told.seq) else None


async def _came(ask: Ask, seq: int) -> bool:
    """Whether the fold knows of a command within its wait. What was carried out is never told as to be tried again."""
    try:
        await fresh(ask.services, seq)
    except (Problem, ViewsError):
        return False
    return True


async def _seen(ask: Ask) -> None:
    """Reads tell of every command whose outcome this process told."""
    await fresh(ask.services, ask.services.desk.last_seq)


def _open(ask: Ask, instrument: Instrument) -> list[OrderRow]:
    rows = ask.services.views.open_orders(ask.account)
    return [row for row in rows if row["instrument"] == instrument.number]


def _canceled(ask: Ask, row: OrderRow, instrument: Instrument) -> Said:
    text = row["text"] or ""
    return {
        "symbol": symbols.said(instrument),
        "origClientOrderId": text,
        "orderId": row["client_ref"],
        "orderListId": -1,
        "clientOrderId": ask.parameters.text("newClientOrderId") or text,
        "transactTime": row["changed_at_ns"] // MS,
        **_standing(ask, row, instrument),
    }


def _standing(ask: Ask, row: OrderRow, instrument: Instrument) -> Said:
    """What an order is and how it stands. Price 0: it has no limit of the client's."""
    terms, quote = instrument.terms, ask.services.directory.assets[instrument.quote_asset]
    kind = _TYPE_WORDS.get(OrderType(row["order_type"]), "LIMIT")
    if kind == "LIMIT" and Flags.POST_ONLY in Flags(row["flags"]):
        kind = "LIMIT_MAKER"
    found = {
        "price": price_text(0 if kind in {"MARKET", "STOP_LOSS"} else row["price"], terms),
        "origQty": quantity_text(row["quantity"], terms),
        "executedQty": quantity_text(row["filled"], terms),
        "cummulativeQuoteQty": money_text(row["value"], quote),
        "origQuoteOrderQty": money_text(0, quote),
        "status": _status(row),
        "timeInForce": _TIME_WORDS.get(TimeInForce(row["time_in_force"]), "GTC"),
        "type": kind,
        "side": _SIDE_WORDS[row["side"]],
    }
    if kind in WITH_TRIGGER:
        found["stopPrice"] = price_text(row["trigger"], terms)
    if row["display"]:
        found["icebergQty"] = quantity_text(row["display"], terms)
    return found


def _status(row: OrderRow) -> str:
    if row["state"] == "open":
        return "PARTIALLY_FILLED" if row["filled"] else "NEW"
    if row["state"] == "canceled" and row["reason"] in _EXPIRING:
        return "EXPIRED"
    return _STATES.get(row["state"], "CANCELED")


def _part(ask: Ask, one: FillRow, instrument: Instrument) -> Said:
    quote = ask.services.directory.assets[instrument.quote_asset]
    return {
        "price": price_text(one["price"], instrument.terms),
        "qty": quantity_text(one["quantity"], instrument.terms),
        "commission": money_text(one["fee"], quote),
        "commissionAsset": quote.code,
        "tradeId": one["trade_id"],
    }
