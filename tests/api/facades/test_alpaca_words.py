"""The Alpaca facade without a venue: who is let in, what is asked for, and how each error is worded."""

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from ipaddress import ip_network
from typing import Any, cast
from uuid import UUID

import httpx2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from starlette.types import Message
from tests.api.fakes import NOW_NS, TRADER, Clock, FakeDoor, FakeGate, FakeIdentity, FakeViews, application, services
from tests.api.test_edge import asked

from garraway import _native
from garraway.api import EdgeSettings, Services
from garraway.api.facades.alpaca import ENDPOINTS
from garraway.api.facades.alpaca.ids import Kind, named_by, uuid_of
from garraway.api.facades.alpaca.refusals import of_reject
from garraway.api.facades.alpaca.streams.updates import OrderLost, Updates
from garraway.api.ports import FillRow, OrderRow
from garraway.config import InstrumentSchedule, Schedules
from garraway.identity import RULES, Identity, Principal, Scope, Unauthenticated
from garraway.records import EVENT, EVENTS, EventArray, reject
from garraway.records.commands import KINDS

ROOT = "/alpaca"
KEY = {"APCA-API-KEY-ID": "k", "APCA-API-SECRET-KEY": "secret"}
ORDER: dict[str, Any] = {
    "symbol": "GARR",
    "qty": 1,
    "side": "buy",
    "type": "limit",
    "time_in_force": "day",
    "limit_price": 10,
}
UNAUTHORIZED = (401, 40110000, "request is not authorized")


@dataclass
class SecretGate(FakeGate):
    """Lets in who sends the one secret, or the token `good`."""

    def on_cut(self, listener: object) -> None:
        """Nobody is ever cut."""

    def secret(self, key_id: str, secret: str, *, at_ms: int, address: str) -> Principal:
        if (key_id, secret) != ("k", "secret"):
            raise Unauthenticated
        return self.principal


def made(principal: Principal = TRADER, door: FakeDoor | None = None, edge: EdgeSettings | None = None) -> Services:
    identity = FakeIdentity(SecretGate(principal))
    return replace(services(door=door, edge=edge), identity=cast("Identity", identity))


def told(
    made_: Services,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] = KEY,
    content: bytes | None = None,
    peer: str = "127.0.0.1",
    scheme: str = "http",
) -> tuple[int, int, str]:
    """Status, code and message of a refusal; of anything else status, 0 and the text."""
    found: list[tuple[int, int, str]] = []

    async def scenario() -> None:
        transport = httpx2.ASGITransport(app=application(made_), client=(peer, 1))
        async with httpx2.AsyncClient(transport=transport, base_url=f"{scheme}://garraway.test") as client:
            kind = {"content-type": "application/json"} if content is not None else {}
            reply = await client.request(method, ROOT + path, content=content, headers=kind | dict(headers))
            if reply.status_code < 400:
                found.append((reply.status_code, 0, reply.text))
                return
            assert reply.headers["content-type"] == "application/json"
            said = reply.json()
            assert set(said) == {"code", "message"}
            found.append((reply.status_code, said["code"], said["message"]))

    asyncio.run(scenario())
    return found[0]


def basic(text: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}


@pytest.mark.parametrize(
    "headers", [KEY, basic("k:secret"), {"Authorization": "Bearer good"}, {"authorization": "bearer good"}]
)
def test_who_proves_who_they_are_is_let_in(headers: dict[str, str]) -> None:
    assert told(made(), "GET", "/v2/positions", headers=headers) == (200, 0, "[]")


NOBODY: list[dict[str, str]] = [
    KEY | {"APCA-API-SECRET-KEY": "wrong"},
    KEY | {"APCA-API-SECRET-KEY": ""},
    {"APCA-API-KEY-ID": "k"},
    {"APCA-API-SECRET-KEY": "secret"},
    basic("k:wrong"),
    basic("k"),
    {"Authorization": "Basic \\"},
    {"Authorization": "Bearer bad"},
    {"Authorization": "Bearer "},
]


