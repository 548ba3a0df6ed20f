"""Symbols and classes: BTC-USD is the crypto pair BTC/USD, GARR a share. Spot instruments alone. Touches `venues`."""

from typing import Final

from garraway.api.facades.alpaca.ids import Kind, named_by, uuid_of
from garraway.api.facades.alpaca.refusals import refusal
from garraway.records import InstrumentKind
from garraway.units import AssetTerms
from garraway.venues import Directory, Instrument

CRYPTO: Final = "crypto"
SHARE: Final = "us_equity"
CASH: Final = "USD"


def said(instrument: Instrument) -> str:
    """An instrument's symbol, as this facade says it."""
    return instrument.terms.symbol.replace("-", "/")


def class_of(instrument: Instrument) -> str:
    """Its class: whose symbol names two assets is a pair, and counts as crypto, currencies too."""
    return CRYPTO if "-" in instrument.terms.symbol else SHARE


def asset_id(instrument: Instrument) -> str:
    """Its id."""
    return uuid_of(Kind.ASSET, number=instrument.number)


def shown(directory: Directory, kind: str | None = None) -> list[Instrument]:
    """What is shown, in order of listing: of a class, or of both."""
    rows = (one for _, one in sorted(directory.instruments.items()) if one.kind is InstrumentKind.SPOT)
    return [one for one in rows if kind is None or class_of(one) == kind]


def number(directory: Directory, instrument: int) -> Instrument | None:
    """The instrument of this number, if it is shown."""
    found = directory.instruments.get(instrument)
    return found if found is not None and found.kind is InstrumentKind.SPOT else None


def found(directory: Directory, text: str, kind: str | None = None) -> Instrument | None:
    """The instrument of a symbol (BTC/USD or BTCUSD) or of an asset's id."""
    named = named_by(Kind.ASSET, text)
    if named is not None:
        one = number(directory, named[1])
        return one if one is not None and kind in {None, class_of(one)} else None
    every = shown(directory, kind)
    exact = next((one for one in every if said(one) == text), None)
    return exact or next((one for one in every if class_of(one) == CRYPTO and said(one).replace("/", "") == text), None)


def named(directory: Directory, text: str, field: str = "symbol") -> Instrument:
    """The instrument of a symbol. Raises: Refusal."""
    one = found(directory, text)
    if one is None:
        raise refusal(422, f"{field}: asset {text[:32]!r} not found")
    return one


def cash(directory: Directory) -> tuple[int, AssetTerms] | None:
    """Number and terms of what accounts are reckoned in: USD, else what the instrument listed first is quoted in."""
    dollar = next((one for one in sorted(directory.assets.items()) if one[1].code == CASH), None)
    if dollar is not None:
        return dollar
    first = next(iter(shown(directory)), None)
    return (first.quote_asset, directory.assets[first.quote_asset]) if first is not None else None


def of_asset(directory: Directory, asset: int) -> Instrument | None:
    """The instrument under which a holding of an asset is shown: the one listed first that trades it for cash."""
    money = cash(directory)
    of_base = [one for one in shown(directory) if one.base_asset == asset]
    paid = (one for one in of_base if money is not None and one.quote_asset == money[0])
    return next(paid, next(iter(of_base), None))
