"""Queries of the view tables: what the projector writes, and reads back when it starts again.

One projector writes at a time: whoever finds that the progress is not where it left it stops before it writes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, bindparam, delete, select, update

from garraway.store import partitions, rows
from garraway.store.errors import StoreError
from garraway.store.tables.view_definitions import ACCOUNTS, ASSETS, FEE_PLANS, GROUPS, INSTRUMENTS
from garraway.store.tables.view_history import EXECUTIONS, LEDGER_ENTRIES, ORDERS, PARTITIONED
from garraway.store.tables.view_progress import PROGRESS
from garraway.store.tables.view_standings import BALANCES, CANDLES, DAILY_PNL, POSITIONS, STATISTICS

TABLES: Final = (
    *(ASSETS, INSTRUMENTS, ACCOUNTS, GROUPS, FEE_PLANS),
    *(ORDERS, EXECUTIONS, LEDGER_ENTRIES),
    *(POSITIONS, BALANCES, CANDLES, DAILY_PNL, STATISTICS, PROGRESS),
)
"""All tables of views."""
TODAY: Final = 0
"""`business_date` of the day that goes on."""

Rows = Sequence[tuple[Any, ...]]


class ProgressMoved(StoreError):
    """Another projector wrote meanwhile."""


@dataclass(slots=True)
class Months:
    """The partitions that are known to be there, so that not every batch asks."""

    made: dict[str, set[int]] = field(default_factory=dict)

    def insist(self, connection: Connection, table: Table, rows_to_come: Rows) -> None:
        """Makes partitions for rows to come, and the one of the month after."""
        if connection.dialect.name == "sqlite" or not rows_to_come:
            return
        if table.name not in self.made:
            self.made[table.name] = partitions.made_months(connection, table)
        place = table.columns.keys().index(partitions.TIMES[table])
        missing = partitions.months_of(row[place] for row in rows_to_come) - self.made[table.name]
        ahead = {month + 1 for month in missing} - self.made[table.name]
        partitions.make_months(connection, table, missing | ahead)
        self.made[table.name] |= missing | ahead


def advance(connection: Connection, progress: tuple[Any, ...], *, from_id: int) -> None:
    """Moves the progress on from where it was. Raises: ProgressMoved."""
    names = PROGRESS.columns.keys()
    if from_id == 0:
        there = connection.execute(select(PROGRESS.c.last_id).with_for_update()).scalar()
        if there is not None:
            raise ProgressMoved(_moved(from_id))
        rows.append(connection, PROGRESS, [progress])
        return
    values: dict[str, Any] = dict(zip(names, progress, strict=True))
    moved = connection.execute(update(PROGRESS).where(PROGRESS.c.last_id == from_id).values(values))
    if moved.rowcount != 1:
        raise ProgressMoved(_moved(from_id))


def mark_executions(connection: Connection, marks: Iterable[tuple[int, int, int, int]]) -> None:
    """Says of executions that their trade was taken back or corrected: (id, at_ns, busted, corrected price)."""
    found = [dict(zip(("id", "time", "busted", "corrected_price"), mark, strict=True)) for mark in marks]
    if found:
        of = (EXECUTIONS.c.execution_id == bindparam("id"), EXECUTIONS.c.at_ns == bindparam("time"))
        connection.execute(update(EXECUTIONS).where(*of), found)


def clear_today(connection: Connection) -> None:
    """Takes away the P&L of the day that goes on: it is about to be written with its date."""
    connection.execute(delete(DAILY_PNL).where(DAILY_PNL.c.business_date == TODAY))


def clear_statistics(connection: Connection, instruments: Iterable[int]) -> None:
    """Takes away the statistics that instruments have of the day that goes on."""
    found = [{"number": instrument} for instrument in instruments]
    if found:
        of = (STATISTICS.c.business_date == TODAY, STATISTICS.c.instrument == bindparam("number"))
        connection.execute(delete(STATISTICS).where(*of), found)


def set_turnovers(connection: Connection, turnovers: Iterable[tuple[int, int, int, int, int]]) -> None:
    """The venue's own turnover of days that ended: (lots, trades, value, business date, instrument)."""
    names = ("lots", "count", "total", "date", "number")
    found = [dict(zip(names, turnover, strict=True)) for turnover in turnovers]
    if found:
        of = (STATISTICS.c.business_date == bindparam("date"), STATISTICS.c.instrument == bindparam("number"))
        values: dict[str, Any] = {
            "quantity": bindparam("lots"),
            "trades": bindparam("count"),
            "value": bindparam("total"),
        }
        connection.execute(update(STATISTICS).where(*of).values(values), found)


def all_rows(connection: Connection, table: Table) -> Iterable[Row[Any]]:
    """Every row of a table, in the order of its key."""
    return connection.execute(select(table).order_by(*table.primary_key.columns))


def open_orders(connection: Connection) -> Iterable[Row[Any]]:
    """The orders that are open."""
    return connection.execute(select(ORDERS).where(ORDERS.c.state == partitions.OPEN))


def today(connection: Connection, table: Table) -> Iterable[Row[Any]]:
    """The rows of the day that goes on."""
    return connection.execute(select(table).where(table.c.business_date == TODAY))


def last_candles(connection: Connection, instruments: Iterable[int], widths_s: Iterable[int]) -> Iterable[Row[Any]]:
    """The last candle of each instrument and width."""
    keys = [(instrument, width_s) for instrument in instruments for width_s in widths_s]
    for instrument, width_s in keys:
        of = (CANDLES.c.instrument == instrument, CANDLES.c.width_s == width_s)
        last = select(CANDLES).where(*of).order_by(CANDLES.c.start_ns.desc()).limit(1)
        yield from connection.execute(last)


def executions_of(connection: Connection, trade_id: int) -> Iterable[Row[Any]]:
    """The two executions of a trade."""
    ids = [trade_id + 1, trade_id + 2]
    of = (EXECUTIONS.c.execution_id.in_(ids), EXECUTIONS.c.trade_id == trade_id)
    return connection.execute(select(EXECUTIONS).where(*of).order_by(EXECUTIONS.c.execution_id))


def clear(connection: Connection) -> None:
    """Takes all rows away."""
    for table in TABLES:
        if connection.dialect.name == "postgresql" and table in PARTITIONED:
            connection.exec_driver_sql(f"TRUNCATE {table.name}")
        else:
            connection.execute(delete(table))


def _moved(from_id: int) -> str:
    return f"the views are no longer at event {from_id}: another projector writes them; let one run alone"
