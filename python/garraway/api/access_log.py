"""A log line for each request, written in batches: one write for all that came within a moment.

A line is an event with correlation id, route, status and, of a command, its number; never a credential, never a body.
"""

import asyncio
from collections.abc import Callable
from typing import Final, TextIO

import msgspec

FLUSH_S: Final = 0.05
LINES_AT_MOST: Final = 4_096
"""So many waiting lines are written at once, whatever the time."""


class AccessLog:
    """Lines that wait to be written to `stream`, stamped by `now_ns`."""

    def __init__(self, stream: TextIO, now_ns: Callable[[], int]) -> None:
        """Does nothing yet."""
        self._stream = stream
        self._now_ns = now_ns
        self._waiting: list[bytes] = []
        self._flushing: asyncio.TimerHandle | None = None

    def write(self, level: str, event: str, **fields: object) -> None:
        """Adds a line; it is written within `FLUSH_S`."""
        line = {"at_ns": self._now_ns(), "level": level, "event": event, "room": "api", **fields}
        self._waiting.append(msgspec.json.encode(line, enc_hook=str))
        if len(self._waiting) >= LINES_AT_MOST:
            self.flush()
        elif self._flushing is None:
            self._flushing = asyncio.get_running_loop().call_later(FLUSH_S, self.flush)

    def flush(self) -> None:
        """Writes what waits."""
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        if self._waiting:
            lines = b"\n".join(self._waiting) + b"\n"
            self._waiting.clear()
            self._stream.write(lines.decode())
            self._stream.flush()
