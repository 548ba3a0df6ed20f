"""What accounts, risk and days remember beside orders and balances: from docs/concepts/risk.md, days.md."""

from dataclasses import dataclass, field
from typing import Final

from tests.model.limits import I64_MAX

OF_ACCOUNT: Final = 1
OF_GROUP: Final = 2
OF_FIRM: Final = 3
OF_INSTRUMENT: Final = 4
OF_VENUE: Final = 5
"""Scopes: what limits, kill switches and restricted lists are about."""

SPOT: Final = 1
FUTURE: Final = 2
CONTRACT: Final = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """Two fee rates in 1e-9 of the value; a negative one is a rebate."""

    maker_rate: int
    taker_rate: int


@dataclass(frozen=True, slots=True)
class Tier:
    """The plan of accounts that traded so much in a month."""

    traded: int
    plan: int


@dataclass(slots=True)
class Group:
    """A group of accounts; its tiers from the lowest upwards, counted in ledger units of the asset."""

    name: bytes
    asset: int
    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one account, group, firm or instrument; 0 is no limit."""

    asset: int = 0
    max_rate: int = 0
    max_open_orders: int = 0
    max_quantity: int = 0
    max_notional: int = 0
    max_position: int = 0
    max_held: int = 0
    max_loss: int = 0


@dataclass(slots=True)
class Bucket:
    """What may still be sent: a billion units an order, gained by `rate` units a nanosecond since `at_ns`."""

    rate: int
    units: int
    at_ns: int


@dataclass(slots=True)
class Position:
    """Lots of a future, negative when short, marked at a settlement price."""

    lots: int
    mark: int


@dataclass(frozen=True, slots=True)
class Held:
    """Lots of a position against the house, negative when short, what they cost, and what they hold."""

    lots: int
    cost: int
    margin: int


@dataclass(slots=True)
class Tally:
    """What an account's trades in an instrument brought since its day began, in ledger units and in lots."""

    cash: int = 0
    lots: int = 0


@dataclass(slots=True)
class Day:
    """Prices and turnover of an instrument's day; all 0 before its first trade. `settlement` is one set in the day."""

    first: int = 0
    highest: int = 0
    lowest: int = 0
    lots: int = 0
    value: int = 0
    trades: int = 0
    settlement: int = 0

    def count(self, price: int, lots: int, value: int) -> None:
        """Counts a trade."""
        self.first = self.first or price
        self.highest = max(self.highest, price)
        self.lowest = min(self.lowest or price, price)
        self.lots = min(I64_MAX, self.lots + lots)
        self.value = min(I64_MAX, self.value + value)
        self.trades += 1


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade as it was; nothing looks at it but the tests."""

    trade: int
    instrument: int
    price: int
    lots: int
    buyer: int
    seller: int
    buyer_fee: int
    seller_fee: int


Scoped = tuple[int, int]
"""Scope and number."""


@dataclass(slots=True)
class Register:
    """Everything of accounts, risk and days, by number."""

    plans: dict[int, Plan] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    limits: dict[Scoped, Limits] = field(default_factory=dict)
    buckets: dict[Scoped, Bucket] = field(default_factory=dict)
    kills: set[Scoped] = field(default_factory=set)
    restrictions: set[tuple[int, int, int]] = field(default_factory=set)
    """Scope, number, instrument."""
    positions: dict[tuple[int, int], Position] = field(default_factory=dict)
    """By account and instrument; none without lots."""
    dealt: dict[tuple[int, int, int], Held] = field(default_factory=dict)
    """By instrument, account and position, 0 of an account that nets; none without lots."""
    results: dict[tuple[int, int], dict[int, Tally]] = field(default_factory=dict)
    """By account and asset, where a loss is limited: the tallies of its instruments."""
    corrected: set[int] = field(default_factory=set)
    """Trades taken back or corrected."""
    splitting: set[int] = field(default_factory=set)
    """Assets whose split is at work."""
    trades: list[Trade] = field(default_factory=list)
    business_date: int = 0
    """The last day that ended, 0 before the first."""
