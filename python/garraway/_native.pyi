"""The native module: engine, journal, event log, exchange process, views and benchmarks, written in Rust.

Records are NumPy structured arrays of 96 bytes an element, little-endian, as docs/reference describes them.
Nothing here keeps a reference to an array that is given to it.
"""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any, Final, Self, TypedDict, final, type_check_only

import numpy as np
from numpy.typing import NDArray
from typing_extensions import disjoint_base

__all__ = [
    "COMMAND",
    "COMMANDS",
    "COMMAND_HEAD",
    "EVENT",
    "EVENTS",
    "INDICATORS",
    "ITCH",
    "ITCH_MESSAGES",
    "LIMITS",
    "LIMIT_REASONS",
    "LOGIC_VERSION",
    "MIN_EVENTS",
    "REJECTS",
    "SESSION_ACCOUNT",
    "Bar",
    "Book",
    "BoundIndicator",
    "Engine",
    "EventReader",
    "Fill",
    "Indicator",
    "LiveDesk",
    "Quote",
    "Run",
    "Strategy",
    "Ticket",
    "Trade",
    "Views",
    "bench_book",
    "bench_commands",
    "bench_engine",
    "bench_engine_batches",
    "hmac_sha256_hex",
    "itch_read",
    "journal_dump",
    "journal_extent",
    "journal_verify",
    "read_events",
    "reference",
    "run_exchange",
    "sha256_hex",
]

@type_check_only
class CommandSpec(TypedDict):
    """What the reference says of a kind of command."""

    code: int
    doc: str
    right: int
    size: int
    item_size: int
    uses: list[str]
    fields: list[tuple[str, int, str]]
    item_fields: list[tuple[str, int, str]]

@type_check_only
class IndicatorSpec(TypedDict):
    """What there is to know of a kind of indicator."""

    what: str
    columns: tuple[str, ...]
    """What a row is made of, in order."""
    parameters: list[tuple[str, float, float, float, bool]]
    """Name, default, least, most, whether it must be whole."""
    outputs: tuple[str, ...]

@type_check_only
class EventSpec(TypedDict):
    """What the reference says of a kind of event."""

    code: int
    doc: str
    audience: str

@type_check_only
class RejectSpec(TypedDict):
    """What the reference says of a reason."""

    code: int
    doc: str
    remedy: str

@type_check_only
class ItchSpec(TypedDict):
    """The shape of a message of ITCH 5.0; a field is its name, first byte, length, and whether it is a text."""

    kind: str
    size: int
    fields: list[tuple[str, int, int, bool]]

@type_check_only
class BenchReport(TypedDict):
    """What a benchmark found; `tape` is 16 hexadecimal digits."""

    ns_per_op: float
    p50_ns: int
    p99_ns: int
    p999_ns: int
    trades: int
    rejects: int
    tape: str
    runs: list[float]

@type_check_only
class OrderView(TypedDict):
    """An order: prices in price units, quantities in lots, value and fee of its fills in ledger units.

    `text` is the client's own, as it came with the command that placed or replaced the order. `state` is open, filled,
    canceled, rejected or replaced; `reason` the `detail` of `Canceled` or `Rejected`, `replaced_by` the reference of
    the order that stands in its place. `trigger` is as placed: of a stop, a trailing stop's distance, a peg's offset.
    `shown` are the lots that stand in the displayed book, `waits` tells whether it stands outside it.
    """

    account: int
    client_ref: int
    text: str | None
    order_id: int
    event_id: int
    instrument: int
    side: int
    order_type: int
    time_in_force: int
    flags: int
    price: int
    trigger: int
    quantity: int
    leaves: int
    filled: int
    display: int
    shown: int
    waits: bool
    value: int
    fee: int
    placed_at_ns: int
    changed_at_ns: int
    state: str
    reason: int
    replaced_by: int

@type_check_only
class FillView(TypedDict):
    """An order's side of a trade; value and fee in ledger units of the quote asset."""

    event_id: int
    trade_id: int
    at_ns: int
    client_ref: int
    text: str | None
    instrument: int
    side: int
    maker: bool
    price: int
    quantity: int
    leaves: int
    value: int
    fee: int

