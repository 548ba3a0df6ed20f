"""What an asset's and an instrument's units are worth, and text in and out of them. Touches nothing.

Source: docs/reference/commands.md, DefineAsset and ListInstrument.
"""

from dataclasses import dataclass

from garraway.units.decimals import TooFine, UnitsError, scaled, scaled_text

NANO_DECIMALS = 9
"""Price units and lots are given in 1e-9 of a whole."""


class OffTick(UnitsError):
    """The price is no multiple of the tick."""


class OutOfRange(UnitsError):
    """The number lies outside its limits."""


@dataclass(frozen=True, slots=True)
class AssetTerms:
    """An asset: its code, decimals of a ledger unit, decimals shown to people."""

    code: str
    scale: int
    display: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentTerms:
    """An instrument's units.

    `price_unit` is in 1e-9 of the quote asset, `lot_size` in 1e-9 of the base asset; `tick`, `min_price` and
    `max_price` are in price units, `max_quantity` in lots.
    """

    symbol: str
    price_unit: int
    lot_size: int
    tick: int
    min_price: int
    max_price: int
    max_quantity: int

    @property
    def price_decimals(self) -> int:
        """Decimals that show every tick: 2 for a tick of 0.01."""
        return _decimals(self.tick * self.price_unit)

    @property
    def lot_decimals(self) -> int:
        """Decimals that show every lot: 3 for lots of 0.001, 0 for whole ones."""
        return _decimals(self.lot_size)


def price_units(text: str, terms: InstrumentTerms) -> int:
    """The price in the instrument's price units: what commands carry.

    Raises: DecimalInvalid, TooFine, OffTick, OutOfRange.
    """
    units, rest = divmod(scaled(text, NANO_DECIMALS, what="price"), terms.price_unit)
    if rest:
        raise _too_fine(f"price {text!r} of {terms.symbol}", terms.price_unit)
    if not terms.min_price <= units <= terms.max_price:
        low, high = price_text(terms.min_price, terms), price_text(terms.max_price, terms)
        raise OutOfRange(f"price {text!r} of {terms.symbol} is outside {low} to {high}: take one within")
    if units % terms.tick:
        below = units - units % terms.tick
        nearest = f"{price_text(below, terms)} or {price_text(below + terms.tick, terms)}"
        raise OffTick(f"price {text!r} of {terms.symbol} is off its tick of {_tick_text(terms)}: take {nearest}")
    return units


def price_text(units: int, terms: InstrumentTerms) -> str:
    """The decimal text of a price in price units, with the decimals of the tick."""
    return scaled_text(units * terms.price_unit, NANO_DECIMALS, shown=terms.price_decimals)


def quantity_lots(text: str, terms: InstrumentTerms) -> int:
    """The quantity in lots. Raises: DecimalInvalid, TooFine, OutOfRange."""
    lots, rest = divmod(scaled(text, NANO_DECIMALS, what="quantity"), terms.lot_size)
    if rest:
        raise _too_fine(f"quantity {text!r} of {terms.symbol}", terms.lot_size)
    if not 1 <= lots <= terms.max_quantity:
        low, high = quantity_text(1, terms), quantity_text(terms.max_quantity, terms)
        raise OutOfRange(f"quantity {text!r} of {terms.symbol} is outside {low} to {high}: take one within")
    return lots


def quantity_text(lots: int, terms: InstrumentTerms) -> str:
    """The decimal text of a quantity in lots."""
    return scaled_text(lots * terms.lot_size, NANO_DECIMALS, shown=0)


def money_units(text: str, asset: AssetTerms) -> int:
    """The amount in the asset's ledger units. Raises: DecimalInvalid, TooFine."""
    return scaled(text, asset.scale, what=f"amount of {asset.code}")


def money_text(units: int, asset: AssetTerms) -> str:
    """The decimal text of ledger units: the asset's display decimals, more only where they are not zero."""
    return scaled_text(units, asset.scale, shown=asset.display)


def _decimals(nano: int) -> int:
    decimals = NANO_DECIMALS
    while decimals > 0 and nano % 10 == 0:
        nano, decimals = nano // 10, decimals - 1
    return decimals


def _too_fine(what: str, unit_nano: int) -> TooFine:
    return TooFine(f"{what} is no multiple of its unit {scaled_text(unit_nano, NANO_DECIMALS, shown=0)}: take one")


def _tick_text(terms: InstrumentTerms) -> str:
    return scaled_text(terms.tick * terms.price_unit, NANO_DECIMALS, shown=0)
