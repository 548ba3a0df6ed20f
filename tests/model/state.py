"""What the engine knows: sources, definitions, accounts, the ledger and the books, as plain dicts and sorted lists."""

from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Final

from tests.model.events import Reply
from tests.model.limits import BILLION, GATEWAY, OPERATOR
from tests.model.register import Day, Register

BUY: Final = 1
SELL: Final = 2

LIMIT: Final = 1
MARKET: Final = 2
MARKET_TO_LIMIT: Final = 3
STOP: Final = 4
STOP_LIMIT: Final = 5
TRAILING_STOP: Final = 6
PRIMARY_PEG: Final = 7
MIDPOINT_PEG: Final = 8
MARKET_PEG: Final = 9
STOPS: Final = frozenset({STOP, STOP_LIMIT, TRAILING_STOP})
PEGS: Final = frozenset({PRIMARY_PEG, MIDPOINT_PEG, MARKET_PEG})

GOOD_TILL_CANCELLED: Final = 1
IMMEDIATE_OR_CANCEL: Final = 2
FILL_OR_KILL: Final = 3
DAY: Final = 4
GOOD_TILL_DATE: Final = 5
AT_THE_OPEN: Final = 6
AT_THE_CLOSE: Final = 7
RESTING: Final = frozenset({GOOD_TILL_CANCELLED, DAY, GOOD_TILL_DATE})

POST_ONLY: Final = 1
HIDDEN: Final = 2
CANCELS_THE_OTHER: Final = 4
TRIGGERED_BY_OTHER: Final = 8
REDUCE_ONLY: Final = 16

CONTINUOUS: Final = 1
PRE_OPEN: Final = 2
OPENING_AUCTION: Final = 3
HALT: Final = 4
VOLATILITY_AUCTION: Final = 5
CLOSING_AUCTION: Final = 6
CLOSED: Final = 7
SUSPENDED: Final = 8
DELISTED: Final = 9

COLLECTING: Final = frozenset({PRE_OPEN, OPENING_AUCTION, VOLATILITY_AUCTION, CLOSING_AUCTION})

FUTURE: Final = 2
CONTRACT: Final = 3

Work = Generator[int, None, None]
"""Work in steps: before each it yields the events for which it needs room, and goes on where there is as much."""


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
    order_type: int = LIMIT
    flags: int = 0
    trigger: int = 0
    """Price that triggers a stop, distance of a trailing one, offset of a peg."""
    display: int = 0
    shown: int = 0
    """The slice of an iceberg at rest."""
    minimum: int = 0
    """Still pending."""
    expire_s: int = 0
    filled: int = 0
    carry: int = 0
    hold: int = 0
    maker_rate: int = 0
    taker_rate: int = 0
    place: str = "none"
    """Where it stands: `book`, `peg`, `stop`, `child`, `close`, `working` (being matched) or `none`; of what the house
    deals also `quote` (a limit that waits for one that reaches it) and `next` (it waits for any)."""
    extreme: int = 0
    """Of a trailing stop: the last price from which it keeps its distance."""
    triggered: bool = False
    partner: "Order | None" = None
    """The other one of its pair, open or done."""
    pairs_as_stop: bool = False
    """It was the stop when the pair was made: it holds what the limit order does not."""
    parent: "Order | None" = None
    """The order for which it waits."""
    children: list["Order"] = field(default_factory=list)
    """Orders that wait for this one, in the order in which they were placed."""
    group: int = 0
    """Of what the house deals: whose markup it is dealt with."""
    reduces: bool = False
    """It may reduce a position against the house and no more."""
    position: int = 0
    """Of a hedging account: the position that it reduces or made."""

    @property
    def post_only(self) -> bool:
        """It rests or is refused."""
        return self.flags & POST_ONLY != 0

    @property
    def hidden(self) -> bool:
        """It stands behind what is displayed: a hidden order or a peg."""
        return self.flags & HIDDEN != 0 or self.order_type in PEGS

    @property
    def reduce_only(self) -> bool:
        """It closes a position and no more."""
        return self.flags & REDUCE_ONLY != 0

    @property
    def total(self) -> int:
        """Lots that it may fill in all."""
        return self.filled + self.open

    @property
    def waits_for_trigger(self) -> bool:
        """A stop that was not triggered yet."""
        return self.order_type in STOPS and not self.triggered

    @property
    def is_limit(self) -> bool:
        """A limit order, or one that became one: a triggered stop-limit, a market to limit order that rests."""
        if self.order_type == STOP_LIMIT:
            return self.triggered
        return self.order_type == LIMIT or (self.order_type == MARKET_TO_LIMIT and self.place == "book")

    def in_front(self) -> int:
        """Lots that the next order to meet it can have: of an iceberg at rest the slice."""
        return self.shown if self.display and self.place == "book" else self.open

    def priority(self) -> tuple[int, bool, int]:
        """Sorts the orders of a side: the better price first, displayed ones first, then the lower id."""
        return (-self.price if self.side == BUY else self.price, self.hidden, self.order_id)


