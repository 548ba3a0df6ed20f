"""Decimal texts <-> whole numbers of a unit, for columns and one by one; how fine they are. Touches nothing.

Exact: a text is never read as a float where that could change its last digit.
"""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from garraway.catalog.errors import UnitsInvalid
from garraway.catalog.kinds import NOT_A_NUMBER, Longs

if TYPE_CHECKING:
    import polars as pl

MOST: Final = 2**62
"""Numbers at or beyond it are refused: sums and differences of two stay within 64 bits."""
EXACT_CHARACTERS: Final = 15
"""A float has 15 decimal digits exactly, whatever they are."""
MOST_DECIMALS: Final = 12
_PLAIN: Final = r"^[+-]?\d+(?:\.\d*)?$"


class NotANumber(Exception):
    """A text says no number: NaN, infinite, or blank."""


@lru_cache(maxsize=1 << 16)
def scaled_number(text: str, decimals: int, *, rounded: bool = False) -> int:
    """A text in units of 10 ** -decimals; what is finer is refused, or `rounded`, half to even.

    Raises: NotANumber; UnitsInvalid: it is finer, or too large.
    """
    exact = _decimal(text).scaleb(decimals)
    whole = int(exact.to_integral_value(ROUND_HALF_EVEN))
    if whole != exact and not rounded:
        raise UnitsInvalid(f"{text} is finer than the unit {unit_text(decimals)}: give a finer unit")
    if abs(whole) >= MOST:
        raise UnitsInvalid(f"{text} in units of {unit_text(decimals)} is beyond 2^62: give a coarser unit")
    return whole


@lru_cache(maxsize=1 << 16)
def decimals_of(text: str) -> int:
    """Decimals that a text needs, trailing zeros left out. Raises: NotANumber."""
    exponent = _decimal(text).normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(0, -exponent)


def column_decimals(texts: "pl.Series") -> int:
    """Most decimals that a column's numbers need; what is no number needs none."""
    pointed = texts.filter(texts.str.contains(r"^[+-]?\d+\.\d*[1-9]0*$"))
    most = 0
    if len(pointed):
        trimmed = pointed.str.strip_chars_end("0")
        most = int((trimmed.str.len_bytes() - trimmed.str.find(".", literal=True) - 1).max())  # type: ignore[arg-type]
    for text in texts.filter(~texts.str.contains(_PLAIN)).drop_nulls().unique().to_list():
        try:
            most = max(most, decimals_of(text))
        except NotANumber:
            continue
    return most


def scaled_column(texts: "pl.Series", decimals: int, *, rounded: bool = False) -> Longs:
    """A column in units of 10 ** -decimals; NOT_A_NUMBER where it has none. Raises: UnitsInvalid."""
    import polars as pl  # noqa: PLC0415

    plain = (texts.str.contains(_PLAIN) & (texts.str.len_bytes() <= EXACT_CHARACTERS)).fill_null(value=False)
    # What is finer goes the slow way, which refuses or rounds it exactly.
    plain &= ~texts.str.contains(rf"\.\d{{{decimals}}}\d*[1-9]").fill_null(value=False)
    floats = texts.cast(pl.Float64, strict=False).to_numpy()
    fast = plain.to_numpy() & (np.abs(np.nan_to_num(floats)) < 10.0 ** (EXACT_CHARACTERS - decimals))
    scaled = np.full(len(texts), NOT_A_NUMBER, np.int64)
    scaled[fast] = np.rint(floats[fast] * 10.0**decimals).astype(np.int64)
    for row in np.flatnonzero(~fast).tolist():
        try:
            scaled[row] = scaled_number(texts[row] or "", decimals, rounded=rounded)
        except NotANumber:
            continue
    return scaled


def unit_text(decimals: int) -> str:
    """The unit as people write it: 4 -> 0.0001."""
    return format(Decimal(1).scaleb(-decimals), "f")


def unit_decimals(text: str, what: str) -> int:
    """The decimals of a unit: 0.0001 -> 4. Raises: UnitsInvalid: it is no power of ten from 1 down."""
    for decimals in range(MOST_DECIMALS + 1):
        if text == unit_text(decimals):
            return decimals
    raise UnitsInvalid(f"{what} {text!r} is not one of 1, 0.1, 0.01 ... {unit_text(MOST_DECIMALS)}: give one of them")


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise NotANumber(text) from error
    if not number.is_finite() or "_" in text:
        raise NotANumber(text)
    # A hostile exponent would make a number of a billion digits.
    if abs(number.adjusted()) > 40:
        raise NotANumber(text)
    return number
