"""The bytes of a file, plain or compressed (.zst, .gz, .xz), streamed. Touches the file alone.

A file that was cut is refused: compressed streams must end.
"""

import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import zstandard

from garraway.catalog.errors import FileDamaged, FileUnreadable

CHUNK_BYTES: Final = 1 << 16

Watch = Callable[[int], None]
"""Told how many bytes of the file, as it lies on disk, have been read."""


class PackingBroken(Exception):
    """The compression of a file is broken, or cut."""

    def __init__(self, why: Exception) -> None:
        """What the decompressor said; EOFError for a cut."""
        super().__init__(str(why))
        self.cut = isinstance(why, EOFError)

    def told(self, file: Path, at: int, last: str, *, unit: str = "line") -> FileDamaged:
        """The error of a reader that stands `at` a line or byte, behind the `last` whole one."""
        if self.cut:
            return FileDamaged(file, at, f"the compressed file is cut after {last}", "fetch it again", unit=unit)
        return FileDamaged(file, at, f"after {last} the compression is broken ({self})", unit=unit)


class _Stream(Protocol):
    """What the decompressors of zlib, lzma and zstandard have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def blocks(file: Path, watch: Watch | None = None) -> Iterator[bytes]:
    """The content of `file`, in blocks of any length.

    Raises: FileUnreadable; PackingBroken: it is compressed, and broken or cut.
    """
    try:
        with file.open("rb") as source:
            yield from _decompressed(file, _chunks(source, watch))
    except (zlib.error, lzma.LZMAError, zstandard.ZstdError, EOFError) as error:
        raise PackingBroken(error) from error
    except OSError as error:
        raise FileUnreadable(f"{file} cannot be read ({error.strerror}): give a file that is there") from error


def _chunks(source: BinaryIO, watch: Watch | None) -> Iterator[bytes]:
    read = 0
    while chunk := source.read(CHUNK_BYTES):
        read += len(chunk)
        yield chunk
        if watch is not None:
            watch(read)


def _decompressed(file: Path, chunks: Iterator[bytes]) -> Iterator[bytes]:
    if file.suffix == ".zst":
        return _unpacked(chunks, lambda: zstandard.ZstdDecompressor().decompressobj())
    if file.suffix == ".gz":
        return _unpacked(chunks, lambda: zlib.decompressobj(wbits=31))
    if file.suffix == ".xz":
        return _unpacked(chunks, lambda: lzma.LZMADecompressor(format=lzma.FORMAT_XZ))
    return chunks


def _unpacked(chunks: Iterator[bytes], start: Callable[[], _Stream]) -> Iterator[bytes]:
    """The content of compressed streams, one after the other. Raises: EOFError: the last one is cut."""
    stream = start()
    for chunk in chunks:
        packed = chunk
        while packed:
            if stream.eof:
                stream = start()
            yield stream.decompress(packed)
            packed = stream.unused_data if stream.eof else b""
    if not stream.eof:
        raise EOFError
