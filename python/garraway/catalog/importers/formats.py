"""The formats that are imported, and how a file's format is found from its content. Touches the file's first bytes."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from garraway.catalog.blocks import PackingBroken, blocks
from garraway.catalog.errors import FormatUnknown
from garraway.catalog.importers.binance import read_binance
from garraway.catalog.importers.bitmex import read_bitmex
from garraway.catalog.importers.bitstamp import HEADER, read_bitstamp, read_bitstamp_orders
from garraway.catalog.importers.coinbase import read_coinbase
from garraway.catalog.importers.deribit import read_deribit
from garraway.catalog.importers.factors import read_factors
from garraway.catalog.importers.itch import read_itch, read_itch_csv
from garraway.catalog.importers.job import Batch, Job, Units
from garraway.catalog.importers.klines import PATTERN, read_klines
from garraway.catalog.importers.kraken import read_kraken
from garraway.catalog.importers.lean import lean_units, lean_venue, read_lean
from garraway.catalog.importers.lobster import read_lobster
from garraway.catalog.importers.mbo import read_mbo
from garraway.catalog.importers.pitch import read_pitch
from garraway.catalog.importers.plain import read_csv, recognised
from garraway.catalog.importers.text import archived, members

HEAD_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Format:
    """A format."""

    name: str
    what: str
    """In a few words, for people."""
    read: Callable[[Job], Iterator[Batch]]
    found: Callable[[bytes, str], bool]
    """Whether the first bytes of a file's content, and its name, are of the format."""
    units: Callable[[Job], Units | None] = lambda _: None
    """Units that the format gives; None: they are found in the file."""
    venue: Callable[[Job], str] = lambda job: job.options.venue or job.venue or job.hints.venue or ""
    currency: str = ""
    """Of prices, where the instrument's name does not say it."""
    clock: bool = False
    """Whether the recorder's clock is compared with the venue's."""


def _pattern(expression: str) -> Callable[[bytes, str], bool]:
    compiled = re.compile(expression.encode(), re.DOTALL)
    return lambda head, _: compiled.match(head) is not None


def _venue(name: str) -> Callable[[Job], str]:
    return lambda job: job.options.venue or name


def _lean_found(head: bytes, name: str) -> bool:
    line = head.split(b"\n", 1)[0].strip()
    timed = re.match(rb"(?:\d{8} \d\d:\d\d|(?:\d{8},)?\d+(?:\.\d+)?),", line)
    fields = line.count(b",") + 1
    return timed is not None and fields in {3, 4, 6, 7, 8, 9, 11, 12} and not _factors_found(head, name)


def _factors_found(head: bytes, name: str) -> bool:
    return "factor" in name.lower() and re.match(rb"\d{8},[\d.]+,[\d.]+,[\d.]+\r?\n", head) is not None


def _lobster_found(head: bytes, _: str) -> bool:
    # A message has six fields, its type and direction are small: no bar looks so.
    return re.match(rb"\d{1,5}(?:\.\d{1,12})?,[1-7],\d+,\d+,-?\d+,-?1\r?\n", head) is not None


def _itch_found(head: bytes, _: str) -> bool:
    lengths = {
        b"S": 12,
        b"R": 39,
        b"A": 36,
        b"F": 40,
        b"H": 25,
        b"Y": 20,
        b"L": 26,
        b"V": 35,
        b"W": 12,
        b"P": 44,
        b"D": 19,
    }
    return len(head) > 2 and lengths.get(head[2:3]) == int.from_bytes(head[:2], "big")


def _csv_found(head: bytes, _: str) -> bool:
    first = head.split(b"\n", 1)[0]
    return first.isascii() and recognised(first.decode()) and not head.startswith((HEADER.encode(), b"event_index,"))


