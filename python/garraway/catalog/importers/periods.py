"""Periods of bars as texts: `1s`, `1m`, `4h`, `1d`. Touches nothing."""

import re
from typing import Final

from garraway.catalog.errors import OptionMissing

UNITS_NS: Final = {"s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86_400 * 10**9}
_PERIOD: Final = re.compile(r"([1-9]\d{0,5})([smhd])")


def period_text(span_ns: int) -> str:
    """A span as a period. Raises: OptionMissing: it is no whole number of seconds."""
    for letter in reversed(UNITS_NS):
        if span_ns > 0 and span_ns % UNITS_NS[letter] == 0:
            return f"{span_ns // UNITS_NS[letter]}{letter}"
    raise OptionMissing(f"bars of {span_ns} ns have no period: give --period 1m")


def period_ns(text: str) -> int:
    """A period in ns. Raises: OptionMissing: it is none."""
    match = _PERIOD.fullmatch(text)
    if match is None:
        raise OptionMissing(f"{text!r} is no period: write it like 1s, 5m, 1h or 1d")
    return int(match[1]) * UNITS_NS[match[2]]