@dataclass(slots=True)
class Account:
    """A client's account, its limits, what happens when it would meet its own orders, its open orders by reference."""

    firm: int
    max_quantity: int
    max_notional: int
    max_open_orders: int
    self_trade: int = 0
    self_trade_of: int = 0
    group: int = 0
    clearing: int = 0
    plan: int = 0
    traded: int = 0
    hedging: bool = False
    """Each order that opens makes a position against the house of its own."""
    last_ref: int = 0
    open: dict[int, Order] = field(default_factory=dict)
    quotes: dict[int, list[int]] = field(default_factory=dict)
    """Instrument -> the references of the last quote's orders."""


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
    accounts: tuple[int, ...] = ()


@dataclass(slots=True)
class Rules:
    """Bands, collar and policies, as SetRules gives them."""

    static_band: int = 0
    dynamic_band: int = 0
    collar: int = 0
    auction_ns: int = 0
    band_action: int = 0
    resume: int = 0


@dataclass(frozen=True, slots=True)
class Prices:
    """Bid and ask; of a markup by how much they are worse."""

    bid: int
    ask: int

    def middle(self) -> int:
        """Half way, rounded down."""
        return (self.bid + self.ask) // 2


@dataclass(slots=True)
class Dealing:
    """How the house deals an instrument: its quote, the lots left for buys and sells (None for any), its rules."""

    quote: Prices | None = None
    left: dict[int, int | None] = field(default_factory=lambda: {BUY: None, SELL: None})
    at_ns: int = 0
    margin_rate: int = BILLION
    max_age_ns: int = 0
    market: int = 1
    limit: int = 2
    sized: bool = False
    markups: dict[int, Prices] = field(default_factory=dict)


