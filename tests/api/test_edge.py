"""What every request passes, whatever it asks for."""

import asyncio
import gc
import json
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import httpx2
import pytest
from starlette.types import Message, Scope
from tests.api.fakes import TRADER, Clock, FakeGate, FakeIdentity, application, services

from garraway.api import EdgeSettings, Services
from garraway.identity import Scope as Permitted

if TYPE_CHECKING:
    from garraway.identity import Identity


def asked(made: Services, asking: Callable[[httpx2.AsyncClient], Awaitable[None]]) -> None:
    """Runs `asking` with a client of the application."""

    async def scenario() -> None:
        transport = httpx2.ASGITransport(app=application(made))
        async with httpx2.AsyncClient(transport=transport, base_url="http://garraway.test") as client:
            await asking(client)

    asyncio.run(scenario())


def test_a_reply_bears_seq_correlation_id_rate_and_the_headers_of_safety() -> None:
    async def asking(client: httpx2.AsyncClient) -> None:
        reply = await client.get("/api/v1/instruments", headers={"X-Correlation-Id": "mine-1"})
        assert reply.status_code == 200
        assert reply.json()["seq"] == 41
        assert reply.json()["items"][0]["tick"] == "0.01"
        assert reply.headers["x-correlation-id"] == "mine-1"
        assert reply.headers["ratelimit-remaining"] == "999"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["content-security-policy"].startswith("default-src 'none'")

    asked(services(), asking)


def test_an_error_is_a_problem_with_code_and_correlation_id() -> None:
    async def asking(client: httpx2.AsyncClient) -> None:
        reply = await client.get("/api/v1/instruments/NONE")
        assert reply.status_code == 404
        assert reply.headers["content-type"] == "application/problem+json"
        said = reply.json()
        assert said.pop("correlation_id") == reply.headers["x-correlation-id"]
        assert said == {
            "type": "urn:garraway:problem:InstrumentUnknown",
            "title": "Not Found",
            "status": 404,
            "detail": "symbol 'NONE' is not listed: see /api/v1/instruments",
            "code": "InstrumentUnknown",
            "errors": [],
            "retryable": False,
        }
        unknown = await client.get("/api/v2")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "RouteUnknown")
        refused = await client.put("/api/v1/instruments")
        assert (refused.status_code, refused.json()["code"]) == (405, "MethodNotAllowed")

    asked(services(), asking)


def test_more_requests_than_the_allowance_wait() -> None:
    clock = Clock()

    async def asking(client: httpx2.AsyncClient) -> None:
        for left in (2, 1, 0):
            reply = await client.get("/api/v1/instruments")
            assert (reply.status_code, reply.headers["ratelimit-remaining"]) == (200, str(left))
        refused = await client.get("/api/v1/instruments")
        assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (
            429,
            "RateLimited",
            "20",
        )
        clock.now_ns += 20 * 10**9
        assert (await client.get("/api/v1/instruments")).status_code == 200

    asked(services(edge=EdgeSettings(address_requests_per_minute=3), clock=clock), asking)


def test_bodies_that_cannot_be_taken_are_refused_before_any_route() -> None:
    table = [
        (b"[" * 17 + b"]" * 17, "application/json", 400, "JsonTooDeep"),
        (b'{"a":1,"a":2}', "application/json", 422, "KeyRepeated"),
        (b'{"a":NaN}', "application/json", 400, "JsonMalformed"),
        (b'{"a":9223372036854775808}', "application/json", 422, "IntegerTooLarge"),
        (b'{"a":"\\u0000"}', "application/json", 400, "JsonMalformed"),
        (b'{"a":"\\ud800"}', "application/json", 400, "JsonMalformed"),
        (b'{"a":"\xff"}', "application/json", 400, "JsonMalformed"),
        (b"{", "application/json", 400, "JsonMalformed"),
        (b"<a/>", "application/xml", 415, "MediaTypeUnsupported"),
        (b" " * 65_537, "application/json", 413, "BodyTooLarge"),
    ]

    async def asking(client: httpx2.AsyncClient) -> None:
        for body, kind, status, code in table:
            reply = await client.post("/api/v1/instruments", content=body, headers={"Content-Type": kind})
            assert (reply.status_code, reply.json()["code"]) == (status, code), body[:40]

    asked(services(), asking)


