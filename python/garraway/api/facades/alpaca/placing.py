"""Placing and replacing orders. Touches `units`."""

from typing import Any, Final
from uuid import uuid4

from garraway.api.asked import ReplaceAsked, client_order_id, converted, replacement
from garraway.api.facades.alpaca import legs, symbols
from garraway.api.facades.alpaca.asking import Ask
from garraway.api.facades.alpaca.fields import Fields
from garraway.api.facades.alpaca.orders import target
from garraway.api.facades.alpaca.refusals import refusal, unsupported
from garraway.api.facades.alpaca.rendering import TIME_WORDS, Said, order_id
from garraway.api.facades.alpaca.sending import TIMES, entry, insist_accepted, replied, sent
from garraway.api.ports import OrderRow
from garraway.api.problems import Problem
from garraway.records import OrderType, TimeInForce
from garraway.units import price_text, quantity_text
from garraway.venues import Instrument

CLASSES: Final = frozenset({"simple", "bracket", "oco", "oto"})
PLACE_NAMES: Final = frozenset(
    {
        *("symbol", "qty", "side", "type", "time_in_force", "order_class", "client_order_id"),
        *("limit_price", "stop_price", "trail_price", "take_profit", "stop_loss"),
        *("notional", "trail_percent", "extended_hours", "legs", "position_intent"),
    }
)
REPLACE_NAMES: Final = frozenset({"qty", "time_in_force", "limit_price", "stop_price", "trail", "client_order_id"})
_MARKET: Final = frozenset({OrderType.MARKET, OrderType.MARKET_TO_LIMIT, OrderType.STOP, OrderType.TRAILING_STOP})


async def place(ask: Ask) -> Said:
    """Places an order, or an order with its exits; replies with it as it stands."""
    body = ask.body
    _insist_supported(body)
    instrument = symbols.named(ask.services.directory, body.needed("symbol", most=64))
    account, text = ask.account, _text(ask) or uuid4().hex
    sort = body.word("order_class", CLASSES) if body.names & {"order_class"} else None
    if sort in {None, "simple"}:
        for name in ("take_profit", "stop_loss"):
            if name in body.names:
                raise body.refused(name, "belongs to order_class bracket, oco or oto")
        told = await sent(ask, account, entry(body, instrument), text)
    else:
        told = await legs.place(ask, account, instrument, sort, text)
    return await replied(ask, account, told, text)


async def replace(ask: Ask) -> Said:
    """Replaces an open order in one step; it has another id from then on."""
    account, client_ref, row = await target(ask)
    instrument = ask.services.directory.instruments[row["instrument"]]
    change = _change(ask.body, row, instrument)
    standing = ask.services.directory.standings.get(instrument.number)
    made = replacement(change, instrument, standing, account=account, target=client_ref)
    told = await ask.services.desk.replace(made, _text(ask))
    insist_accepted(ask, account, told)
    said = await replied(ask, account, told, row["text"] or "")
    terms = instrument.terms
    moved = {"stop_price": price_text(made.trigger, terms)} if made.trigger and said["stop_price"] else {}
    trail = {"trail_price": price_text(made.trigger, terms)} if made.trigger and said["trail_price"] else {}
    return said | moved | trail | {"replaces": order_id(account, client_ref)}


def _insist_supported(body: Fields) -> None:
    """What Alpaca knows and this venue has nothing for. Raises: Refusal."""
    if body.flag("extended_hours"):
        raise unsupported("extended_hours")
    for name in ("notional", "trail_percent", "legs", "position_intent"):
        if name in body.names:
            raise unsupported(name)


def _text(ask: Ask) -> str | None:
    """A client order id. Raises: Refusal."""
    text = ask.body.text("client_order_id")
    try:
        return client_order_id(text)
    except Problem as error:
        raise ask.body.refused("client_order_id", "is not 1 to 36 of A-Z a-z 0-9 . _ : -") from error


def _change(body: Fields, row: OrderRow, instrument: Instrument) -> ReplaceAsked:
    """What is to stand in the order's place: what was not said stays. Raises: Refusal, Problem."""
    terms, kind = instrument.terms, OrderType(row["order_type"])
    if row["state"] != "open":
        raise refusal(422, f"order is not replaceable: it is {row['state']}")
    _insist_time_stays(body, row)
    words: dict[str, Any] = {
        "price": body.decimal("limit_price") or price_text(row["price"], terms),
        "quantity": body.decimal("qty") or quantity_text(row["quantity"], terms),
    }
    belongs = {
        "limit_price": kind not in _MARKET,
        "stop_price": kind in {OrderType.STOP, OrderType.STOP_LIMIT},
        "trail": kind is OrderType.TRAILING_STOP,
    }
    for name, has in belongs.items():
        if name in body.names and not has:
            raise body.refused(name, "an order of this type has none")
    if "stop_price" in body.names:
        words["trigger_price"] = body.decimal("stop_price")
    if "trail" in body.names:
        words["trailing_distance"] = body.decimal("trail")
    return converted(words, ReplaceAsked)


def _insist_time_stays(body: Fields, row: OrderRow) -> None:
    asked = body.word("time_in_force", frozenset(TIMES))
    if asked is None:
        return
    stands = TIME_WORDS.get(TimeInForce(row["time_in_force"]), "gtc")
    if asked != stands:
        raise body.refused("time_in_force", f"stays {stands} when an order is replaced: cancel it and place another")
