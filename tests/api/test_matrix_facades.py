"""The facades: operation x program x whose account: every cell is declared in `matrix/facades.toml`, asked on a running
venue, and as declared. What a facade answers is named by its own tables: what no row declares fails the first test.
"""

import asyncio
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx2
import pytest
import websockets
from tests.api.matrix.callers import STRANGER, Caller, Cast
from tests.api.matrix.programs import PROGRAMS, Program, alpaca, binance, programs
from tests.api.matrix.table import Operation, operations

from garraway.api.app import FACADES
from garraway.api.facades.alpaca.rendering import order_id
from garraway.api.facades.binance import METHODS
from garraway.api.facades.binance.endpoints import ENDPOINTS, ROOT

OPERATIONS: Final = list(operations("facades.toml"))
REST: Final = [one for one in OPERATIONS if one.path.startswith("/") and one.method != "STREAM"]
CALLS: Final = {one.path: one for one in OPERATIONS if one.method == "CALL"}
STREAMS: Final = [one for one in OPERATIONS if one.method == "STREAM"]
BINANCE: Final = "/binance"
ORDER: Final = {"symbol": "BTC-USD", "side": "buy", "quantity": "0.01", "price": "57000"}
UNAUTHORIZED: Final = {(401, -2014), (401, -2015), (401, 40110000)}
UNKNOWN: Final = {(400, -2011), (400, -2013), (404, 40410000)}
"""Status and code of an order or a position that is not the asker's, or is not there."""
NO_ACCOUNT: Final = ("AccountUnknown", "ScopeInvalid")
"""How the engine says it of an account that nobody has."""
CANCEL_ALL: Final = "openOrders.cancelAll"
"""Asked for last: it ends the orders that other calls are about."""
DEADLINE_S: Final = 60
NOWHERE: Final = 4_000_000
"""An account that nobody has."""
NO_ORDER: Final = 4_000_000
NUMBERS: Final = itertools.count(1)


@pytest.fixture(scope="module")
def columns(people: Cast) -> Mapping[str, Program]:
    found = dict(programs(people))
    assert tuple(found) == PROGRAMS
    return found


def test_every_operation_of_every_facade_is_declared_once() -> None:
    """But calls that are an endpoint under another name: its row is theirs."""
    served = [name for facade in FACADES for name in facade.operations]
    assert len(set(served)) == len(served)
    renamed = {f"CALL {name}" for name, method in METHODS.items() if method in ENDPOINTS}
    assert sorted(one.name for one in OPERATIONS) == sorted(set(served) - renamed)


@pytest.mark.parametrize("operation", REST, ids=[one.name for one in REST])
def test_every_program_is_told_what_is_declared(
    people: Cast, columns: Mapping[str, Program], operation: Operation
) -> None:
    told = {row: [_asked(people, operation, row, one) for one in columns.values()] for row in operation.rows}
    found = {row: "".join(_letter(operation, one.reply) for one in replies) for row, replies in told.items()}
    wrong = [f"{row}: found {found[row]}, declared {operation.rows[row]}" for row in found]
    assert found == operation.rows, "\n".join([operation.name, *wrong])
    for one, another in zip(told.get("others", ()), told.get("nobody", ()), strict=True):
        if one.reply.status_code >= 400:
            assert one.words == another.words, "what is another's is told as what is nobody's"


@dataclass(frozen=True)
class _Told:
    """A reply, and the names of what was asked for."""

    reply: httpx2.Response
    names: dict[str, object]

    @property
    def words(self) -> str:
        """What it says, without the names, which the asker knew."""
        names = "|".join(re.escape(str(name)) for name in self.names.values())
        return re.sub(rf"\b({names})\b", "_", self.reply.text)


def _asked(people: Cast, operation: Operation, row: str, program: Program) -> _Told:
    names = _things(people, operation.thing, row, program)
    target, body = operation.filled(names)
    account = None if row == "any" else int(names["account"])
    send = binance if operation.path.startswith(BINANCE) else alpaca
    return _Told(send(people, program, operation.method, target, body, account), names)


def _things(people: Cast, thing: str, row: str, program: Program) -> dict[str, Any]:
    """Names that stand in a request; an order is new, so that each cell may use up its own."""
    number = next(NUMBERS)
    account = {"others": STRANGER, "nobody": NOWHERE}.get(row, program.account)
    ref, text = NO_ORDER, "nobodys"
    if thing == "order" and row in {"own", "others"}:
        text = f"facade-{number}"
        ref = _ordered(people, _owner(people, account), text)
    return {"number": number, "account": account, "order_ref": ref, "text": text, "order": order_id(account, ref)}


def _owner(people: Cast, account: int) -> Caller:
    owners = (people.trader, people.stranger, people.callers["OAuth client"])
    return next(one for one in owners if one.account == account)


def _ordered(people: Cast, owner: Caller, text: str) -> int:
    said = ORDER | {"account": owner.account, "client_order_id": text}
    reply = people.ask(owner, "POST", "/api/v1/orders", said)
    assert (reply.status_code, reply.json()["status"]) == (201, "accepted"), reply.text
    return int(reply.json()["order_ref"])


