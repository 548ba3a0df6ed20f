"""A catalog's folder: its lock, files that appear whole or not at all. Touches the files.

manifest.json                    what is there
VENUE/SYMBOL/KIND/*.parquet      the rows
.lock                            held while the manifest is changed
.staging/TOKEN/                  files of an import that is not done; its own lock is held while it runs
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from garraway.catalog.errors import FileUnreadable

LOCK: Final = ".lock"
STAGING: Final = ".staging"
CHUNK_BYTES: Final = 1 << 20


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds the catalog's lock: another that wants it waits. Raises: FileUnreadable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise FileUnreadable(f"{folder} cannot be written to ({error.strerror}): give another folder") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """A folder of its own for the files of one import, removed at the end. Raises: FileUnreadable."""
    try:
        # The lock keeps others from sweeping what was just made and not locked yet.
        with locked(folder):
            _sweep(folder / STAGING)
            (folder / STAGING).mkdir(exist_ok=True)
            own = Path(tempfile.mkdtemp(dir=folder / STAGING))
            handle = os.open(own / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
            fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError as error:
        raise FileUnreadable(f"{folder} cannot be written to ({error.strerror}): give another folder") from error
    try:
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)
        os.close(handle)


def _sweep(folder: Path) -> None:
    """Removes what imports left that were killed: nobody holds their locks."""
    for left in folder.glob("*/"):
        handle = os.open(left / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            shutil.rmtree(left, ignore_errors=True)
        finally:
            os.close(handle)


def write_whole(file: Path, content: bytes) -> None:
    """Writes a file that is there as a whole or not at all, and survives a loss of power. Raises: OSError."""
    part = file.with_name(f".{file.name}.part")
    with part.open("wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())
    part.replace(file)
    sync_folder(file.parent)


def sync_file(file: Path) -> None:
    """Brings a file's content to the disk. Raises: OSError."""
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Brings the names in a folder to the disk. Raises: OSError."""
    sync_file(folder)


def digest_of(file: Path) -> str:
    """SHA-256 of a file. Raises: FileUnreadable."""
    content = hashlib.sha256()
    try:
        with file.open("rb") as read:
            while chunk := read.read(CHUNK_BYTES):
                content.update(chunk)
    except OSError as error:
        raise FileUnreadable(f"{file} cannot be read ({error.strerror}): give a file that is there") from error
    return content.hexdigest()


def safe_name(text: str) -> str:
    """A name for a folder or file that says `text`: other characters than letters, digits, `-`, `_`, `.` as %XX."""
    kept = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else _coded(letter) for letter in text
    )
    return kept.replace(".", "%2E", 1) if kept.startswith(".") else kept


def _coded(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode())
