"""Positions: what an account has of the assets that are traded here, valued at the last price. Touches `units`.

How much there is says the ledger; what it cost says what was traded here. Where assets came or went otherwise, by a
deposit, cost and profit of the whole are not known and not told.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from garraway.api.asked import PlaceAsked, converted
from garraway.api.facades.alpaca import symbols
from garraway.api.facades.alpaca.asking import Ask, seen
from garraway.api.facades.alpaca.assets import EXCHANGES
from garraway.api.facades.alpaca.orders import cancel_all
from garraway.api.facades.alpaca.refusals import refusal, worded
from garraway.api.facades.alpaca.sending import replied, sent
from garraway.api.problems import Problem
from garraway.api.rendering import average_price
from garraway.api.services import Services
from garraway.units import money_text, price_text, quantity_text, scaled, scaled_text
from garraway.venues import Instrument

Said = dict[str, Any]
NANO_DECIMALS: Final = 9
PERCENT_DECIMALS: Final = 9
HUNDRED_PERCENT: Final = 100 * 10**PERCENT_DECIMALS


class Holding(msgspec.Struct, frozen=True):
    """What an account has of an instrument's base asset, in ledger units of base and quote."""

    instrument: Instrument
    total: int
    held: int
    last: int
    """The last price in price units, else the reference price; 0 for none."""
    value: int
    """What all of it is worth at that price, cut to a ledger unit of the quote asset."""


async def listed(ask: Ask) -> list[Said]:
    """All positions."""
    account = ask.account
    await seen(ask.services)
    return [said(ask.services, account, one) for one in holdings(ask.services, account)]


async def one(ask: Ask) -> Said:
    """One position, by symbol or id of its asset."""
    account = ask.account
    await seen(ask.services)
    return said(ask.services, account, _named(ask, account))


async def close(ask: Ask) -> Said:
    """Sells a position, or a part of it, at the market."""
    account, query = ask.account, ask.query
    await seen(ask.services)
    holding = _named(ask, account)
    quantity, percentage = query.decimal("qty"), query.decimal("percentage")
    if quantity is not None and percentage is not None:
        raise query.refused("percentage", "leave out either qty or percentage")
    if quantity is None:
        share = HUNDRED_PERCENT if percentage is None else _percent(ask, percentage)
        quantity = quantity_text(_lots(ask.services, holding) * share // HUNDRED_PERCENT, holding.instrument.terms)
    return await _sold(ask, account, holding, quantity)


async def close_all(ask: Ask) -> list[Said]:
    """Sells all positions at the market, each by an order of its own."""
    account = ask.account
    if ask.query.flag("cancel_orders"):
        await cancel_all(ask)
    await seen(ask.services)
    replies = []
    for holding in list(holdings(ask.services, account)):
        symbol = symbols.said(holding.instrument)
        try:
            whole = quantity_text(_lots(ask.services, holding), holding.instrument.terms)
            order = await _sold(ask, account, holding, whole)
            replies.append({"symbol": symbol, "order_id": order["id"], "status": 200, "body": order})
        except Problem as error:
            told = worded(error)
            body = {"code": int(told.code), "message": told.detail, "symbol": symbol}
            replies.append({"symbol": symbol, "status": told.status, "body": body})
    return replies


def holdings(services: Services, account: int) -> Iterator[Holding]:
    """What an account has of assets that are traded here, by asset; cash is none of them."""
    directory = services.directory
    money = symbols.cash(directory)
    for asset, (total, held) in sorted(services.views.balances(account).items()):
        instrument = symbols.of_asset(directory, asset)
        if total and instrument is not None and (money is None or asset != money[0]):
            last = price_of(services, instrument)
            yield Holding(instrument, total, held, last, worth_of(services, instrument, total, last))


def said(services: Services, account: int, holding: Holding) -> Said:
    """A position as Alpaca says it."""
    directory, instrument = services.directory, holding.instrument
    base, quote = directory.assets[instrument.base_asset], directory.assets[instrument.quote_asset]
    traded = services.views.positions(account).get(instrument.number)
    lots, cost = (traded["lots"], traded["cost"]) if traded is not None else (0, 0)
    average = average_price(cost, lots, instrument.terms, quote) if lots > 0 else None
    whole = lots * instrument.terms.lot_size * 10**base.scale == holding.total * 10**NANO_DECIMALS
    profit = holding.value - cost if whole else None
    kind = symbols.class_of(instrument)
    return {
        "asset_id": symbols.asset_id(instrument),
        "symbol": symbols.said(instrument),
        "exchange": EXCHANGES[kind],
        "asset_class": kind,
        "asset_marginable": False,
        "qty": scaled_text(holding.total, base.scale, shown=0),
        "qty_available": scaled_text(holding.total - holding.held, base.scale, shown=0),
        "side": "long",
        "avg_entry_price": average or "0",
        "cost_basis": money_text(cost if lots > 0 else 0, quote),
        "market_value": money_text(holding.value, quote),
        "current_price": price_text(holding.last, instrument.terms) if holding.last else None,
        "unrealized_pl": money_text(profit, quote) if profit is not None else None,
        "unrealized_plpc": _ratio(profit, cost) if profit is not None and cost > 0 else None,
        "unrealized_intraday_pl": None,
        "unrealized_intraday_plpc": None,
        "lastday_price": None,
        "change_today": None,
    }


async def _sold(ask: Ask, account: int, holding: Holding, quantity: str) -> Said:
    symbol = holding.instrument.terms.symbol
    if not scaled(quantity, NANO_DECIMALS):
        raise refusal(422, f"qty: of {symbol} there is less than can be traded")
    words = {"symbol": symbol, "side": "sell", "quantity": quantity, "type": "market", "time_in_force": "ioc"}
    told = await sent(ask, account, converted(words, PlaceAsked), None)
    return await replied(ask, account, told, told.text)


def _named(ask: Ask, account: int) -> Holding:
    instrument = symbols.found(ask.services.directory, ask.named)
    found = (one for one in holdings(ask.services, account) if one.instrument == instrument)
    holding = next(found, None)
    if holding is None:
        raise refusal(404, "position does not exist")
    return holding


def _percent(ask: Ask, text: str) -> int:
    """In 1e-9 of a percent. Raises: Refusal."""
    try:
        share = scaled(text, PERCENT_DECIMALS)
    except ValueError as error:
        raise ask.query.refused("percentage", str(error)) from error
    if not 0 < share <= HUNDRED_PERCENT:
        raise ask.query.refused("percentage", "not above 0 and up to 100")
    return share


def _lots(services: Services, holding: Holding) -> int:
    """Whole lots of what there is, orders' holds left aside: the engine says whether they stand in the way."""
    base = services.directory.assets[holding.instrument.base_asset]
    lots: int = holding.total * 10**NANO_DECIMALS // (10**base.scale * holding.instrument.terms.lot_size)
    return lots


def price_of(services: Services, instrument: Instrument) -> int:
    """The last price, else the reference price, in price units; 0 for none."""
    row = services.views.ticker(instrument.number)
    return (row["last"] or row["reference"]) if row is not None else 0


def worth_of(services: Services, instrument: Instrument, total: int, price: int) -> int:
    """So much of the base asset at a price, in ledger units of the quote asset, cut."""
    assets = services.directory.assets
    base, quote = assets[instrument.base_asset], assets[instrument.quote_asset]
    nano = price * instrument.terms.price_unit
    worth: int = total * nano * 10**quote.scale // (10**base.scale * 10**NANO_DECIMALS)
    return worth


def _ratio(part: int, whole: int) -> str:
    return scaled_text(part * 10**6 // whole, 6, shown=4)