@pytest.mark.parametrize("headers", NOBODY)
def test_who_does_not_is_not_let_in_and_not_told_why(headers: dict[str, str]) -> None:
    assert told(made(), "GET", "/v2/positions", headers=headers) == UNAUTHORIZED


def test_without_credentials_it_is_said_which_to_send() -> None:
    status, code, message = told(made(), "GET", "/v2/positions", headers={})
    assert (status, code) == UNAUTHORIZED[:2]
    assert "APCA-API-KEY-ID" in message


def test_what_is_public_looks_at_credentials_that_come() -> None:
    path = "/v2/stocks/trades?symbols=GARR"
    assert told(made(), "GET", path, headers={})[0] == 200
    assert told(made(), "GET", path, headers=NOBODY[0]) == UNAUTHORIZED


PROXY = EdgeSettings(proxies=(ip_network("10.0.0.0/8"),))
WAYS: list[tuple[str, str, EdgeSettings | None, dict[str, str], bool]] = [
    ("127.0.0.1", "http", None, {}, True),
    ("::1", "http", None, {}, True),
    ("192.0.2.1", "https", None, {}, True),
    ("192.0.2.1", "http", None, {}, False),
    ("192.0.2.1", "http", None, {"X-Forwarded-Proto": "https"}, False),
    ("192.0.2.1", "http", PROXY, {"X-Forwarded-Proto": "https"}, False),
    ("10.0.0.1", "http", PROXY, {"X-Forwarded-Proto": "https"}, True),
    ("10.0.0.1", "http", PROXY, {"X-Forwarded-Proto": "https, http"}, False),
    ("10.0.0.1", "http", PROXY, {}, False),
]


@pytest.mark.parametrize(("peer", "scheme", "edge", "headers", "taken"), WAYS)
def test_a_secret_is_taken_over_tls_or_from_this_machine(
    peer: str, scheme: str, edge: EdgeSettings | None, headers: dict[str, str], taken: bool
) -> None:
    for proof in (KEY, basic("k:secret"), {"Authorization": "Bearer good"}):
        status, code, message = told(
            made(edge=edge), "GET", "/v2/positions", headers=proof | headers, peer=peer, scheme=scheme
        )
        if taken:
            assert status == 200
        else:
            assert (status, code) == (403, 40310000)
            assert message.startswith("a secret came in clear text")


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v2/orders"), ("DELETE", "/v2/orders"), ("DELETE", "/v2/positions")]
)
def test_a_key_without_the_scope_is_not_told_so(method: str, path: str) -> None:
    reader = replace(TRADER, scopes=frozenset({Scope.READ}))
    content = json.dumps(ORDER).encode() if method == "POST" else None
    assert told(made(reader), method, path, content=content) == UNAUTHORIZED


def test_every_endpoint_has_a_permission_of_the_table_or_is_market_data() -> None:
    for one in ENDPOINTS:
        if one.permission is None:
            assert one.path.startswith(("/v2/stocks/", "/v1beta3/crypto/us/"))
        else:
            assert one.permission in RULES, one.path


def test_who_has_several_accounts_names_one() -> None:
    several = replace(TRADER, accounts=frozenset({200, 201}))
    status, code, message = told(made(several), "GET", "/v2/positions")
    assert (status, code) == (422, 42210000)
    assert message.startswith("garraway-account: ")
    assert told(made(several), "GET", "/v2/positions", headers=KEY | {"garraway-account": "200"})[0] == 200
    assert told(made(several), "GET", "/v2/positions", headers=KEY | {"garraway-account": "300"}) == UNAUTHORIZED
    for text in ("0", "-1", "4294967296", "x", "²"):
        headers = [(b"garraway-account", text.encode("latin-1"))] if text != "²" else [(b"garraway-account", b"\xb2")]
        found = told(made(several), "GET", "/v2/positions", headers=_bytes(headers))
        assert found == (422, 42210000, "garraway-account: no number of an account")


def _bytes(more: list[tuple[bytes, bytes]]) -> dict[Any, Any]:
    return {name.encode(): value.encode() for name, value in KEY.items()} | dict(more)


