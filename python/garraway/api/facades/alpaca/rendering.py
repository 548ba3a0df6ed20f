"""Orders as Alpaca says them. Touches `units`."""

from collections.abc import Callable
from typing import Any, Final

from garraway.api.facades.alpaca import symbols
from garraway.api.facades.alpaca.ids import Kind, uuid_of
from garraway.api.facades.alpaca.leg_ids import LegKind, is_leg, leg_id
from garraway.api.ports import OrderRow, Views
from garraway.api.rendering import at_text, average_price, side_said
from garraway.records import Canceling, Flags, OrderType, TimeInForce
from garraway.units import price_text, quantity_text
from garraway.venues import Directory, Instrument

Said = dict[str, Any]
_TYPES: Final = {
    OrderType.MARKET: "market",
    OrderType.MARKET_TO_LIMIT: "market",
    OrderType.STOP: "stop",
    OrderType.STOP_LIMIT: "stop_limit",
    OrderType.TRAILING_STOP: "trailing_stop",
}
"""What orders of other types, placed by other interfaces, are told as: limit."""
TIME_WORDS: Final = {
    TimeInForce.DAY: "day",
    TimeInForce.AT_OPEN: "opg",
    TimeInForce.AT_CLOSE: "cls",
    TimeInForce.IMMEDIATE_OR_CANCEL: "ioc",
    TimeInForce.FILL_OR_KILL: "fok",
}
_WAITING: Final = frozenset({TimeInForce.AT_OPEN, TimeInForce.AT_CLOSE})
_ENDS: Final = {"filled": "filled_at", "canceled": "canceled_at", "expired": "expired_at", "rejected": "failed_at"}


def order_id(account: int, client_ref: int) -> str:
    """An order's id."""
    return uuid_of(Kind.ORDER, account=account, number=client_ref)


def status(row: OrderRow) -> str:
    """How an order stands."""
    state = row["state"]
    if state == "canceled":
        return "expired" if row["reason"] == Canceling.EXPIRED else "canceled"
    if state != "open":
        return state
    if row["filled"]:
        return "partially_filled"
    if row["waits"] and Flags.ONE_TRIGGERS_OTHER in Flags(row["flags"]) and _untouched(row):
        return "held"
    return "accepted" if row["waits"] and row["time_in_force"] in _WAITING else "new"


def legs_of(views: Views, row: OrderRow) -> dict[LegKind, OrderRow]:
    """The orders that were placed with an order, as far as the fold still has them."""
    text = row["text"]
    if not text or is_leg(text):
        return {}
    rows = {kind: _leg(views, row["account"], text, kind) for kind in LegKind}
    return {kind: found for kind, found in rows.items() if found is not None}


def _leg(views: Views, account: int, text: str, kind: LegKind) -> OrderRow | None:
    row = views.order_by_text(account, leg_id(text, kind))
    if row is None or row["state"] == "rejected":
        return views.order_by_text(account, leg_id(text, kind, again=True))
    return row


def order(views: Views, directory: Directory, row: OrderRow, *, nested: bool = False) -> Said | None:
    """An order as it stands, with its legs if `nested`; None: its instrument is not shown here."""
    instrument = symbols.number(directory, row["instrument"])
    if instrument is None:
        return None
    legs = legs_of(views, row)
    said = plain(directory, row, instrument) | {"order_class": _class(row, legs)}
    if nested and legs:
        said["legs"] = [
            plain(directory, leg, instrument) | {"order_class": said["order_class"]} for leg in legs.values()
        ]
    return said


def plain(directory: Directory, row: OrderRow, instrument: Instrument) -> Said:
    """What an order is and how it stands; orders of futures are not shown here."""
    terms, quote = instrument.terms, directory.assets[instrument.quote_asset]
    kind, state, changed = _TYPES.get(OrderType(row["order_type"]), "limit"), status(row), at_text(row["changed_at_ns"])
    placed, account = at_text(row["placed_at_ns"]), row["account"]
    price = _shown(row["price"], lambda units: price_text(units, terms))
    trigger = _shown(row["trigger"], lambda units: price_text(units, terms))
    end = _ENDS.get(state)
    replaced = row["replaced_by"] if state == "replaced" else 0
    return {
        "id": order_id(account, row["client_ref"]),
        "client_order_id": row["text"] or str(row["client_ref"]),
        "created_at": placed,
        "updated_at": changed,
        "submitted_at": placed,
        **{name: changed if name == end else None for name in _ENDS.values()},
        "expires_at": None,
        "replaced_at": changed if replaced else None,
        "replaced_by": order_id(account, replaced) if replaced else None,
        "replaces": None,
        "asset_id": symbols.asset_id(instrument),
        "symbol": symbols.said(instrument),
        "asset_class": symbols.class_of(instrument),
        "notional": None,
        "qty": quantity_text(row["quantity"], terms),
        "filled_qty": quantity_text(row["filled"], terms),
        "filled_avg_price": average_price(row["value"], row["filled"], terms, quote),
        "order_class": "simple",
        "order_type": kind,
        "type": kind,
        "side": side_said(row["side"]),
        "time_in_force": TIME_WORDS.get(TimeInForce(row["time_in_force"]), "gtc"),
        "limit_price": price if kind in {"limit", "stop_limit"} else None,
        "stop_price": trigger if kind in {"stop", "stop_limit"} else None,
        "status": state,
        "extended_hours": False,
        "legs": None,
        "trail_percent": None,
        "trail_price": trigger if kind == "trailing_stop" else None,
        "hwm": None,
    }


def _untouched(row: OrderRow) -> bool:
    """Whether nothing happened to an order since it was accepted: a child that starts bears another id."""
    return row["event_id"] == row["order_id"] and row["changed_at_ns"] == row["placed_at_ns"]


def _class(row: OrderRow, legs: dict[LegKind, OrderRow]) -> str:
    if not legs:
        return "simple"
    if any(leg["side"] == row["side"] for leg in legs.values()):
        return "oco"
    return "bracket" if len(legs) == len(LegKind) else "oto"


def _shown(units: int, say: Callable[[int], str]) -> str | None:
    return say(units) if units else None
