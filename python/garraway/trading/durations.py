"""Durations as text: "250ms", "1s", "5m". Touches nothing."""

import re
from typing import Final

from garraway.trading.errors import StrategyInvalid

UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
}


def nanoseconds(text: str | int, *, least: int = 1) -> int:
    """A duration in ns: a whole number with ns, us, ms, s, m, h or d. StrategyInvalid: it is none, or too short."""
    if isinstance(text, int) and not isinstance(text, bool):
        return _at_least(text, least, text)
    found = re.fullmatch(r"(\d{1,12})\s*(ns|us|ms|s|m|h|d)", str(text).strip())
    if not found:
        raise StrategyInvalid(f"{text!r} is no duration: write a number and ns, us, ms, s, m, h or d, like '250ms'")
    return _at_least(int(found[1]) * UNITS[found[2]], least, text)


def _at_least(duration: int, least: int, text: object) -> int:
    if not least <= duration <= 366 * UNITS["d"]:
        raise StrategyInvalid(f"{text!r} is a duration of {duration} ns: give {least} ns to 366d")
    return duration
