"""Order-by-order messages as Parquet, written and read back equal. Touches the files, by `frames`.

A file holds one row for each message, in order, one column for each field of the reader's array (`mbo.MBO` or
`_native.ITCH`), whole numbers as they stand in the source; texts are strings. Its notes, JSON under the key
`garraway`, are:

    form      "mbo" or "itch"
    version   1
    rows      count of rows
    sha256    of the whole file, with zeros in place of these 64 digits
    symbols   number of an instrument -> name, where the source's head tells it

The digest is proved before anything is decoded: Parquet itself has no checksum of its footer, and its decoders do not
stand every damage.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from os import SEEK_END
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from garraway.catalog.errors import FileDamaged, FileUnreadable

SUFFIX: Final = ".parquet"
NOTES: Final = "garraway"
VERSION: Final = 1
BLOCK_ROWS: Final = 1 << 18
UNIT: Final = "row"
CHUNK_BYTES: Final = 1 << 20
_OPEN: Final = "0" * 64
"""The digest's place before it is known."""
_MARK: Final = re.compile(rb'"sha256": "([0-9a-f]{64})"')

Rows = NDArray[np.void]


def write_parquet(target: Path, form: str, blocks: Iterable[Rows], symbols: Mapping[int, str]) -> int:
    """Writes all blocks as one file and gives the count of rows; they are held in memory until then.

    Raises: FileUnreadable: the target cannot be written; and what the blocks raise.
    """
    from garraway.catalog.frames import write_frame  # noqa: PLC0415

    def notes(count: int) -> dict[str, str]:
        # The names are known once the blocks have been read.
        named = {str(number): name for number, name in sorted(symbols.items())}
        told = {"form": form, "version": VERSION, "rows": count, "symbols": named, "sha256": _OPEN}
        return {NOTES: json.dumps(told)}

    # A failure leaves no file that looks whole.
    part = target.with_name(f"{target.name}.part")
    try:
        count = write_frame(part, blocks, notes)
        seal(part)
        part.replace(target)
    except OSError as error:
        raise FileUnreadable(f"{target} cannot be written ({error.strerror or error}): give another file") from error
    finally:
        if part.is_file():
            part.unlink()
    return count


def seal(file: Path) -> None:
    """Writes a file's digest into its notes, which must have room for it."""
    digest, at = _digest(file)
    with file.open("r+b") as written:
        written.seek(at)
        written.write(digest.encode())


@dataclass(frozen=True, slots=True)
class ParquetFile:
    """A file that `write_parquet` wrote."""

    file: Path
    symbols: dict[int, str]
    _rows: int
    _dtype: np.dtype[np.void]

    @classmethod
    def opened(cls, file: Path, form: str, dtype: np.dtype[np.void]) -> "ParquetFile":
        """Reads the notes. Raises: FileUnreadable; FileDamaged: it is no such file, or of another form or version."""
        from garraway.catalog.frames import read_notes  # noqa: PLC0415

        try:
            digest, at = _digest(file)
            with file.open("rb") as written:
                written.seek(at)
                sealed = written.read(len(_OPEN)) == digest.encode()
            if not sealed:
                raise _damaged(file, 0, "its bytes are not those that were written: their SHA-256 differs")
            notes = json.loads(read_notes(file)[NOTES])
            found = (notes["form"], notes["version"])
            symbols = {int(number): str(name) for number, name in notes["symbols"].items()}
            opened = cls(file, symbols, int(notes["rows"]), dtype)
        except OSError as error:
            raise FileUnreadable(f"{file} cannot be read ({error.strerror}): give a file that is there") from error
        except _BROKEN as error:
            raise _damaged(file, 0, f"it is no Parquet file that Garraway wrote ({_line(error)})") from error
        if found != (form, VERSION):
            what = f"it holds messages of form {found[0]}, version {found[1]}, not {form}, version {VERSION}"
            raise _damaged(file, 0, what, "give it to the command of that form")
        return opened

    def rows(self) -> Iterator[Rows]:
        """The rows in arrays of the form's dtype. Raises: FileDamaged: they do not fit it."""
        for at in range(0, self._rows, BLOCK_ROWS):
            yield self._read(at)

    def _read(self, at: int) -> Rows:
        from garraway.catalog.frames import read_rows  # noqa: PLC0415

        try:
            return read_rows(self.file, at, min(BLOCK_ROWS, self._rows - at), self._dtype)
        except _BROKEN as error:
            raise _damaged(self.file, at, f"it cannot be decoded from here ({_line(error)})") from error


_BROKEN: Final = (OSError, ValueError, KeyError, TypeError, AttributeError)
"""What broken bytes make of the decoder, of the notes and of the columns."""


def _digest(file: Path) -> tuple[str, int]:
    """SHA-256 of a file with zeros in place of its digest, and the byte at which that stands. Raises: ValueError."""
    content = hashlib.sha256()
    with file.open("rb") as written:
        size = written.seek(0, SEEK_END)
        written.seek(max(0, size - 8))
        footer = int.from_bytes(written.read(4), "little") + 8
        if size < 16 or footer > size:
            raise ValueError(f"{size:,} bytes without a footer")
        written.seek(size - footer)
        found = _MARK.search(written.read(footer))
        if found is None:
            raise ValueError("no notes with a digest")
        at = size - footer + found.start(1)
        written.seek(0)
        for start in range(0, size, CHUNK_BYTES):
            chunk = bytearray(written.read(CHUNK_BYTES))
            here = slice(max(0, at - start), max(0, at - start + len(_OPEN)))
            chunk[here] = b"0" * len(chunk[here])
            content.update(chunk)
    return content.hexdigest(), at


def _damaged(file: Path, at: int, what: str, remedy: str = "write the file again from its source") -> FileDamaged:
    return FileDamaged(file, at, what, remedy, unit=UNIT)


def _line(error: BaseException) -> str:
    """The first line of an error's text."""
    return (str(error).splitlines() or [type(error).__name__])[0]
