"""Months of history. On PostgreSQL each is a partition: made ahead, dropped whole; on SQLite its rows are deleted."""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, Table, delete, func, select, text

from garraway.store.tables.view_history import EXECUTIONS, LEDGER_ENTRIES, ORDERS

TIMES: Final[dict[Table, str]] = {ORDERS: "placed_at_ns", EXECUTIONS: "at_ns", LEDGER_ENTRIES: "at_ns"}
"""The column by which a table's months are told."""
OPEN: Final = 1
_LAST: Final = int(np.datetime64(2**63 - 1, "ns").astype("datetime64[M]").astype(int))
"""The month in which 64 bits of nanoseconds end."""

Month = int
"""Months since January 1970."""


def months_of(times_ns: Iterable[int]) -> set[Month]:
    """The months that these times lie in."""
    stamps = np.fromiter(times_ns, dtype=np.int64).view("datetime64[ns]")
    return {int(month) for month in np.unique(stamps.astype("datetime64[M]")).astype(np.int64)}


def month_named(name: str) -> Month:
    """The month `yyyy-mm`. Raises: ValueError: it is none."""
    return int(np.datetime64(name, "M").astype(int))


def month_name(month: Month) -> str:
    """The month as `yyyy-mm`."""
    return str(np.datetime64(month, "M"))


def starts_ns(month: Month) -> int:
    """When the month begins, ns since the Unix epoch, UTC."""
    return int(np.datetime64(month, "M").astype("datetime64[ns]").astype(np.int64))


def made_months(connection: Connection, table: Table) -> set[Month]:
    """The partitions that a table has on PostgreSQL."""
    query = text(
        "SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid "
        "WHERE inhparent = to_regclass(:name)"
    )
    names = connection.execute(query, {"name": table.name}).scalars()
    return {month_named(name.removeprefix(f"{table.name}_").replace("_", "-")) for name in names}


def make_months(connection: Connection, table: Table, months: Iterable[Month]) -> None:
    """Makes partitions for these months, where they are not there."""
    for month in sorted(months):
        end = "MAXVALUE" if month >= _LAST else str(starts_ns(month + 1))
        connection.exec_driver_sql(
            f"CREATE TABLE IF NOT EXISTS {_partition(table, month)} PARTITION OF {table.name} "
            f"FOR VALUES FROM ({starts_ns(month)}) TO ({end})"
        )


def drop_months(connection: Connection, before: Month) -> dict[str, int]:
    """Drops history from before a month; orders that are still open stay, on PostgreSQL with their whole month.

    Returns: rows that went, by table.
    """
    gone = {table.name: _drop_table_months(connection, table, before) for table in TIMES}
    return {name: rows for name, rows in gone.items() if rows}


def _drop_table_months(connection: Connection, table: Table, before: Month) -> int:
    if connection.dialect.name == "sqlite":
        too_old: list[Any] = [table.c[TIMES[table]] < starts_ns(before)]
        if table is ORDERS:
            too_old.append(ORDERS.c.state != OPEN)
        return connection.execute(delete(table).where(*too_old)).rowcount
    rows = 0
    for month in sorted(made_months(connection, table)):
        within = table.c[TIMES[table]].between(starts_ns(month), starts_ns(month + 1) - 1) if month < before else None
        if within is None or (table is ORDERS and _count(connection, table, within, ORDERS.c.state == OPEN)):
            continue
        rows += _count(connection, table, within)
        connection.exec_driver_sql(f"DROP TABLE {_partition(table, month)}")
    return rows


def _count(connection: Connection, table: Table, *conditions: Any) -> int:  # noqa: ANN401 - SQLAlchemy's own
    return connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()


def _partition(table: Table, month: Month) -> str:
    return f"{table.name}_{month_name(month).replace('-', '_')}"
