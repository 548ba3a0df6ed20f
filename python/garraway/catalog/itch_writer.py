"""ITCH 5.0 binary files, written: any message by its name, and decoded CSV as a whole file. Touches the files.

The layouts are those of `_native.ITCH_MESSAGES`. A file is a row of frames, the last one empty (BinaryFILE).
"""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import zstandard

from garraway import _native
from garraway.catalog.blocks import Watch
from garraway.catalog.errors import FileUnreadable
from garraway.catalog.itch import ItchMessage
from garraway.catalog.itch_csv import CsvRow, csv_rows
from garraway.catalog.itch_opening import itch_opening
from garraway.records import Side

END_OF_SESSION: Final = b"\0\0"
NAMES: Final = {spec["kind"]: name for name, spec in _native.ITCH_MESSAGES.items()}
"""Names by type byte."""


def itch_message(name: str, **values: int | str) -> bytes:
    """A message by the names of `_native.ITCH_MESSAGES`; numbers not given are 0, texts blank.

    Raises: KeyError: no such message; TypeError: no such field, or a text for a number; OverflowError: a number has no
        room; ValueError: a text has none.
    """
    spec = _native.ITCH_MESSAGES[name]
    message = bytearray(spec["size"])
    message[0] = ord(spec["kind"])
    for field, at, size, is_text in spec["fields"]:
        value = values.pop(field, "" if is_text else 0)
        if isinstance(value, str) != is_text:
            raise TypeError(f"{name}.{field} is {value!r}: give a {'text' if is_text else 'number'}")
        if isinstance(value, int):
            message[at : at + size] = value.to_bytes(size, "big")
        elif len(text := value.encode("ascii").ljust(size)) == size:
            message[at : at + size] = text
        else:
            raise ValueError(f"{name}.{field} is {value!r}: give at most {size} characters")
    if values:
        raise TypeError(f"{name} has no field {', '.join(values)}")
    return bytes(message)


def framed(message: bytes) -> bytes:
    """A message behind its length."""
    assert message, "an empty frame ends the session"
    return len(message).to_bytes(2, "big") + message


def encode_itch(source: Path, target: Path, watch: Watch | None = None) -> int:
    """Writes a decoded CSV as a binary file, which replays to the same result. Gives the count of messages.

    What the CSV does not tell is made up: directory, orders of the opening book, match numbers; `C` is printable.

    Args:
        source: decoded ITCH; .csv, .csv.zst or .csv.gz.
        target: compressed if it ends with .gz or .zst.
        watch: told how many bytes of `source` have been read.
    Raises: CatalogError: the source is missing or damaged, the target cannot be written.
    """
    count = 0
    # A failure leaves no file that looks whole.
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("wb") as file, _packed(file, target.suffix) as packed:
            for message in _messages(source, watch):
                packed.write(framed(message))
                count += 1
            packed.write(END_OF_SESSION)
        part.replace(target)
    except OSError as error:
        raise FileUnreadable(f"{target} cannot be written ({error.strerror}): give another file") from error
    finally:
        if part.is_file():
            part.unlink()
    return count


def _packed(file: BinaryIO, suffix: str) -> BinaryIO | gzip.GzipFile | zstandard.ZstdCompressionWriter:
    if suffix == ".gz":
        return gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0)
    if suffix == ".zst":
        return zstandard.ZstdCompressor(write_checksum=True).stream_writer(file, closefd=False)
    return file


def _messages(source: Path, watch: Watch | None) -> Iterator[bytes]:
    """The day as the feed tells it: start, directory, state, orders, end."""
    opening = itch_opening(source)
    locate, symbol, at_ns = opening.first.locate, opening.first.symbol, opening.first.message.at_ns
    yield itch_message("SystemEvent", timestamp=at_ns, event="O")
    yield _directory(locate, symbol, at_ns)
    yield itch_message("TradingAction", stock_locate=locate, timestamp=at_ns, stock=symbol, state="T")
    for message in opening.adds:
        yield _order(message, locate, symbol, match_number=0, execution_price=0)
    match_number = 0
    for row in csv_rows(source, watch):
        match_number += row.message.kind in "EC"
        yield _row(row, match_number)
        at_ns = row.message.at_ns
    yield itch_message("SystemEvent", timestamp=at_ns, event="C")


def _row(row: CsvRow, match_number: int) -> bytes:
    return _order(row.message, row.locate, row.symbol, match_number=match_number, execution_price=row.execution_price)


def _directory(locate: int, symbol: str, at_ns: int) -> bytes:
    return itch_message(
        "StockDirectory",
        stock_locate=locate,
        timestamp=at_ns,
        stock=symbol,
        financial_status="N",
        round_lot_size=100,
        round_lots_only="N",
        issue_classification="C",
        issue_sub_type="Z",
        authenticity="P",
        short_sale_threshold="N",
        ipo="N",
        luld_tier="1",
        etp="N",
        inverse="N",
    )


def _order(message: ItchMessage, locate: int, symbol: str, *, match_number: int, execution_price: int) -> bytes:
    """The bytes of a message about an order."""
    known: dict[str, int | str] = {
        "stock_locate": locate,
        "timestamp": message.at_ns,
        "order": message.order,
        "original_order": message.order,
        "new_order": message.new_order,
        "side": "B" if message.side == Side.BUY else "S",
        "shares": message.quantity,
        "canceled_shares": message.quantity,
        "stock": symbol,
        "price": message.price,
        "match_number": match_number,
        "printable": "Y",
        "execution_price": execution_price,
        "attribution": "",
    }
    name = NAMES[message.kind]
    fields = {field for field, *_ in _native.ITCH_MESSAGES[name]["fields"]} - {"tracking_number"}
    return itch_message(name, **{field: known[field] for field in fields})
