"""Queries of the views: what happened and how days went, page by page. Rows as dictionaries, newest first.

A page is asked for with the key of the last row of the page before; `limit` rows are given at most.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, func, or_, select

from garraway.store.tables.view_definitions import FEE_PLANS, GROUPS
from garraway.store.tables.view_history import EXECUTIONS, LEDGER_ENTRIES, ORDERS
from garraway.store.tables.view_progress import PROGRESS
from garraway.store.tables.view_standings import BALANCES, CANDLES, DAILY_PNL, STATISTICS

Row = dict[str, Any]
_HALF: Final = 1 << 32


def known_seq(connection: Connection) -> int:
    """The last command whose events are in the views."""
    last_id = connection.execute(select(func.max(PROGRESS.c.last_id))).scalar()
    return int(last_id or 0) >> 16


def orders(connection: Connection, accounts: Sequence[int], *, before: int | None, limit: int) -> list[Row]:
    """Orders of these accounts that were placed before the one with this id."""
    asked = select(ORDERS).where(ORDERS.c.account.in_(accounts))
    if before is not None:
        asked = asked.where(ORDERS.c.placed_id < before)
    return _rows(connection, asked.order_by(ORDERS.c.placed_id.desc()).limit(limit))


def order(connection: Connection, account: int, client_ref: int) -> Row | None:
    """The order that bears, or bore last, this reference."""
    asked = select(ORDERS).where(ORDERS.c.account == account, ORDERS.c.client_ref == client_ref)
    found = _rows(connection, asked.order_by(ORDERS.c.placed_id.desc()).limit(1))
    return found[0] if found else None


def fills(connection: Connection, account: int, *, instrument: int | None, before: int | None, limit: int) -> list[Row]:
    """Fills of an account before the one with this id."""
    asked = select(EXECUTIONS).where(EXECUTIONS.c.account == account)
    if instrument is not None:
        asked = asked.where(EXECUTIONS.c.instrument == instrument)
    if before is not None:
        asked = asked.where(EXECUTIONS.c.execution_id < before)
    return _rows(connection, asked.order_by(EXECUTIONS.c.execution_id.desc()).limit(limit))


def ledger(connection: Connection, account: int, *, before: tuple[int, int] | None, limit: int) -> list[Row]:
    """Ledger entries of an account, before the one with this (event, leg)."""
    asked = select(LEDGER_ENTRIES).where(LEDGER_ENTRIES.c.account == account)
    if before is not None:
        event_id, leg = before
        earlier = and_(LEDGER_ENTRIES.c.event_id == event_id, LEDGER_ENTRIES.c.leg < leg)
        asked = asked.where(or_(LEDGER_ENTRIES.c.event_id < event_id, earlier))
    newest = asked.order_by(LEDGER_ENTRIES.c.event_id.desc(), LEDGER_ENTRIES.c.leg.desc())
    return _rows(connection, newest.limit(limit))


def balances(connection: Connection, account: int) -> dict[int, int]:
    """By asset all of an account's balance, in ledger units."""
    asked = select(BALANCES.c.asset, BALANCES.c.balance).where(BALANCES.c.account == account)
    return {row.asset: row.balance for row in connection.execute(asked)}


def posted(connection: Connection, account: int, *, since_ns: int, step_ns: int) -> dict[int, dict[int, int]]:
    """By asset and step what was posted to an account, in ledger units; step 0 begins at `since_ns`.

    Sums are made of halves of 32 bits each: those of whole amounts may be beyond what the database counts to.
    """
    entries = LEDGER_ENTRIES.c
    step = ((entries.at_ns - since_ns) // step_ns).label("step")
    sums = (func.sum(entries.amount // _HALF), func.sum(entries.amount % _HALF))
    mine = (entries.account == account, entries.at_ns >= since_ns)
    found: dict[int, dict[int, int]] = {}
    for asset, at, high, low in connection.execute(
        select(entries.asset, step, *sums).where(*mine).group_by(entries.asset, "step")
    ):
        found.setdefault(asset, {})[at] = int(high) * _HALF + int(low)
    return found


def candles(
    connection: Connection,
    instrument: int,
    *,
    width_s: int,
    since_ns: int,
    until_ns: int,
    limit: int,
    oldest_first: bool = False,
) -> list[Row]:
    """Candles that begin from `since_ns` on and before `until_ns`, the latest first or the oldest first."""
    asked = select(CANDLES).where(
        CANDLES.c.instrument == instrument,
        CANDLES.c.width_s == width_s,
        CANDLES.c.start_ns >= since_ns,
        CANDLES.c.start_ns < until_ns,
    )
    start = CANDLES.c.start_ns
    return _rows(connection, asked.order_by(start if oldest_first else start.desc()).limit(limit))


def daily_pnl(
    connection: Connection, accounts: Sequence[int], *, since_date: int, until_date: int, limit: int
) -> list[Row]:
    """Profit and loss of days (yyyymmdd, both ends included; 0 is the day that goes on), the latest first."""
    within = DAILY_PNL.c.business_date.between(since_date, until_date)
    asked = select(DAILY_PNL).where(DAILY_PNL.c.account.in_(accounts), within)
    newest = asked.order_by(DAILY_PNL.c.business_date.desc(), DAILY_PNL.c.account, DAILY_PNL.c.instrument)
    return _rows(connection, newest.limit(limit))


def statistics(connection: Connection, *, since_date: int, until_date: int, limit: int) -> list[Row]:
    """Prices and turnover of instruments' days, the latest first."""
    asked = select(STATISTICS).where(STATISTICS.c.business_date.between(since_date, until_date))
    newest = asked.order_by(STATISTICS.c.business_date.desc(), STATISTICS.c.instrument)
    return _rows(connection, newest.limit(limit))


def groups(connection: Connection) -> list[Row]:
    """The groups of accounts, by number."""
    return _rows(connection, select(GROUPS).order_by(GROUPS.c.group_id))


def fee_plans(connection: Connection) -> list[Row]:
    """The fee plans, by number."""
    return _rows(connection, select(FEE_PLANS).order_by(FEE_PLANS.c.fee_plan))


def _rows(connection: Connection, asked: Select[Any]) -> list[Row]:
    return [dict(row) for row in connection.execute(asked).mappings()]
