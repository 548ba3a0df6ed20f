"""A person's first day, over the interfaces that people and programs use, against a running `garraway up`.

She registers, opens an account and announces money; somebody else, with a second factor, allows it; she trades over
REST and sees it on her WebSocket. A restart changes none of it.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pyotp
import pytest
from sqlalchemy.engine import make_url
from tests.e2e.venue_process import VenueProcess
from websockets.asyncio.client import ClientConnection, connect

from garraway import config
from garraway.identity import audit
from garraway.store import Database
from garraway.store import audit as audit_rows
from garraway.store.postgresql_server import PostgresqlServer

DEADLINE_S = 480
PASSWORD = "correct horse battery staple 7"
ADA = "ada@example.org"
FINANCE = "finance@example.com"
WHAT_SHE_DID = ["account.open", "transfer.deposit", "approval.ask", "approval.approved"]


class Caller:
    """A client of the API that says what came back when it was not what was wanted."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http
        self.token = ""

    async def ask(self, method: str, path: str, body: object = None, *, status: int = 200, **headers: str) -> Any:  # noqa: ANN401 - JSON
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        reply = await self.http.request(method, path, json=body, headers=sent)
        assert reply.status_code == status, f"{method} {path}: {reply.status_code} {reply.text}"
        return reply.json() if reply.content else None

    async def until(self, path: str, wanted: Callable[[Any], bool]) -> Any:  # noqa: ANN401 - JSON
        """Asks again until it is as wanted."""
        while not wanted(found := await self.ask("GET", path)):  # noqa: ASYNC110 - it changes in another process
            await asyncio.sleep(0.05)
        return found

    async def log_in(self, login: str, password: str, code: Callable[[], str] | None = None) -> None:
        said = await self.ask("POST", "/api/v1/auth/login", {"login": login, "password": password})
        if said["status"] == "second_factor":
            assert code is not None
            body = {"challenge": said["second_factor"]["challenge"], "code": code()}
            said = {"tokens": await self.ask("POST", "/api/v1/auth/second-factor", body)}
        self.token = said["tokens"]["access_token"]


async def where(folder: Path) -> dict[str, Any]:
    """Where the service listens, once it does and has read the log."""
    file = folder / "run" / "service.json"
    while True:
        if file.exists():
            said: dict[str, Any] = json.loads(file.read_text())
            said["url"] = f"http://{said['host']}:{said['port']}"
            async with httpx2.AsyncClient(base_url=said["url"]) as client:
                if (await client.get("/health/ready")).status_code == 200:
                    return said
        await asyncio.sleep(0.05)


async def password_of(venue: VenueProcess, login: str) -> str:
    """The password that is told at the first start."""
    line = await venue.line(lambda text: text.strip().startswith(login))
    return line.split()[1]


async def enrol(caller: Caller) -> pyotp.TOTP:
    """A second factor for who has none yet."""
    begun = await caller.ask("POST", "/api/v1/auth/factors/totp")
    made = pyotp.parse_uri(begun["uri"])
    assert isinstance(made, pyotp.TOTP)
    codes = await caller.ask("POST", "/api/v1/auth/factors/totp/confirm", {"code": made.now()})
    assert len(codes["recovery_codes"]) >= 8
    return made


def next_code(made: pyotp.TOTP) -> Callable[[], str]:
    """The code of the next half minute: that of this one is used up, and one step ahead is accepted."""
    return lambda: made.at(int(time.time()) + 30)


@pytest.mark.timeout(DEADLINE_S + 30)
def test_a_person_registers_is_funded_by_another_and_trades(tmp_path: Path) -> None:
    folder = tmp_path / "venue"

    async def scenario() -> None:
        async with running_venue(folder) as (venue, place):
            account = await first_day(place, await password_of(venue, FINANCE))
        async with running_venue(folder) as (_, place):
            await second_day(place, account)

    asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))
    assert audited(f"sqlite:///{folder / 'garraway.db'}") == WHAT_SHE_DID