@type_check_only
class TradeView(TypedDict):
    """A trade as everybody may see it; `side` is the incoming order's, `busted` whether it was taken back."""

    trade_id: int
    at_ns: int
    side: int
    price: int
    quantity: int
    busted: bool

@type_check_only
class PositionView(TypedDict):
    """What trading brought: lots, what the open ones cost, gains of what was closed (without fees), fees."""

    lots: int
    cost: int
    realised: int
    fees: int

@type_check_only
class BookView(TypedDict):
    """Levels, best first: (price, lots, orders)."""

    seq: int
    bids: list[tuple[int, int, int]]
    asks: list[tuple[int, int, int]]

@type_check_only
class TurnoverView(TypedDict):
    """Prices and turnover of a stretch of time, all 0 where nothing traded; value in the quote asset's ledger units."""

    open: int
    high: int
    low: int
    last: int
    lots: int
    value: int
    trades: int

@type_check_only
class TickerView(TypedDict):
    """How an instrument stands; prices 0 where there is none. Auctions: (price, lots, lots left over, side of these).

    `day` counts from the end of the last business day, `rolling` is of the last 24 hours in whole minutes.
    """

    symbol: str
    at_ns: int
    phase: int
    since_ns: int
    bid: int
    ask: int
    last: int
    reference: int
    settlement: int
    base: int
    indicated: tuple[int, int, int, int] | None
    uncrossed: tuple[int, int, int, int] | None
    day: TurnoverView
    rolling: TurnoverView

COMMAND: Final[np.dtype[np.void]]
"""Commands of fixed size: head and body."""
EVENT: Final[np.dtype[np.void]]
"""Events."""
MIN_EVENTS: Final[int]
"""Events that the buffer given to `Engine.apply` must hold at least."""
LOGIC_VERSION: Final[int]
"""Version of the engine's behaviour; journals name it."""
COMMANDS: Final[dict[str, CommandSpec]]
"""Every kind of command by name; fields are (name, offset in the record or in one item, NumPy type)."""
COMMAND_HEAD: Final[list[tuple[str, int, str]]]
"""The fields of every command's head: (name, offset, NumPy type)."""
SESSION_ACCOUNT: Final[list[tuple[str, int, str]]]
"""The fields of an item of DefineSession: (name, offset, NumPy type)."""
EVENTS: Final[dict[str, EventSpec]]
"""Every kind of event by name."""
REJECTS: Final[dict[str, RejectSpec]]
"""Every reason by name, in order of precedence."""
LIMITS: Final[dict[str, int]]
"""Every limit by name."""
ITCH: Final[np.dtype[np.void]]
"""Messages of ITCH 5.0: where in the file, nanoseconds past midnight, and what replays want to know of each.

`kind` is the type byte; `code` is the side of an order, the event of `S`, the state of `H` and `L`, the cross of `Q`
and `I`, or whether `C` is printable. `price` is in 0.0001 dollars. What a message does not have is 0 or blank."""
ITCH_MESSAGES: Final[dict[str, ItchSpec]]
"""Every message of ITCH 5.0 by name."""

