"""The Binance facade without a venue: who is let in, what is signed, and how each error is worded."""

import hashlib
import hmac
from dataclasses import dataclass, field, replace
from typing import Any, cast
from urllib.parse import urlencode

import httpx2
import pytest
from tests.api.fakes import NOW_NS, TRADER, FakeDoor, FakeGate, FakeIdentity, services
from tests.api.test_edge import asked

from garraway.api import EdgeSettings, Services
from garraway.api.app import FACADES, ROUTERS
from garraway.api.facades.binance import ENDPOINTS, METHODS
from garraway.api.facades.binance.asking import unsigned
from garraway.api.facades.binance.refusals import Refusal
from garraway.identity import RULES, Identity, Principal, Scope, Unauthenticated

NOW_MS = NOW_NS // 1_000_000
SECRET = b"secret"
ROOT = "/binance/api/v3"
ORDER = {"symbol": "GARR", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "10"}


@dataclass
class HmacGate(FakeGate):
    """Lets in who signs with the one secret; what counts once counts once."""

    taken: set[str] = field(default_factory=set)

    def signed_payload(self, key_id: str, payload: bytes, signature: str, *, once: bool, **_: object) -> Principal:
        if hmac.new(SECRET, payload, hashlib.sha256).hexdigest() != signature or signature in self.taken:
            raise Unauthenticated
        if once:
            self.taken.add(signature)
        return self.principal


def made(principal: Principal = TRADER, door: FakeDoor | None = None, edge: EdgeSettings | None = None) -> Services:
    identity = FakeIdentity(HmacGate(principal))
    return replace(services(door=door, edge=edge), identity=cast("Identity", identity))


def signed(parameters: dict[str, Any], *, timestamp_ms: int = NOW_MS) -> str:
    text = urlencode(parameters | {"timestamp": timestamp_ms})
    return f"{text}&signature={hmac.new(SECRET, text.encode(), hashlib.sha256).hexdigest()}"


async def sent(client: httpx2.AsyncClient, method: str, path: str, query: str, key: str = "k") -> httpx2.Response:
    return await client.request(method, f"{ROOT}{path}?{query}", headers={"X-MBX-APIKEY": key} if key else {})


def told(services: Services, method: str, path: str, query: str, key: str = "k") -> tuple[int, int, str]:
    """Status, code and text of a refusal."""
    found: list[tuple[int, int, str]] = []

    async def asking(client: httpx2.AsyncClient) -> None:
        reply = await sent(client, method, path, query, key)
        assert reply.headers["content-type"] == "application/json"
        said = reply.json()
        assert set(said) == {"code", "msg"}
        found.append((reply.status_code, said["code"], said["msg"]))

    asked(services, asking)
    return found[0]