@pytest.mark.timeout(DEADLINE_S + 30)
def test_on_its_own_postgresql_a_restart_and_a_killed_server_lose_nothing(
    tmp_path: Path, passable_folder: Path
) -> None:
    folder, cluster = tmp_path / "venue", passable_folder / "cluster"
    options = ("--postgres", "--postgres-folder", str(cluster))

    async def scenario() -> None:
        async with running_venue(folder, *options) as (venue, place):
            account = await first_day(place, await password_of(venue, FINANCE))
            assert await kept_out(folder, options) == f"folder {folder} is run by another `garraway up`"
            assert await kept_out(tmp_path / "other", options) == (
                f"folder {cluster} is the database of another `garraway up`"
            )
        assert not (cluster / ".s.PGSQL.5432").exists(), "it is stopped with the others"
        async with running_venue(folder, *options) as (_, place):
            await survives_a_kill(cluster, as_role(folder, "settings.toml"))
            await second_day(place, account)

    asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))
    server = PostgresqlServer.start(cluster)
    try:
        service = as_role(folder, "settings.toml")
        assert audited(service) == WHAT_SHE_DID
        for statement in (
            "UPDATE audit_entries SET reason = ''",
            "DELETE FROM audit_entries",
            "DELETE FROM view_orders",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(service) as connection:
                connection.execute(statement)
        projector = as_role(folder, "settings-projector.toml")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(projector) as connection:
            connection.execute("SELECT * FROM users")
    finally:
        server.stop()
    secret = (folder / "run" / "garraway_service.password").read_text()
    assert [log for log in (folder / "log").iterdir() if secret in log.read_text()] == []


@contextlib.asynccontextmanager
async def running_venue(folder: Path, *options: str) -> AsyncIterator[tuple[VenueProcess, dict[str, Any]]]:
    """A venue that serves; it must stop cleanly at the end."""
    venue = await VenueProcess.start(folder, *options)
    try:
        yield venue, await where(folder)
    finally:
        assert await venue.stop() == 0


async def kept_out(folder: Path, options: tuple[str, ...]) -> str:
    """What a second `garraway up` says, up to its remedy."""
    command = [sys.executable, "-m", "garraway.cli", "up", "--plain", "--folder", str(folder), *options]
    second = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    return second.stderr.removeprefix("garraway: ").partition(":")[0]


def as_role(folder: Path, name: str) -> str:
    """The address with which a role of these resolved settings comes in."""
    told = config.load(folder / "run" / name, {})
    assert told.database.password is not None
    password = Path(told.database.password.name).read_text()
    return make_url(told.database_url).set(password=password).render_as_string(hide_password=False)


async def survives_a_kill(cluster: Path, url: str) -> None:
    """Kills the server; it comes back, and the projector goes on behind what it had."""
    pid = int((cluster / "cluster" / "postmaster.pid").read_text().splitlines()[0])
    before = projected(url) or 0
    os.kill(pid, signal.SIGKILL)
    while (projected(url) or 0) <= before:  # noqa: ASYNC110 - it changes in another process
        await asyncio.sleep(0.05)


def projected(url: str) -> int | None:
    """The last event that the projector has brought into the database; None while that is away."""
    try:
        with psycopg.connect(url) as connection:
            found = connection.execute("SELECT max(last_id) FROM view_progress").fetchone()
    except psycopg.OperationalError:
        return None
    return None if found is None else found[0]


def audited(url: str) -> list[str]:
    """The last actions of a chain that is whole."""
    database = Database.open(url)
    with database.reading() as connection:
        audit.verify(connection)
        actions = [one.action for one in audit_rows.list_audit_entries(connection, "admin")]
    database.close()
    return actions[-len(WHAT_SHE_DID) :]


def http(place: dict[str, Any]) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=place["url"], timeout=20)


async def first_day(place: dict[str, Any], password: str) -> int:
    async with http(place) as hers, http(place) as theirs:
        return await day_of(place, Caller(hers), Caller(theirs), password)


