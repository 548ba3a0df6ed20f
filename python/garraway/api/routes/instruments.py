"""Instruments: what is listed, on what terms. Public."""

from typing import Literal

from fastapi import APIRouter

from garraway.api.decimals import Decimal, Said
from garraway.api.permits import public
from garraway.api.problems import not_found
from garraway.api.serving import Served
from garraway.records import InstrumentKind
from garraway.units import price_text, quantity_text, scaled_text
from garraway.venues import Directory, Instrument

FEE_DECIMALS = 9

routes = APIRouter(prefix="/api/v1/instruments", tags=["market data"])


class InstrumentSaid(Said):
    """A listed instrument."""

    symbol: str
    kind: Literal["spot", "future"]
    base: str | None
    """None of a future: nothing but money changes hands."""
    quote: str
    tick: Decimal
    lot: Decimal
    min_price: Decimal
    max_price: Decimal
    max_quantity: Decimal
    maker_fee_rate: Decimal
    taker_fee_rate: Decimal
    ouch: bool
    """Whether it can be traded over OUCH, too."""


class InstrumentsSaid(Said):
    """All instruments."""

    items: list[InstrumentSaid]
    seq: int


@routes.get("", dependencies=[public()])
async def list_instruments(services: Served) -> InstrumentsSaid:
    """Every listed instrument."""
    directory = services.directory
    said = [_said(one, directory) for _, one in sorted(directory.instruments.items())]
    return InstrumentsSaid(items=said, seq=services.views.seq)


@routes.get("/{symbol}", dependencies=[public()])
async def get_instrument(symbol: str, services: Served) -> InstrumentSaid:
    """One instrument."""
    return _said(named(services.directory, symbol), services.directory)


def named(directory: Directory, symbol: str) -> Instrument:
    """The instrument of this symbol. Raises: Problem."""
    found = directory.symbol(symbol)
    if found is None:
        raise not_found("InstrumentUnknown", f"symbol {symbol[:32]!r} is not listed: see /api/v1/instruments")
    return found


def _said(one: Instrument, directory: Directory) -> InstrumentSaid:
    terms = one.terms
    base = directory.assets.get(one.base_asset)
    return InstrumentSaid(
        symbol=terms.symbol,
        kind="future" if one.kind is InstrumentKind.FUTURE else "spot",
        base=base.code if base is not None else None,
        quote=directory.assets[one.quote_asset].code,
        tick=price_text(terms.tick, terms),
        lot=quantity_text(1, terms),
        min_price=price_text(terms.min_price, terms),
        max_price=price_text(terms.max_price, terms),
        max_quantity=quantity_text(terms.max_quantity, terms),
        maker_fee_rate=scaled_text(one.maker_fee_rate, FEE_DECIMALS, shown=0),
        taker_fee_rate=scaled_text(one.taker_fee_rate, FEE_DECIMALS, shown=0),
        ouch=one.over_ouch,
    )
