"""Decimal text <-> integers of a given number of decimals. Touches nothing; never rounds.

UnitsError
├── DecimalInvalid   the text is no plain decimal
├── TooFine          it has more decimals than the unit
├── OffTick          it is no multiple of the tick (terms.py)
└── OutOfRange       it lies outside its limits (terms.py)
"""

import re

DIGITS_AT_MOST = 30
"""Digits of a decimal text: more than any 64-bit amount needs, few enough that hostile text stays cheap."""

_PLAIN = re.compile(r"(?P<sign>[+-]?)(?P<whole>\d+)(?:\.(?P<part>\d+))?", re.ASCII)


class UnitsError(ValueError):
    """A text does not say a number of the unit asked for."""


class DecimalInvalid(UnitsError):
    """The text is no plain decimal such as `-12.5`."""


class TooFine(UnitsError):
    """The text has more decimals than the unit can count."""


def scaled(text: str, decimals: int, *, what: str = "number") -> int:
    """The integer that `text` is in units of 10 ** -decimals.

    Args:
        text: a plain decimal: sign, digits, at most one point. No exponent, no separators, no blanks.
        decimals: decimals of one unit, 0 or more.
        what: the noun for the error's text.
    Raises: DecimalInvalid, TooFine.
    """
    assert decimals >= 0
    whole, point, part = text.partition(".")
    plain = whole.isdigit() and (part.isdigit() or not point) and text.isascii()
    if plain and len(part) <= decimals and len(text) <= DIGITS_AT_MOST:
        return int(whole + part.ljust(decimals, "0"))
    return carefully(text, decimals, what)


def carefully(text: str, decimals: int, what: str) -> int:
    """The same of any text: `scaled` for whatever is not the plainest, and its naive twin."""
    match = _PLAIN.fullmatch(text)
    if match is None or len(text) > DIGITS_AT_MOST + 2:
        shown = text if len(text) <= DIGITS_AT_MOST + 2 else f"{text[:DIGITS_AT_MOST]}..."
        raise DecimalInvalid(
            f"{what} {shown!r} is no plain decimal of at most {DIGITS_AT_MOST} digits: write it like 101.25"
        )
    part = (match["part"] or "").rstrip("0")
    if len(part) > decimals:
        raise TooFine(
            f"{what} {text!r} has {len(part)} decimals, at most {decimals} can be counted: leave out the rest"
        )
    number = int(match["whole"] + part.ljust(decimals, "0"))
    return -number if match["sign"] == "-" else number


def scaled_text(number: int, decimals: int, *, shown: int | None = None) -> str:
    """The decimal text of `number` units of 10 ** -decimals.

    Args:
        number: integer units.
        decimals: decimals of one unit.
        shown: decimals that are written at least; zeros beyond them are left out. All of them when None.
    """
    assert decimals >= 0
    digits = str(abs(number)).rjust(decimals + 1, "0")
    sign = "-" if number < 0 else ""
    if decimals == 0:
        return sign + digits
    whole, part = digits[:-decimals], digits[-decimals:]
    if shown is not None:
        part = part.rstrip("0").ljust(min(shown, decimals), "0")
    return f"{sign}{whole}.{part}" if part else sign + whole