HUGE = 2**63
BODIES: list[tuple[str, dict[str, Any] | bytes, int, str]] = [
    ("symbol", {"symbol": None}, 422, "is required"),
    ("symbol", {"symbol": ""}, 422, "no text of 1 to 64 characters"),
    ("symbol", {"symbol": 7}, 422, "no text of 1 to 64 characters"),
    ("symbol", {"symbol": "x" * 65}, 422, "no text of 1 to 64 characters"),
    ("symbol", {"symbol": "GARR\u202e"}, 422, "holds signs that cannot be printed"),
    ("symbol", {"symbol": "'; DROP TABLE"}, 422, 'asset "\'; DROP TABLE" not found'),
    ("qty", {"qty": None}, 422, "is required"),
    ("qty", {"qty": True}, 422, "no number"),
    ("qty", {"qty": "NaN"}, 422, "'NaN' is no number"),
    ("qty", {"qty": "1e999999999"}, 422, "'1e999999999' is no number"),
    ("qty", {"qty": [1]}, 422, "no number"),
    ("qty", {"qty": 0}, 422, "quantity '0' of GARR is outside 1 to 999999: take one within"),
    ("qty", {"qty": -1}, 422, "quantity '-1' of GARR is outside 1 to 999999: take one within"),
    ("qty", {"qty": 0.5}, 422, "quantity '0.5' of GARR is no multiple of its unit 1: take one"),
    ("qty", {"qty": HUGE - 1}, 422, f"quantity '{HUGE - 1}' of GARR is outside 1 to 999999: take one within"),
    (
        "qty",
        {"qty": 1e25},
        422,
        "quantity '10000000000000000000000000' of GARR is outside 1 to 999999: take one within",
    ),
    (
        "limit_price",
        {"limit_price": 10.001},
        422,
        "price '10.001' of GARR is off its tick of 0.01: take 10.00 or 10.01",
    ),
    ("limit_price", {"limit_price": "1.0000000000001"}, 422, "price '1.0000000000001' has 13 decimals"),
    ("limit_price", {"type": "market"}, 422, "an order of type market has none"),
    ("limit_price", {"limit_price": None}, 422, "is required"),
    ("stop_price", {"type": "stop", "limit_price": None}, 422, "is required"),
    ("trail_price", {"type": "trailing_stop", "limit_price": None}, 422, "is required"),
    ("trail_percent", {"trail_percent": 1}, 422, "not supported here"),
    ("notional", {"notional": 100, "qty": None}, 422, "not supported here"),
    ("legs", {"legs": [], "order_class": "mleg"}, 422, "not supported here"),
    ("order_class", {"order_class": "mleg"}, 422, "'mleg' is not one of bracket, oco, oto, simple"),
    ("side", {"side": "long"}, 422, "'long' is not one of buy, sell"),
    ("side", {"side": None}, 422, "is required"),
    ("type", {"type": "peg"}, 422, "'peg' is not one of limit, market, stop, stop_limit, trailing_stop"),
    ("time_in_force", {"time_in_force": None}, 422, "is required"),
    ("time_in_force", {"time_in_force": "gtd"}, 422, "'gtd' is not one of cls, day, fok, gtc, ioc, opg"),
    (
        "time_in_force",
        {"type": "stop", "stop_price": 9, "limit_price": None, "time_in_force": "ioc"},
        422,
        "an order of type stop is day or gtc",
    ),
    ("extended_hours", {"extended_hours": 1}, 422, "neither true nor false"),
    ("take_profit", {"take_profit": {"limit_price": 11}}, 422, "belongs to order_class bracket, oco or oto"),
    ("take_profit", {"order_class": "bracket"}, 422, "order_class bracket requires it"),
    ("take_profit", {"order_class": "bracket", "take_profit": 11}, 422, "no JSON object"),
    ("take_profit", {"order_class": "oto"}, 422, "order_class oto has either take_profit or stop_loss"),
    (
        "take_profit.limit_price",
        {"order_class": "oto", "take_profit": {}},
        422,
        "is required",
    ),
    (
        "take_profit.limit_price",
        {"order_class": "bracket", "take_profit": {"limit_price": 8}, "stop_loss": {"stop_price": 9, "limit_price": 9}},
        422,
        "must lie on the other side of stop_loss.stop_price",
    ),
    ("stop_loss.price", {"order_class": "oto", "stop_loss": {"price": 9}}, 422, "not known here: leave it out"),
    (
        "limit_price",
        {"order_class": "oco", "take_profit": {"limit_price": 11}, "stop_loss": {"stop_price": 9}},
        422,
        "of",
    ),
    ("nothing", {"nothing": 1}, 422, "not known here: leave it out"),
    ("client_order_id", {"client_order_id": "x" * 37}, 422, "is not 1 to 36 of A-Z a-z 0-9 . _ : -"),
    ("body", b"[]", 422, "send one JSON object"),
    ("", b"{", 400, "no JSON"),
    ("", b'{"qty": NaN}', 400, "NaN is no JSON"),
    ("", b'{"symbol": "\\u0000"}', 400, "the text holds NUL"),
    ("", b'{"symbol": "\\ud800"}', 400, "an escape is half"),
    ("", b"\xff", 400, "byte 0 is no UTF-8"),
    ("", b"[" * 10_000, 400, "JSON is nested deeper than 16"),
    ("qty", b'{"qty": 1, "qty": 2}', 422, "key 'qty' comes twice"),
    ("qty", b'{"qty": 99999999999999999999}', 422, "an integer is beyond 64 bits"),
]