_DOLLARS: Final = Units(4, 0)
_EVERY: Final = (
    Format("lobster", "LOBSTER messages", read_lobster, _lobster_found, lambda _: _DOLLARS, _venue("nasdaq"), "USD"),
    Format("itch", "Nasdaq ITCH 5.0, binary", read_itch, _itch_found, lambda _: _DOLLARS, _venue("nasdaq"), "USD"),
    Format(
        "itch-csv",
        "Nasdaq ITCH 5.0, decoded",
        read_itch_csv,
        _pattern("event_index,source_message_sequence,"),
        lambda _: _DOLLARS,
        _venue("nasdaq"),
        "USD",
    ),
    Format(
        "pitch",
        "BATS PITCH, text",
        read_pitch,
        _pattern(r"S?\d{8}[AdEXPrBHIJR][0-9A-Z]{11}[^,\n]*\r?\n"),
        lambda _: _DOLLARS,
        _venue("bats"),
        "USD",
    ),
    Format("mbo", "Databento MBO", read_mbo, _pattern("DBN"), venue=_venue("databento")),
    Format("binance", "Binance streams", read_binance, _pattern(r'\d{19} \{"(?:stream|lastUpdateId)"'), clock=True),
    Format(
        "kraken", "Kraken streams", read_kraken, _pattern(r"wss://ws\.kraken\.com"), venue=_venue("kraken"), clock=True
    ),
    Format(
        "coinbase",
        "Coinbase streams",
        read_coinbase,
        _pattern(r"wss://[\w.-]*coinbase"),
        venue=_venue("coinbase"),
        clock=True,
    ),
    Format(
        "bitmex",
        "BitMEX streams",
        read_bitmex,
        _pattern(r"wss://[\w.-]*bitmex"),
        venue=_venue("bitmex"),
        currency="USD",
        clock=True,
    ),
    Format(
        "deribit",
        "Deribit streams",
        read_deribit,
        _pattern(r"wss://[\w.-]*deribit"),
        venue=_venue("deribit"),
        clock=True,
    ),
    Format(
        "bitstamp",
        "Bitstamp live orders",
        read_bitstamp,
        _pattern(r"\d{13} (?:order_|trade)\w* \{"),
        lambda _: Units(2, 8),
        _venue("bitstamp"),
        "USD",
    ),
    Format(
        "bitstamp-orders",
        "Bitstamp table of orders",
        read_bitstamp_orders,
        _pattern(re.escape(HEADER)),
        lambda _: Units(2, 8),
        _venue("bitstamp"),
        "USD",
    ),
    Format("klines", "Binance klines", read_klines, _pattern(PATTERN), venue=_venue("binance")),
    Format(
        "lean-factors",
        "Lean splits and dividends",
        read_factors,
        _factors_found,
        lambda _: Units(9, 0),
        lambda job: job.options.venue or job.hints.venue or "usa",
        "USD",
    ),
    Format(
        "lean",
        "Lean quotes, trades, bars",
        read_lean,
        _lean_found,
        lean_units,
        lean_venue,
        "USD",
    ),
    Format("csv", "CSV with named columns", read_csv, _csv_found),
)
FORMATS: Final = {each.name: each for each in _EVERY}
"""By name. The content of a file is of the first one that knows it."""


def find_format(file: Path) -> Format:
    """The format of a file's content. Raises: FormatUnknown; FileUnreadable."""
    name, head = file.name, b""
    try:
        if archived(file):
            for member, content in members(file):
                if member.endswith(".csv") and "openinterest" not in member and "margins" not in member:
                    name, head = member, content[:HEAD_BYTES]
                    break
        else:
            for block in blocks(file):
                head += block
                if len(head) >= HEAD_BYTES:
                    break
    except PackingBroken as error:
        raise error.told(file, 1, "the head") from error
    for each in _EVERY:
        if each.found(head, name):
            return each
    known = ", ".join(FORMATS)
    raise FormatUnknown(f"{file} begins with {head[:40]!r}, which no format does: give --format, one of {known}")
