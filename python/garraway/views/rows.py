"""Rows of the view tables as the fold keeps them: a field for each column, in the table's order. Touches nothing."""

from dataclasses import dataclass

OPEN, FILLED, CANCELED = 1, 2, 3
"""`state` of an order."""
TRADE, FEE = 7, 8
"""`reason` of a ledger entry, beyond those of `Posted`."""


@dataclass(slots=True)
class Asset:
    """An asset."""

    asset: int
    code: str
    scale: int
    display: int


@dataclass(slots=True)
class Instrument:
    """An instrument: terms, phase, prices."""

    instrument: int
    symbol: str
    base_asset: int
    quote_asset: int
    kind: int
    execution: int
    phase: int
    price_unit: int
    lot_size: int
    price_value: int
    lot_value: int
    tick: int
    tick_steps: str
    min_price: int
    max_price: int
    max_quantity: int
    max_notional: int
    maker_fee_rate: int
    taker_fee_rate: int
    reference: int
    last: int
    settlement: int
    settled_id: int
    split_new: int
    split_old: int
    listed_at_ns: int
    changed_at_ns: int


@dataclass(slots=True)
class Account:
    """An account and its own limits."""

    account: int
    firm: int
    group_id: int
    clearing: int
    max_quantity: int
    max_notional: int
    max_open_orders: int
    self_trade: int
    self_trade_of: int
    opened_at_ns: int
    changed_at_ns: int


@dataclass(slots=True)
class Group:
    """A group of accounts."""

    group_id: int
    name: str
    asset: int
    tiers: int
    changed_at_ns: int


@dataclass(slots=True)
class FeePlan:
    """A pair of fee rates."""

    fee_plan: int
    maker_rate: int
    taker_rate: int
    changed_at_ns: int


@dataclass(slots=True)
class Order:
    """An order from its placing to its end."""

    placed_id: int
    placed_at_ns: int
    order_id: int
    account: int
    client_ref: int
    instrument: int
    side: int
    order_type: int
    time_in_force: int
    flags: int
    price: int
    trigger_price: int
    quantity: int
    leaves: int
    filled: int
    value: int
    fee: int
    state: int
    reason: int
    client_text: str
    source: int
    source_seq: int
    changed_at_ns: int
    changed_id: int


@dataclass(slots=True)
class Execution:
    """A fill, as it is read back when its trade is taken back or corrected."""

    execution_id: int
    at_ns: int
    trade_id: int
    account: int
    instrument: int
    placed_id: int
    client_ref: int
    side: int
    liquidity: int
    price: int
    quantity: int
    leaves: int
    value: int
    fee: int
    busted: int
    corrected_price: int


@dataclass(slots=True)
class Position:
    """What fills left an account with."""

    account: int
    instrument: int
    quantity: int
    cost: int
    mark: int
    realised: int
    fees: int
    changed_at_ns: int
    changed_id: int


@dataclass(slots=True)
class Balance:
    """What an account has of an asset."""

    account: int
    asset: int
    balance: int
    held: int
    collateral: int
    changed_id: int


@dataclass(slots=True)
class Candle:
    """Trades of an instrument within a stretch of time."""

    instrument: int
    width_s: int
    start_ns: int
    open: int
    high: int
    low: int
    close: int
    quantity: int
    value: int
    trades: int


@dataclass(slots=True)
class DailyPnl:
    """Profit and loss that an account realised in an instrument in a day."""

    business_date: int
    account: int
    instrument: int
    realised: int
    fees: int
    bought: int
    sold: int
    bought_value: int
    sold_value: int
    fills: int


@dataclass(slots=True)
class Statistics:
    """Prices and turnover of an instrument's day."""

    business_date: int
    instrument: int
    open: int
    high: int
    low: int
    close: int
    settlement: int
    quantity: int
    trades: int
    value: int


@dataclass(slots=True)
class Progress:
    """How far the tables are."""

    projector: int = 1
    first_id: int = 0
    last_id: int = 0
    last_at_ns: int = 0
    events: int = 0
    business_date: int = 0
    day_ended_id: int = 0
