"""The views of the engine's things: tables `view_*`, written by the projector alone."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_WIDE: Final = sa.String(40).with_variant(sa.Numeric(39, 0), "postgresql")
"""Integers of 128 bits."""


def _number(name: str, *, key: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, primary_key=key, autoincrement=False, nullable=False)


def _numbers(*names: str) -> list[sa.Column[Any]]:
    return [_number(name) for name in names]


def _keys(*names: str) -> list[sa.Column[Any]]:
    return [_number(name, key=True) for name in names]


def _wide(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, _WIDE, nullable=False) for name in names]


def _words(name: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False)]


def _table(name: str, *columns: list[sa.Column[Any]], months_of: str | None = None) -> None:
    """A table; with a column of times, one whose months are partitions on PostgreSQL."""
    flat = [column for several in columns for column in several]
    partitions = f"RANGE ({months_of})" if months_of else None
    op.create_table(name, *flat, sqlite_with_rowid=False, postgresql_partition_by=partitions)


def upgrade() -> None:
    """Makes the tables."""
    _make_definitions()
    _make_history()
    _make_standings()
    _table(
        "view_progress",
        _keys("projector"),
        _numbers("first_id", "last_id", "last_at_ns", "events", "business_date", "day_ended_id"),
    )


def downgrade() -> None:
    """Drops them: the event log still has all that they held."""
    for name in reversed(_TABLES):
        op.drop_table(name)


def _make_definitions() -> None:
    _table(
        "view_assets",
        _keys("asset"),
        _words("code"),
        _numbers("scale", "display"),
    )
    _table(
        "view_instruments",
        _keys("instrument"),
        _words("symbol"),
        _numbers(
            "base_asset",
            "quote_asset",
            "kind",
            "execution",
            "phase",
            "price_unit",
            "lot_size",
            "price_value",
            "lot_value",
            "tick",
        ),
        _words("tick_steps"),
        _numbers(
            "min_price",
            "max_price",
            "max_quantity",
            "max_notional",
            "maker_fee_rate",
            "taker_fee_rate",
            "reference",
            "last",
            "settlement",
            "settled_id",
            "split_new",
            "split_old",
            "listed_at_ns",
            "changed_at_ns",
        ),
    )
    _table(
        "view_accounts",
        _keys("account"),
        _numbers(
            "firm",
            "group_id",
            "clearing",
            "max_quantity",
            "max_notional",
            "max_open_orders",
            "self_trade",
            "self_trade_of",
            "opened_at_ns",
            "changed_at_ns",
        ),
    )
    _table(
        "view_groups",
        _keys("group_id"),
        _words("name"),
        _numbers("asset"),
        _numbers("tiers", "changed_at_ns"),
    )
    _table(
        "view_fee_plans",
        _keys("fee_plan"),
        _numbers("maker_rate", "taker_rate", "changed_at_ns"),
    )


def _make_history() -> None:
    _table(
        "view_orders",
        _keys("placed_id", "placed_at_ns"),
        _numbers(
            "order_id",
            "account",
            "client_ref",
            "instrument",
            "side",
            "order_type",
            "time_in_force",
            "flags",
            "price",
            "trigger_price",
            "quantity",
            "leaves",
            "filled",
        ),
        _wide("value", "fee"),
        _numbers("state", "reason"),
        _words("client_text"),
        _numbers("source", "source_seq", "changed_at_ns", "changed_id"),
        months_of="placed_at_ns",
    )
    op.create_index("ix_view_orders_account_placed_id", "view_orders", ["account", "placed_id"])
    is_open = sa.text("state = 1")
    op.create_index(
        "ix_view_orders_open",
        "view_orders",
        ["account", "client_ref"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    _table(
        "view_executions",
        _keys("execution_id", "at_ns"),
        _numbers(
            "trade_id",
            "account",
            "instrument",
            "placed_id",
            "client_ref",
            "side",
            "liquidity",
            "price",
            "quantity",
            "leaves",
            "value",
            "fee",
            "busted",
            "corrected_price",
        ),
        months_of="at_ns",
    )
    op.create_index("ix_view_executions_account_execution_id", "view_executions", ["account", "execution_id"])
    _table(
        "view_ledger_entries",
        _keys("account", "event_id", "leg", "at_ns"),
        _numbers("asset", "amount", "reason", "reference"),
        months_of="at_ns",
    )


def _make_standings() -> None:
    _table(
        "view_positions",
        _keys("account", "instrument"),
        _numbers("quantity"),
        _wide("cost"),
        _numbers("mark"),
        _wide("realised", "fees"),
        _numbers("changed_at_ns", "changed_id"),
    )
    _table(
        "view_balances",
        _keys("account", "asset"),
        _wide("balance", "held", "collateral"),
        _numbers("changed_id"),
    )
    _table(
        "view_candles",
        _keys("instrument", "width_s", "start_ns"),
        _numbers("open", "high", "low", "close", "quantity"),
        _wide("value"),
        _numbers("trades"),
    )
    _table(
        "view_daily_pnl",
        _keys("business_date", "account", "instrument"),
        _wide("realised", "fees"),
        _numbers("bought", "sold"),
        _wide("bought_value", "sold_value"),
        _numbers("fills"),
    )
    _table(
        "view_statistics",
        _keys("business_date", "instrument"),
        _numbers("open", "high", "low", "close", "settlement", "quantity", "trades"),
        _wide("value"),
    )


_TABLES: Final = (
    "view_assets",
    "view_instruments",
    "view_accounts",
    "view_groups",
    "view_fee_plans",
    "view_orders",
    "view_executions",
    "view_ledger_entries",
    "view_positions",
    "view_balances",
    "view_candles",
    "view_daily_pnl",
    "view_statistics",
    "view_progress",
)
