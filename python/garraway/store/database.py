"""The database: SQLite in a file, or PostgreSQL. Touches it through SQLAlchemy Core.

One way to write, one way to read. A writer on SQLite takes the write lock when its transaction begins (BEGIN
IMMEDIATE), so that it never fails half-way for a lock; the driver begins nothing by itself, which makes changes of the
schema transactional, too. A reader cannot write, on either database.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from sqlite3 import OperationalError as SqliteError
from typing import Any, Final, Literal, Protocol, Self

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from garraway.config import SecretUnavailable
from garraway.store.errors import DatabaseAway, UrlInvalid

Dialect = Literal["sqlite", "postgresql"]

CONNECT_S: Final = 10
WAL_RETRY_S: Final = 0.01
_EXAMPLE: Final = "give sqlite:///var/garraway.db or postgresql://user@host/name"


class Password(Protocol):
    """Gives the password of the database's user, for each new connection."""

    def __call__(self, *, again: bool) -> str:
        """The password; `again`: the one given before was refused, look anew. Raises: SecretUnavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """How many connections there are and how long they are waited for."""

    size: int = 8
    """Connections that are kept, for reading, and of PostgreSQL for writing."""
    overflow: int = 10
    """Connections beyond these at a rush."""
    timeout_s: float = 30
    """How long one waits for a connection."""
    busy_s: float = 10
    """How long a statement on SQLite waits for another process's lock."""
    statement_s: float = 0
    """How long a statement of PostgreSQL may take; 0: as long as it takes."""


USUAL: Final = Pool()


@dataclass(frozen=True, slots=True)
class Database:
    """An open database. Threads may share it; each takes connections of its own."""

    url: URL
    dialect: Dialect
    _writer: Engine
    _reader: Engine

    @classmethod
    def open(cls, url: str, *, password: Password | None = None, pool: Pool = USUAL) -> Self:
        """The database at an address; nothing is read or written yet.

        Args:
            url: `sqlite:///PATH` (relative; four slashes: absolute) or `postgresql://user:password@host:port/name`.
            password: gives what takes the place of the address's password; PostgreSQL only.
            pool: connections and patience.
        Raises: UrlInvalid: it is neither of the two.
        """
        parsed = _parsed(url)
        if parsed.get_backend_name() == "sqlite":
            return cls(parsed, "sqlite", _sqlite(parsed, pool, writing=True), _sqlite(parsed, pool, writing=False))
        engine = create_engine(
            parsed,
            isolation_level="READ COMMITTED",
            pool_size=pool.size,
            max_overflow=pool.overflow,
            pool_timeout=pool.timeout_s,
            pool_pre_ping=True,
            connect_args=_connect_arguments(parsed, pool),
        )
        if password is not None:
            _connect_with(engine, password)
        return cls(parsed, "postgresql", engine, engine.execution_options(postgresql_readonly=True))

    @property
    def shown(self) -> str:
        """The address without its password: for people and logs."""
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that may write: committed at the end, rolled back when an exception leaves it.

        Raises: DatabaseAway: no connection, or on SQLite no write lock within the pool's patience.
        """
        with self._begun(self._writer) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that cannot write. Raises: DatabaseAway."""
        if self.dialect == "sqlite" and not sqlite_path(self.url).exists():
            raise DatabaseAway(f"database {self.shown} is not there: make it with `garraway db init`")
        with self._begun(self._reader) as connection:
            yield connection

    def close(self) -> None:
        """Closes the connections that are not in use."""
        self._writer.dispose()
        self._reader.dispose()

    @contextmanager
    def _begun(self, engine: Engine) -> Iterator[Connection]:
        try:
            connection = engine.connect()
        except OperationalError as error:
            raise self._away(error) from error
        except SecretUnavailable as error:
            raise DatabaseAway(f"database {self.shown} is away: its password cannot be had: {error}") from error
        except PoolTimeout as error:
            raise DatabaseAway(f"database {self.shown} is busy: no connection was free in time; ask again") from error
        with connection:
            try:
                transaction = connection.begin()
            except OperationalError as error:
                raise self._away(error) from error
            with transaction:
                yield connection

    def _away(self, error: OperationalError) -> DatabaseAway:
        reason = str(error.orig).strip().splitlines()[0]
        return DatabaseAway(f"database {self.shown} is away: {reason}; is it there, running, and open to this user?")


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise UrlInvalid(f"no address of a database: {_EXAMPLE}") from error
    if parsed.drivername == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise UrlInvalid(f"address {url!r} names no file: {_EXAMPLE}")
        return parsed
    if parsed.drivername in {"postgresql", "postgresql+psycopg"}:
        return parsed.set(drivername="postgresql+psycopg")
    raise UrlInvalid(f"databases of kind {parsed.drivername!r} are not supported: {_EXAMPLE}")


def _connect_arguments(url: URL, pool: Pool) -> dict[str, object]:
    options = " ".join([str(url.query.get("options", "")), f"-c statement_timeout={int(pool.statement_s * 1000)}"])
    return {"connect_timeout": CONNECT_S, "options": options.strip()}


def _connect_with(engine: Engine, password: Password) -> None:
    """New connections of the pool take the password as it is then; one that was rotated just now is asked for anew."""

    @event.listens_for(engine, "do_connect")
    def _connecting(
        dialect: DefaultDialect, _record: object, arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> DBAPIConnection:
        given = named["password"] = password(again=False)
        try:
            return dialect.connect(*arguments, **named)
        except dialect.loaded_dbapi.OperationalError:
            named["password"] = password(again=True)
            if named["password"] == given:
                raise
        return dialect.connect(*arguments, **named)


def _sqlite(url: URL, pool: Pool, *, writing: bool) -> Engine:
    """An engine for one of the two ways. One writer at a time: threads queue here instead of at the file's lock."""
    size = (1, 0) if writing else (pool.size, pool.overflow)
    engine = create_engine(
        url,
        connect_args={"timeout": pool.busy_s, "check_same_thread": False},
        pool_size=size[0],
        max_overflow=size[1],
        pool_timeout=pool.timeout_s,
    )
    begin = "BEGIN IMMEDIATE" if writing else "BEGIN"

    @event.listens_for(engine, "connect")
    def _connected(driver: SqliteConnection, _: object) -> None:
        driver.isolation_level = None
        _write_ahead(driver, pool.busy_s)
        for name, value in (("synchronous", "FULL"), ("foreign_keys", "ON")):
            driver.execute(f"PRAGMA {name} = {value}")
        if not writing:
            driver.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def _begins(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _write_ahead(driver: SqliteConnection, patience_s: float) -> None:
    """Switches the file to its log; SQLite itself does not wait for another who does the same at this moment."""
    give_up_s = time.monotonic() + patience_s
    while True:
        try:
            driver.execute("PRAGMA journal_mode = WAL")
        except SqliteError:
            if time.monotonic() > give_up_s:
                raise
            time.sleep(WAL_RETRY_S)
        else:
            return


def sqlite_path(url: URL) -> Path:
    """The file of a SQLite database."""
    assert url.database is not None
    return Path(url.database)