@final
class Engine:
    """The deterministic engine in this process: commands in, events out."""

    def __new__(
        cls,
        *,
        slice_events: int = ...,
        capacity: int = ...,
        reserve_orders: int = 1024,
        continue_work: bool = True,
    ) -> Engine:
        """An empty venue.

        Args:
            slice_events: most events of one command, 8 to 32,768 (the usual).
            capacity: most open orders, at most 16,777,216 (the usual).
            reserve_orders: orders for which memory is taken at once; no part of the behaviour.
            continue_work: whether `Continue` is sent by itself for orders too large for one command.
        """

    def apply(
        self, commands: bytes | NDArray[Any], at_ns: int | NDArray[np.int64], out: NDArray[np.void]
    ) -> tuple[int, int]:
        """Applies commands in order and writes their events to `out`, without tails; the GIL is released.

        Args:
            commands: records one after the other, as bytes, a uint8 array or a COMMAND array, of shape (n,).
            at_ns: time of all commands, or int64 of shape (n,), one for each; ns since the Unix epoch, UTC.
            out: EVENT array of shape (m,), contiguous and writeable; overwritten from the start. Before each command
                MIN_EVENTS must be free, so m = MIN_EVENTS + 4n is enough for n commands of the usual kind.

        Returns: commands taken and events written. It stops early when `out` has no room for the events of one more
            command; call again with the rest.

        Raises:
            ValueError: a record is malformed (nothing is applied then), or an array has the wrong shape or size.
            TypeError: an array has another dtype.
        """

    def balance(self, account: int, asset: int) -> tuple[int, int]:
        """What an account has of an asset, in ledger units: all of it, and the part held for open orders."""

    def levels(self, instrument: int, side: int, depth: int = ...) -> NDArray[np.void]:
        """The levels of a side, best first: int64 columns price, quantity, orders."""

    def orders(self, instrument: int, side: int) -> NDArray[np.void]:
        """The resting orders of a side in the order in which they would trade.

        Returns: int64 columns order, account, client_ref, price, leaves, filled, held.
        """

    def would_meet(self, instrument: int, side: int, price: int) -> list[int] | None:
        """The resting order that an incoming order of `side` would meet first, as a row of `orders`: a dry run."""

    def order(self, account: int, client_ref: int) -> list[int] | None:
        """An open order as a row of `orders`."""

    def check(self) -> None:
        """Proves every invariant.

        Raises:
            RuntimeError: one does not hold; the text says which.
        """

    def state_hash(self) -> int:
        """Hash of the canonical state."""

    def snapshot(self) -> bytes:
        """The canonical snapshot."""

    @staticmethod
    def restore(snapshot: bytes, *, continue_work: bool = True) -> Engine:
        """The engine that made a snapshot.

        Raises:
            ValueError: the snapshot is damaged; the text names the offset.
        """

    @property
    def last_seq(self) -> int:
        """Number of the last command applied."""

    @property
    def open_orders(self) -> int:
        """Orders open in the whole venue."""

@final
class EventReader:
    """A reader of a venue's event log, which may still grow: it keeps its place."""

    def __new__(cls, folder: str | PathLike[str], from_event_id: int = 0) -> EventReader:
        """A reader of the venue in `folder`, from an event on."""

    def read(self, limit: int = 65536) -> tuple[NDArray[np.void], list[bytes]]:
        """The next whole events, at most `limit` of them, perhaps none, and the tail of each.

        Raises:
            RuntimeError: the log is damaged; the text names file and offset.
            OSError: it cannot be read.
        """

