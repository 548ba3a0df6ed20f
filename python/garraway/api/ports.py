"""What this room needs of the venue: its door, and what the event log told. Touches nothing."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol, TypedDict

from garraway.venues import Outcome


class Door(Protocol):
    """The way to the exchange; see `garraway.venues.ExchangeVenue`."""

    @property
    def connected(self) -> bool:
        """Whether the door is open."""
        ...

    @property
    def failure(self) -> Exception | None:
        """Why it gave up for good, if it did."""
        ...

    @property
    def free(self) -> bool:
        """Whether `send` can send at this moment."""
        ...

    def send(self, record: bytes) -> asyncio.Future[Outcome] | None:
        """Numbers and sends a command now; None: it cannot go out at this moment, and was not numbered."""
        ...

    async def until_free(self) -> None:
        """Waits until `send` can send."""
        ...


class OrderRow(TypedDict):
    """An order: prices in price units, quantities in lots, value and fee in ledger units of the quote asset."""

    account: int
    client_ref: int
    text: str | None
    order_id: int
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
    waits: bool
    value: int
    fee: int
    placed_at_ns: int
    changed_at_ns: int
    event_id: int
    state: str
    """open, filled, canceled, rejected or replaced."""
    reason: int
    """Of a cancelled one as `Canceled.detail`, of a rejected one the reject's code."""
    replaced_by: int


class FillRow(TypedDict):
    """An order's side of a trade."""

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


class PositionRow(TypedDict):
    """What an account's fills left it with: lots (negative: short), their cost, what was realised, fees."""

    lots: int
    cost: int
    realised: int
    fees: int


class TradeRow(TypedDict):
    """A trade as everybody may see it; `side` is the incoming order's."""

    trade_id: int
    at_ns: int
    side: int
    price: int
    quantity: int
    busted: bool


class TurnoverRow(TypedDict):
    """Prices and turnover of a stretch of time, all 0 where nothing traded."""

    open: int
    high: int
    low: int
    last: int
    lots: int
    value: int
    trades: int


class TickerRow(TypedDict):
    """How an instrument stands; prices in price units, 0 for none."""

    phase: int
    last: int
    reference: int
    settlement: int
    rolling: TurnoverRow


class BookRow(TypedDict):
    """Levels, best first: price, lots, orders."""

    seq: int
    bids: list[tuple[int, int, int]]
    asks: list[tuple[int, int, int]]


class Views(Protocol):
    """The venue as the event log tells it, kept up by a thread of its own; see `garraway._native.Views`."""

    @property
    def seq(self) -> int:
        """The number of the last command that it knows of."""
        ...

    @property
    def address(self) -> tuple[str, int] | None:
        """Where WebSocket clients are served."""
        ...

    def last_ref(self, account: int) -> int:
        """The highest reference that orders of the account used up."""
        ...

    def order(self, account: int, client_ref: int) -> OrderRow | None:
        """The order with this reference that is open or was done lately."""
        ...

    def order_by_text(self, account: int, text: str) -> OrderRow | None:
        """The latest order with this client order id that is open or was done lately."""
        ...

    def open_orders(self, account: int) -> Sequence[OrderRow]:
        """Open orders, by reference."""
        ...

    def done_lately(self, account: int, limit: int = 100) -> Sequence[OrderRow]:
        """Orders done lately, the latest first."""
        ...

    def fills(self, account: int, limit: int = 100) -> Sequence[FillRow]:
        """Fills lately, the latest first."""
        ...

    def balances(self, account: int) -> Mapping[int, tuple[int, int]]:
        """What the account has, by asset, in ledger units: all, and the part held."""
        ...

    def positions(self, account: int) -> Mapping[int, PositionRow]:
        """What the account traded, by instrument."""
        ...

    def book(self, instrument: int, depth: int = 20) -> BookRow | None:
        """The displayed levels."""
        ...

    def trades(self, instrument: int, limit: int = 100) -> Sequence[TradeRow]:
        """The last trades, the latest first."""
        ...

    def ticker(self, instrument: int) -> TickerRow | None:
        """How the instrument stands."""
        ...

    def statistics(self) -> Mapping[str, object]:
        """Figures for metrics; `failure`: why the thread ended, if it did."""
        ...


class Arrivals(Protocol):
    """Waiting for the views to know of a command; see `garraway.views.LiveViews`."""

    async def wait_for(self, seq: int, *, timeout_s: float = 1.0) -> int:
        """Waits until the views know of this command. Raises: NotYet, ViewsStopped."""
        ...
