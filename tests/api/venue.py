"""A venue as clients meet it: an exchange process, a service process, people with keys. For tests of the real thing."""

import asyncio
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from garraway.cli.config import settled
from garraway.cli.identity import identity_of
from garraway.cli.options import service_options
from garraway.cli.secrets import fetched
from garraway.cli.up import people as demo_people
from garraway.cli.up import plan
from garraway.cli.up.credentials import Credentials
from garraway.cli.up.listings import CRYPTO_LISTING, FUTURE_LISTING, FX_LISTING
from garraway.identity import Identity, Origin, Role, Scope, keys
from garraway.records import Phase, PriceKind, encode
from garraway.store import Database, upgrade, users
from garraway.venues import Directory, ExchangeVenue, Tape

START_S = 240
ACCOUNT, OTHER = demo_people.CLIENTS.values()
HERE = Origin("127.0.0.1", "tests", "c-1")


@dataclass
class Key:
    """An API key with HMAC, and how it signs."""

    key_id: str
    secret: str
    count: int = 0

    def headers(self, method: str, target: str, body: bytes, window_ms: int = 5_000) -> dict[str, str]:
        self.count += 1
        stamp, nonce = str(time.time_ns() // 1_000_000), f"nonce-{os.getpid()}-{self.count}"
        window, digest = str(window_ms), hashlib.sha256(body).hexdigest()
        parts = ["GARRAWAY1", self.key_id, stamp, window, nonce, method, target, digest]
        signature = hmac.new(self.secret.encode(), "\n".join(parts).encode(), hashlib.sha256).hexdigest()
        return {
            "garraway-key": self.key_id,
            "garraway-timestamp": stamp,
            "garraway-window": window,
            "garraway-nonce": nonce,
            "garraway-signature": signature,
        }


@dataclass
class Venue:
    """The processes and where they are."""

    folder: Path
    rate: int = 1_000
    exchange: subprocess.Popen[bytes] | None = None
    service: subprocess.Popen[bytes] | None = None
    tokens: dict[str, str] = field(default_factory=dict)
    key: Key = field(default_factory=lambda: Key("", ""))

    @property
    def database(self) -> str:
        return f"sqlite:///{self.folder / 'garraway.db'}"

    @property
    def url(self) -> str:
        said = json.loads((self.folder / "run" / "service.json").read_text())
        return f"http://127.0.0.1:{said['port']}"

    @property
    def streams_url(self) -> str:
        said = json.loads((self.folder / "run" / "service.json").read_text())
        return f"ws://127.0.0.1:{said['stream_port']}"

    def start_exchange(self) -> None:
        self.exchange = self._start("exchange", "--folder", str(self.folder))

    def start_service(self) -> None:
        found = self.folder / "run" / "service.json"
        found.unlink(missing_ok=True)
        command = ["service", "--folder", str(self.folder), "--url", self.database, "--port", "0"]
        self.service = self._start(*command, "--stream-port", "0")
        self.until(found.exists)
        self.until(lambda: httpx2.get(self.url + "/health/startup").status_code == 200)

    def stop(self) -> list[int]:
        return [stopped(process) for process in (self.service, self.exchange) if process is not None]

    def client(self, who: str = "trader") -> httpx2.Client:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=20)

    def signed(self, method: str, target: str, body: dict[str, Any] | None = None) -> httpx2.Response:
        content = json.dumps(body).encode() if body is not None else b""
        headers = self.key.headers(method, target, content) | {"Content-Type": "application/json"}
        return httpx2.request(method, self.url + target, content=content, headers=headers, timeout=20)

    @contextmanager
    def identity(self) -> Iterator[Identity]:
        """The room of people over the venue's database, as the service has it."""
        database = Database.open(self.database)
        settings = settled(None, service_options(folder=self.folder))
        with identity_of(settings, database, fetched(settings, keys=True)) as identity:
            yield identity
        database.close()

    def log(self, name: str) -> list[dict[str, Any]]:
        lines = (self.folder / "log" / f"{name}.log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def until(self, condition: Callable[[], bool]) -> None:
        asyncio.run(until(condition, self))

    def _start(self, name: str, *options: str) -> subprocess.Popen[bytes]:
        (self.folder / "log").mkdir(parents=True, exist_ok=True)
        rates = ("IP_REQUESTS", "USER_REQUESTS", "KEY_REQUESTS", "LOGIN_ATTEMPTS")
        settings = {f"GARRAWAY_SERVICE__{what}_PER_MINUTE": str(self.rate) for what in rates}
        command = [sys.executable, "-m", "garraway.cli", name, *options]
        with (self.folder / "log" / f"{name}.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | settings)


async def until(condition: Callable[[], bool], venue: Venue) -> None:
    """Waits for a condition; a process that died meanwhile fails the wait."""
    async with asyncio.timeout(START_S):
        while not condition():
            for process in (venue.exchange, venue.service):
                assert process is None or process.poll() is None, (venue.folder / "log" / "service.log").read_text()
            await asyncio.sleep(0.02)


def stopped(process: subprocess.Popen[bytes]) -> int:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    return process.wait(START_S)


async def prepare(folder: Path) -> None:
    """Lists, opens and funds what `garraway up` does, and gives reference prices."""
    (folder / "run").mkdir(parents=True, exist_ok=True)
    credentials = Credentials.load(folder / "run" / "credentials.json", demo_people.CLIENTS)
    async with await ExchangeVenue.connect(folder, wait_s=START_S) as operator:
        directory = Directory()
        async for batch in operator.own_history(Tape(folder), 0):
            directory.apply(batch.events, batch.tails)
        commands = plan.missing(directory, credentials)
        for listing in (CRYPTO_LISTING, FX_LISTING, FUTURE_LISTING):
            for what in (PriceKind.REFERENCE, PriceKind.SETTLEMENT):
                price = listing.reference_price
                commands.append(encode("SetReference", instrument=listing.number, what=what, price=price))
        commands.append(encode("SetPhase", instrument=FUTURE_LISTING.number, phase=Phase.CONTINUOUS))
        outcomes = await operator.submit(commands)
    failed = [(outcome, command) for outcome, command in zip(outcomes, commands, strict=True) if not outcome.done]
    assert [one for one in failed if one[0].kind != "refused" and not is_settlement_of_spot(one[1])] == []


def is_settlement_of_spot(command: bytes) -> bool:
    """Only a future has a settlement price."""
    return command[:4] == encode("SetReference")[:4]


def enrol(venue: Venue) -> None:
    """People: two traders, one member of staff of each role; a key of the first trader."""
    with venue.identity() as identity:
        for login, account in (("trader", ACCOUNT), ("other", OTHER)):
            venue.tokens[login] = token(identity, login, Role.TRADER, account)
        for role in Role:
            if role is not Role.TRADER:
                venue.tokens[role] = token(identity, role.lower(), role, None)
        venue.key = key_of(venue, identity, "key-of-tests")


def key_of(
    venue: Venue, identity: Identity, key_id: str, *, scopes: tuple[str, ...] = ("read", "trade"), networks: str = ""
) -> Key:
    """A key of the first trader."""
    secret = "grw_hmac_" + "s" * 43
    path = venue.folder / f"{key_id}.json"
    wanted = {"key_id": key_id, "login": "trader@example.com", "label": "tests", "algorithm": "hmac-sha256"}
    bounds = {"scopes": scopes, "networks": [networks] if networks else [], "life_s": 86_400, "secret": secret}
    path.write_text(json.dumps([wanted | bounds]))
    path.chmod(0o600)
    keys.load_file(identity, path, origin=HERE)
    return Key(key_id, secret)


def token(identity: Identity, login: str, role: Role, account: int | None) -> str:
    """A token of a new user, as if just logged in with a second factor."""
    with identity.database.writing() as connection:
        at_ns = identity.clock()
        user_id = users.insert_user(
            connection, login=f"{login}@example.com", name=login, roles=[role], group_id=0, at_ns=at_ns, service=True
        )
        assert user_id is not None
        if account is not None:
            assert users.assign_account(connection, user_id, account, at_ns=at_ns)
    return issued(identity, user_id, f"session-{login}")


def issued(identity: Identity, user_id: int, session: str, *, second_factor_age_s: int | None = 0) -> str:
    """A token as of a first-party log-in just made, its second factor so old."""
    at_s = identity.at_s
    return identity.tokens.issue(
        user_id=user_id,
        session_id=session,
        client_id="tests",
        scopes=frozenset(Scope),
        authenticated_at_s=at_s,
        second_factor_at_s=None if second_factor_age_s is None else at_s - second_factor_age_s,
        at_s=at_s,
    )


@contextmanager
def running(folder: Path, *, rate: int = 1_000, people: Callable[[Venue], None] = enrol) -> Iterator[Venue]:
    """A venue that runs, with so many requests a minute; `people` fills the empty database before it does."""
    venue = Venue(folder, rate)
    venue.start_exchange()
    try:
        asyncio.run(prepare(folder))
        upgrade(Database.open(venue.database))
        people(venue)
        venue.start_service()
        yield venue
    finally:
        venue.stop()
