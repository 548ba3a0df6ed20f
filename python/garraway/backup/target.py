"""Where a venue is restored to: what stands there now, and whether anybody uses it. Touches locks alone."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from garraway.backup.errors import TargetTaken, VenueRuns
from garraway.store import Database, DatabaseTaken, giving_back
from garraway.store.database import sqlite_path

_LOCKS: Final = {
    "lock": "an exchange runs on it",
    "run/up.lock": "`garraway up` runs on it",
    "run/outbox.lock": "a service runs on it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the venue comes: its folder, its database, its key folder. `overwrite` moves what stands there aside."""

    folder: Path
    database: Database
    key_folder: Path
    overwrite: bool

    @property
    def sqlite(self) -> Path | None:
        """The file of a SQLite database, absolute."""
        return sqlite_path(self.database.url).absolute() if self.database.dialect == "sqlite" else None

    def within(self, path: Path) -> bool:
        """Whether a path lies in the venue's folder."""
        return self.folder in path.absolute().parents

    def insist_free(self) -> None:
        """Refuses where something stands that may not be replaced, or is used.

        Raises: VenueRuns, TargetTaken, DatabaseTaken, DatabaseInUse, DatabaseAway.
        """
        self.insist_files_free()
        if self.sqlite is None:
            with self.database.writing() as connection:
                self._insist_tables_free(connection)

    def insist_files_free(self) -> None:
        """The same, of folder and SQLite file alone. Raises: VenueRuns, TargetTaken, DatabaseTaken, DatabaseInUse."""
        if self.folder.is_symlink() or (self.folder.exists() and not self.folder.is_dir()):
            raise TargetTaken(f"{self.folder} is no folder: name another with --folder")
        with self.locked():
            if self.folder.is_dir() and any(self.folder.iterdir()) and not self.overwrite:
                raise TargetTaken(
                    f"folder {self.folder} is not empty: name a new one with --folder, or add --overwrite, which "
                    "moves it aside"
                )
        if self.sqlite is not None:
            self._insist_file_free(self.sqlite)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps everybody from starting the venue that stands there. Raises: VenueRuns."""
        with contextlib.ExitStack() as stack:
            for name, why in _LOCKS.items():
                path = self.folder / name
                try:
                    handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
                except OSError:
                    continue  # never started there
                stack.callback(os.close, handle)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise VenueRuns(f"folder {self.folder} is in use: {why}; stop it first") from error
            yield

    def _insist_file_free(self, path: Path) -> None:
        if not path.exists():
            return
        giving_back.insist_sqlite_free(path)
        if not self.overwrite:
            raise DatabaseTaken(f"database {path} is there: name another, or add --overwrite, which moves it aside")

    def _insist_tables_free(self, connection: Connection) -> None:
        giving_back.insist_postgresql_free(connection, self.database.shown)
        if giving_back.holds_tables(connection) and not self.overwrite:
            raise DatabaseTaken(
                f"database {self.database.shown} holds tables: name an empty one, or add --overwrite, which drops them"
            )