@pytest.fixture(scope="module", autouse=True)
def _nothing_stays(people: Cast) -> Iterator[None]:
    """What rests at the end of this module is cancelled."""
    yield
    for owner in (people.trader, people.stranger, people.callers["OAuth client"]):
        assert people.ask(owner, "DELETE", f"/api/v1/orders?account={owner.account}").status_code == 200


def _letter(operation: Operation, reply: httpx2.Response) -> str:
    """What a reply is in the matrix; what no letter stands for is told as it is."""
    if reply.status_code in operation.let_in:
        return "+"
    told = (reply.status_code, reply.json().get("code"))
    if told in UNAUTHORIZED:
        return "u"
    unknown = told in UNKNOWN or any(reason in reply.text for reason in NO_ACCOUNT)
    return "?" if unknown else f"({told} {reply.text})"


def test_every_caller_of_a_call_is_told_what_is_declared_of_it_or_of_its_endpoint(
    people: Cast, columns: Mapping[str, Program]
) -> None:
    async def letters(row: str, program: Program) -> dict[str, str]:
        """Of all calls that have this row, on one connection."""
        account = _things(people, "nothing", row, program)["account"]
        headers = {} if row == "any" else {"garraway-account": str(account)}
        address = f"{people.venue.streams_url}/binance/ws-api/v3"
        named = [name for name in METHODS if row in _of_call(name).rows and name != CANCEL_ALL]
        together = [named, [CANCEL_ALL] if row != "any" else []]
        async with asyncio.timeout(DEADLINE_S), websockets.connect(address, additional_headers=headers) as socket:
            found: dict[str, str] = {}
            for names in together:
                found |= await _called(people, socket, names, row, program)
            return found

    async def scenario() -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {name: {} for name in METHODS}
        for row in ("any", "own", "others", "nobody"):
            told = [await letters(row, one) for one in columns.values()]
            for name in told[0]:
                found[name][row] = "".join(one[name] for one in told)
        return found

    assert asyncio.run(scenario()) == {name: dict(_of_call(name).rows) for name in METHODS}


def _of_call(name: str) -> Operation:
    """The row of a call: its own, or that of the endpoint which it is another name of."""
    if name in CALLS:
        return CALLS[name]
    path = f"{METHODS[name].method} {BINANCE}{ROOT}{METHODS[name].path}"
    return next(one for one in OPERATIONS if one.name == path)


async def _called(
    people: Cast, socket: websockets.ClientConnection, names: list[str], row: str, program: Program
) -> dict[str, str]:
    """Letters of calls that are made one after the other without waiting for answers."""
    asked: dict[str, str] = {}
    for name in names:
        operation = _of_call(name)
        target, _ = operation.filled(await asyncio.to_thread(_things, people, operation.thing, row, program))
        query = target.partition("?")[2]
        sent = dict(part.split("=", 1) for part in query.split("&")) if query else {}
        number = f"n{next(NUMBERS)}"
        asked[number] = name
        params = sent if row == "any" else program.parameters(sent)
        await socket.send(json.dumps({"id": number, "method": name, "params": params}))
    found: dict[str, str] = {}
    while asked:
        said = json.loads(await socket.recv())
        name = asked.pop(said.get("id"), "")
        if name:
            reply = httpx2.Response(said["status"], json=said.get("error", {}))
            found[name] = _letter(_of_call(name), reply)
    return found


@pytest.mark.parametrize("operation", STREAMS, ids=[one.name for one in STREAMS])
def test_every_program_hears_of_a_stream_what_is_declared(
    people: Cast, columns: Mapping[str, Program], operation: Operation
) -> None:
    hears: Callable[..., Any] = _hears_of_account if "own" in operation.rows else _hears_of_market

    async def scenario() -> dict[str, str]:
        return {
            row: "".join(["+" if await hears(people, operation.path, row, one) else "u" for one in columns.values()])
            for row in operation.rows
        }

    assert asyncio.run(scenario()) == operation.rows


async def _hears_of_account(people: Cast, path: str, row: str, program: Program) -> bool:
    account = {"own": program.account, "others": STRANGER, "nobody": NOWHERE}[row]
    address = f"ws{people.venue.url.removeprefix('http')}{path}"
    proof = {"key_id": program.key_id, "secret_key": program.secret}
    async with (
        asyncio.timeout(DEADLINE_S),
        websockets.connect(address, additional_headers={"garraway-account": str(account)}) as socket,
    ):
        await socket.send(json.dumps({"action": "authenticate", "data": proof}))
        said = json.loads(await socket.recv())
        return bool(said["data"]["status"] == "authorized")


async def _hears_of_market(people: Cast, path: str, row: str, program: Program) -> bool:
    assert row == "any"
    address = f"ws{people.venue.url.removeprefix('http')}{path}"
    async with asyncio.timeout(DEADLINE_S), websockets.connect(address) as socket:
        await socket.recv()  # connected
        await socket.send(json.dumps({"action": "auth", "key": program.key_id, "secret": program.secret}))
        return bool(json.loads(await socket.recv())[0].get("msg") == "authenticated")


def test_the_letters_of_a_row_are_as_many_as_programs() -> None:
    assert all(len(letters) == len(PROGRAMS) for one in OPERATIONS for letters in one.rows.values())