@final
class Views:
    """Views of a venue, kept in memory by a thread that follows its event log and serves WebSocket clients.

    Reads take a short lock and release the GIL. Once the thread has failed every read raises RuntimeError.
    """

    @staticmethod
    def start(folder: str | PathLike[str], config: dict[str, Any] | None = None) -> Views:
        """Starts to follow the log of the venue in `folder`, from its beginning; the log need not be there yet.

        Args:
            folder: the venue's folder.
            config: host and port to serve WebSocket clients on (without a port nobody is served), origins of browsers
                that may connect, and the bounds connections, subscriptions, streams, calls, messages_per_second,
                message_bytes, queue_bytes, socket_bytes, book_ms, trades_ms, silence_ms, handshake_ms, requests. With
                `tls_cert` and `tls_key` (PEM, bytes) the port speaks TLS alone, 1.2 or newer.

        Raises:
            ValueError: the configuration is wrong.
            OSError: the port cannot be opened.
        """

    def stop(self) -> None:
        """Closes every connection and ends the thread."""

    def renew_certificate(self, chain: bytes, key: bytes) -> None:
        """Shows connections from now on another certificate; those that are open stay.

        Args:
            chain: the certificate and what signed it, as PEM.
            key: its private key, as PEM.

        Raises:
            ValueError: they are none, do not belong together, or the port speaks no TLS.
        """

    @property
    def address(self) -> tuple[str, int] | None:
        """Where WebSocket clients are served."""

    @property
    def seq(self) -> int:
        """Number of the last command whose events are in the views, whole."""

    @property
    def reached(self) -> int:
        """The eventfd that becomes readable when the views have come as far as `arm` asked, or have failed."""

    @property
    def asked(self) -> int:
        """The eventfd that becomes readable when there are requests."""

    def arm(self, seq: int) -> bool:
        """Asks for `reached` to become readable when the views have come this far; whether they have.

        Of several waits the nearest counts: whoever is woken arms anew for those that are left.
        """

    def answer_reached(self) -> None:
        """Makes `reached` unreadable again."""

    def take_requests(self) -> list[dict[str, Any]]:
        """What the hub asks, oldest first; makes `asked` unreadable.

        By `kind`: "auth" (connection, token, address) is answered by `allow` or `refuse`; "cancel" (connection,
        login_session, accounts, cause: "disconnect" or "timeout") wants the accounts' open orders cancelled; "closed"
        (connection, login_session) says that a connection that was allowed is gone; "call" (connection, text, account,
        address) is a request of another interface, answered by `reply`, `follow` or `unfollow`.
        """

    def allow(
        self,
        connection: int,
        accounts: Sequence[int],
        *,
        may_cancel: bool,
        login_session: str,
        user: int,
        expires_at_ns: int,
    ) -> None:
        """Lets a connection see accounts until the log-in expires, and have their orders cancelled or not.

        Said again, it replaces what was allowed.
        """

    def refuse(self, connection: int, reason: str) -> None:
        """Tells a connection that its token is not good."""

    def reply(self, connection: int, text: str) -> None:
        """Answers a call."""

    def follow(
        self, connection: int, account: int, text: str, *, login_session: str, user: int, expires_at_ns: int
    ) -> None:
        """Answers a call, and tells the connection of an account until the log-in ends or expires."""

    def unfollow(self, connection: int, text: str) -> None:
        """Answers a call, and tells the connection of no account any more."""

    def cut(
        self,
        reason: str,
        *,
        connection: int | None = None,
        login_session: str | None = None,
        user: int | None = None,
    ) -> None:
        """Closes connections at once with code 4001: one, those of a log-in session, or those of a user.

        Raises:
            ValueError: not exactly one of the three was given.
        """

    def statistics(self) -> dict[str, Any]:
        """Figures for metrics: counters and gauges by name, `seq`, and `failure` (None, or why the thread ended)."""

    def open_orders(self, account: int, instrument: int | None = None) -> list[OrderView]:
        """Open orders of an account, by reference."""

    def order(self, account: int, client_ref: int) -> OrderView | None:
        """An order that is open or was done lately."""

    def order_by_text(self, account: int, text: str) -> OrderView | None:
        """The latest order with this text that is open or was done lately."""

    def done_lately(self, account: int, limit: int = 100) -> list[OrderView]:
        """Orders done lately, the latest first; of an account 1,000 are kept."""

    def fills(self, account: int, limit: int = 100) -> list[FillView]:
        """Fills lately, the latest first; of an account 1,000 are kept."""

    def balances(self, account: int) -> dict[int, tuple[int, int]]:
        """What an account has, by asset, in ledger units: all, and the part held for open orders and positions."""

    def positions(self, account: int) -> dict[int, PositionView]:
        """What an account traded, by instrument. Deposits are no trades: of spot it is not what the account has."""

    def last_ref(self, account: int) -> int:
        """The highest client reference of an account that events tell of.

        The engine's own may be higher (a mass quote uses up references that no event names): after a `ClientRefStale`
        this has come forward to the reference that was refused; take the next one.
        """

    def book(self, instrument: int, depth: int = 20) -> BookView | None:
        """The displayed levels of an instrument; at most 1,000 of a side."""

    def trades(self, instrument: int, limit: int = 100) -> list[TradeView]:
        """Last trades of an instrument, the latest first; 256 are kept."""

    def ticker(self, instrument: int) -> TickerView | None:
        """How an instrument stands and what was traded of it."""

def read_events(
    folder: str | PathLike[str], from_event_id: int = 0, limit: int = 65536
) -> tuple[NDArray[np.void], list[bytes]]:
    """The events of a venue's log from one on, at most `limit`, and the tail of each; see `EventReader.read`."""

def journal_verify(folder: str | PathLike[str], *, replay: bool = True) -> dict[str, Any]:
    """Checks a venue's journal; with `replay` also its event log and the engine's invariants. Changes nothing.

    Returns: sound, clean, segments, commands, marks, first_seq, last_seq, cut, damage; with `replay` also state_hash,
        broken, events, last_event_id, event_log.
    """

def journal_dump(folder: str | PathLike[str], from_seq: int, to_seq: int) -> list[dict[str, Any]]:
    """The journal's commands, heads and marks from one command number to another."""

