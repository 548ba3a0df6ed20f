"""Stand-ins of what the application is made of, for tests that need no venue."""

import asyncio
import io
from dataclasses import dataclass, field

from starlette.types import ASGIApp

from garraway.api import EdgeSettings, Services, create_app, serve
from garraway.api.access_log import AccessLog
from garraway.api.gate import Permission, Principal
from garraway.api.meters import Meters
from garraway.api.problems import Problem
from garraway.units import AssetTerms, InstrumentTerms
from garraway.venues import Directory, Instrument, Outcome

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


@dataclass(frozen=True)
class FakePrincipal:
    user_id: int = 7
    accounts: frozenset[int] = frozenset({200})
    key_id: str | None = None


@dataclass
class FakeGate:
    """Lets `good` in as a principal, with the permissions that it holds; nobody else."""

    principal: FakePrincipal = field(default_factory=FakePrincipal)
    denied: set[Permission] = field(default_factory=set)

    def bearer(self, token: str, *, at_s: int, address: str) -> Principal:
        if token != "good":
            raise Problem(401, "Unauthenticated", "credentials do not hold")
        return self.principal

    def signed(
        self,
        key_id: str,
        *,
        signature: str,
        timestamp: str,
        method: str,
        target: str,
        body: bytes,
        at_ns: int,
        address: str,
    ) -> Principal:
        raise Problem(401, "Unauthenticated", "credentials do not hold")

    def require(self, principal: Principal, permission: Permission, *, at_s: int, account: int | None = None) -> None:
        if permission in self.denied or (account is not None and account not in principal.accounts):
            raise Problem(403, "Forbidden", "not permitted")


@dataclass
class FakeDoor:
    connected: bool = True

    def send(self, record: bytes) -> asyncio.Future[Outcome] | None:
        return None


@dataclass
class FakeViews:
    seq: int = 41


@dataclass
class Clock:
    now_ns: int = NOW_NS

    def __call__(self) -> int:
        return self.now_ns


def directory() -> Directory:
    """One share, traded in dollars."""
    found = Directory()
    found.assets |= {1: AssetTerms("USD", 8, 2), 2: AssetTerms("GARR", 0, 0)}
    found.instruments[1] = Instrument(1, TERMS, 2, 1, 10**18, 20_000, 100_000)
    return found


def services(*, edge: EdgeSettings | None = None, clock: Clock | None = None) -> Services:
    clock = clock or Clock()
    return Services(
        clock=clock,
        monotonic_s=lambda: 0.0,
        gate=FakeGate(),
        door=FakeDoor(),
        views=FakeViews(),
        directory=directory(),
        log=AccessLog(io.StringIO(), clock),
        meters=Meters.new(version="test"),
        edge=edge or EdgeSettings(),
    )


def application(made: Services) -> ASGIApp:
    return serve(create_app(made))
