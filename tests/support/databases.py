"""Databases for tests: a file of SQLite, and a real PostgreSQL, started once and only when a test asks for it.

`database_url` runs a test on both; `migrated` hands over an open database that has the schema.
"""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from garraway.store import Database, upgrade
from garraway.store.postgresql_server import PostgresqlServer

_numbers = itertools.count(1)
QUICK = {"fsync": "off", "synchronous_commit": "off", "shared_buffers": "32MB"}
"""For tests that do not pull the plug."""


@pytest.fixture
def passable_folder() -> Iterator[Path]:
    """A folder for a cluster: another user may pass to it, and its path is short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="garraway-postgresql-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """The server. Its folder lies where another user may pass: it does not run as root."""
    folder = Path(tempfile.mkdtemp(prefix="garraway-postgresql-"))
    folder.chmod(0o711)
    server = PostgresqlServer.start(folder / "server", settings=QUICK)
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite database that is not there yet."""
    return f"sqlite:///{tmp_path / 'garraway.db'}"


@pytest.fixture
def postgresql_url(postgresql: PostgresqlServer) -> str:
    """An empty PostgreSQL database."""
    return postgresql.create_database(f"test{next(_numbers)}")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of either kind."""
    found = request.getfixturevalue(f"{request.param}_url")
    assert isinstance(found, str)
    return found


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema, to be copied: faster than to migrate each time."""
    path = tmp_path_factory.mktemp("template") / "garraway.db"
    _upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql: PostgresqlServer) -> str:
    """Name of a PostgreSQL database with the schema, to be copied."""
    name = "migrated"
    _upgrade(postgresql.create_database(name))
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An open database of either kind, with the schema and no rows."""
    if request.param == "sqlite":
        path = tmp_path / "garraway.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        url = f"sqlite:///{path}"
    else:
        template, server = request.getfixturevalue("postgresql_template"), request.getfixturevalue("postgresql")
        url = _copied(server, template, f"test{next(_numbers)}")
    database = Database.open(url)
    yield database
    database.close()


def _upgrade(url: str) -> None:
    database = Database.open(url)
    upgrade(database)
    database.close()


def _copied(server: PostgresqlServer, template: str, name: str) -> str:
    """The address of a copy."""
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
    return server.url(name)