def journal_extent(
    folder: str | PathLike[str],
    *,
    seq: int | None = None,
    at_ns: int | None = None,
    source: tuple[int, int] | None = None,
    replay: bool = False,
) -> dict[str, Any]:
    """How far a venue's journal goes until the first command that lies beyond one of the limits. Changes nothing.

    Every frame up to there is checked; a torn tail, and what the venue is just writing, lies beyond.

    Args:
        folder: the venue's, which may run.
        seq: number of the last command, at most.
        at_ns: time of the last command, at most.
        source: a source's number and the highest of its own numbers.
        replay: also apply it to a fresh engine.

    Returns: segments (name, bytes taken, bytes of the file), commands, first_at_ns, last_seq, last_at_ns, source_seq
        (the highest number of `source`, 0 for none), more (whether a command lies beyond), logic_version; with
        `replay` also state_hash, broken, events, last_event_id, of a journal without commands not.

    Raises:
        RuntimeError: it cannot be read, or is damaged.
    """

def run_exchange(config: dict[str, Any]) -> dict[str, Any]:
    """Runs an exchange until SIGTERM or SIGINT; what happens is written to stderr, a line of JSON each.

    Args:
        config: folder, and perhaps durability ("os" or "fsync"), door, ouch_host, ouch_port, segment_bytes,
            event_segment_bytes, reserve_orders, ouch_connections, door_connections, output_bytes,
            messages_per_second, reduction_reserve_per_second, repeats_per_second, tokens_per_account, held_bytes.

    Returns: last_seq and state_hash after a clean stop.

    Raises:
        ValueError: the configuration is wrong.
        RuntimeError: the folder cannot be recovered, a door cannot be opened, or the disk failed.
    """

def itch_read(block: bytes, offset: int) -> tuple[NDArray[np.void], int, bool, str | None]:
    """The whole messages at the start of a block of a file of ITCH 5.0, each behind its length.

    Args:
        block: bytes from a frame's first one on.
        offset: where in the file the block starts.

    Returns: an array of ITCH, the bytes that it was made from, whether the frame that ends a session came, and what
        is wrong with the message behind them.
    """

def reference() -> dict[str, str]:
    """The pages of the reference: file name below docs/reference -> Markdown."""

def sha256_hex(content: bytes, /) -> str:
    """The SHA-256 of `content`, in small hexadecimal digits."""

def hmac_sha256_hex(key: bytes, content: bytes, /) -> str:
    """The HMAC-SHA256 of `content` under `key`, in small hexadecimal digits."""

def bench_book(path: str | PathLike[str], repeats: int = 7) -> BenchReport:
    """Runs a workload through the book alone."""

def bench_engine(path: str | PathLike[str], repeats: int = 7) -> BenchReport:
    """Runs a workload through the whole engine."""

def bench_engine_batches(path: str | PathLike[str], chunk: int = 65536, repeats: int = 7) -> Sequence[float]:
    """Runs a workload through the engine in batches, without hashing events: ns for one operation, a figure a run."""

def bench_commands(path: str | PathLike[str]) -> tuple[bytes, bytes, int]:
    """A workload as commands: those that define and fund the venue, the operations, and the peak of open orders."""

INDICATORS: Final[dict[str, IndicatorSpec]]
"""Kinds of indicator by name."""

@final
class Indicator:
    """An indicator at work. `garraway.signals` is the way to it."""

    def __new__(cls, name: str, parameters: Sequence[float]) -> Indicator:
        """`parameters`: all of its kind's, in order. ValueError names what does not fit."""

    def update(self, row: Sequence[float]) -> None:
        """Takes the next row. ValueError: a wrong count, or a number that is not finite; nothing is taken then."""

    def apply(self, rows: NDArray[np.float64], out: NDArray[np.float64]) -> None:
        """Takes `rows`, shape (n, columns); writes the outputs to `out`, (n, outputs), NaN where there are none.

        ValueError names the first number that is not finite; the rows before it are taken then.
        """

    @property
    def values(self) -> tuple[float, ...]:
        """The outputs after the last row, NaN where there are none."""

    @property
    def ready(self) -> bool:
        """Whether all outputs have once been there."""

    def reset(self) -> None:
        """Forgets every row."""

