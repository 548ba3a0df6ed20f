"""The PostgreSQL of `garraway up --postgres`: folder, database, roles, their passwords. Touches files, the server.

Three roles: the owner migrates; the service's role cannot change the audit chain; the projector's owns the view tables.
"""

import contextlib
import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL

from garraway.cli.failures import Failure
from garraway.config import Settings
from garraway.store import Database, DatabaseAway, roles, upgrade
from garraway.store.postgresql_server import PostgresqlServer

DATABASE: Final = "garraway"
SERVICE: Final = "garraway_service"
PROJECTOR: Final = "garraway_projector"
ROLES: Final = (SERVICE, PROJECTOR)
PATIENCE_S: Final = 60
LOOK_EVERY_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class OwnPostgresql:
    """The cluster's folder, and the venue's, which keeps the passwords of the two roles."""

    folder: Path
    venue: Path

    @classmethod
    def of(cls, settings: Settings, folder: Path | None) -> "OwnPostgresql":
        """That of a venue: in `folder`, else beside the venue's own. Raises: Failure: the settings name a database.

        The venue's folder is closed to all but its owner. In root's place PostgreSQL runs as another user, who could
        not pass through it, so the cluster lies outside.
        """
        if settings.database.url:
            raise Failure(
                f"--postgres starts a database of its own, and database.url is {settings.database.url}: leave one out"
            )
        venue = settings.folder.absolute()
        return cls((folder or venue.with_name(f"{venue.name}-postgresql")).absolute(), venue)

    def options(self, role: str) -> dict[str, tuple[str, str]]:
        """The settings with which a role comes in: setting -> (option, text). Makes its password, if there is none."""
        address = URL.create("postgresql", username=role, database=DATABASE, query={"host": str(self.folder)})
        given = {"database.url": str(address), "database.password": f"file:{self._kept(role)}"}
        return {key: ("--postgres", text) for key, text in given.items()}

    @contextlib.contextmanager
    def held(self) -> Iterator[PostgresqlServer]:
        """The prepared cluster, held against every other `garraway up`. Raises: Failure, PostgresqlFailed."""
        server = PostgresqlServer.prepare(self.folder)
        handle = os.open(self.folder / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Failure(
                    f"folder {self.folder} is the database of another `garraway up`: take another --postgres-folder"
                ) from error
            yield server
        finally:
            os.close(handle)

    def provide(self, server: PostgresqlServer) -> None:
        """Waits for the server, then makes what is missing: database, newest schema, roles. Raises: DatabaseAway.

        For a thread: it blocks for up to `PATIENCE_S`.
        """
        owner = Database.open(_once_there(server))
        try:
            upgrade(owner)
            passwords = {role: self._kept(role).read_text(encoding="utf-8") for role in ROLES}
            roles.grant(owner, service=(SERVICE, passwords[SERVICE]), projector=(PROJECTOR, passwords[PROJECTOR]))
        finally:
            owner.close()

    def _kept(self, role: str) -> Path:
        """The file of a role's password, made at the first start."""
        run = self.venue / "run"
        for part in (self.venue, run):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = run / f"{role}.password"
        if not kept.exists():
            made = kept.with_suffix(".made")
            made.unlink(missing_ok=True)
            made.touch(mode=0o600)
            made.write_text(secrets.token_urlsafe(32), encoding="utf-8")
            made.rename(kept)
        return kept


def _once_there(server: PostgresqlServer) -> str:
    """The owner's address of the database, as soon as the server lets it in."""
    give_up_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            return server.create_database(DATABASE)
        except DatabaseAway:
            if time.monotonic() > give_up_s:
                raise
            time.sleep(LOOK_EVERY_S)