@dataclass(slots=True)
class Instrument:
    """An instrument and its book: per side the resting orders by priority; what stands outside the book."""

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
    kind: int = 1
    phase: int = CONTINUOUS
    sides: dict[int, list[Order]] = field(default_factory=lambda: {BUY: [], SELL: []})
    outside: list[Order] = field(default_factory=list)
    """Open orders that stand in no level: pegs, stops, children, orders that wait for the close."""
    working: Order | None = None
    """The order that is being matched."""
    frozen: dict[int, int | None] | None = None
    """Prices of the pegs, by id of the object, while an order is being matched."""
    due: list[tuple[str, Order]] = field(default_factory=list)
    """What is due: (`level`, `start`, `close` or `stop`; the order)."""
    work: Work | None = None
    needs: int = 0
    """Room that the next step of the work needs."""
    changing: bool = False
    """A change of phase is on its way."""
    locks: int = 0
    """Sweeps that keep it busy."""
    reference: int = 0
    last: int = 0
    settlement: int = 0
    rules: Rules = field(default_factory=Rules)
    ticks: list[tuple[int, int]] = field(default_factory=list)
    """(from price, tick), rising."""
    schedule: list[tuple[int, int]] = field(default_factory=list)
    """(at ns, phase), rising."""
    auction_ends: int | None = None
    indicated: tuple[int, int, int] = (0, 0, 0)
    day: Day = field(default_factory=Day)
    dealing: Dealing | None = None
    """Of what the house deals."""

    @property
    def busy(self) -> bool:
        """There is work to go on with, or a sweep keeps it busy."""
        return self.work is not None or self.locks > 0

    def value(self, price: int, lots: int) -> int:
        """Ledger units of the quote asset, exact."""
        return price * lots * self.price_value

    def held_asset(self, side: int) -> int:
        """The asset that an order of the side holds."""
        return self.quote if side == BUY or self.kind != 1 else self.base

    def rest(self, order: Order) -> None:
        """Puts the order behind those of its price."""
        order.place = "book"
        insort(self.sides[order.side], order, key=Order.priority)

    def wait(self, order: Order, place: str) -> None:
        """Puts the order outside the book."""
        order.place = place
        self.outside.append(order)

    def leave(self, order: Order) -> None:
        """Takes the order out of where it stands. The order being matched stands nowhere."""
        if order.place == "book":
            self.sides[order.side].remove(order)
        elif order.place not in {"working", "none"}:
            self.outside.remove(order)
        order.place = "none"

    def standing(self, place: str, side: int = 0) -> list[Order]:
        """Orders that wait outside the book at this place, of one side or both, by id."""
        found = [order for order in self.outside if order.place == place and side in {0, order.side}]
        return sorted(found, key=lambda order: order.order_id)

    def orders(self) -> list[Order]:
        """All open orders, by id."""
        working = [self.working] if self.working and self.working.open else []
        return sorted(self.sides[BUY] + self.sides[SELL] + self.outside + working, key=lambda order: order.order_id)

    def tick_at(self, price: int) -> int:
        """The tick that applies at a price."""
        steps = [tick for from_price, tick in self.ticks if from_price <= price]
        return steps[-1] if steps else self.tick

    def on_tick(self, price: int) -> bool:
        """The price is a multiple of the tick that applies to it."""
        return price % self.tick_at(price) == 0

    def tick_down(self, price: int) -> int:
        """The highest price on tick that is not above."""
        return price - price % self.tick_at(price)

    def tick_up(self, price: int) -> int:
        """The lowest price on tick that is not below."""
        tick = self.tick_at(price)
        up = -(-price // tick) * tick
        return min([up, *(from_price for from_price, _ in self.ticks if price <= from_price)])


def charge(order: Order, billionths: int) -> int:
    """The fee of a fill, rounded over the order: what is rounded away is carried to its next fill."""
    due = order.carry + billionths
    fee = rounded(due)
    order.carry = due - fee * BILLION
    return fee


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


@dataclass(eq=False, slots=True)
class Sweep:
    """Work over many orders or accounts: `first_id` is the id of its command's first event."""

    kind: int
    instrument: int
    first_id: int
    steps: Work | None = None
    needs: int = 0
    cancelled: int = 0
    looked: int = 0
    """Orders, instruments and accounts that it looked at in this command."""
    inside: int = 0
    """The instrument through which it walks."""
    belongs: Callable[[Order], bool] = lambda _: False
    """Which orders it is for."""
    session: int = 0
    """Of a mass cancel: the session that it is for."""
    late: bool = False
    """An order that belongs came to stand since the walk began."""


@dataclass(slots=True)
class State:
    """Everything, by number."""

    slice_events: int
    capacity: int
    sources: dict[int, Source] = field(
        default_factory=lambda: {GATEWAY: Source(b"gateway", 17), OPERATOR: Source(b"operator", 31)}
    )
    assets: dict[int, Asset] = field(default_factory=dict)
    instruments: dict[int, Instrument] = field(default_factory=dict)
    accounts: dict[int, Account] = field(default_factory=dict)
    sessions: dict[int, Session] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    sweeps: list[Sweep] = field(default_factory=list)
    register: Register = field(default_factory=Register)
    at_ns: int = 0
    """Time of the command at work."""
    command_seq: int = 0
    reply: Reply = field(default_factory=lambda: Reply(0, 0, 0, 0))
    """Events of the command at work."""
    settle: Callable[[Instrument], None] = lambda _: None
    """Works off what is due in an instrument that is idle."""

    def has_room(self, events: int) -> bool:
        """So many more events fit into the command."""
        return len(self.reply.made) + events + self.reply.reserve <= self.slice_events

    def note_late(self, order: Order) -> None:
        """The order starts, or goes on being matched: sweeps that walk through its instrument walk again."""
        for sweep in self.sweeps:
            if sweep.inside == order.instrument and sweep.belongs(order):
                sweep.late = True

    def note_session(self, session: int) -> None:
        """The session has other accounts: its mass cancels walk again through the instrument where they are."""
        for sweep in self.sweeps:
            sweep.late |= sweep.session == session and sweep.inside != 0

    def instrument_of(self, order: Order) -> Instrument:
        """Where the order is traded."""
        return self.instruments[order.instrument]

    def open_orders(self) -> int:
        """Of all accounts together."""
        return sum(len(account.open) for account in self.accounts.values())

    def payer(self, account: int) -> int:
        """The account on whose balances an account trades."""
        return self.accounts[account].clearing or account

    def set_hold(self, order: Order, hold: int) -> None:
        """Changes what the order holds."""
        asset = self.instruments[order.instrument].held_asset(order.side)
        self.ledger.holds[self.payer(order.account), asset] += hold - order.hold
        order.hold = hold