@pytest.mark.parametrize(("name", "words", "status", "why"), BODIES)
def test_an_order_that_cannot_be_is_refused_with_the_field_named(
    name: str, words: dict[str, Any] | bytes, status: int, why: str
) -> None:
    door = FakeDoor()
    content = words if isinstance(words, bytes) else json.dumps(ORDER | words).encode()
    said = told(made(door=door), "POST", "/v2/orders", content=content)
    assert said[:2] == (status, status * 100_000 + 10_000)
    assert said[2].startswith(f"{name}: {why}" if name else why)
    assert door.sent == []


def test_a_body_of_another_kind_is_refused() -> None:
    headers = KEY | {"content-type": "application/x-www-form-urlencoded"}
    said = told(made(), "POST", "/v2/orders", headers=headers, content=b"symbol=GARR")
    assert said == (415, 41510000, "send one JSON object as application/json")


QUERIES: list[tuple[str, int, str]] = [
    ("/v2/orders?status=done", 422, "status: 'done' is not one of all, closed, open"),
    ("/v2/orders?limit=0", 422, "limit: no whole number from 1 to 500"),
    ("/v2/orders?limit=501", 422, "limit: no whole number from 1 to 500"),
    ("/v2/orders?limit=9223372036854775808", 422, "limit: no whole number from 1 to 500"),
    ("/v2/orders?limit=%D9%A1", 422, "limit: no whole number from 1 to 500"),
    ("/v2/orders?after=yesterday", 422, "after: 'yesterday' is no time: write it as RFC 3339"),
    ("/v2/orders?after=0001-01-01T00:00:00%2B23:59", 422, "after: '0001-01-01T00:00:00+23:59' is before 1970"),
    ("/v2/orders?until=9999-12-31", 422, "until: '9999-12-31' is before 1970 or beyond 2262"),
    ("/v2/orders?nested=maybe", 422, "nested: neither true nor false"),
    ("/v2/orders?symbols=GARR,NONE", 422, "symbols: asset 'NONE' not found"),
    ("/v2/orders?symbols=" + ",".join(["GARR"] * 101), 422, "symbols: more than 100"),
    ("/v2/orders?side=%00", 422, "side: holds signs that cannot be printed"),
    ("/v2/orders?side=buy&side=buy", 400, "side: came twice, send it once"),
    ("/v2/orders?" + "&".join(f"a{count}=1" for count in range(33)), 400, "more than 32 parameters"),
    ("/v2/orders?asset=GARR", 422, "asset: not known here: leave it out"),
    ("/v2/orders/x", 404, "order not found"),
    ("/v2/orders/12345678-1234-4234-9234-123456789abc", 404, "order not found"),
    (f"/v2/orders/{uuid_of(Kind.ORDER, account=201, number=1)}", 404, "order not found"),
    (f"/v2/orders/{uuid_of(Kind.ORDER, account=200, number=2**64 - 1)}", 404, "order not found"),
    (f"/v2/orders/{uuid_of(Kind.ASSET, account=200, number=1)}", 404, "order not found"),
    ("/v2/orders:by_client_order_id", 422, "client_order_id: is required"),
    ("/v2/orders:by_client_order_id?client_order_id=%27%20OR%201", 404, "order not found"),
    ("/v2/assets/..%2F..%2Fetc", 404, "endpoint not found"),
    ("/v2/assets?status=new", 422, "status: 'new' is not one of active, inactive"),
    ("/v2/positions/GARR", 404, "position does not exist"),
    ("/v2/calendar?start=2027-01-02&end=2027-01-01", 422, "end: not within 366 days after start"),
    ("/v2/calendar?start=2000-01-01", 422, "start: more than 3660 days from today"),
    ("/v2/account/activities/CSD", 422, "activity_type: only FILL is told here"),
    ("/v2/account/activities?activity_types=FILL,DIV", 422, "activity_type: only FILL is told here"),
    ("/v2/account/activities?page_token=x", 422, "page_token: no id of an activity"),
    ("/v2/account/activities?page_size=101", 422, "page_size: no whole number from 1 to 100"),
    ("/v2/stocks/bars?symbols=GARR", 422, "timeframe: is required"),
    ("/v2/stocks/bars?symbols=GARR&timeframe=1M", 422, "timeframe: is one of 1Min, 5Min, 1Hour, 1Day"),
    ("/v2/stocks/bars?symbols=GARR&timeframe=1Min&page_token=x", 422, "page_token: is none that a reply gave"),
    ("/v2/stocks/bars?symbols=GARR&timeframe=1Min&adjustment=all", 422, "adjustment: 'all' is not one of raw"),
    ("/v2/stocks/trades?symbols=BTC/USD", 400, "Invalid symbol(s): BTC/USD"),
    ("/v2/stocks/trades", 422, "symbols: is required"),
    ("/v2/stocks/quotes?symbols=GARR", 422, "quotes: no history of quotes is kept"),
    ("/v2/stocks/GARR/trades/latest", 404, "no trade found for GARR"),
    ("/v1beta3/crypto/us/trades?symbols=GARR", 400, "Invalid symbol(s): GARR"),
    ("/v1beta3/crypto/eu/trades?symbols=BTC/USD", 404, "endpoint not found"),
    ("/v2/watchlists", 404, "endpoint not found"),
    ("/v1/orders", 404, "endpoint not found"),
    ("", 404, "endpoint not found"),
]


