"""What is defined at the venue: assets, instruments, accounts, groups, fee plans. Numbers as the engine counts them."""

from typing import Final

from sqlalchemy import Table

from garraway.store.metadata import METADATA
from garraway.store.tables.columns import number, words

ASSETS: Final = Table(
    "view_assets",
    METADATA,
    number("asset", key=True),
    words("code"),
    number("scale"),
    number("display"),
    info={"doc": "Assets: `scale` decimals of a ledger unit, `display` of them shown."},
    sqlite_with_rowid=False,
)
INSTRUMENTS: Final = Table(
    "view_instruments",
    METADATA,
    number("instrument", key=True),
    words("symbol"),
    number("base_asset"),
    number("quote_asset"),
    number("kind"),
    number("execution"),
    number("phase"),
    number("price_unit"),
    number("lot_size"),
    number("price_value"),
    number("lot_value"),
    number("tick"),
    words("tick_steps"),
    number("min_price"),
    number("max_price"),
    number("max_quantity"),
    number("max_notional"),
    number("maker_fee_rate"),
    number("taker_fee_rate"),
    number("reference"),
    number("last"),
    number("settlement"),
    number("settled_id"),
    number("split_new"),
    number("split_old"),
    number("listed_at_ns"),
    number("changed_at_ns"),
    info={
        "doc": "Instruments: terms, phase, prices. `price_unit` and `lot_size` are in 1e-9 of a whole, `price_value` "
        "and `lot_value` in ledger units; prices in price units, 0 for none; `tick_steps` is JSON of [from "
        "price, tick]; `split_new` for `split_old` was its last split."
    },
    sqlite_with_rowid=False,
)
ACCOUNTS: Final = Table(
    "view_accounts",
    METADATA,
    number("account", key=True),
    number("firm"),
    number("group_id"),
    number("clearing"),
    number("max_quantity"),
    number("max_notional"),
    number("max_open_orders"),
    number("self_trade"),
    number("self_trade_of"),
    number("opened_at_ns"),
    number("changed_at_ns"),
    info={
        "doc": "Accounts and their own limits. `clearing` is the account on whose balances it trades, 0 for its own."
    },
    sqlite_with_rowid=False,
)
GROUPS: Final = Table(
    "view_groups",
    METADATA,
    number("group_id", key=True),
    words("name"),
    number("asset"),
    number("tiers"),
    number("changed_at_ns"),
    info={"doc": "Groups of accounts; `tiers` is how many, of traded value in `asset`."},
    sqlite_with_rowid=False,
)
FEE_PLANS: Final = Table(
    "view_fee_plans",
    METADATA,
    number("fee_plan", key=True),
    number("maker_rate"),
    number("taker_rate"),
    number("changed_at_ns"),
    info={"doc": "Fee plans: rates in 1e-9 of the value traded."},
    sqlite_with_rowid=False,
)
