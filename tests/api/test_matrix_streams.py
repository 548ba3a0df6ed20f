"""WebSocket and OUCH x who asks x whose account, on a running venue: as `matrix/streams.toml` and the cases say."""

import asyncio
import itertools
import json
import struct
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

import pytest
import websockets
from tests.api.matrix.callers import COLUMNS, Caller, Cast
from tests.api.matrix.table import FOLDER
from tests.api.matrix.things import NOBODY

from garraway.cli.up import people as demo_people
from garraway.identity import Scope
from garraway.venues import running as run_file
from garraway.venues.soupbintcp import ACCEPTED, REFUSED, SEQUENCED, UNSEQUENCED, PacketBuffer, login, packet

ROWS: Final = {
    name: {row: letters.replace(" ", "") for row, letters in rows.items()}
    for name, rows in tomllib.loads((FOLDER / "streams.toml").read_text(encoding="utf-8")).items()
}
DOCUMENT: Final = FOLDER.parents[2] / "docs" / "reference" / "asyncapi.json"
LETTERS: Final = {"Unauthorized": "u", "Forbidden": "."}
HARMLESS: Final = {"auth", "ping", "unsubscribe"}
"""Operations that need no right: they end what was begun, or are how one shows who one is."""
DEADLINE_S: Final = 60
OUCH_SESSION: Final = 30
SESSION_NAME: Final = "stream"
NUMBERS: Final = itertools.count(1)


def test_every_channel_and_operation_is_declared() -> None:
    messages = json.loads(DOCUMENT.read_text())["components"]["messages"]
    channels = {name.removesuffix(".snapshot") for name in messages if name.endswith(".snapshot")}
    operations = {name.removeprefix("op.") for name in messages if name.startswith("op.")} - HARMLESS - {"subscribe"}
    assert ROWS.keys() == {f"subscribe {channel}" for channel in channels} | operations


def test_every_caller_of_a_stream_is_told_what_is_declared(people: Cast) -> None:
    async def found() -> dict[str, dict[str, str]]:
        letters = [await _letters(people, caller) for caller in people.callers.values()]
        return {name: {row: "".join(one[name, row] for one in letters) for row in rows} for name, rows in ROWS.items()}

    assert len(people.callers) == len(COLUMNS)
    assert asyncio.run(found()) == ROWS


def test_a_token_that_only_reads_sees_and_has_nothing_cancelled(people: Cast) -> None:
    now = people.identity.at_s
    token = people.identity.tokens.issue(
        user_id=people.trader.user_id,
        session_id="matrix-reader",
        client_id="tests",
        scopes=frozenset({Scope.READ}),
        authenticated_at_s=now,
        second_factor_at_s=now,
        at_s=now,
    )
    letters = asyncio.run(_letters(people, replace(people.trader, proof=lambda: token)))
    assert {name: letters[name, "own"] for name in ROWS if "own" in ROWS[name]} == {
        "subscribe orders": "+",
        "subscribe fills": "+",
        "subscribe balances": "+",
        "subscribe positions": "+",
        "cancel_on_disconnect": ".",
        "cancel_after": ".",
    }


async def _letters(people: Cast, caller: Caller) -> dict[tuple[str, str], str]:
    """A letter for each operation and row, all asked on one connection."""
    said = json.loads((people.venue.folder / "run" / "service.json").read_text())
    found = {}
    async with (
        asyncio.timeout(DEADLINE_S),
        websockets.connect(f"ws://127.0.0.1:{said['stream_port']}/ws", max_size=None) as socket,
    ):
        token = caller.token
        if token:
            await _told(socket, {"op": "auth", "token": token})
        for name, rows in ROWS.items():
            for row in rows:
                found[name, row] = LETTERS.get(await _told(socket, _message(people, caller, name, row)), "+")
    return found


def _message(people: Cast, caller: Caller, name: str, row: str) -> dict[str, Any]:
    operation, _, channel = name.partition(" ")
    whose = {"own": caller.account, "others": people.stranger.account, "nobody": NOBODY["account"]}
    extra: dict[str, dict[str, Any]] = {
        "subscribe": {"channel": channel},
        "cancel_on_disconnect": {"enabled": True},
        "cancel_after": {"timeout_ms": 86_400_000},
    }
    named: dict[str, Any] = {"symbol": "BTC-USD"} if row == "any" else {"account": whose[row]}
    return {"op": operation} | extra[operation] | named


async def _told(socket: websockets.ClientConnection, message: dict[str, Any]) -> str:
    """The code of the error that answers a message, or the type of what else does."""
    number = next(NUMBERS)
    await socket.send(json.dumps(message | {"req_id": number}))
    while True:
        said = json.loads(await socket.recv())
        if said.get("req_id") == number:
            return str(said.get("code", said["type"]))