@pytest.mark.parametrize(("path", "status", "message"), QUERIES)
def test_what_cannot_be_read_is_said_with_its_name(path: str, status: int, message: str) -> None:
    said = told(made(), "GET", path)
    assert said[:2] == (status, status * 100_000 + 10_000)
    assert said[2].startswith(message)


def test_another_method_is_not_allowed() -> None:
    assert told(made(), "PUT", "/v2/orders", content=b"{}") == (405, 40510000, "method not allowed")


def test_more_than_the_allowance_is_told_as_alpaca_does() -> None:
    few = made(edge=EdgeSettings(address_requests_per_minute=1))

    async def asking(client: httpx2.AsyncClient) -> None:
        assert (await client.get(f"{ROOT}/v2/positions", headers=KEY)).status_code == 200
        refused = await client.get(f"{ROOT}/v2/positions", headers=KEY)
        assert (refused.status_code, refused.json()["code"]) == (429, 42910000)
        assert int(refused.headers["retry-after"]) > 0

    asked(few, asking)


OUTCOMES: list[tuple[int | None, tuple[int, int, str]]] = [
    (None, (503, 50310000, "the order went out and no outcome came: it may stand, never send it again blindly")),
]


@pytest.mark.parametrize(("reason", "expected"), OUTCOMES)
def test_an_order_whose_end_is_not_known_is_never_told_as_to_be_sent_again(
    reason: int | None, expected: tuple[int, int, str]
) -> None:
    said = told(made(door=FakeDoor([reason])), "POST", "/v2/orders", content=json.dumps(ORDER).encode())
    assert said[:2] == expected[:2]
    assert said[2].startswith(expected[2])
    assert named_by(Kind.ORDER, said[2].rpartition(" ")[2]) == (200, 1)


