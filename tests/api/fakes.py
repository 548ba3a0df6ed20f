"""Stand-ins of what the application is made of, for tests that need no venue."""

import asyncio
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from starlette.types import ASGIApp

from garraway.api import EdgeSettings, Services, create_app, serve
from garraway.api.access_log import AccessLog
from garraway.api.desk import Desk
from garraway.api.feed import Feed
from garraway.api.meters import Meters
from garraway.api.ports import BookRow, FillRow, OrderRow, PositionRow, TickerRow, TradeRow
from garraway.identity import Identity, Origin, Principal, Role, Scope, SignedRequest, Unauthenticated
from garraway.identity.errors import Refusal
from garraway.store import Database
from garraway.units import AssetTerms, InstrumentTerms
from garraway.venues import Account, Directory, Instrument, Outcome
from garraway.views import NotYet

if TYPE_CHECKING:
    from garraway.broker import BackOffice

NOW_NS = 1_790_000_000 * 10**9
TERMS = InstrumentTerms(
    symbol="GARR",
    price_unit=100_000,
    lot_size=10**9,
    tick=100,
    min_price=100,
    max_price=100_000_000,
    max_quantity=999_999,
)
TRADER = Principal(
    user_id=7,
    login="ada@example.com",
    roles=frozenset({Role.TRADER}),
    accounts=frozenset({200}),
    groups=frozenset(),
    scopes=frozenset(Scope),
    session_id="s",
    key_id=None,
    authenticated_at_s=NOW_NS // 10**9,
    second_factor_at_s=None,
    second_factor_enrolled=False,
    address="192.0.2.1",
)


@dataclass
class FakeGate:
    """Lets the token `good` in; nobody else."""

    principal: Principal = TRADER

    def bearer(self, token: str, *, at_s: int, address: str) -> Principal:
        if token != "good":
            raise Unauthenticated
        return self.principal

    def signed(self, request: SignedRequest, *, at_ms: int, address: str) -> Principal:
        raise Unauthenticated


@dataclass
class FakeRefusals:
    """Keeps what was refused."""

    noted: list[Refusal] = field(default_factory=list)

    def note(self, database: None, refusal: Refusal, *, origin: Origin, at_ns: int) -> None:
        self.noted.append(refusal)


@dataclass
class FakeIdentity:
    gate: FakeGate = field(default_factory=FakeGate)
    refusals: FakeRefusals = field(default_factory=FakeRefusals)
    database: None = None

    def clock(self) -> int:
        return 0


class FakeBackOffice:
    """Nothing here asks it."""


@dataclass
class FakeDoor:
    """Answers each command with the next of `reasons`, 0 when they are spent; `None` never answers."""

    reasons: list[int | None] = field(default_factory=list)
    connected: bool = True
    free: bool = True
    failure: Exception | None = None
    sent: list[bytes] = field(default_factory=list)

    def send(self, record: bytes) -> asyncio.Future[Outcome] | None:
        if not self.free:
            return None
        self.sent.append(record)
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        reason = self.reasons.pop(0) if self.reasons else 0
        if reason is not None:
            seq = len(self.sent)
            answer.set_result(Outcome(seq, "new", reason, seq << 16))
        return answer

    async def until_free(self) -> None:
        await asyncio.Event().wait()


@dataclass
class FakeViews:
    """Knows the orders that it is told of."""

    seq: int = 41
    ref: int = 0
    texts: dict[tuple[int, str], int] = field(default_factory=dict)
    address: tuple[str, int] | None = None

    def last_ref(self, account: int) -> int:
        return self.ref

    def order(self, account: int, client_ref: int) -> OrderRow | None:
        return None

    def order_by_text(self, account: int, text: str) -> OrderRow | None:
        ref = self.texts.get((account, text))
        return cast("OrderRow", {"client_ref": ref}) if ref is not None else None

    def open_orders(self, account: int) -> list[OrderRow]:
        return []

    def done_lately(self, account: int, limit: int = 100) -> list[OrderRow]:
        return []

    def fills(self, account: int, limit: int = 100) -> list[FillRow]:
        return []

    def balances(self, account: int) -> dict[int, tuple[int, int]]:
        return {}

    def positions(self, account: int) -> dict[int, PositionRow]:
        return {}

    def book(self, instrument: int, depth: int = 20) -> BookRow | None:
        return None

    def trades(self, instrument: int, limit: int = 100) -> list[TradeRow]:
        return []

    def ticker(self, instrument: int) -> TickerRow | None:
        return None

    def statistics(self) -> dict[str, Any]:
        return {"failure": None}

    async def wait_for(self, seq: int, *, timeout_s: float = 1.0) -> int:
        """The fold comes forward to what was refused, as the real one does."""
        if seq > 1_000_000:
            raise NotYet(f"command {seq} is not known")
        self.ref += 10
        return self.seq


@dataclass
class Clock:
    now_ns: int = NOW_NS

    def __call__(self) -> int:
        return self.now_ns


def directory() -> Directory:
    """One share, traded in dollars, and an account."""
    found = Directory()
    found.assets |= {1: AssetTerms("USD", 8, 2), 2: AssetTerms("GARR", 0, 0)}
    found.instruments[1] = Instrument(1, TERMS, 2, 1, 10**18, 20_000, 100_000)
    found.accounts[200] = Account(200, 2, 1, 1, 1)
    return found


def services(*, edge: EdgeSettings | None = None, clock: Clock | None = None, door: FakeDoor | None = None) -> Services:
    clock, door, views = clock or Clock(), door or FakeDoor(), FakeViews()
    log = AccessLog(io.StringIO(), clock)
    return Services(
        clock=clock,
        monotonic_s=lambda: 0.0,
        identity=cast("Identity", FakeIdentity()),
        door=door,
        views=views,
        arrivals=views,
        desk=Desk(door, views, views, stamp="t"),
        back_office=cast("BackOffice", FakeBackOffice()),
        database=Database.open(f"sqlite:///{Path('/nonexistent')}/none.db"),
        directory=directory(),
        feed=Feed(views),
        log=log,
        meters=Meters.new(version="test"),
        edge=edge or EdgeSettings(),
    )


def application(made: Services) -> ASGIApp:
    return serve(create_app(made))
