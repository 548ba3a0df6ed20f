"""Between the fold and the database: writes what a batch changed, reads the state back. Touches `store`.

A row of the fold has its table's columns as fields, in their order.
"""

from collections.abc import Callable, Iterable
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Table

from garraway.store import views as store
from garraway.store.rows import append, upsert
from garraway.store.tables.view_definitions import ACCOUNTS, ASSETS, FEE_PLANS, GROUPS, INSTRUMENTS
from garraway.store.tables.view_history import EXECUTIONS, LEDGER_ENTRIES, ORDERS
from garraway.store.tables.view_progress import PROGRESS
from garraway.store.tables.view_standings import BALANCES, CANDLES, DAILY_PNL, POSITIONS, STATISTICS
from garraway.views import rows
from garraway.views.market import WIDTHS
from garraway.views.state import Changes, Views

Kind = TypeVar("Kind")

KINDS: Final[dict[Table, type[Any]]] = {
    ASSETS: rows.Asset,
    INSTRUMENTS: rows.Instrument,
    ACCOUNTS: rows.Account,
    GROUPS: rows.Group,
    FEE_PLANS: rows.FeePlan,
    ORDERS: rows.Order,
    EXECUTIONS: rows.Execution,
    POSITIONS: rows.Position,
    BALANCES: rows.Balance,
    CANDLES: rows.Candle,
    DAILY_PNL: rows.DailyPnl,
    STATISTICS: rows.Statistics,
    PROGRESS: rows.Progress,
}
_TUPLES: Final[dict[Table, Callable[[Any], tuple[Any, ...]]]] = {}
for _table, _kind in KINDS.items():
    _names = [field.name for field in fields(_kind)]
    assert _names == [column.name for column in _table.columns], f"{_kind.__name__} is not a row of {_table.name}"
    _TUPLES[_table] = attrgetter(*_names)


def write(connection: Connection, views: Views, changes: Changes, months: store.Months, *, from_id: int) -> None:
    """Writes what a batch changed, and moves the progress on from `from_id`. Raises: ProgressMoved."""
    store.advance(connection, _TUPLES[PROGRESS](views.progress), from_id=from_id)
    for table, changed in (
        (ASSETS, changes.assets),
        (INSTRUMENTS, changes.instruments),
        (ACCOUNTS, changes.accounts),
        (GROUPS, changes.groups),
        (FEE_PLANS, changes.fee_plans),
        (ORDERS, changes.orders),
        (POSITIONS, changes.positions),
        (BALANCES, changes.balances),
        (CANDLES, changes.candles),
    ):
        upsert(connection, table, _tuples(table, changed.values()))
    for table, new in (
        (ORDERS, _tuples(ORDERS, changes.placed)),
        (EXECUTIONS, changes.executions),
        (LEDGER_ENTRIES, changes.entries),
    ):
        months.insist(connection, table, new)
        append(connection, table, new)
    busts = changes.busts
    store.mark_executions(
        connection, [(bust.execution_id, bust.at_ns, bust.busted, bust.corrected_price) for bust in busts]
    )
    _write_days(connection, changes)


def _write_days(connection: Connection, changes: Changes) -> None:
    if changes.day_ended:
        store.clear_today(connection)
    upsert(connection, DAILY_PNL, _tuples(DAILY_PNL, changes.ended_pnl))
    upsert(connection, DAILY_PNL, _tuples(DAILY_PNL, changes.pnl.values()))
    store.clear_statistics(connection, changes.ended_statistics)
    upsert(connection, STATISTICS, _tuples(STATISTICS, changes.older_statistics))
    upsert(connection, STATISTICS, _tuples(STATISTICS, changes.ended_statistics.values()))
    upsert(connection, STATISTICS, _tuples(STATISTICS, changes.statistics.values()))
    store.set_turnovers(connection, changes.turnovers)


def read(connection: Connection) -> Views:
    """The state as the last batch left it."""
    views = Views()
    for progress in _objects(PROGRESS, rows.Progress, store.all_rows(connection, PROGRESS)):
        views.progress = progress
    views.assets = {row.asset: row for row in _all(connection, ASSETS, rows.Asset)}
    views.instruments = {row.instrument: row for row in _all(connection, INSTRUMENTS, rows.Instrument)}
    views.accounts = {row.account: row for row in _all(connection, ACCOUNTS, rows.Account)}
    views.payers = {row.account: row.clearing for row in views.accounts.values() if row.clearing}
    orders = _objects(ORDERS, rows.Order, store.open_orders(connection))
    views.orders = {(row.account, row.client_ref): row for row in orders}
    views.positions = {(row.account, row.instrument): row for row in _all(connection, POSITIONS, rows.Position)}
    views.balances = {(row.account, row.asset): row for row in _all(connection, BALANCES, rows.Balance)}
    candles = store.last_candles(connection, views.instruments, [width_s for width_s, _ in WIDTHS])
    views.candles = {(row.instrument, row.width_s): row for row in _objects(CANDLES, rows.Candle, candles)}
    pnl = _objects(DAILY_PNL, rows.DailyPnl, store.today(connection, DAILY_PNL))
    views.pnl = {(row.account, row.instrument): row for row in pnl}
    statistics = _objects(STATISTICS, rows.Statistics, store.today(connection, STATISTICS))
    views.statistics = {row.instrument: row for row in statistics}
    return views


def executions_of(connection: Connection, trade_id: int) -> list[rows.Execution]:
    """The executions of a trade."""
    return list(_objects(EXECUTIONS, rows.Execution, store.executions_of(connection, trade_id)))


def _all(connection: Connection, table: Table, kind: type[Kind]) -> Iterable[Kind]:
    return _objects(table, kind, store.all_rows(connection, table))


def _objects(table: Table, kind: type[Kind], found: Iterable[Any]) -> Iterable[Kind]:
    assert KINDS[table] is kind
    return (kind(*row) for row in found)


def _tuples(table: Table, changed: Iterable[object]) -> list[tuple[Any, ...]]:
    return list(map(_TUPLES[table], changed))
