"""A log line for each request, written in batches: one write for all that came within a moment.

A line is an event with correlation id, route, status and, of a command, its number; never a credential, never a body.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, TextIO

import msgspec

UNSET: Final = msgspec.UNSET
FLUSH_S: Final = 0.05
LINES_AT_MOST: Final = 4_096
"""So many waiting lines are written at once, whatever the time."""


class Request(msgspec.Struct, gc=False):
    """The line of a request. What is not set is not told."""

    at_ns: int
    level: str
    event: str
    room: str
    correlation_id: str
    method: str
    route: str
    status: int
    took_us: int
    user: int | None
    command_seq: object = UNSET
    order_ref: object = UNSET


class AccessLog:
    """Lines that wait to be written to `stream`, stamped by `now_ns`."""

    def __init__(self, stream: TextIO, now_ns: Callable[[], int]) -> None:
        """Does nothing yet."""
        self._stream = stream
        self._now_ns = now_ns
        self._waiting: list[Request | msgspec.Raw] = []
        self._flushing: asyncio.TimerHandle | None = None

    def write(self, level: str, event: str, **fields: object) -> None:
        """Adds a line; it is written within `FLUSH_S`."""
        line = {"at_ns": self._now_ns(), "level": level, "event": event, "room": "api", **fields}
        self._add(msgspec.Raw(msgspec.json.encode(line, enc_hook=str)))

    def request(
        self,
        *,
        correlation_id: str,
        method: str,
        route: str,
        status: int,
        took_us: int,
        user: int | None,
        noted: Mapping[str, object],
    ) -> None:
        """Adds the line of a request; `noted`: `command_seq` and `order_ref`, where it was a command."""
        line = Request(
            self._now_ns(), "info", "request", "api", correlation_id, method, route, status, took_us, user, **noted
        )
        self._add(line)

    def _add(self, line: Request | msgspec.Raw) -> None:
        self._waiting.append(line)
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
            lines = _ENCODER.encode_lines(self._waiting)
            self._waiting.clear()
            self._stream.write(lines.decode())
            self._stream.flush()


_ENCODER: Final = msgspec.json.Encoder()
