"""Event logs for tests, written as the exchange writes them (crates/sequencer/src/layout.rs, `EventsHead`)."""

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from garraway import _native
from garraway.records import EventArray, command_seq

HEAD: Final = struct.Struct("<IIIQQ24x")
POLYNOMIAL: Final = 0x82F6_3B78
"""CRC-32C, reflected."""


def write_log(folder: Path, events: EventArray, tails: Iterable[bytes], *, files: int = 1) -> None:
    """Writes the whole log of a venue's folder, in so many files; each begins with a command's first event."""
    (folder / "events").mkdir(parents=True, exist_ok=True)
    records = [_record(event, tail) for event, tail in zip(events, tails, strict=True)]
    starts = [index for index, event_id in enumerate(events["event_id"].tolist()) if event_id & 0xFFFF == 0]
    begins = [starts[len(starts) * number // files] for number in range(files)]
    for first, last in zip(begins, [*begins[1:], len(records)], strict=True):
        first_id = int(events["event_id"][first])
        path = folder / "events" / f"{first_id:020}.events"
        path.write_bytes(_head(first_id) + b"".join(records[first:last]))


def append_log(folder: Path, events: EventArray, tails: Iterable[bytes]) -> None:
    """Appends to the last file of a log."""
    path = max((folder / "events").glob("*.events"))
    with path.open("ab") as file:
        file.writelines(_record(event, tail) for event, tail in zip(events, tails, strict=True))


def _record(event: EventArray, tail: bytes) -> bytes:
    record = bytearray(event.tobytes())
    record[:2] = (len(record) + len(tail)).to_bytes(2, "little")
    return bytes(record) + tail + bytes(-len(tail) % 8)


def _head(first_id: int) -> bytes:
    rest = HEAD.pack(1, _native.LOGIC_VERSION, 0, first_id, command_seq(first_id))
    return b"GRWYEVTS" + _crc32c(rest).to_bytes(4, "little") + rest


def _crc32c(content: bytes) -> int:
    crc = 0xFFFF_FFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (POLYNOMIAL if crc & 1 else 0)
    return crc ^ 0xFFFF_FFFF
