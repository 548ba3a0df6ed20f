"""What happened: orders, executions, ledger entries. Months of it are partitions on PostgreSQL, so that one can go."""

from typing import Final

from sqlalchemy import Index, Table, text

from garraway.store.metadata import METADATA
from garraway.store.tables.columns import number, wide, words

_OPEN: Final = text("state = 1")

ORDERS: Final = Table(
    "view_orders",
    METADATA,
    number("placed_id", key=True),
    number("placed_at_ns", key=True),
    number("order_id"),
    number("account"),
    number("client_ref"),
    number("instrument"),
    number("side"),
    number("order_type"),
    number("time_in_force"),
    number("flags"),
    number("price"),
    number("trigger_price"),
    number("quantity"),
    number("leaves"),
    number("filled"),
    wide("value"),
    wide("fee"),
    number("state"),
    number("reason"),
    words("client_text"),
    number("source"),
    number("source_seq"),
    number("changed_at_ns"),
    number("changed_id"),
    Index(None, "account", "placed_id"),
    Index("ix_view_orders_open", "account", "client_ref", sqlite_where=_OPEN, postgresql_where=_OPEN),
    info={
        "doc": "Orders that were accepted, open and done. `placed_id` names one for good, `order_id` is the id that "
        "it bears now, `trigger_price` is `Accepted.fee`; `value` and `fee` sum up its fills; `state` is 1 "
        "open, 2 filled, 3 cancelled, `reason` the `detail` of its last `Canceled`."
    },
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (placed_at_ns)",
)
EXECUTIONS: Final = Table(
    "view_executions",
    METADATA,
    number("execution_id", key=True),
    number("at_ns", key=True),
    number("trade_id"),
    number("account"),
    number("instrument"),
    number("placed_id"),
    number("client_ref"),
    number("side"),
    number("liquidity"),
    number("price"),
    number("quantity"),
    number("leaves"),
    number("value"),
    number("fee"),
    number("busted"),
    number("corrected_price"),
    Index(None, "account", "execution_id"),
    info={
        "doc": "Fills: an order's side of a trade each. `execution_id` is the id of `Filled`; `placed_id` is 0 where "
        "the order was pruned; `liquidity` is 1 maker, 2 taker; `busted` is 1 once the trade was taken back, "
        "`corrected_price` what it was corrected to, 0 for not."
    },
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (at_ns)",
)
LEDGER_ENTRIES: Final = Table(
    "view_ledger_entries",
    METADATA,
    number("account", key=True),
    number("event_id", key=True),
    number("leg", key=True),
    number("at_ns", key=True),
    number("asset"),
    number("amount"),
    number("reason"),
    number("reference"),
    info={
        "doc": "Every change of a balance. `reason` is 1 to 6 as `Posted.detail`, 7 trade, 8 fee; `reference` is the "
        "trade or, of settlement and split, the instrument; `leg` tells entries of one event apart. The "
        "amounts of an asset add up to zero over a posting, and over the two fills of a trade."
    },
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (at_ns)",
)
PARTITIONED: Final = (ORDERS, EXECUTIONS, LEDGER_ENTRIES)
