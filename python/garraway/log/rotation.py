"""Log files that do not grow without end: a new one at a size, old ones removed by age and count. Touches files.

A file that this process writes is renamed (`RotatingFile`): nothing is lost. One that another process holds open for
appending is copied and cut (`rotate_held`): a line that it writes in the moment between the two, some microseconds, is
lost; the other process never waits.
"""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

DAY_NS: Final = 86_400 * 10**9
CHUNK_BYTES: Final = 1 << 20
MODE: Final = 0o600


@dataclass(frozen=True, slots=True)
class Retention:
    """When a file is rotated, and how long closed ones are kept."""

    rotate_bytes: int = 16 << 20
    days: int = 14
    files: int = 20


class RotatingFile:
    """A stream of lines into a file, which is closed and renamed when it has grown. Owns the file."""

    def __init__(self, path: Path, retention: Retention, now_ns: Callable[[], int]) -> None:
        """Opens it for appending."""
        self._path = path
        self._retention = retention
        self._now_ns = now_ns
        self._file = _opened(path)
        self._bytes = os.fstat(self._file).st_size

    def write(self, text: str) -> int:
        """Appends whole lines; between two calls it may rotate."""
        line = text.encode("utf-8", "replace")
        if self._bytes and self._bytes + len(line) > self._retention.rotate_bytes:
            self._rotate()
        left = memoryview(line)
        while left:
            left = left[os.write(self._file, left) :]
        self._bytes += len(line)
        return len(text)

    def flush(self) -> None:
        """Nothing: each line is written at once."""

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)

    def _rotate(self) -> None:
        self._path.rename(_closed_name(self._path, self._now_ns()))
        before, self._file = self._file, _opened(self._path)
        os.close(before)
        self._bytes = 0
        prune(self._path, self._retention, self._now_ns())


def rotate_held(path: Path, retention: Retention, now_ns: int) -> bool:
    """Rotates a file that another process appends to, if it has grown; whether it was. Raises: OSError: no room."""
    try:
        if path.stat().st_size <= retention.rotate_bytes:
            return False
        held = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        _copy_and_cut(held, _closed_name(path, now_ns))
    finally:
        os.close(held)
    prune(path, retention, now_ns)
    return True


def prune(path: Path, retention: Retention, now_ns: int) -> None:
    """Removes closed files of this one that are too old or too many."""
    closed = sorted(path.parent.glob(f"{path.name}.*Z"), key=lambda one: one.name, reverse=True)
    for place, one in enumerate(closed):
        with contextlib.suppress(FileNotFoundError):
            if place >= retention.files or now_ns - one.stat().st_mtime_ns > retention.days * DAY_NS:
                one.unlink()


def _copy_and_cut(held: int, closed: Path) -> None:
    """What stands in the open file goes into a new one; without room for it nothing changes."""
    handle = os.open(closed, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
    try:
        while chunk := os.read(held, CHUNK_BYTES):
            left = memoryview(chunk)
            while left:
                left = left[os.write(handle, left) :]
        os.ftruncate(held, 0)
    except OSError:
        closed.unlink()
        raise
    finally:
        os.close(handle)


def _opened(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, MODE)


def _closed_name(path: Path, now_ns: int) -> Path:
    """`exchange.log.20261129T140000.123456789Z`: names that sort as their times do."""
    at = datetime.fromtimestamp(now_ns // 10**9, UTC).strftime("%Y%m%dT%H%M%S")
    return path.with_name(f"{path.name}.{at}.{now_ns % 10**9:09}Z")