def test_nothing_is_done_while_the_exchange_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("garraway.api.desk.PATIENCE_S", 0.05)
    said = told(made(door=FakeDoor(free=False)), "POST", "/v2/orders", content=json.dumps(ORDER).encode())
    assert said[:2] == (503, 50310000)


@given(some.sampled_from(Kind), some.integers(0, 2**32 - 1), some.integers(0, 2**64 - 1))
def test_an_id_holds_what_it_names(kind: Kind, account: int, number: int) -> None:
    text = uuid_of(kind, account=account, number=number)
    assert named_by(kind, text) == named_by(kind, text.upper()) == (account, number)
    assert UUID(text).version == 8
    others = [other for other in Kind if other is not kind]
    assert [named_by(other, text) for other in others] == [None] * len(others)


@given(some.text(max_size=40) | some.uuids().map(str))
def test_what_is_no_id_of_ours_names_nothing(text: str) -> None:
    found = named_by(Kind.ORDER, text)
    assert found is None or uuid_of(Kind.ORDER, account=found[0], number=found[1]) == str(UUID(text))


def planned(plan: InstrumentSchedule) -> Services:
    found = made(edge=EdgeSettings(request_s=90))  # exchange-calendars brings pandas with it, the first time
    return replace(found, schedules=Schedules(instruments={"GARR": plan}), clock=Clock(NOW_NS))


def test_the_calendar_is_that_of_the_first_share_with_a_schedule() -> None:
    plan = InstrumentSchedule(calendar="XNYS", closed_on=(date(2026, 12, 28),))
    status, _, text = told(planned(plan), "GET", "/v2/calendar?start=2026-12-23&end=2026-12-29")
    assert status == 200
    assert [(one["date"], one["open"], one["close"]) for one in json.loads(text)] == [
        ("2026-12-23", "09:30", "16:00"),
        ("2026-12-24", "09:30", "13:00"),
        ("2026-12-29", "09:30", "16:00"),
    ]
    clock = json.loads(told(planned(plan), "GET", "/v2/clock")[2])
    assert (clock["timestamp"], clock["next_open"], clock["next_close"]) == (
        "2026-09-21T14:13:20.000000000Z",
        "2026-09-22T13:30:00+00:00",
        "2026-09-21T20:00:00+00:00",
    )


@dataclass
class OneOrder(FakeViews):
    """Knows one order as it stands, and its fills."""

    row: dict[str, Any] | None = None
    known: list[dict[str, Any]] = field(default_factory=list)

    def order(self, account: int, client_ref: int) -> OrderRow | None:
        return cast("OrderRow | None", self.row)

    def fills(self, account: int, limit: int = 100) -> list[FillRow]:
        return cast("list[FillRow]", self.known)


def events(*said: dict[str, int]) -> EventArray:
    rows = np.zeros(len(said), dtype=EVENT)
    for row, one in zip(rows, said, strict=True):
        for name, value in {"account": 200, "client_ref": 1, "instrument": 1, **one}.items():
            row[name] = value
    return rows


STANDING: dict[str, Any] = {
    "account": 200, "client_ref": 1, "text": "a", "order_id": 1 << 16, "instrument": 1, "side": 1, "order_type": 1,
    "time_in_force": 1, "flags": 0, "price": 100_000, "trigger": 0, "quantity": 10, "leaves": 0, "filled": 10,
    "display": 0, "waits": False, "value": 100 * 10**8, "fee": 0, "placed_at_ns": NOW_NS, "changed_at_ns": NOW_NS,
    "event_id": 4 << 16, "state": "filled", "reason": 0, "replaced_by": 0,
}  # fmt: skip


