"""Lines of text files in chunks, from plain, packed, zipped and archived files. Touches the file alone.

A chunk is a column of lines with the number of its first one. A file that was cut is refused, in archives by their own
checksums: there the last line need not be ended.
"""

import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from garraway.catalog.blocks import PackingBroken, Watch, blocks
from garraway.catalog.errors import FileDamaged, FileUnreadable
from garraway.catalog.importers.job import Faults

if TYPE_CHECKING:
    import polars as pl

CHUNK_BYTES: Final = 1 << 22
LINE_BYTES: Final = 1 << 24
"""Longest line taken: a snapshot of a whole book in JSON has less."""
MEMBER_BYTES: Final = 1 << 28
"""Largest member of an archive that is taken: it is held in memory."""


class Chunk(NamedTuple):
    """Some lines."""

    member: str
    """Of an archive; empty for a file that is none."""
    first: int
    """Number of the first line, from 1."""
    lines: "pl.Series"


def line_chunks(file: Path, faults: Faults, watch: Watch | None = None, *, ended: bool = True) -> Iterator[Chunk]:
    """The lines of a file, or of all text members of an archive one after the other.

    `ended`: whether the last line must have its end, without which it may have been cut.

    Raises: FileUnreadable; FileDamaged: it is cut or its packing is broken, or is no text.
    """
    if archived(file):
        for name, content in members(file, watch):
            if name.endswith((".csv", ".txt")):
                yield from _chunks(file, iter([content]), faults, (name, False))
    else:
        yield from _chunks(file, blocks(file, watch), faults, ("", ended))


def archived(file: Path) -> bool:
    """Whether the name is that of an archive."""
    return file.name.endswith((".zip", ".tar", ".tar.zst", ".tar.gz"))


def members(file: Path, watch: Watch | None = None) -> Iterator[tuple[str, bytes]]:
    """The files in an archive, those of archives within it too, by name. Raises: FileUnreadable; FileDamaged."""
    try:
        if file.suffix == ".zip":
            with zipfile.ZipFile(file) as opened:
                yield from _zipped(opened, "")
            return
        yield from _tarred(file, watch)
    except OSError as error:
        raise FileUnreadable(f"{file} cannot be read ({error.strerror or error}): give a file that is there") from error
    except _BROKEN as error:
        raise FileDamaged(file, 0, f"the archive is broken ({error})", "fetch it again", unit="byte") from error
    except PackingBroken as error:
        raise error.told(file, 0, "the members before", unit="byte") from error


_BROKEN: Final = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError, RuntimeError)


def _zipped(opened: zipfile.ZipFile, above: str) -> Iterator[tuple[str, bytes]]:
    for info in opened.infolist():
        if info.is_dir():
            continue
        if info.file_size > MEMBER_BYTES:
            raise zipfile.BadZipFile(f"{info.filename} has {info.file_size:,} bytes, the largest is {MEMBER_BYTES:,}")
        yield above + info.filename, opened.read(info)


def _tarred(file: Path, watch: Watch | None) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=_Stream(blocks(file, watch)), mode="r|") as opened:
        for info in opened:
            if not info.isfile():
                continue
            if info.size > MEMBER_BYTES:
                raise tarfile.TarError(f"{info.name} has {info.size:,} bytes, the largest is {MEMBER_BYTES:,}")
            taken = opened.extractfile(info)
            content = b"" if taken is None else taken.read()
            if info.name.endswith(".zip"):
                with zipfile.ZipFile(io.BytesIO(content)) as inner:
                    yield from _zipped(inner, f"{info.name}/")
            else:
                yield info.name, content


class _Stream(io.RawIOBase):
    """Blocks as a file that is read from start to end."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source, self._rest = source, b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Bytes, fewer than asked for at the end alone."""
        parts, have = [self._rest], len(self._rest)
        while have < size:
            block = next(self._source, None)
            if block is None:
                break
            parts.append(block)
            have += len(block)
        content = b"".join(parts)
        given, self._rest = content[:size], content[size:]
        return given


def _chunks(file: Path, source: Iterator[bytes], faults: Faults, kept: tuple[str, bool]) -> Iterator[Chunk]:
    member, ended = kept
    number, waiting, size = 1, [], 0
    try:
        for block in source:
            waiting.append(block)
            size += len(block)
            if size < CHUNK_BYTES:
                continue
            whole, end, rest = b"".join(waiting).rpartition(b"\n")
            if end:
                lines = _lines(whole, number, faults, member)
                yield Chunk(member, number, lines)
                number += len(lines)
            elif len(rest) > LINE_BYTES:
                raise FileDamaged(file, number, f"no line end within {LINE_BYTES} bytes", "give a text file")
            waiting, size = [rest], len(rest) if not end else 0
    except PackingBroken as error:
        raise error.told(file, number, f"line {number - 1}") from error
    whole, end, rest = b"".join(waiting).rpartition(b"\n")
    if rest and ended:
        faults.bad(
            number + (whole.count(b"\n") + 1 if end else 0), "the file ends within this line: end it if it is whole"
        )
        rest = b""
    # Within an archive, whose checksum was proved, the last line may do without its end.
    if end or rest:
        text = whole + end + rest if rest else whole
        yield Chunk(member, number, _lines(text, number, faults, member))


def _lines(content: bytes, first: int, faults: Faults, member: str) -> "pl.Series":
    """The lines; one that is no text is blank."""
    import polars as pl  # noqa: PLC0415

    try:
        return pl.Series(content.decode().replace("\r\n", "\n").removesuffix("\r").split("\n"), dtype=pl.String)
    except UnicodeDecodeError:
        return pl.Series([_decoded(line, first + at, faults, member) for at, line in enumerate(content.split(b"\n"))])


def _decoded(line: bytes, number: int, faults: Faults, member: str) -> str:
    try:
        return line.removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        faults.bad(number, f"{line[:40]!r} is no text in UTF-8", member=member)
        return ""