async def day_of(place: dict[str, Any], ada: Caller, finance: Caller, password: str) -> int:
    register = {"login": ADA, "name": "Ada", "password": PASSWORD}
    await ada.ask("POST", "/api/v1/auth/register", register, status=202)
    await ada.log_in(ADA, PASSWORD)
    opened = await ada.ask("POST", "/api/v1/accounts", status=202)
    await ada.until("/api/v1/accounts", lambda said: [one["account"] for one in said["items"]] == [opened["account"]])

    deposit = {"asset": "USD", "amount": "25000", "note": "savings"}
    asked = await ada.ask("POST", "/api/v1/transfers/deposits", deposit, status=202, Idempotency_Key="first")
    again = await ada.ask("POST", "/api/v1/transfers/deposits", deposit, status=202, Idempotency_Key="first")
    assert (asked["state"], again) == ("pending", asked)
    assert (await ada.ask("GET", "/api/v1/balances"))["items"] == []
    # She has no right to allow it herself.
    decide = {"payload_hash": "0" * 64, "reason": "it is my money"}
    path = f"/api/v1/admin/approvals/{asked['approval_id']}"
    await ada.ask("POST", f"{path}/approve", decide, status=403)

    await finance.log_in(FINANCE, password)
    await finance.ask("GET", path, status=403)  # staff without a second factor
    made = await enrol(finance)
    await finance.log_in(FINANCE, password, next_code(made))
    waiting = await finance.ask("GET", "/api/v1/admin/approvals?state=pending")
    shown = next(one for one in waiting["items"] if one["approval_id"] == asked["approval_id"])
    assert shown["payload"] | {"amount": 0} == {
        "kind": "deposit", "account": opened["account"], "asset": 1, "amount": 0, "note": "savings",
        "transfer_id": asked["transfer_id"],
    }  # fmt: skip
    allow = {"payload_hash": shown["payload_hash"], "reason": "seen on the bank's statement"}
    assert (await finance.ask("POST", f"{path}/approve", allow))["state"] == "approved"
    await finance.ask("POST", f"{path}/approve", allow, status=409)

    done = await ada.until(f"/api/v1/transfers/{asked['transfer_id']}", lambda said: said["state"] == "done")
    assert done["amount"] == "25000.00"
    usd = await ada.until("/api/v1/balances", lambda said: said["items"] != [])
    assert usd["items"] == [{"asset": "USD", "total": "25000.00", "held": "0.00", "free": "25000.00"}]
    await trade(place, ada, opened["account"])
    return int(opened["account"])


async def trade(place: dict[str, Any], ada: Caller, account: int) -> None:
    """A market order over REST, seen as a fill on the WebSocket and by the books."""
    async with connect(f"ws://{place['host']}:{place['stream_port']}/ws") as stream:
        await stream.send(json.dumps({"op": "auth", "req_id": 1, "token": ada.token}))
        await told(stream, lambda said: said.get("op") == "auth" or said.get("req_id") == 1)
        await stream.send(json.dumps({"op": "subscribe", "req_id": 2, "channel": "fills", "account": account}))
        await told(stream, lambda said: said.get("req_id") == 2)
        ticker = await ada.until("/api/v1/instruments/BTC-USD/ticker", lambda said: said["last"] is not None)
        order = {
            "symbol": "BTC-USD", "side": "buy", "type": "market", "quantity": "0.1",
            "client_order_id": "first-buy",
        }  # fmt: skip
        placed = await ada.ask("POST", "/api/v1/orders", order, status=201)
        assert (placed["status"], placed["account"], placed["reason"]) == ("accepted", account, None)
        fill = await told(stream, lambda said: said.get("channel") == "fills" and said["type"] == "update")
        told_of = {(one["symbol"], one["client_order_id"], one["side"], one["liquidity"]) for one in fill["fills"]}
        assert told_of == {("BTC-USD", "first-buy", "buy", "taker")}
        assert sum(Decimal(one["quantity"]) for one in fill["fills"]) == Decimal("0.1")
    one = await ada.ask("GET", f"/api/v1/orders/{placed['order_ref']}?min_seq={placed['seq']}")
    assert one["order"]["client_order_id"] == "first-buy"
    fills = await ada.until("/api/v1/fills", lambda said: said["items"] != [])
    positions = await ada.ask("GET", "/api/v1/positions")
    assert positions["items"][0]["symbol"] == "BTC-USD"
    assert abs(float(fills["items"][0]["price"]) / float(ticker["last"]) - 1) < 0.05  # a price of now, loosely
    assert (await ada.ask("POST", "/api/v1/orders", order, status=409))["code"] == "ClientOrderIdTaken"


async def second_day(place: dict[str, Any], account: int) -> None:
    """What she had yesterday she has today."""
    async with http(place) as hers:
        await second_day_of(Caller(hers), account)


async def second_day_of(ada: Caller, account: int) -> None:
    await ada.log_in(ADA, PASSWORD)
    listed = await ada.until("/api/v1/accounts", lambda said: said["items"] != [])
    assert [one["account"] for one in listed["items"]] == [account]
    balances = await ada.ask("GET", "/api/v1/balances")
    assert {one["asset"] for one in balances["items"]} == {"USD", "BTC"}
    history = await ada.until("/api/v1/fills?source=history", lambda said: said["items"] != [])
    assert history["items"][0]["symbol"] == "BTC-USD"


async def told(stream: ClientConnection, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The next message that is wanted."""
    while True:
        said: dict[str, Any] = json.loads(await stream.recv())
        if wanted(said):
            return said