class Ouch:
    """A connection to the OUCH door."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._buffer = PacketBuffer()
        self._waiting: list[tuple[bytes, bytes]] = []

    async def log_in(self, name: str, secret: str) -> bytes:
        """The kind of the answer."""
        self._writer.write(login(user=name, password=secret, sequence=0))
        return (await self.packet())[0]

    async def order(self, token: str) -> bytes:
        """The kind of the message that answers an order: `A`ccepted or re`J`ected."""
        terms = (token.encode().ljust(14), b"B", 1, b"GARR-F".ljust(8), 1_000_000, 99_999, b"TEST")
        order = struct.pack(">c14scI8sII4s", b"O", *terms) + struct.pack(">cccIcc", b"Y", b"A", b"N", 0, b"N", b" ")
        self._writer.write(packet(UNSEQUENCED, order))
        while True:
            kind, message = await self.packet()
            if kind == SEQUENCED and message[9:23].strip() == token.encode():
                return message[:1]

    async def packet(self) -> tuple[bytes, bytes]:
        """The next one that is no heartbeat. Raises: EOFError: the connection ended."""
        while True:
            while self._waiting:
                kind, payload = self._waiting.pop(0)
                if kind in (ACCEPTED, REFUSED, SEQUENCED):
                    return kind, payload
            chunk = await self._reader.read(65_536)
            if not chunk:
                raise EOFError
            self._waiting += self._buffer.feed(chunk)

    async def ended(self) -> bool:
        """Waits for the end of the connection."""
        try:
            while True:
                await self.packet()
        except (EOFError, ConnectionError):
            return True


@asynccontextmanager
async def ouch(people: Cast) -> AsyncIterator[Ouch]:
    host, port = run_file(people.venue.folder)["ouch"].rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port))
    yield Ouch(reader, writer)
    writer.close()


def defined(people: Cast, owner: Caller) -> str:
    """A trading session of a client's account, by the back office; its secret."""
    firm = demo_people.accounts()[owner.account]
    terms = {
        "name": SESSION_NAME,
        "firm": firm,
        "accounts": [owner.account],
        "network": "127.0.0.0/8",
        "reason": "a cell",
    }
    path = f"/api/v1/admin/trading-sessions/{OUCH_SESSION}"
    reply = people.ask(people.callers["SuperAdmin"], "PUT", path, terms)
    assert reply.status_code == 200, reply.text
    assert reply.json()["command"]["status"] == "accepted", reply.text
    found: str = reply.json()["secret"]
    return found


def back_office(people: Cast, method: str, path: str, said: dict[str, Any] | None = None) -> None:
    reply = people.ask(people.callers["SuperAdmin"], method, "/api/v1/admin" + path, said)
    assert reply.status_code in (200, 204), reply.text


@pytest.mark.parametrize(
    ("name", "secret", "told"),
    [
        (SESSION_NAME, "its own", ACCEPTED),
        (SESSION_NAME, "another's", REFUSED),
        ("demo1", "its own", REFUSED),
        ("nobody", "its own", REFUSED),
        (SESSION_NAME, "", REFUSED),
    ],
)
def test_a_session_is_entered_by_its_own_secret_alone(people: Cast, name: str, secret: str, told: bytes) -> None:
    secrets = json.loads((people.venue.folder / "run" / "credentials.json").read_text())
    known = {"its own": defined(people, people.trader), "another's": secrets["demo1"]["text"], "": ""}

    async def scenario() -> None:
        async with asyncio.timeout(DEADLINE_S), ouch(people) as connection:
            assert await connection.log_in(name, known[secret]) == told

    asyncio.run(scenario())


KILLS: Final = [("account", "own", b"J"), ("account", "others", b"A")]


@pytest.mark.parametrize(("scope", "whose", "told"), KILLS)
def test_a_kill_switch_stops_the_orders_of_its_account_and_of_no_other(
    people: Cast, scope: str, whose: str, told: bytes
) -> None:
    account = people.trader.account if whose == "own" else people.stranger.account
    switch = {"scope": scope, "number": account, "reason": "a cell"}
    secret = defined(people, people.trader)

    async def scenario() -> None:
        async with asyncio.timeout(DEADLINE_S), ouch(people) as connection:
            assert await connection.log_in(SESSION_NAME, secret) == ACCEPTED
            assert await connection.order(f"before-{whose}") == b"A"
            back_office(people, "POST", "/kill-switch/engage", switch)
            assert await connection.order(f"while-{whose}") == told
            back_office(people, "POST", "/kill-switch/release", switch)
            assert await connection.order(f"after-{whose}") == b"A"

    asyncio.run(scenario())


@pytest.mark.parametrize("end", ["closed", "defined anew", "its user is disabled"])
def test_a_session_whose_rights_end_is_cut_and_enters_no_more(people: Cast, end: str) -> None:
    owner = people.callers["OAuth client"]
    secret = defined(people, owner)

    async def scenario() -> None:
        async with asyncio.timeout(DEADLINE_S), ouch(people) as connection:
            assert await connection.log_in(SESSION_NAME, secret) == ACCEPTED
            if end == "closed":
                back_office(people, "DELETE", f"/trading-sessions/{OUCH_SESSION}")
            elif end == "defined anew":
                defined(people, owner)
            else:
                back_office(people, "POST", f"/users/{owner.user_id}/disable", {"reason": "a cell"})
            assert await connection.ended()
        async with asyncio.timeout(DEADLINE_S), ouch(people) as again:
            assert await again.log_in(SESSION_NAME, secret) == REFUSED

    asyncio.run(scenario())
    if end == "its user is disabled":
        back_office(people, "POST", f"/users/{owner.user_id}/enable", {"reason": "a cell"})
