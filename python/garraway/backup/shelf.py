"""A folder of backups: who may write there, which there are, which are removed. Touches the folder.

A backup is a folder of it, named by its time and its `seq`. It gets this name when all of it is on the disk, and loses
it before any of it is removed: what has such a name is whole.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from garraway.backup.errors import BackupDamaged, BackupError, BackupMissing, BackupUnderWay
from garraway.backup.manifest import MANIFEST, Manifest
from garraway.backup.parts import check_part

DAY_NS: Final = 86_400 * 10**9
PARTIAL: Final = ".partial"
"""How the name of a backup ends that is being made or removed."""
_NAME: Final = re.compile(r"[0-9]{8}T[0-9]{9}Z-[0-9]{12,20}")
_LOCK: Final = ".lock"


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup of the folder: what it says, or why it cannot be read."""

    path: Path
    manifest: Manifest | None
    damage: str | None

    @property
    def stored(self) -> int:
        """Bytes of its files."""
        return sum(one.lstat().st_size for one in self.path.iterdir())


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder of backups."""

    folder: Path

    def kept(self) -> list[Kept]:
        """The backups, oldest first, looked at from outside: names and sizes. Raises: BackupMissing."""
        if not self.folder.is_dir():
            raise BackupMissing(f"there is no folder {self.folder}: name the folder of the backups with --to")
        return [_looked_at(path) for path in self._paths()]

    def newest(self) -> Manifest | None:
        """What the newest backup that looks whole says."""
        if not self.folder.is_dir():
            return None
        looked_at = (_looked_at(path).manifest for path in reversed(self._paths()))
        return next((one for one in looked_at if one is not None), None)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Lets one process alone make and remove; what an earlier one left unfinished is removed.

        Raises: BackupUnderWay; BackupError: the folder cannot be written.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise BackupError(f"folder {self.folder} cannot be written ({error.strerror}): name another") from error
        try:
            with alone(handle, f"another backup is being made in {self.folder}: wait for it"):
                for path in self.folder.glob(f"*{PARTIAL}"):
                    shutil.rmtree(path)
                yield
        finally:
            os.close(handle)

    def begin(self, made_at_ns: int) -> Path:
        """The folder of a backup in the making."""
        path = self.folder / f"{stamp(made_at_ns)}{PARTIAL}"
        path.mkdir(mode=0o700)
        return path

    def finish(self, partial: Path, manifest: Manifest) -> Path:
        """Gives a backup, all of which is on the disk, its name."""
        path = self.folder / f"{stamp(manifest.made_at_ns)}-{manifest.journal.seq:012}"
        sync_folder(partial)
        partial.rename(path)
        sync_folder(self.folder)
        return path

    def prune(self, *, days: int, now_ns: int) -> list[Path]:
        """Removes backups older than so many days. The newest one whose files are as they were written stays."""
        kept = self.kept()
        old = [one for one in kept if _made_at_ns(one.path) < now_ns - days * DAY_NS]
        good = next((one for one in reversed(kept) if _is_good(one)), None) if old else None
        old = [one for one in old if one is not good] if good is not None else []
        for one in old:
            gone = one.path.with_name(f"{one.path.name}{PARTIAL}")
            one.path.rename(gone)
            shutil.rmtree(gone)
        return [one.path for one in old]

    def _paths(self) -> list[Path]:
        """Of the backups, oldest first."""
        return sorted(path for path in self.folder.iterdir() if _is_backup(path))


def stamp(at_ns: int) -> str:
    """A time as names have it: `20261129T184700123Z`, UTC."""
    return str(np.datetime64(at_ns // 10**6, "ms")).translate(str.maketrans("", "", "-:.")) + "Z"


@contextmanager
def alone(handle: int, otherwise: str) -> Iterator[None]:
    """Holds the lock of an open file. Raises: BackupUnderWay."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BackupUnderWay(otherwise) from error
    try:
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)


def sync_folder(folder: Path) -> None:
    """Has the names in a folder on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _made_at_ns(path: Path) -> int:
    text = path.name.partition("Z")[0]
    date, time = text.split("T")
    iso = f"{date[:4]}-{date[4:6]}-{date[6:]}T{time[:2]}:{time[2:4]}:{time[4:6]}.{time[6:]}"
    return int(np.datetime64(iso, "ns").astype(np.int64))


def _is_backup(path: Path) -> bool:
    return _NAME.fullmatch(path.name) is not None and path.is_dir() and not path.is_symlink()


def _looked_at(path: Path) -> Kept:
    try:
        manifest = Manifest.peek(path)
        for part in manifest.parts:
            found = (path / part.name).lstat()
            if found.st_size != part.stored:
                raise BackupDamaged(f"part {path / part.name} has {found.st_size} bytes, not {part.stored}")
    except BackupError as error:
        return Kept(path, None, str(error))
    except OSError as error:
        return Kept(path, None, f"{error.filename}: {error.strerror}")
    return Kept(path, manifest, None)


def _is_good(kept: Kept) -> bool:
    """Whether every file is as it was written; the manifest itself needs the key."""
    if kept.manifest is None or not (kept.path / MANIFEST).is_file():
        return False
    try:
        for part in kept.manifest.parts:
            check_part(kept.path, part)
    except BackupError:
        return False
    return True
