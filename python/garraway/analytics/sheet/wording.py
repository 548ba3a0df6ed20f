"""Numbers, times and lengths of time as a page shows them. Touches nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from math import floor, log10
from typing import Final

MINUS: Final = "\u2212"
NOTHING: Final = "\u2013"
"""Where there is no answer."""
SPACE: Final = "\u202f"

Worded = Callable[[float | None], str]


def money(value: float | None) -> str:
    """1,234.56; no cents from a million on."""
    if value is None:
        return NOTHING
    return _signed(value, f"{abs(value):,.0f}" if abs(value) >= 1e6 else f"{abs(value):,.2f}")


def percent(value: float | None) -> str:
    """A share as 12.34 %."""
    if value is None:
        return NOTHING
    shown = abs(value) * 100
    # Of next to nothing two digits are told, so that a small return is not none.
    digits = 0 if shown >= 1e5 else 2 if shown >= 0.005 or shown < 1e-7 else 1 - floor(log10(shown))
    return _signed(value, f"{shown:,.{digits}f}{SPACE}%")


def ratio(value: float | None) -> str:
    """1.23."""
    return NOTHING if value is None else _signed(value, f"{abs(value):,.2f}")


def bps(value: float | None) -> str:
    """1.23 bps."""
    return NOTHING if value is None else ratio(value) + f"{SPACE}bps"


def times(value: float | None) -> str:
    """12.3 times."""
    return NOTHING if value is None else f"{value:,.1f}{SPACE}\u00d7"


def count(value: float | None) -> str:
    """1,234."""
    return NOTHING if value is None else _signed(value, f"{abs(value):,.0f}")


def price(value: float | None) -> str:
    """As many digits as it needs, from two to eight."""
    if value is None:
        return NOTHING
    if abs(value) >= 1000:
        return f"{value:,.2f}"
    whole, _, rest = f"{value:.8f}".partition(".")
    return f"{whole}.{rest.rstrip('0').ljust(2, '0')}"


def lasting(seconds: float | None) -> str:
    """The two largest units: 3 d 4 h."""
    if seconds is None:
        return NOTHING
    if seconds < 1:
        return f"{seconds * 1000:.3g}{SPACE}ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g}{SPACE}\u00b5s"
    parts: list[str] = []
    left = round(seconds)
    for unit, size in (("y", 31_557_600), ("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        whole, left = divmod(left, size)
        if whole or parts:
            parts.append(f"{whole}{SPACE}{unit}" if whole else "")
    return " ".join(part for part in parts[:2] if part)


def lasting_ns(nanoseconds: int | None) -> str:
    """The same of ns."""
    return lasting(None if nanoseconds is None else nanoseconds / 1e9)


def day(at_ns: int | None) -> str:
    """2024-01-31."""
    return NOTHING if at_ns is None else moment(at_ns)[:10]


def moment(at_ns: int | None) -> str:
    """2024-01-31 13:59:07, UTC."""
    if at_ns is None:
        return NOTHING
    return datetime.fromtimestamp(at_ns // 1_000_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _signed(value: float, shown: str) -> str:
    return f"{MINUS}{shown}" if value < 0 and any(one in "123456789" for one in shown) else shown
