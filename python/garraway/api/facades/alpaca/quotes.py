"""Trades, quotes, bars and books as Alpaca says them; encoders write their decimals as numbers. Touches `units`."""

from decimal import Decimal
from typing import Any, Final

from garraway.api.facades.alpaca import symbols
from garraway.api.ports import BookRow, TradeRow
from garraway.api.rendering import average_price
from garraway.records import Side
from garraway.store.history import Row
from garraway.units import price_text, quantity_text
from garraway.venues import Directory, Instrument

Said = dict[str, Any]
ZERO: Final = Decimal(0)


def price(units: int, instrument: Instrument) -> Decimal:
    """A price in price units."""
    return Decimal(price_text(units, instrument.terms))


def size(lots: int, instrument: Instrument) -> Decimal:
    """A quantity in lots."""
    return Decimal(quantity_text(lots, instrument.terms))


def trade(row: TradeRow, instrument: Instrument, at: object) -> Said:
    """A trade; `at` is its time as the encoding has it."""
    taker = {"tks": "B" if row["side"] == Side.BUY else "S"}
    crypto = symbols.class_of(instrument) == symbols.CRYPTO
    said = {"t": at, "p": price(row["price"], instrument), "s": size(row["quantity"], instrument), "i": row["trade_id"]}
    return said | (taker if crypto else {"x": "", "c": [], "z": ""})


def quote(book: BookRow, instrument: Instrument, at: object) -> Said:
    """The best prices; 0 on an empty side."""
    bid, ask = (side[0][:2] if side else (0, 0) for side in (book["bids"], book["asks"]))
    said = {
        "t": at,
        "bp": price(bid[0], instrument) if bid[0] else ZERO,
        "bs": size(bid[1], instrument),
        "ap": price(ask[0], instrument) if ask[0] else ZERO,
        "as": size(ask[1], instrument),
    }
    crypto = symbols.class_of(instrument) == symbols.CRYPTO
    return said if crypto else said | {"bx": "", "ax": "", "c": [], "z": ""}


def bar(row: Row, instrument: Instrument, directory: Directory, at: object) -> Said:
    """A candle of the SQL views."""
    asset = directory.assets[instrument.quote_asset]
    mean = average_price(row["value"], row["quantity"], instrument.terms, asset)
    prices = {key: price(row[name], instrument) for key, name in _PRICES.items()}
    return {
        "t": at,
        **prices,
        "v": size(row["quantity"], instrument),
        "n": row["trades"],
        "vw": Decimal(mean) if mean is not None else ZERO,
    }


def levels(side: list[tuple[int, int]], instrument: Instrument) -> list[Said]:
    """Levels of a side, as (price, lots); without lots a level is gone."""
    return [{"p": price(units, instrument), "s": size(lots, instrument)} for units, lots in side]


_PRICES: Final = {"o": "open", "h": "high", "l": "low", "c": "close"}
