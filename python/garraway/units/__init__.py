"""Ticks, lots and ledger units <-> decimal text, exactly. A leaf: touches nothing, knows no float.

Decimals exist here and at the edges only; everything behind counts in integers.
"""

from garraway.units.decimals import DecimalInvalid, TooFine, UnitsError, scaled, scaled_text
from garraway.units.terms import (
    AssetTerms,
    InstrumentTerms,
    OffTick,
    OutOfRange,
    money_text,
    money_units,
    price_text,
    price_units,
    quantity_lots,
    quantity_text,
)
from garraway.units.ticks import TickTable

__all__ = [
    "AssetTerms",
    "DecimalInvalid",
    "InstrumentTerms",
    "OffTick",
    "OutOfRange",
    "TickTable",
    "TooFine",
    "UnitsError",
    "money_text",
    "money_units",
    "price_text",
    "price_units",
    "quantity_lots",
    "quantity_text",
    "scaled",
    "scaled_text",
]
