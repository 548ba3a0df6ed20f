"""Many rows at once, by the quickest way of each database: prepared inserts on SQLite, COPY on PostgreSQL.

Rows are tuples in the order of the table's columns. They pass by SQLAlchemy's types, so what these would do to a wide
integer is done here.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Table

from garraway.store.wide import WideInteger

Row = tuple[Any, ...]
STAGE_FROM: Final = 64
"""Changed rows from which on PostgreSQL is given them by COPY into a table of the transaction's own."""


def append(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Rows that are not there yet."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        _execute_many(connection, _insert(table, mark="?"), _sqlite_rows(table, rows))
    else:
        _copy(connection, table.name, table, rows)


def upsert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Rows that replace those with the same key, where there are some; each key at most once."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        _execute_many(connection, f"{_insert(table, mark='?')} {_on_conflict(table)}", _sqlite_rows(table, rows))
    elif len(rows) < STAGE_FROM:
        _execute_many(connection, f"{_insert(table, mark='%s')} {_on_conflict(table)}", rows)
    else:
        staged = f"staged_{table.name}"
        connection.exec_driver_sql(
            f"CREATE TEMP TABLE IF NOT EXISTS {staged} (LIKE {table.name} INCLUDING DEFAULTS) ON COMMIT DELETE ROWS"
        )
        _copy(connection, staged, table, rows)
        names = ", ".join(_names(table))
        connection.exec_driver_sql(
            f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {staged} {_on_conflict(table)}"  # noqa: S608
        )
        connection.exec_driver_sql(f"TRUNCATE {staged}")


def _execute_many(connection: Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    cursor = connection.connection.cursor()
    try:
        cursor.executemany(statement, rows)
    finally:
        cursor.close()


def _copy(connection: Connection, target: str, table: Table, rows: Sequence[Row]) -> None:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    names = ", ".join(_names(table))
    with driver.cursor() as cursor, cursor.copy(f"COPY {target} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _sqlite_rows(table: Table, rows: Sequence[Row]) -> Sequence[Sequence[Any]]:
    """The rows with wide integers as text."""
    wide = _wide(table)
    if not wide:
        return rows
    texts: list[list[Any]] = [list(row) for row in rows]
    for row in texts:
        for place in wide:
            row[place] = str(row[place])
    return texts


@cache
def _wide(table: Table) -> tuple[int, ...]:
    return tuple(place for place, column in enumerate(table.columns) if isinstance(column.type, WideInteger))


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


@cache
def _insert(table: Table, *, mark: str) -> str:
    names = _names(table)
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join([mark] * len(names))})"  # noqa: S608


@cache
def _on_conflict(table: Table) -> str:
    keys = [column.name for column in table.primary_key]
    others = ", ".join(f"{name} = excluded.{name}" for name in _names(table) if name not in keys)
    return f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {others}"