@final
class Bar:
    """A bar, as handlers get it: prices in the quote asset, volume in lots."""

    @property
    def at_ns(self) -> int:
        """When it was whole, ns."""

    @property
    def open(self) -> float:
        """First price."""

    @property
    def high(self) -> float:
        """Highest price."""

    @property
    def low(self) -> float:
        """Lowest price."""

    @property
    def close(self) -> float:
        """Last price."""

    @property
    def volume(self) -> int:
        """Lots traded."""

    @property
    def symbol(self) -> str:
        """The instrument."""

@final
class Quote:
    """A quote, as handlers get it; a size of 0 is not known."""

    @property
    def at_ns(self) -> int:
        """When it was given, ns."""

    @property
    def bid(self) -> float:
        """What is bid."""

    @property
    def ask(self) -> float:
        """What is asked."""

    @property
    def bid_size(self) -> int:
        """Lots bid for."""

    @property
    def ask_size(self) -> int:
        """Lots offered."""

    @property
    def mid(self) -> float:
        """The middle of bid and ask."""

    @property
    def spread(self) -> float:
        """The ask less the bid."""

    @property
    def symbol(self) -> str:
        """The instrument."""

@final
class Trade:
    """A trade of others."""

    @property
    def at_ns(self) -> int:
        """When, ns."""

    @property
    def price(self) -> float:
        """Its price."""

    @property
    def quantity(self) -> int:
        """Lots."""

    @property
    def side(self) -> str | None:
        """`buy` or `sell`, what the aggressor did; None where it is not known."""

    @property
    def symbol(self) -> str:
        """The instrument."""

@final
class Book:
    """Levels of a book, best first: price, lots."""

    @property
    def at_ns(self) -> int:
        """When, ns."""

    @property
    def bids(self) -> list[tuple[float, int]]:
        """What is bid."""

    @property
    def asks(self) -> list[tuple[float, int]]:
        """What is asked."""

    @property
    def symbol(self) -> str:
        """The instrument."""

@final
class Fill:
    """A fill of an order of ours: money in the quote asset."""

    @property
    def at_ns(self) -> int:
        """When, ns."""

    @property
    def symbol(self) -> str:
        """The instrument."""

    @property
    def side(self) -> str:
        """`buy` or `sell`."""

    @property
    def price(self) -> float:
        """Its price."""

    @property
    def quantity(self) -> int:
        """Lots."""

    @property
    def value(self) -> float:
        """Price x quantity."""

    @property
    def fee(self) -> float:
        """What was charged."""

    @property
    def realised(self) -> float:
        """Gain of what it closed."""

    @property
    def order(self) -> int:
        """Reference of the order."""

    @property
    def liquidity(self) -> str:
        """`maker`, `taker` or `dealt`."""

    @property
    def position(self) -> int:
        """Lots held afterwards, negative short."""

@final
class Ticket:
    """An order of ours: how it was sent, and where it stands now."""

    @property
    def client_ref(self) -> int:
        """Its reference within the account; a replaced order goes on under a new one."""

    @property
    def symbol(self) -> str:
        """The instrument."""

    @property
    def side(self) -> str:
        """`buy` or `sell`."""

    @property
    def kind(self) -> str:
        """`market`, `limit`, `stop`, `stop_limit` or `trailing_stop`."""

    @property
    def quantity(self) -> int:
        """Lots ordered."""

    @property
    def limit(self) -> float | None:
        """Its limit."""

    @property
    def stop(self) -> float | None:
        """Its trigger; of a trailing stop the distance."""

    @property
    def state(self) -> str:
        """`sent`, `open`, `filled`, `cancelled`, `expired`, `rejected`, `refused` or `replaced`."""

    @property
    def live(self) -> bool:
        """Whether it may still fill."""

    @property
    def filled(self) -> int:
        """Lots filled."""

