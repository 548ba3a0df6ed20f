"""Lines of a text file, plain or compressed (.zst, .gz), streamed. Touches the file alone.

A file that was cut is refused: compressed streams must end, and so must the last line.
"""

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import zstandard

from garraway.catalog.errors import FileDamaged, FileUnreadable

CHUNK_BYTES: Final = 1 << 16
LINE_BYTES: Final = 1 << 16
"""Longest line taken: a book row of a thousand levels has less."""

Watch = Callable[[int], None]
"""Told how many bytes of the file, as it lies on disk, have been read."""


class _Stream(Protocol):
    """What the decompressors of zlib and zstandard have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def numbered_lines(file: Path, watch: Watch | None = None) -> Iterator[tuple[int, bytes]]:
    """The lines of `file` with their numbers from 1, without their line ends.

    Raises: FileUnreadable; FileDamaged: the file is cut or its compression is broken.
    """
    number, rest = 0, b""
    try:
        with file.open("rb") as source:
            for chunk in _decompressed(file, _chunks(source, watch)):
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    number += 1
                    yield number, line
                if len(rest) > LINE_BYTES:
                    raise FileDamaged(file, number + 1, f"no line end within {LINE_BYTES} bytes", "give a LOBSTER file")
    except (zlib.error, zstandard.ZstdError) as error:
        raise FileDamaged(file, number + 1, f"after line {number} the compression is broken ({error})") from error
    except EOFError as error:
        what = f"the compressed file is cut after line {number}"
        raise FileDamaged(file, number + 1, what, "fetch it again") from error
    except OSError as error:
        raise FileUnreadable(f"{file} cannot be read ({error.strerror}): give a file that is there") from error
    if rest:
        what = f"the file ends within the line {shown(rest)}"
        raise FileDamaged(file, number + 1, what, "fetch it again, or end the line if it is whole")


def shown(value: bytes) -> str:
    """A value for an error's text, cut to a length that a terminal can take."""
    text = value[:60].decode("ascii", "backslashreplace")
    return repr(text if len(value) <= 60 else text + "...")


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
