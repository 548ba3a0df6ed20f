"""An event log written by a test, in the layout of `crates/sequencer/src/layout.rs`."""

import struct
from collections.abc import Sequence
from pathlib import Path

from garraway import _native
from garraway.records import EventArray


def crc32c(data: bytes) -> int:
    """Castagnoli's CRC, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class WrittenLog:
    """The log of a venue's folder, in one file that begins with command 1."""

    def __init__(self, folder: Path) -> None:
        """A log with a head and nothing behind it."""
        (folder / "events").mkdir()
        first = 1 << 16
        body = struct.pack("<IIIQQ16xQ", 1, _native.LOGIC_VERSION, 0, first, 1, 0)
        self.path = folder / "events" / f"{first:020}.events"
        self.path.write_bytes(b"GRWYEVTS" + struct.pack("<I", crc32c(body)) + body)

    def append(self, events: EventArray, tails: Sequence[bytes] = ()) -> None:
        """Appends events, each with its tail; those beyond the tails given have none."""
        parts = []
        for index, event in enumerate(events):
            tail = tails[index] if index < len(tails) else b""
            record = bytearray(event.tobytes() + tail)
            struct.pack_into("<H", record, 0, len(record))
            parts.append(bytes(record) + bytes(-len(record) % 8))
        with self.path.open("ab") as file:
            file.write(b"".join(parts))