@final
class BoundIndicator:
    """An indicator that a desk keeps up to date: compared and reckoned with like a number."""

    @property
    def value(self) -> float:
        """The first output, NaN until it is there."""

    @property
    def values(self) -> tuple[float, ...]:
        """All outputs."""

    @property
    def ready(self) -> bool:
        """Whether all outputs have once been there."""

    def __getitem__(self, output: str, /) -> float: ...
    def __float__(self) -> float: ...
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __lt__(self, other: BoundIndicator | float, /) -> bool: ...
    def __le__(self, other: BoundIndicator | float, /) -> bool: ...
    def __gt__(self, other: BoundIndicator | float, /) -> bool: ...
    def __ge__(self, other: BoundIndicator | float, /) -> bool: ...
    def __add__(self, other: BoundIndicator | float, /) -> float: ...
    def __radd__(self, other: float, /) -> float: ...
    def __sub__(self, other: BoundIndicator | float, /) -> float: ...
    def __rsub__(self, other: float, /) -> float: ...
    def __mul__(self, other: BoundIndicator | float, /) -> float: ...
    def __rmul__(self, other: float, /) -> float: ...
    def __truediv__(self, other: BoundIndicator | float, /) -> float: ...
    def __rtruediv__(self, other: float, /) -> float: ...
    def __neg__(self) -> float: ...
    def __abs__(self) -> float: ...

@disjoint_base
class Strategy:
    """What the Python class of strategies stands on. `garraway.trading.Strategy` is the way to it."""

    def __new__(cls, *_given: object, **_named: object) -> Self: ...
    def target(self, what: bool | int | str, instrument: int = 0) -> None:
        """Brings the position to so many lots (True is 1), or to a share of the equity like "10%", by a market order.

        Nothing is sent where it is there, or orders under way bring it there.
        """

    def cancel(self, order: Ticket | int) -> bool:
        """Asks for an order to be cancelled; False where it is done already."""

    def cancel_all(self, instrument: int | None = None) -> int:
        """Asks for all orders to be cancelled, of an instrument by its place or of all; returns how many."""

    def replace(
        self,
        order: Ticket | int,
        *,
        limit: float | None = None,
        stop: float | None = None,
        quantity: int | None = None,
    ) -> None:
        """Asks for an order to get another limit, stop or total quantity. Its ticket goes on."""

    @property
    def pos(self) -> int:
        """Lots held of the first instrument, negative short."""

    @property
    def cash(self) -> float:
        """What would be there if every position had been paid in full, in the quote asset."""

    @property
    def equity(self) -> float:
        """What all is worth at the middle of the quotes, in the quote asset."""

    @property
    def now(self) -> int:
        """The time of the last event, ns since 1970, UTC."""

    def _send(self, side: int, quantity: int, terms: Mapping[str, Any], instrument: int) -> Ticket: ...
    def _position(self, instrument: int) -> int: ...
    def _quote(self, instrument: int = 0) -> Quote | None: ...
    def _live(self, instrument: int | None = None) -> list[Ticket]: ...
    def _round(self, price: float, way: int = 0, instrument: int = 0) -> float: ...
    def _place_of(self, symbol: str) -> int: ...
    def _symbol_of(self, instrument: int) -> str: ...
    def _bind(
        self, name: str, parameters: Sequence[float], of: str | None, instrument: int, second: int | None
    ) -> BoundIndicator: ...
    def _timer(self, name: str, period_ns: int) -> None: ...
    def _refusal(self) -> str | None: ...

@final
class Run:
    """A run of a strategy over tables of rows. `garraway.trading.backtest` is the way to it."""

    def __new__(
        cls,
        strategy: Strategy | str,
        handlers: Mapping[str, tuple[Callable[..., Any], int, int]] | Sequence[int],
        instruments: Sequence[Mapping[str, Any]],
        settings: Mapping[str, Any],
        tables: Sequence[tuple[int, str, int, int]],
    ) -> Run:
        """Handlers as (function, each so many times, ns of a period); of a compiled strategy its numbers.

        Tables are place of the instrument, stream, price units in a tick, ns in a bar.
        """

    def reserve(self, rows: int) -> None:
        """Makes room for so many marks of the equity."""

    def play(
        self, tables: Sequence[NDArray[np.uint8]], items: int
    ) -> tuple[bool, tuple[str, Any, int, int, Any] | None]:
        """Plays up to so many items: whether there is more, and what ended the run early."""

    def leave(self, strategy: Strategy) -> None:
        """Leaves the desk in the strategy, to be looked at after the run."""

    @property
    def rows(self) -> int:
        """Rows taken so far."""

    def counts(self) -> dict[str, int]:
        """Rows, orders, fills, commands, calls of handlers, failures, quotes told, commands still under way."""

    def standing(self) -> tuple[int, int, int, list[int]]:
        """Balance, cash, twice the equity in ledger units; lots held by instrument."""

    def left_out(self) -> dict[str, int]:
        """Rows left out, by problem."""

    def fills(self) -> dict[str, NDArray[np.int64]]:
        """Fills as columns of whole numbers."""

    def orders(self) -> dict[str, NDArray[np.int64]]:
        """Orders as columns of whole numbers."""

    def equity(self) -> dict[str, NDArray[Any]]:
        """Marks: times, equity, cash."""

    def words(self) -> dict[str, list[str]]:
        """Words of tags, states and sides by their numbers."""