def test_an_order_is_told_as_it_was_after_each_event_though_more_is_known() -> None:
    fills = [
        {"event_id": 4 << 16, "client_ref": 1, "quantity": 6, "value": 60 * 10**8},
        {"event_id": 3 << 16, "client_ref": 1, "quantity": 4, "value": 40 * 10**8},
    ]
    views = OneOrder(row=STANDING, known=fills)
    batch = events(
        {"kind": EVENTS["Accepted"], "event_id": 1 << 16, "quantity": 10, "leaves": 10, "detail": 1},
        {"kind": EVENTS["Filled"], "event_id": 3 << 16, "quantity": 4, "leaves": 6, "price": 100_000},
        {"kind": EVENTS["Filled"], "event_id": 4 << 16, "quantity": 6, "leaves": 0, "price": 100_000},
    )
    found = list(Updates(replace(made(), views=views), batch, np.array([200], dtype=np.uint32)))
    assert [account for account, _ in found] == [200] * 3
    assert [
        (one["event"], one["order"]["status"], one["order"]["filled_qty"], one["order"]["filled_avg_price"])
        for _, one in found
    ] == [
        ("new", "new", "0", None),
        ("partial_fill", "partially_filled", "4", "10.00"),
        ("fill", "filled", "10", "10.00"),
    ]
    assert list(Updates(replace(made(), views=views), batch, np.array([201], dtype=np.uint32))) == []


def test_an_order_that_is_forgotten_is_not_skipped_silently() -> None:
    batch = events({"kind": EVENTS["Canceled"], "event_id": 1 << 16})
    updates = iter(Updates(replace(made(), views=OneOrder()), batch, np.array([200], dtype=np.uint32)))
    with pytest.raises(OrderLost):
        next(updates)


def test_every_reject_of_the_engine_has_words_and_a_status_of_a_client_error() -> None:
    found = [of_reject(reject(entry["code"])) for entry in _native.REJECTS.values()]
    assert len(found) > 30
    assert {one.status for one in found} == {403, 404, 422}
    assert all(one.detail and int(one.code) == one.status * 100_000 + 10_000 for one in found)


def test_streams_are_refused_until_the_log_has_been_read() -> None:
    sent: list[dict[str, Any]] = []

    async def scenario(started: bool) -> None:
        async def receive() -> Message:
            return {"type": "websocket.connect" if not sent else "websocket.disconnect"}

        async def send(message: Message) -> None:
            sent.append(dict(message))

        found = made()
        found.health.started = started
        scope = {"type": "websocket", "path": "/alpaca/stream", "headers": [], "client": ("127.0.0.1", 1)}
        await application(found)(scope, receive, send)

    asyncio.run(scenario(False))
    assert [one["type"] for one in sent] == ["websocket.close"]
    sent.clear()
    asyncio.run(scenario(True))
    assert [one["type"] for one in sent] == ["websocket.accept", "websocket.close"]


def test_an_entry_whose_exit_is_refused_is_cancelled_and_named() -> None:
    code = _native.REJECTS["KillSwitched"]["code"]
    door = FakeDoor([0, code, 0])
    entry = STANDING | {"state": "open", "filled": 0, "leaves": 10, "value": 0}
    exits = {"take_profit": {"limit_price": 11}, "stop_loss": {"stop_price": 9, "limit_price": 8}}
    content = json.dumps(ORDER | {"order_class": "bracket"} | exits).encode()
    said = told(replace(made(door=door), views=OneOrder(row=entry)), "POST", "/v2/orders", content=content)
    named = uuid_of(Kind.ORDER, account=200, number=1)
    why = f"stop_loss was not placed; the entry, order {named}, was cancelled or had traded: read it"
    assert said == (403, 40310000, f"new orders are rejected by user request ({why})")
    kinds = [KINDS[record[2]] for record in door.sent]
    assert kinds == ["PlaceOrder", "PlaceOrder", "CancelOrder"]
