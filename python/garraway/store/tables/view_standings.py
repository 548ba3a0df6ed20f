"""How things stand, and figures over time: positions, balances, candles, P&L and statistics of days."""

from typing import Final

from sqlalchemy import Table

from garraway.store.metadata import METADATA
from garraway.store.tables.columns import number, wide

POSITIONS: Final = Table(
    "view_positions",
    METADATA,
    number("account", key=True),
    number("instrument", key=True),
    number("quantity"),
    wide("cost"),
    number("mark"),
    wide("realised"),
    wide("fees"),
    number("changed_at_ns"),
    number("changed_id"),
    info={
        "doc": "What an account's fills left it with: lots, negative when short, and what exactly these cost in "
        "ledger units of the quote asset, negative when received, fees apart. `mark` is the settlement price "
        "of a future's position; `realised` and `fees` sum up all days."
    },
    sqlite_with_rowid=False,
)
BALANCES: Final = Table(
    "view_balances",
    METADATA,
    number("account", key=True),
    number("asset", key=True),
    wide("balance"),
    wide("held"),
    wide("collateral"),
    number("changed_id"),
    info={"doc": "Balances in ledger units: all, the part held, and what of that is held for positions in futures."},
    sqlite_with_rowid=False,
)
CANDLES: Final = Table(
    "view_candles",
    METADATA,
    number("instrument", key=True),
    number("width_s", key=True),
    number("start_ns", key=True),
    number("open"),
    number("high"),
    number("low"),
    number("close"),
    number("quantity"),
    wide("value"),
    number("trades"),
    info={
        "doc": "Candles of 60, 300, 3,600 and 86,400 seconds, UTC; none where nothing traded. As traded: neither "
        "splits nor trades taken back change them."
    },
    sqlite_with_rowid=False,
)
DAILY_PNL: Final = Table(
    "view_daily_pnl",
    METADATA,
    number("business_date", key=True),
    number("account", key=True),
    number("instrument", key=True),
    wide("realised"),
    wide("fees"),
    number("bought"),
    number("sold"),
    wide("bought_value"),
    wide("sold_value"),
    number("fills"),
    info={
        "doc": "Realised profit and loss by business day, yyyymmdd; 0 is the day that goes on, which gets its date "
        "when it ends. Ledger units of the quote asset, fees apart."
    },
    sqlite_with_rowid=False,
)
STATISTICS: Final = Table(
    "view_statistics",
    METADATA,
    number("business_date", key=True),
    number("instrument", key=True),
    number("open"),
    number("high"),
    number("low"),
    number("close"),
    number("settlement"),
    number("quantity"),
    number("trades"),
    wide("value"),
    info={
        "doc": "Prices and turnover of an instrument's business day; 0 is the day that goes on. Those of a day that "
        "ended are the venue's own, of `DayPrices` and `DayTurnover`."
    },
    sqlite_with_rowid=False,
)
