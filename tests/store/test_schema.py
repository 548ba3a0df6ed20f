"""The schema forwards and backwards, with rows, on both databases; and what a wrong one is told."""

import threading
from contextlib import suppress

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, inspect, select, text

from garraway.store import (
    METADATA,
    AlreadyInitialised,
    Database,
    DatabaseAway,
    DatabaseNewer,
    DatabaseOlder,
    RevisionUnknown,
    SchemaStatus,
    UrlInvalid,
    downgrade,
    initialise,
    insist_current,
    revisions,
    status,
    upgrade,
)
from garraway.store.tables.view_definitions import ASSETS
from garraway.store.tables.view_standings import BALANCES


def tables(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_migrations_make_the_tables_that_the_code_has(migrated: Database) -> None:
    with migrated.reading() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": METADATA, "compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_a_database_goes_up_and_down_with_rows(database_url: str) -> None:
    database = Database.open(database_url)
    newest = revisions()[-1]
    with database.writing():
        pass
    assert status(database) == SchemaStatus("base", newest, revisions())
    assert initialise(database) == SchemaStatus(newest, newest, ())
    with database.writing() as connection:
        connection.execute(insert(ASSETS).values(asset=1, code="USD", scale=8, display=2))
    for revision in (*reversed(revisions()), "base"):
        assert downgrade(database, revision).revision == revision
    assert tables(database) == set()
    assert upgrade(database).revision == newest
    assert tables(database) == set(METADATA.tables)
    with database.reading() as connection:
        assert connection.execute(select(ASSETS)).all() == []
    database.close()


def test_up_keeps_the_rows_that_are_there(migrated: Database) -> None:
    row = {"asset": 1, "code": "USD", "scale": 8, "display": 2}
    with migrated.writing() as connection:
        connection.execute(insert(ASSETS).values(**row))
    upgrade(migrated)
    with migrated.reading() as connection:
        assert [dict(found) for found in connection.execute(select(ASSETS)).mappings()] == [row]


def test_a_migration_that_fails_leaves_the_schema_as_it_was(database_url: str) -> None:
    database = Database.open(database_url)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE view_progress (mine bigint)"))
    with pytest.raises(Exception, match="already exists"):
        initialise(database)
    assert tables(database) == {"view_progress"}
    database.close()


def test_two_who_bring_it_up_at_once_do_it_once(database_url: str) -> None:
    databases = [Database.open(database_url) for _ in range(2)]
    found: list[SchemaStatus] = []
    threads = [threading.Thread(target=lambda of: found.append(upgrade(of)), args=[of]) for of in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [status(databases[0])] * 2
    for database in databases:
        database.close()


def test_a_newer_database_is_refused_by_everything(migrated: Database) -> None:
    with migrated.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refused in (status, upgrade, initialise, insist_current, lambda database: downgrade(database, "base")):
        with pytest.raises(DatabaseNewer, match=r"9999, newer than .* restore the backup"):
            refused(migrated)


def test_an_older_database_is_told_to_go_up(migrated: Database) -> None:
    insist_current(migrated)
    downgrade(migrated, "base")
    with pytest.raises(DatabaseOlder, match="garraway db up"):
        insist_current(migrated)


def test_what_cannot_be_is_said(migrated: Database) -> None:
    with pytest.raises(AlreadyInitialised, match="garraway db up"):
        initialise(migrated)
    with pytest.raises(RevisionUnknown, match="0042"):
        downgrade(migrated, "0042")


@pytest.mark.parametrize("url", ["", "mysql://host/name", "sqlite://", "sqlite:///:memory:", "nonsense"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(UrlInvalid, match=r"sqlite:///var/garraway\.db"):
        Database.open(url)


def test_a_database_that_is_not_there_is_away(tmp_path: object) -> None:
    with pytest.raises(DatabaseAway, match="garraway db init"):
        status(Database.open(f"sqlite:///{tmp_path}/none.db"))
    with pytest.raises(DatabaseAway, match="is away"):
        status(Database.open(f"postgresql://nobody:secret@/none?host={tmp_path}"))


def test_an_address_is_shown_without_its_password() -> None:
    assert "secret" not in Database.open("postgresql://me:secret@host/name").shown


def test_readers_cannot_write(migrated: Database) -> None:
    with pytest.raises(Exception, match=r"read-?only"), migrated.reading() as connection:
        connection.execute(insert(ASSETS).values(asset=1, code="USD", scale=8, display=2))


def test_a_transaction_that_fails_leaves_nothing(migrated: Database) -> None:
    with suppress(KeyError), migrated.writing() as connection:
        connection.execute(insert(ASSETS).values(asset=1, code="USD", scale=8, display=2))
        raise KeyError
    with migrated.reading() as connection:
        assert connection.execute(select(ASSETS)).all() == []


def test_sqlite_keeps_what_was_committed_and_lets_readers_read_meanwhile(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    upgrade(database)
    with database.writing() as writing, database.reading() as reading:
        pragmas = {
            name: writing.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
        writing.execute(insert(ASSETS).values(asset=1, code="USD", scale=8, display=2))
        assert reading.execute(select(ASSETS)).all() == []
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    database.close()


@pytest.mark.parametrize("amount", [0, 1, -1, 2**63, -(2**63) - 1, 2**127 - 1, -(2**127)])
def test_128_bits_come_back_whole(migrated: Database, amount: int) -> None:
    row = {"account": 16, "asset": 1, "balance": amount, "held": -amount - 1, "collateral": 0, "changed_id": 7}
    with migrated.writing() as connection:
        connection.execute(insert(BALANCES).values(**row))
    with migrated.reading() as connection:
        assert [dict(found) for found in connection.execute(select(BALANCES)).mappings()] == [row]
