"""A part of a backup, written and read: compressed, encrypted, hashed as it passes. Touches the part's file."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, cast

import zstandard

from garraway.backup.errors import BackupDamaged
from garraway.backup.manifest import Kind, Part
from garraway.backup.sealing import Key, SealBroken

BLOCK: Final = 1 << 20
LEVEL: Final = 3
THREADS: Final = 2
"""Of zstandard: a venue that trades needs the processor more."""


@dataclass(slots=True)
class Passed:
    """Counts and hashes what passes."""

    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    def through(self, blocks: Iterable[bytes], *, hashed: bool = False) -> Iterator[bytes]:
        """The same blocks."""
        for block in blocks:
            self.size += len(block)
            if hashed:
                self.digest.update(block)
            yield block


def write_part(
    folder: Path,
    kind: Kind,
    target: str,
    blocks: Iterable[bytes],
    key: Key | None,
    **more: Any,  # noqa: ANN401 - fields of Part
) -> Part:
    """Writes a part into the backup's folder, and has it on the disk.

    Args:
        folder: the backup's.
        kind: what it is.
        target: the name of what it holds.
        blocks: its bytes.
        key: of the backup, where it is encrypted.
        more: the other fields of `Part`.
    """
    name = f"{kind}-{target}.part"
    held, stored = Passed(), Passed()
    packed = _packed(held.through(blocks))
    handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        sealed = packed if key is None else key.seal(name, packed)
        stream.writelines(stored.through(sealed, hashed=True))
        stream.flush()
        os.fsync(stream.fileno())
    return Part(
        name=name,
        kind=kind,
        target=target,
        size=held.size,
        stored=stored.size,
        sha256=stored.digest.hexdigest(),
        **more,
    )


def read_part(folder: Path, part: Part, key: Key | None) -> Iterator[bytes]:
    """The bytes that a part holds. When the last has passed, all of it was proved; before, nothing is.

    Raises: BackupDamaged.
    """
    path = folder / part.name
    stored, held = Passed(), Passed()
    try:
        opened = stored.through(_file_blocks(path, part), hashed=True)
        packed = opened if key is None else key.open(part.name, opened)
        yield from held.through(_unpacked(packed, part.size))
        for _ in packed:  # whatever stands behind the compressed bytes counts, too
            pass
    except (SealBroken, zstandard.ZstdError) as error:
        raise _damaged(path, str(error)) from error
    _insist(path, part, stored, held)


def check_part(folder: Path, part: Part) -> None:
    """Proves a part's file by its size and its SHA-256; no key is needed. Raises: BackupDamaged."""
    path, stored = folder / part.name, Passed()
    for _ in stored.through(_file_blocks(path, part), hashed=True):
        pass
    _insist(path, part, stored, None)


def _insist(path: Path, part: Part, stored: Passed, held: Passed | None) -> None:
    if stored.size != part.stored or stored.digest.hexdigest() != part.sha256:
        raise _damaged(path, "it is not the file that was written")
    if held is not None and held.size != part.size:
        raise _damaged(path, f"it holds {held.size} bytes, not {part.size}")


def _damaged(path: Path, why: str) -> BackupDamaged:
    return BackupDamaged(f"part {path} is damaged ({why}): take another backup, nothing was changed")


def _packed(blocks: Iterable[bytes]) -> Iterator[bytes]:
    compressor = zstandard.ZstdCompressor(level=LEVEL, threads=THREADS, write_checksum=True).compressobj()
    for block in blocks:
        if packed := compressor.compress(block):
            yield packed
    yield compressor.flush()


def _unpacked(blocks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Stops behind so many bytes and one block: a small file that holds very much fills neither memory nor disk."""
    had = 0
    with zstandard.ZstdDecompressor().stream_reader(cast("IO[bytes]", _Readable(blocks))) as stream:
        while block := stream.read(BLOCK):
            had += len(block)
            if had > size:
                raise zstandard.ZstdError(f"it holds more than the {size} bytes that it should")
            yield block


class _Readable:
    """Blocks as a file to be read."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = b""

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return b""
            self._rest = block
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def _file_blocks(path: Path, part: Part) -> Iterator[bytes]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb", buffering=0) as stream:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise _damaged(path, "it is no plain file")
            if found.st_size != part.stored:
                raise _damaged(path, f"it has {found.st_size} bytes, not {part.stored}")
            while block := stream.read(BLOCK):
                yield block
    except FileNotFoundError as error:
        raise BackupDamaged(f"part {path} is gone: take another backup, nothing was changed") from error
    except OSError as error:
        raise _damaged(path, str(error.strerror)) from error