NOT_PERMITTED = (401, -2015, "Invalid API-key, IP, or permissions for action.")
_ILLEGAL = "Illegal characters found in parameter '{}'."
_MANDATORY = "Mandatory parameter '{}' was not sent, was empty/null, or malformed."
WORDS: list[tuple[str, str, str, tuple[int, int, str]]] = [
    ("GET", "/depth", "symbol=NONE", (400, -1121, "Invalid symbol.")),
    (
        "GET",
        "/depth",
        "",
        (400, -1102, _MANDATORY.format("symbol")),
    ),
    ("GET", "/depth", "symbol=GARR&limit=x", (400, -1100, _ILLEGAL.format("limit"))),
    ("GET", "/klines", "symbol=GARR&interval=7m", (400, -1120, "Invalid interval.")),
    (
        "GET",
        "/depth",
        "symbol=GARR&depth=1",
        (400, -1104, "Not all sent parameters were read; read '1' parameter(s) but was sent '2'."),
    ),
    ("GET", "/depth", "symbol=GARR&symbol=GARR", (400, -1101, "Duplicate values for parameter 'symbol' detected.")),
    ("GET", "/nothing", "", (404, -1020, "This operation is not supported.")),
    ("PUT", "/depth", "", (405, -1020, "This operation is not supported.")),
    ("GET", "/account", "timestamp=1", (400, -1021, "Timestamp for this request is outside of the recvWindow.")),
    (
        "GET",
        "/account",
        signed({}, timestamp_ms=NOW_MS + 1_001),
        (400, -1021, "Timestamp for this request was 1000ms ahead of the server's time."),
    ),
    ("GET", "/account", signed({"recvWindow": 60_001}), (400, -1131, "recvWindow must be less than 60000.")),
    (
        "GET",
        "/account",
        f"timestamp={NOW_MS}",
        (400, -1102, _MANDATORY.format("signature")),
    ),
    ("GET", "/account", f"timestamp={NOW_MS}&signature=00", NOT_PERMITTED),
    ("POST", "/order", signed(ORDER | {"side": "LONG"}), (400, -1117, "Invalid side.")),
    ("POST", "/order", signed(ORDER | {"type": "TAKE_PROFIT"}), (400, -1116, "Invalid orderType.")),
    ("POST", "/order", signed(ORDER | {"timeInForce": "DAY"}), (400, -1115, "Invalid timeInForce.")),
    ("POST", "/order", signed(ORDER | {"type": "MARKET"}), (400, -1106, "Parameter 'price' sent when not required.")),
    ("POST", "/order", signed(ORDER | {"price": "10.001"}), (400, -1013, "Filter failure: PRICE_FILTER")),
    ("POST", "/order", signed(ORDER | {"quantity": "0.5"}), (400, -1013, "Filter failure: LOT_SIZE")),
    ("POST", "/order", signed(ORDER | {"price": "-1"}), (400, -1013, "Filter failure: PRICE_FILTER")),
    ("POST", "/order", signed(ORDER | {"price": "9" * 31}), (400, -1013, "Filter failure: PRICE_FILTER")),
    ("POST", "/order", signed(ORDER | {"quantity": "9" * 5_000}), (400, -1100, _ILLEGAL.format("quantity"))),
    ("DELETE", "/order", signed({"symbol": "GARR", "orderId": 2**63}), (400, -1100, _ILLEGAL.format("orderId"))),
    ("POST", "/order", signed(ORDER | {"type": "MARKET", "price": ""}), (400, -1102, _MANDATORY.format("price"))),
    (
        "POST",
        "/order",
        signed(ORDER | {"price": "1e1"}),
        (400, -1100, _ILLEGAL.format("price")),
    ),
    (
        "POST",
        "/order",
        signed(ORDER | {"newClientOrderId": "a b"}),
        (400, -1100, _ILLEGAL.format("newClientOrderId")),
    ),
    ("POST", "/order", signed(ORDER | {"newOrderRespType": "ALL"}), (400, -1137, "Invalid newOrderRespType.")),
    ("DELETE", "/order", signed({"symbol": "GARR", "origClientOrderId": "x"}), (400, -2011, "Unknown order sent.")),
    ("GET", "/order", signed({"symbol": "GARR", "orderId": 7}), (400, -2013, "Order does not exist.")),
    (
        "GET",
        "/order",
        signed({"symbol": "GARR"}),
        (400, -1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"),
    ),
]


@pytest.mark.parametrize(("method", "path", "query", "words"), WORDS)
def test_an_error_is_worded_as_binance_words_it(
    method: str, path: str, query: str, words: tuple[int, int, str]
) -> None:
    assert told(made(), method, path, query) == words


REJECTS = [
    (69, (400, -2010, "Account has insufficient balance for requested action.")),
    (73, (400, -2010, "Order would immediately match and take.")),
    (55, (400, -2010, "Market is closed.")),
    (32, (400, -2011, "Unknown order sent.")),
    (62, (400, -1013, "Filter failure: PERCENT_PRICE")),
]


@pytest.mark.parametrize(("reason", "words"), REJECTS)
def test_a_reject_of_the_engine_is_worded_as_binance_words_it(reason: int, words: tuple[int, int, str]) -> None:
    assert told(made(door=FakeDoor([reason])), "POST", "/order", signed(ORDER)) == words


def test_every_reject_of_the_table_is_one_of_the_engine() -> None:
    from garraway import _native  # noqa: PLC0415 - for this test alone
    from garraway.api.facades.binance.refusals import _REJECTS  # noqa: PLC0415

    assert set(_REJECTS) - set(_native.REJECTS) == set()


def test_an_order_whose_end_is_not_known_is_told_as_unknown() -> None:
    status, code, text = told(made(door=FakeDoor([None])), "POST", "/order", signed(ORDER))
    assert (status, code) == (503, -1007)
    assert "execution status unknown" in text


def test_an_exchange_that_is_away_is_told_as_to_be_tried_again() -> None:
    status, code, _ = told(made(door=FakeDoor(free=False)), "POST", "/order", signed(ORDER))
    assert (status, code) == (503, -1001)


def test_what_the_edge_refuses_is_worded_alike() -> None:
    async def asking(client: httpx2.AsyncClient) -> None:
        long = await client.post(f"{ROOT}/order", content=b"a" * 65_537)
        assert (long.status_code, set(long.json())) == (413, {"code", "msg"})
        typed = await client.post(f"{ROOT}/order", json={"symbol": "GARR"})
        assert (typed.status_code, typed.json()["code"]) == (400, -1100)
        third = await client.get(f"{ROOT}/ping")
        assert (third.status_code, third.json()) == (200, {})
        much = await client.get(f"{ROOT}/ping")
        assert (much.status_code, much.json()["code"], "retry-after" in much.headers) == (429, -1003, True)
        native = await client.get("/api/v1/instruments")
        assert native.json()["code"] == "RateLimited", "elsewhere nothing changes"

    asked(made(edge=EdgeSettings(address_requests_per_minute=3)), asking)


def test_a_signed_order_has_one_effect_and_a_read_may_be_sent_again() -> None:
    door = FakeDoor()
    read, order = signed({}), signed(ORDER)

    async def asking(client: httpx2.AsyncClient) -> None:
        assert [(await sent(client, "GET", "/openOrders", read)).status_code for _ in "12"] == [200, 200]
        assert [(await sent(client, "POST", "/order", order)).status_code for _ in "12"] == [200, 401]

    asked(made(door=door), asking)
    assert len(door.sent) == 1


def test_parameters_come_in_the_query_in_the_form_or_in_both() -> None:
    whole = urlencode(ORDER | {"timestamp": NOW_MS})
    cut = whole.index("&quantity")
    first, second = whole[:cut], whole[cut + 1 :]
    form = {"Content-Type": "application/x-www-form-urlencoded", "X-MBX-APIKEY": "k"}

    def signature(payload: str) -> str:
        return "signature=" + hmac.new(SECRET, payload.encode(), hashlib.sha256).hexdigest()

    async def asking(client: httpx2.AsyncClient) -> None:
        for query, body in (
            (f"{whole}&{signature(whole)}", ""),
            ("", f"{whole}&{signature(whole)}"),
            (first, f"{second}&{signature(first + second)}"),
            (f"{first}&{signature(first + second)}", second),
        ):
            made_gate.taken.clear()
            reply = await client.post(f"{ROOT}/order?{query}", content=body.encode(), headers=form)
            assert reply.status_code == 200, (query, body, reply.text)
            assert reply.json()["symbol"] == "GARR"
        twice = await client.post(f"{ROOT}/order?{first}", content=f"{first}&{signature('')}".encode(), headers=form)
        assert twice.json()["code"] == -1101

    found = made()
    made_gate = cast("HmacGate", found.identity.gate)
    asked(found, asking)


SIGNATURES = [
    (b"a=1&signature=ff", b"", b"a=1"),
    (b"", b"signature=ff&a=1", b"a=1"),
    (b"a=1&signature=ff&b=2", b"c=3", b"a=1&b=2c=3"),
    (b"signature=ff", b"", b""),
    (b"mysignature=1&signature=ff", b"", b"mysignature=1"),
]


@pytest.mark.parametrize(("query", "body", "payload"), SIGNATURES)
def test_the_signature_is_over_all_but_itself(query: bytes, body: bytes, payload: bytes) -> None:
    assert unsigned(query, body) == (payload, "ff")


@pytest.mark.parametrize(("query", "body"), [(b"a=1", b""), (b"signature=a", b"signature=b"), (b"signature=", b"")])
def test_there_is_one_signature(query: bytes, body: bytes) -> None:
    with pytest.raises(Refusal):
        unsigned(query, body)


def test_a_key_may_do_here_what_it_may_do_elsewhere() -> None:
    reader = replace(TRADER, scopes=frozenset({Scope.READ}), key_id="k", session_id=None)
    assert told(made(reader), "POST", "/order", signed(ORDER)) == NOT_PERMITTED
    assert told(made(), "GET", "/account", signed({}), key="") == (401, -2014, "API-key format invalid.")
    several = replace(TRADER, accounts=frozenset({200, 201}))
    status, code, text = told(made(several), "GET", "/openOrders", signed({}))
    assert (status, code, "name one of them" in text) == (400, -1100, True)

    async def asking(client: httpx2.AsyncClient) -> None:
        for account, status in (("200", 200), ("202", 401), ("x", 400)):
            headers = {"X-MBX-APIKEY": "k", "garraway-account": account}
            reply = await client.get(f"{ROOT}/openOrders?{signed({})}", headers=headers)
            assert reply.status_code == status, reply.text

    asked(made(several), asking)


def test_every_endpoint_declares_a_permission_of_the_table_or_is_market_data() -> None:
    public = {one.path for one in ENDPOINTS if one.permission is None}
    assert public == {
        *("/ping", "/time", "/exchangeInfo", "/depth", "/trades", "/aggTrades", "/klines"),
        *("/ticker/24hr", "/ticker/price", "/ticker/bookTicker"),
    }
    assert {one.permission for one in ENDPOINTS if one.permission is not None} - set(RULES) == set()
    own = {name for name, one in METHODS.items() if one not in ENDPOINTS}
    assert own == {"userDataStream.subscribe.signature", "userDataStream.unsubscribe"}, "the others are REST's"
    assert METHODS["userDataStream.subscribe.signature"].permission in RULES
    prefixes = {route.path.split("/")[1] for router in ROUTERS for route in router.routes if hasattr(route, "path")}
    assert {one.prefix.removeprefix("/") for one in FACADES} & prefixes == set(), "a prefix is the facade's alone"
