"""A database as it stood at one moment, while others go on writing: what a backup takes. Touches both databases.

SQLite gives a copy of its file. PostgreSQL gives the rows of each table as COPY writes them, all of one transaction: no
program of the server's version is needed, and no password leaves the connection.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import psycopg
from psycopg import sql
from sqlalchemy import Connection, func, inspect, select, text

from garraway.store import outbox, partitions
from garraway.store.audit import AuditHead, audit_heads
from garraway.store.database import Database, sqlite_path
from garraway.store.errors import DatabaseAway
from garraway.store.schema import revision_of
from garraway.store.tables.outbox import OUTBOX
from garraway.store.tables.view_progress import PROGRESS

TABLES: Final = text(
    "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
    "WHERE relkind IN ('r', 'p') AND NOT relispartition AND nspname = current_schema() "
    "AND relname <> 'alembic_version' ORDER BY relname"
)
"""The tables of PostgreSQL, partitions and alembic's own left out."""
_SEQUENCES: Final = text(
    "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = current_schema() AND last_value IS NOT NULL"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a database is: its schema, the last event that its views know, what the outbox was told.

    `views_at` and `answered` are event ids, 0 for none; `source_seq` is the outbox's last number.
    """

    revision: str
    views_at: int
    answered: int
    source_seq: int
    audit: dict[str, AuditHead]


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table: its columns, and of one that is kept by months its partitions."""

    name: str
    columns: tuple[str, ...]
    months: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """The tables of PostgreSQL, in an order in which their rows can be given back, within one transaction."""

    standing: Standing
    tables: tuple[TableShape, ...]
    sequences: dict[str, int]
    _connection: Connection

    def of(self, table: TableShape) -> Iterator[bytes]:
        """The rows of a table as COPY writes them (text)."""
        query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(_names(table.columns), sql.Identifier(table.name))
        with driver_of(self._connection).cursor() as cursor, cursor.copy(query) as copy:
            for block in copy:
                yield bytes(block)


def copy_sqlite(database: Database, target: Path) -> Standing:
    """Copies the database's file as one transaction sees it to a new file. Raises: DatabaseAway."""
    with database.reading() as connection:
        found = standing(connection)
        source = cast("sqlite3.Connection", connection.connection.driver_connection)
        try:
            with closing(sqlite3.connect(target)) as copy:
                copy.execute("PRAGMA synchronous = OFF")  # whoever keeps the copy makes it durable
                source.backup(copy)
        except sqlite3.Error as error:
            raise DatabaseAway(f"database {database.shown} cannot be copied to {target}: {error}") from error
    return found


@contextmanager
def postgresql_rows(database: Database) -> Iterator[Rows]:
    """All rows as one transaction sees them. Raises: DatabaseAway."""
    with database.reading() as connection:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield Rows(standing(connection), _shapes(connection), _sequences(connection), connection)


def standing(connection: Connection) -> Standing:
    """How far the database is."""
    views = connection.execute(select(func.coalesce(func.max(PROGRESS.c.last_id), 0))).scalar_one()
    answered = connection.execute(select(func.coalesce(func.max(OUTBOX.c.first_event), 0))).scalar_one()
    return Standing(
        revision=revision_of(connection),
        views_at=int(views),
        answered=int(answered),
        source_seq=outbox.last_number(connection),
        audit=audit_heads(connection),
    )


def size_of(database: Database) -> int:
    """Bytes that the database takes now."""
    if database.dialect == "sqlite":
        path = sqlite_path(database.url)
        beside = path.with_name(f"{path.name}-wal")
        return sum(one.stat().st_size for one in (path, beside) if one.exists())
    with database.reading() as connection:
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def driver_of(connection: Connection) -> "psycopg.Connection[tuple[object, ...]]":
    """The driver's own connection to PostgreSQL."""
    return cast("psycopg.Connection[tuple[object, ...]]", connection.connection.driver_connection)


def _shapes(connection: Connection) -> tuple[TableShape, ...]:
    """Tables that others point at come first."""
    ours = set(connection.execute(TABLES).scalars())
    looked = inspect(connection)
    ordered = [name for name, _ in looked.get_sorted_table_and_fkc_names() if name in ours]
    kept = {table.name: table for table in partitions.TIMES}
    return tuple(
        TableShape(
            str(name),
            tuple(str(column["name"]) for column in looked.get_columns(str(name))),
            tuple(sorted(partitions.made_months(connection, kept[str(name)]))) if name in kept else (),
        )
        for name in ordered
    )


def _sequences(connection: Connection) -> dict[str, int]:
    return {str(name): int(value) for name, value in connection.execute(_SEQUENCES)}


def _names(columns: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
