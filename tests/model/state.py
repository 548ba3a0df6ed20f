"""What the engine knows: sources, definitions, accounts, the ledger and the books, as plain dicts and sorted lists."""

from bisect import insort
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from tests.model.limits import BILLION, GATEWAY, OPERATOR

BUY: Final = 1
SELL: Final = 2


@dataclass(slots=True)
class Source:
    """Who sends commands: its last number, and the bytes sent under each."""

    name: bytes
    rights: int
    last: int = 0
    sent: dict[int, bytes] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Order:
    """An open order. `hold` is in ledger units, `carry` in 1e-9 of a ledger unit of the quote asset."""

    order_id: int
    account: int
    instrument: int
    client_ref: int
    side: int
    time_in_force: int
    price: int
    open: int
    post_only: bool = False
    filled: int = 0
    carry: int = 0
    hold: int = 0

    def priority(self) -> tuple[int, int]:
        """Sorts the orders of a side: the better price first, then the lower id."""
        return (-self.price if self.side == BUY else self.price, self.order_id)


@dataclass(slots=True)
class Account:
    """A client's account, its limits, what happens when it would meet its own orders, its open orders by reference."""

    firm: int
    max_quantity: int
    max_notional: int
    max_open_orders: int
    self_trade: int = 0
    self_trade_of: int = 0
    last_ref: int = 0
    open: dict[int, Order] = field(default_factory=dict)


@dataclass(slots=True)
class Asset:
    """An asset; `scale` is the decimals of its ledger unit."""

    code: bytes
    scale: int


@dataclass(slots=True)
class Session:
    """A trading session: what later definitions have to look at."""

    name: bytes
    firm: int


@dataclass(slots=True)
class Instrument:
    """An instrument and its book: per side the resting orders by priority. `working` is what keeps it busy."""

    symbol: bytes
    base: int
    quote: int
    price_value: int
    lot_value: int
    tick: int
    min_price: int
    max_price: int
    max_quantity: int
    max_notional: int
    maker_fee_rate: int
    taker_fee_rate: int
    sides: dict[int, list[Order]] = field(default_factory=lambda: {BUY: [], SELL: []})
    working: Order | None = None

    def value(self, price: int, lots: int) -> int:
        """Ledger units of the quote asset, exact."""
        return price * lots * self.price_value

    def held_asset(self, side: int) -> int:
        """The asset that an order of the side holds."""
        return self.quote if side == BUY else self.base

    def hold(self, order: Order, price: int, lots: int) -> int:
        """What the order holds with so many lots open at the price."""
        if order.side != BUY:
            return lots * self.lot_value
        if lots == 0:
            return 0
        value = self.value(price, lots)
        return value + rounded(order.carry + max(self.maker_fee_rate, self.taker_fee_rate) * value)

    def rest(self, order: Order) -> None:
        """Puts the order behind those of its price."""
        insort(self.sides[order.side], order, key=Order.priority)

    def leave(self, order: Order) -> None:
        """Takes the order out of its level, or ends the work on it."""
        if self.working is order:
            self.working = None
        else:
            self.sides[order.side].remove(order)


def rounded(billionths: int) -> int:
    """Whole units, halves up: floor(x + 1/2)."""
    return (2 * billionths + BILLION) // (2 * BILLION)


@dataclass(slots=True)
class Ledger:
    """Per (account, asset): the balance, and what of it is held."""

    balances: defaultdict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    holds: defaultdict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))

    def move(self, asset: int, amount: int, *, giver: int, taker: int) -> None:
        """Moves ledger units from one account to another."""
        self.balances[giver, asset] -= amount
        self.balances[taker, asset] += amount

    def free(self, account: int, asset: int) -> int:
        """Balance less held."""
        return self.balances[account, asset] - self.holds[account, asset]


@dataclass(slots=True)
class State:
    """Everything, by number."""

    slice_events: int
    capacity: int
    sources: dict[int, Source] = field(
        default_factory=lambda: {GATEWAY: Source(b"gateway", 1), OPERATOR: Source(b"operator", 7)}
    )
    assets: dict[int, Asset] = field(default_factory=dict)
    instruments: dict[int, Instrument] = field(default_factory=dict)
    accounts: dict[int, Account] = field(default_factory=dict)
    sessions: dict[int, Session] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)

    def open_orders(self) -> int:
        """Of all accounts together."""
        return sum(len(account.open) for account in self.accounts.values())

    def rehold(self, order: Order, hold: int) -> int:
        """Changes what the order holds; returns what that releases."""
        released = order.hold - hold
        asset = self.instruments[order.instrument].held_asset(order.side)
        self.ledger.holds[order.account, asset] -= released
        order.hold = hold
        return released
