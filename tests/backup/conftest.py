"""Where a venue is restored to, on either database, and one small backup that many tests look at."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.backup.house import SECRET, House, within_time

from garraway.backup import Made, Shelf, make
from garraway.store import Database
from garraway.store.postgresql_server import PostgresqlServer

_numbers = itertools.count(1)


@pytest.fixture
def empty(migrated: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database of the same kind as `migrated` that holds nothing yet, for the venue in `tmp_path / "again"`."""
    if migrated.dialect == "sqlite":
        database = Database.open(f"sqlite:///{tmp_path / 'again' / 'garraway.db'}")
    else:
        server = request.getfixturevalue("postgresql")
        assert isinstance(server, PostgresqlServer)
        database = Database.open(server.create_database(f"again{next(_numbers)}"))
    yield database
    database.close()


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> dict[bool, Made]:
    """Backups of a small venue that stands still: encrypted (True) and not."""
    place = tmp_path_factory.mktemp("small")
    shutil.copy(sqlite_template, place / "garraway.db")
    house = House.found(place / "venue", Database.open(f"sqlite:///{place / 'garraway.db'}"))

    async def scenario() -> None:
        async with house.exchange():
            await house.define()
            async with house.outbox() as outbox:
                await house.trade(40)
                assert await house.answered(outbox, house.move(7).outbox_id) == 0

    within_time(scenario)
    made = {
        encrypted: make(
            house.source,
            Shelf(place / f"backups-{encrypted}"),
            SECRET if encrypted else None,
            retention_days=7,
            replay=True,
            now_ns=lambda: 1_800_000_000_000_000_000,
        )
        for encrypted in (True, False)
    }
    house.database.close()
    return made
