"""Assets: what is listed. Touches `units`."""

from typing import Any, Final

from garraway.api.facades.alpaca import symbols
from garraway.api.facades.alpaca.asking import Ask
from garraway.api.facades.alpaca.refusals import refusal
from garraway.records import Phase
from garraway.units import price_text, quantity_text
from garraway.venues import Directory, Instrument

Said = dict[str, Any]
WHOLE: Final = 10**9
CLASSES: Final = frozenset({symbols.CRYPTO, symbols.SHARE, "us_option", "crypto_perp"})
EXCHANGES: Final = {symbols.CRYPTO: "CRYPTO", symbols.SHARE: ""}
"""Shares have none: this venue is none of those that Alpaca has names for."""


async def listed(ask: Ask) -> list[Said]:
    """All assets, in order of listing; what is delisted is inactive."""
    query, directory = ask.query, ask.services.directory
    status = query.word("status", frozenset({"active", "inactive"}))
    kind = query.word("asset_class", CLASSES)
    exchange, attributes = query.text("exchange"), query.text("attributes")
    found = (said(directory, one) for one in symbols.shown(directory))
    return [
        one
        for one in found
        if status in {None, one["status"]}
        and kind in {None, one["class"]}
        and exchange in {None, one["exchange"]}
        and attributes is None
    ]


async def one(ask: Ask) -> Said:
    """One asset, by symbol or id."""
    instrument = symbols.found(ask.services.directory, ask.named)
    if instrument is None:
        raise refusal(404, f"asset not found for {ask.named[:64]!r}")
    return said(ask.services.directory, instrument)


def phase_of(directory: Directory, instrument: Instrument) -> Phase:
    """The phase that an instrument is in."""
    standing = directory.standings.get(instrument.number)
    return standing.phase if standing is not None else instrument.listed_phase


def said(directory: Directory, instrument: Instrument) -> Said:
    """An asset and its terms."""
    terms, kind, phase = instrument.terms, symbols.class_of(instrument), phase_of(directory, instrument)
    lot = quantity_text(1, terms)
    return {
        "id": symbols.asset_id(instrument),
        "class": kind,
        "exchange": EXCHANGES[kind],
        "symbol": symbols.said(instrument),
        "name": directory.assets[instrument.base_asset].code,
        "status": "inactive" if phase is Phase.DELISTED else "active",
        "tradable": phase.takes_orders,
        "marginable": False,
        "maintenance_margin_requirement": 100,
        "shortable": False,
        "easy_to_borrow": False,
        "fractionable": terms.lot_size < WHOLE,
        "min_order_size": lot,
        "min_trade_increment": lot,
        "price_increment": price_text(terms.tick, terms),
        "attributes": [],
    }
