"""A database from what `snapshots` took of one. Touches both databases.

On PostgreSQL everything happens in the caller's transaction, so that it ends with the whole backup or with what it had.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import Connection, text

from garraway.store import partitions, schema
from garraway.store.errors import DatabaseInUse, DatabaseTaken, StoreError
from garraway.store.snapshots import TABLES, TableShape, driver_of


class RowsRefused(StoreError):
    """PostgreSQL does not take rows of a backup."""


def insist_sqlite_free(path: Path) -> None:
    """Refuses a file that a process has open. Raises: DatabaseInUse, DatabaseTaken: it is no database."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=0)) as driver:
            # SQLite leaves its log only when nobody else has the file open.
            driver.execute("PRAGMA journal_mode = DELETE").fetchone()
            driver.execute("PRAGMA journal_mode = WAL").fetchone()
    except sqlite3.OperationalError as error:
        raise DatabaseInUse(f"database {path} is in use ({error}): stop what uses it") from error
    except sqlite3.DatabaseError as error:
        raise DatabaseTaken(f"file {path} is no database of SQLite ({error}): move it away") from error


def insist_sqlite_whole(path: Path) -> None:
    """Has SQLite look through a file that nobody uses. Raises: StoreError."""
    try:
        with closing(sqlite3.connect(path)) as driver:
            said = str(driver.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        said = str(error)
    if said != "ok":
        raise StoreError(f"the database in the backup is damaged ({said}): take another backup")


def insist_postgresql_free(connection: Connection, shown: str) -> None:
    """Refuses a database to which others are connected. Raises: DatabaseInUse."""
    others = connection.execute(
        text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    ).scalar_one()
    if others:
        raise DatabaseInUse(f"database {shown} is in use by {others} connections: stop what uses it")


def holds_tables(connection: Connection) -> bool:
    """Whether there is a table of Garraway, or of anybody else, in the database."""
    return connection.execute(TABLES).first() is not None


def empty_postgresql(connection: Connection, revision: str) -> None:
    """Takes all tables away and makes them as they were at a revision, without any row. Raises: StoreError."""
    schema.remake(connection, revision)
    for name in connection.execute(TABLES).scalars().all():
        table = sql.Identifier(name)
        if _has_rows(connection, table):  # what the migrations put there comes again with the backup
            driver_of(connection).execute(sql.SQL("DELETE FROM {}").format(table))


def append_rows(connection: Connection, table: TableShape, blocks: Iterable[bytes]) -> None:
    """Gives a table its rows, as COPY wrote them. Raises: RowsRefused."""
    for kept in partitions.TIMES:
        if kept.name == table.name:
            partitions.make_months(connection, kept, table.months)
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)
    try:
        with driver_of(connection).cursor() as cursor, cursor.copy(statement) as copy:
            for block in blocks:
                copy.write(block)
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise RowsRefused(f"rows of table {table.name} are not taken ({reason}): nothing was changed") from error


def set_sequences(connection: Connection, sequences: Mapping[str, int]) -> None:
    """Has numbers counted on from where they were."""
    for name, value in sequences.items():
        driver_of(connection).execute("SELECT setval(%s::regclass, %s)", [sql.Identifier(name).as_string(), value])


def _has_rows(connection: Connection, table: sql.Identifier) -> bool:
    found = driver_of(connection).execute(sql.SQL("SELECT EXISTS (SELECT 1 FROM {})").format(table)).fetchone()
    return found is not None and bool(found[0])
