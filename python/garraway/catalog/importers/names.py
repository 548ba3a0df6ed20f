"""What the name of a file says of its content. Touches nothing.

`EURUSD_oanda_minute_quote.csv.zst`, `AAPL_2012-06-21_0930-1030_message_50.csv`, and Lean's own layout of folders,
`forex/oanda/minute/eurusd/20140501_quote.zip`. Options stand above it.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePath
from typing import Final

PERIODS: Final = {
    "tick": "tick", "second": "1s", "minute": "1m", "hour": "1h", "hourly": "1h", "daily": "1d", "m1": "1m", "h1": "1h",
    "d1": "1d", "1min": "1m", "5min": "5m",
}  # fmt: skip
VENUES: Final = {
    "oanda": "oanda", "fxcm": "fxcm", "usa": "usa", "cme": "cme", "xcme": "cme",
    "cbot": "cbot", "comex": "comex", "nymex": "nymex", "cfe": "cfe", "bitstamp": "bitstamp",
    "ftx": "ftx",
}  # fmt: skip
SECURITIES: Final = {"equity", "forex", "cfd", "future", "option", "crypto", "index"}
SIDES: Final = {"bid", "ask", "mid"}
_OTHER: Final = {
    "quote", "trade", "openinterest", "raw", "csv", "zip", "zst", "gz", "xz", "tar", "log", "txt", "message",
    "orderbook", "events", "american", "european", "call", "put", "daily", "intraday", "bars", "l3", "l2", "fx",
    "futures", "options", "data", "lean", "factor", "files", "map", "symbols", "dbn", "mbo", "parquet", "and",
    "orders", "first", "bats", "pitch", "itch", "ws", "snapshot", "backtestingpy", "adj", "perp", "lob", "lobster",
    "sample", "adjclose", "index", "book",
}  # fmt: skip
_PERIOD: Final = re.compile(r"([1-9]\d{0,3})(s|m|min|h|d)")
_DATE: Final = re.compile(r"((?:19|20)\d\d)-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])")
_LEAN: Final = re.compile(r"(?:\d{8}_)?(?:quote|trade|openinterest)\.")
_SYMBOL: Final = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9][\w.=-]*")
_EXPIRY: Final = re.compile(r"(?:19|20)\d{4}(?:\d\d)?")


@dataclass(frozen=True, slots=True)
class Hints:
    """What a name says; None where it says nothing."""

    symbol: str | None = None
    venue: str | None = None
    period: str | None = None
    of: str | None = None
    security: str | None = None
    day: date | None = None


def hints_of(name: str, folders: int = 4) -> Hints:
    """What a file's name says, and what so many folders above it say beside.

    The instrument is that of the name alone, or of the folder where the name is Lean's `20140501_quote.zip`.
    """
    path = PurePath(name)
    hints = Hints()
    for word in path.parts[-1 - folders : -1]:
        hints = _with(hints, re.split(r"[_.\s]+", word))
    symbol = hints.symbol if _LEAN.match(path.name) else None
    return _with(replace(hints, symbol=symbol, day=None), re.split(r"[_.\s]+", path.name))


def member_symbol(name: str) -> str | None:
    """The contract that a member of one of Lean's archives holds: `ES 201312`, `TWX 20160115 C 1000000`."""
    words = PurePath(name).stem.split("_")
    words = words[1:] if _DATE.fullmatch(words[0]) else words
    if len(words) < 3 or not _EXPIRY.fullmatch(words[-1]):
        return None
    if "call" in words or "put" in words:
        right = "C" if "call" in words else "P"
        return f"{words[0].upper()} {words[-1]} {right} {words[-2]}"
    return f"{words[0].upper()} {words[-1]}"


def _with(hints: Hints, words: list[str]) -> Hints:
    symbol = None
    for word in words:
        low = word.lower()
        day = _DATE.match(low)
        if low.removesuffix("s") in SECURITIES:
            hints = replace(hints, security=low.removesuffix("s"))
        elif low in PERIODS:
            hints = replace(hints, period=PERIODS[low])
        elif low in VENUES:
            hints = replace(hints, venue=VENUES[low])
        elif low in SIDES:
            hints = replace(hints, of=low)
        elif (found := _PERIOD.fullmatch(low)) is not None:
            hints = replace(hints, period=found[1] + found[2].removesuffix("in"))
        elif day is not None:
            hints = replace(hints, day=hints.day or _day(day))
        elif symbol is None and low not in _OTHER and _SYMBOL.fullmatch(word):
            symbol = word.upper()
    # The last part of a path that can be an instrument is the nearest.
    return hints if symbol is None else replace(hints, symbol=symbol)


def _day(match: re.Match[str]) -> date | None:
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