LIMIT_REASONS: Final[dict[int, tuple[str, str, str]]]
"""Reasons of risk limits by code: (name, level, what the value and the limit are, and the remedy)."""

@final
class LiveDesk:
    """The desk of a strategy at a running venue: it reads the log, calls handlers, checks limits, writes commands.

    It sends nothing and asks no clock. What a handler raises comes out with a note of handler, time and command.
    """

    def __new__(
        cls,
        folder: str | PathLike[str],
        strategy: Strategy,
        handlers: dict[str, tuple[Callable[..., Any], int, int]],
        instruments: Sequence[Mapping[str, Any]],
        settings: Mapping[str, Any],
    ) -> Self:
        """Reads nothing yet.

        Args:
            folder: the venue's folder.
            strategy: the strategy.
            handlers: its handlers by name: (function, called each so many times, ns of a period).
            instruments: number, symbol, quote_asset, price_decimals, tick, price_value, money_decimals, min_price,
                max_price, max_quantity, limits of each, the default one first.
            settings: account, base_ref (orders get references above it), bar_ns, skip_failures, others (accounts of
                the same portfolio), reset_at_ns (breakers count from then), limits.

        Raises:
            KeyError, ValueError: a setting or a limit is missing, or cannot be.
        """

    def start(self) -> None:
        """Calls `start` of the strategy."""

    def take(self, limit: int = 65_536) -> int:
        """Takes up to so many bytes' worth of events that are there; how many. Raises: OSError: the log is damaged."""

    def go_live(self) -> None:
        """From now on handlers are called."""

    def commands(self) -> list[bytes]:
        """The commands written since this was asked, to be sent in this order."""

    def stop(self, cancel: bool) -> None:
        """Calls `stop` of the strategy, and asks for its orders to be cancelled where that is wanted."""

    def disconnected(self, at_ns: int) -> None:
        """The door is closed since then; the first time counts."""

    def connected(self) -> None:
        """The door is open."""

    def look(self, at_ns: int) -> None:
        """Time passes while the venue says nothing."""

    def lock(self, flatten: bool) -> None:
        """Locks: cancels are written, with `flatten` orders that close positions, too."""

    def reset(self) -> None:
        """Resets the breakers: losses and refusals count from now."""

    @property
    def trip(self) -> tuple[str, str, int, int, int] | None:
        """The breaker that tripped: reason, level, value, limit, time in ns."""

    @property
    def killed(self) -> bool:
        """Whether the account's kill switch is thrown."""

    @property
    def last(self) -> tuple[int, int]:
        """Id and time of the last event taken."""

    @property
    def counts(self) -> tuple[int, int, int, int, int]:
        """Orders that may still fill, fills, commands, calls of handlers, failures of handlers."""

    def standing(self) -> tuple[int, int, int, dict[str, int]]:
        """Balance, cash, twice the equity, all in ledger units; lots by symbol."""

    def fills(self, first: int) -> list[tuple[int, str, int, int, int, int, int, int, int, int]]:
        """Fills from the n-th on: ns, symbol, side, price, lots, value, fee, gain, reference, lots held afterwards."""

    def orders(self, first: int) -> list[tuple[int, str, int, int, int, str, int]]:
        """Orders of this run from the n-th on: reference, symbol, side, lots, lots filled, state, reason."""

    def leave(self, strategy: Strategy) -> None:
        """Leaves the desk in the strategy, to be looked at after the run."""

    def gains(self) -> tuple[int, int]:
        """Gains of strategy and portfolio since the account began, ledger units."""