def test_a_log_line_names_the_request_and_never_a_credential() -> None:
    made = services()

    async def asking(client: httpx2.AsyncClient) -> None:
        await client.get("/api/v1/instruments", headers={"Authorization": "Bearer topsecret", "X-Correlation-Id": "c"})
        made.log.flush()

    asked(made, asking)
    written = made.log._stream.getvalue()  # type: ignore[attr-defined]
    line = json.loads(written)
    assert (line["event"], line["route"], line["status"]) == ("request", "/api/v1/instruments", 200)
    assert line["correlation_id"] == "c"
    assert "topsecret" not in written


@pytest.mark.parametrize(("key", "most"), [(None, 4), ("a key", 2)])
def test_addresses_users_and_keys_have_allowances_of_their_own(key: str | None, most: int) -> None:
    async def asking(client: httpx2.AsyncClient) -> None:
        bearer = {"Authorization": "Bearer good"}
        replies = [await client.get("/api/v1/auth/me", headers=bearer) for _ in range(most + 1)]
        assert [reply.status_code for reply in replies] == [200] * most + [429]
        assert [int(reply.headers["ratelimit-remaining"]) for reply in replies] == [*reversed(range(most)), 0]
        assert {reply.headers["ratelimit-limit"] for reply in replies} == {str(most)}
        assert (replies[-1].json()["code"], replies[-1].headers["retry-after"]) == ("RateLimited", str(60 // most))
        public = await client.get("/api/v1/instruments")
        assert (public.status_code, public.headers["ratelimit-limit"]) == (200, "9")
        assert public.headers["ratelimit-remaining"] == str(9 - most - 2)

    told = EdgeSettings(address_requests_per_minute=9, user_requests_per_minute=4, key_requests_per_minute=2)
    who = TRADER if key is None else replace(TRADER, session_id=None, key_id=key)
    asked(replace(services(edge=told), identity=cast("Identity", FakeIdentity(FakeGate(who)))), asking)


def test_refused_credentials_and_permissions_are_counted() -> None:
    reader = replace(TRADER, scopes=frozenset({Permitted.READ}))
    made = replace(services(), identity=cast("Identity", FakeIdentity(FakeGate(reader))))

    async def asking(client: httpx2.AsyncClient) -> None:
        good, wrong = {"Authorization": "Bearer good"}, {"Authorization": "Bearer wrong"}
        told = [await client.delete("/api/v1/orders", headers=headers) for headers in (good, good, wrong)]
        assert [reply.status_code for reply in told] == [403, 403, 401]

    asked(made, asking)
    value = made.meters.registry.get_sample_value
    assert value("authz_denied_total", {"route": "/api/v1/orders"}) == 2
    assert value("auth_refused_total") == 1


def test_attempts_to_log_in_have_an_allowance_of_their_own() -> None:
    async def asking(client: httpx2.AsyncClient) -> None:
        said = {"login": "ada@example.com"}  # the body is wrong, the attempt counts
        statuses = [(await client.post("/api/v1/auth/login", json=said)).status_code for _ in range(3)]
        assert statuses == [422, 422, 429]
        assert (await client.post("/api/v1/auth/second-factor", json=said)).status_code == 429
        assert (await client.get("/api/v1/instruments")).status_code == 200

    asked(services(edge=EdgeSettings(logins_per_minute=2)), asking)


def test_replies_over_tls_ask_never_to_come_without_it() -> None:
    async def asking(client: httpx2.AsyncClient) -> None:
        reply = await client.get("/api/v1/instruments")
        assert reply.headers["strict-transport-security"] == "max-age=31536000"

    asked(services(edge=EdgeSettings(encrypted=True)), asking)


class ServerSide:
    """What a server keeps of a request: its scope, and how to answer it."""

    def __init__(self, path: str) -> None:
        self.status = 0
        self.scope: Scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [],
            "client": ("192.0.2.1", 1),
            "server": ("192.0.2.2", 80),
        }

    async def receive(self) -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Message) -> None:
        self.status = message.get("status", self.status)


@pytest.mark.parametrize("path", ["/api/v1/instruments", "/api/v1/instruments/NONE", "/api/v1/orders/1"])
def test_what_a_request_leaves_behind_needs_no_collector(path: str) -> None:
    app = application(services())

    async def scenario() -> None:
        sides: list[weakref.ref[ServerSide]] = []
        for _ in range(2):  # the first one fills caches
            side = ServerSide(path)
            sides.append(weakref.ref(side))
            await app(side.scope, side.receive, side.send)
            assert side.status in {200, 401, 404}
            del side
        assert sides[-1]() is None

    gc.disable()
    try:
        asyncio.run(scenario())
    finally:
        gc.enable()
