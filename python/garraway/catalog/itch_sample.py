"""A made-up day as decoded ITCH, so that anyone can repeat a replay. Touches the folder it writes to.

It is the day of `sample`, told in ITCH's way: hidden executions and halts left out, a delete followed by an add of the
same side told as a replacement, every tenth add with a name, every tenth execution at a better price.
"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from garraway.catalog.errors import FileUnreadable
from garraway.catalog.itch_csv import EVENT_TYPES, FIELDS, HEADER, LEVELS
from garraway.catalog.lobster import PRICE_DECIMALS, Kind, Level, Message, Row, messages, rows
from garraway.catalog.sample import write_sample
from garraway.records import Side

LOCATE: Final = 14
SYMBOL: Final = "SAMPLE"
FIRST_INDEX: Final = 1000
_BYTES: Final = {"A": 38, "F": 42, "E": 33, "C": 38, "X": 25, "D": 21, "U": 37}
"""Of a message in its frame."""

_KINDS: Final = {Kind.ADD: "A", Kind.REDUCE: "X", Kind.DELETE: "D", Kind.EXECUTE: "E"}
_TENTH: Final = {**_KINDS, Kind.ADD: "F", Kind.EXECUTE: "C"}

Told = tuple[str, Message, Message | None, Row]
"""Type, message, in U the delete before it, and the book after it."""


def write_itch_sample(folder: Path, *, seed: int = 1, messages: int = 2000) -> Path:
    """Writes `SAMPLE_itch.csv`; the same arguments give the same bytes. `messages` counts those of `sample`.

    Raises: FileUnreadable: the folder cannot be written to.
    """
    file = folder / "SAMPLE_itch.csv"
    lines = [HEADER, *_lines(_told(_day(seed, messages)))]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_bytes("".join(f"{line}\n" for line in lines).encode())
    except OSError as error:
        raise FileUnreadable(f"{folder} cannot be written to ({error.strerror}): give another folder") from error
    return file


def _day(seed: int, count: int) -> list[tuple[Message, Row]]:
    with TemporaryDirectory() as folder:
        sample = write_sample(Path(folder), seed=seed, messages=count)
        day = zip(messages(sample.messages), rows(sample.book), strict=True)
        return [(message, row) for message, row in day if message.kind <= Kind.EXECUTE]


def _told(day: Sequence[tuple[Message, Row]]) -> Iterator[Told]:
    deleted: Message | None = None
    adds = executions = 0
    for (message, row), after in zip_longest(day, (message for message, _ in day[1:])):
        replaced = after is not None and after.kind == Kind.ADD and after.side == message.side
        if message.kind == Kind.DELETE and replaced:
            deleted = message
            continue
        adds += message.kind == Kind.ADD
        executions += message.kind == Kind.EXECUTE
        tenth = (adds if message.kind == Kind.ADD else executions) % 10 == 0
        kind = (_TENTH if tenth else _KINDS)[Kind(message.kind)]
        yield "U" if deleted else kind, message, deleted, row
        deleted = None


def _lines(told: Iterator[Told]) -> Iterator[str]:
    offset = 0
    for index, (kind, message, deleted, row) in enumerate(told, FIRST_INDEX):
        better = -1 if message.side == Side.SELL else 1
        of: dict[str, object] = {
            "event_index": index,
            "source_message_sequence": 3 * index,
            "source_file_offset": offset,
            "timestamp_ns": message.at_ns,
            "time_seconds": message.at_ns / 10**9,
            "message_type": kind,
            "event_type": EVENT_TYPES[kind],
            "order_id": message.order,
            "size": message.quantity,
            "price": _dollars(message.price),
            "execution_price": _dollars(message.price + better) if kind == "C" else "",
            "direction": 1 if message.side == Side.BUY else -1,
            "stock_locate": LOCATE,
            "stock": SYMBOL,
        }
        if deleted is not None:
            old = {"old_order_id": deleted.order, "old_size": deleted.quantity, "old_price": _dollars(deleted.price)}
            of |= {name: value if name == "old_price" else f"{value}.0" for name, value in old.items()}
        offset += _BYTES[kind]
        yield ",".join([*(str(of.get(name, "")) for name in FIELDS), *_levels(row)])


def _levels(row: Row) -> Iterator[str]:
    for place in range(LEVELS):
        for side in (row.asks, row.bids):
            yield from _level(side[place : place + 1])


def _level(level: Sequence[Level]) -> tuple[str, str]:
    return (_dollars(level[0][0]), f"{level[0][1]}.0") if level else ("", "")


def _dollars(price: int) -> str:
    return str(price / 10**PRICE_DECIMALS)
