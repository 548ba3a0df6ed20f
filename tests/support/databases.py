"""Databases for tests: a file of SQLite, and a real PostgreSQL, started once and only when a test asks for it.

`database_url` runs a test on both; `migrated` hands over an open database that has the schema.
"""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from garraway.store import Database, upgrade
from garraway.store.postgresql_server import PostgresqlServer

_numbers = itertools.count(1)
QUICK = {"fsync": "off", "synchronous_commit": "off", "shared_buffers": "32MB"}
"""For tests that do not pull the plug."""


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


@pytest.fixture
def migrated(database_url: str) -> Iterator[Database]:
    """An open database of either kind, with the schema and no rows."""
    database = Database.open(database_url)
    upgrade(database)
    yield database
    database.close()
