"""The streams of the Alpaca facade: an unmodified alpaca-py hears what happens, and who is nobody hears nothing."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Any

import httpx2
import msgspec
import pytest
import websockets
from alpaca.data.live import CryptoDataStream
from alpaca.trading.models import TradeUpdate
from alpaca.trading.requests import ReplaceOrderRequest
from alpaca.trading.stream import TradingStream
from starlette.types import Receive, Scope, Send
from tests.api.facades.test_alpaca_py import BTC, Client, Said, connected, limit
from tests.api.test_trading import placed
from tests.api.venue import HERE, Venue

from garraway.api.facades.alpaca.streams import CONNECTIONS_OF_USER, connection
from garraway.api.facades.alpaca.streams.codec import Codec, Shared
from garraway.api.server import Server, ServerSettings
from garraway.identity import keys

PATIENCE_S = 20
Json = Any
"""What a reply says."""


@pytest.fixture(scope="module")
def client(venue: Venue) -> Client:
    return connected(venue, venue.key.secret)


@pytest.fixture(autouse=True)
def nothing_left(venue: Venue, client: Client) -> Iterator[None]:
    """No order of a test stands in the way of the next."""
    client.cancel_orders()
    with venue.client("other") as other:
        other.delete("/api/v1/orders")
    yield
    client.cancel_orders()


def address(venue: Venue, path: str) -> str:
    return f"ws{venue.url.removeprefix('http')}/alpaca/{path}"


@contextmanager
def listening(stream: TradingStream | CryptoDataStream) -> Iterator[None]:
    """An alpaca-py stream that runs in a thread of its own, as its users run it."""
    thread = threading.Thread(target=stream.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stream.stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_trade_updates_tell_each_event_of_an_order(venue: Venue, client: Client) -> None:
    stream = TradingStream(venue.key.key_id, venue.key.secret, url_override=address(venue, "stream"))
    heard: list[Said] = []

    async def hear(update: TradeUpdate) -> None:
        heard.append(update)

    def of(order: Said) -> list[tuple[str, str, float]]:
        mine = [one for one in heard if one.order.id == order.id]
        return [(one.event, one.order.status.value, float(one.order.filled_qty)) for one in mine]

    def listens() -> bool:
        """Whether it hears by now of an order that is placed and cancelled."""
        if not heard:
            client.cancel_order_by_id(client.submit_order(limit(57_000)).id)
        return bool(heard)

    stream.subscribe_trade_updates(hear)
    with listening(stream):
        venue.until(listens)
        order = client.submit_order(limit(58_000))
        changed = client.replace_order_by_id(order.id, ReplaceOrderRequest(limit_price=59_000))
        placed(venue, "other", side="sell", price="59000", quantity="0.004")
        placed(venue, "other", side="sell", price="59000", quantity="0.006")
        gone = client.submit_order(limit(57_000))
        client.cancel_order_by_id(gone.id)
        venue.until(lambda: ("canceled", "canceled", 0) in of(gone))
    assert of(order) == [("new", "new", 0), ("replaced", "replaced", 0)]
    assert of(changed) == [("new", "new", 0), ("partial_fill", "partially_filled", 0.004), ("fill", "filled", 0.01)]
    assert of(gone) == [("new", "new", 0), ("canceled", "canceled", 0)]
    (last,) = [one for one in heard if one.event == "fill"]
    assert (last.price, last.qty, float(last.order.filled_avg_price)) == (59_000, 0.006, 59_000)
    assert last.position_qty == pytest.approx(float(client.get_open_position(BTC).qty))
    assert len({one.execution_id for one in heard}) + 1 == len(heard)


def test_market_data_is_told_as_it_changes(venue: Venue) -> None:
    stream = CryptoDataStream(venue.key.key_id, venue.key.secret, url_override=address(venue, "v1beta3/crypto/us"))
    heard: dict[str, list[Any]] = {"trades": [], "quotes": [], "books": []}

    def hearing(name: str) -> Callable[[Any], Awaitable[None]]:
        async def hear(said: object) -> None:
            heard[name].append(said)

        return hear

    stream.subscribe_trades(hearing("trades"), BTC)
    stream.subscribe_quotes(hearing("quotes"), "*")
    stream.subscribe_orderbooks(hearing("books"), BTC)
    placed(venue, "other", side="sell", price="60500", quantity="0.02")
    with listening(stream):
        venue.until(lambda: bool(heard["books"]))
        placed(venue, price="60500")
        venue.until(lambda: bool(heard["trades"] and heard["quotes"]) and len(heard["books"]) > 1)
    (trade,) = heard["trades"]
    assert (trade.symbol, trade.price, trade.size) == (BTC, 60_500, 0.01)
    assert (heard["quotes"][-1].ask_price, heard["quotes"][-1].ask_size) == (60_500, 0.01)
    first, last = heard["books"][0], heard["books"][-1]
    assert (first.reset, [(one.price, one.size) for one in first.asks]) == (True, [(60_500, 0.02)])
    assert (last.reset, [(one.price, one.size) for one in last.asks]) == (False, [(60_500, 0.01)])


def test_a_stream_of_shares_knows_shares_alone(venue: Venue) -> None:
    async def scenario() -> list[Any]:
        async with await opened(venue, "v2/iex") as socket_:
            await logged_in(venue, socket_)
            replies = []
            for channel, name in (
                ("trades", "BTC/USD"),
                ("orderbooks", "GARR"),
                ("statuses", "GARR"),
                ("trades", "GARR"),
            ):
                replies += await asked(socket_, {"action": "subscribe", channel: [name]})
            return replies

    pair, books, statuses, taken = asyncio.run(scenario())
    assert (pair["code"], books["code"], statuses["code"]) == (400, 400, 410)
    assert "invalid symbol 'BTC/USD'" in pair["msg"]
    assert taken == {
        "T": "subscription",
        "trades": ["GARR"],
        "quotes": [],
        "bars": [],
        "dailyBars": [],
        "orderbooks": [],
    }


async def opened(venue: Venue, path: str, **headers: str) -> websockets.ClientConnection:
    return await websockets.connect(address(venue, path), additional_headers=headers, max_queue=2)


async def asked(socket_: websockets.ClientConnection, said: object) -> Json:
    await socket_.send(said if isinstance(said, str | bytes) else json.dumps(said))
    return json.loads(await asyncio.wait_for(socket_.recv(), PATIENCE_S))


async def logged_in(venue: Venue, socket_: websockets.ClientConnection, secret: str | None = None) -> Json:
    """The reply to a log-in on a data stream."""
    assert json.loads(await socket_.recv()) == [{"T": "success", "msg": "connected"}]
    return await asked(socket_, {"action": "auth", "key": venue.key.key_id, "secret": secret or venue.key.secret})


async def ended(socket_: websockets.ClientConnection) -> tuple[int, str]:
    """How the service closed it."""
    async with asyncio.timeout(PATIENCE_S):
        async for _ in _messages(socket_):
            pass
    return socket_.close_code or 0, socket_.close_reason or ""


async def _messages(socket_: websockets.ClientConnection) -> AsyncIterator[str | bytes]:
    """All that come, however it ends."""
    with suppress(websockets.ConnectionClosed):
        async for one in socket_:
            yield one


def test_who_is_nobody_is_told_nothing(venue: Venue) -> None:
    async def scenario() -> None:
        async with await opened(venue, "v2/iex") as socket_:
            assert (await logged_in(venue, socket_, "wrong"))[0]["code"] == 402
            assert await ended(socket_) == (1008, "auth failed")
        async with await opened(venue, "v2/iex") as socket_:
            await socket_.recv()
            (refused,) = await asked(socket_, {"action": "subscribe", "trades": ["*"]})
            assert (refused["code"], refused["msg"]) == (401, "not authenticated")
        async with await opened(venue, "stream") as socket_:
            said = await asked(socket_, {"action": "listen", "data": {"streams": ["trade_updates"]}})
            assert said["stream"] == "error"
            keys_ = {"key_id": venue.key.key_id, "secret_key": "wrong"}
            said = await asked(socket_, {"action": "authenticate", "data": keys_})
            assert said["data"]["status"] == "unauthorized"
            assert await ended(socket_) == (1008, "unauthorized")
        for path in ("v3/iex", "nothing"):
            with pytest.raises(websockets.InvalidStatus):
                await opened(venue, path)

    asyncio.run(scenario())


BAD: list[str | bytes] = [
    "",
    "x",
    "[]",
    "[" * 5_000,
    "NaN",
    '{"action":1}',
    '{"action":"auth","action":"auth"}',
    '{"action":"\\u0000"}',
    '{"action":"subscribe","trades":"BTC/USD"}',
    '{"action":"subscribe","trades":[1]}',
    '{"action":"subscribe","trades":[["*"]]}',
    '{"action":"subscribe","nothing":["*"]}',
    '{"action":"subscribe","trades":["' + "9" * 65 + '"]}',
    '{"action":"subscribe","bars":["NONE/USD"]}',
    '{"action":"fly"}',
    b"\xff\xfe",
]


def test_bad_messages_are_refused_and_the_connection_goes_on(venue: Venue) -> None:
    async def scenario() -> None:
        async with await opened(venue, "v1beta3/crypto/us") as socket_:
            await logged_in(venue, socket_)
            for one in BAD:
                (refused,) = await asked(socket_, one)
                assert (refused["T"], refused["code"]) == ("error", 400), one
            (again,) = await asked(socket_, {"action": "auth", "key": "k", "secret": "s"})
            assert again["code"] == 403
            many = [f"A{number}" for number in range(501)]
            (too_many,) = await asked(socket_, {"action": "subscribe", "trades": many})
            assert too_many["code"] == 400
            (taken,) = await asked(socket_, {"action": "subscribe", "trades": [BTC]})
            assert taken["trades"] == [BTC]
            (left,) = await asked(socket_, {"action": "unsubscribe", "trades": [BTC]})
            assert left["trades"] == []

    asyncio.run(scenario())


def unpacked(data: str | bytes) -> Json:
    assert isinstance(data, bytes)
    return msgspec.msgpack.decode(data)


def test_messagepack_is_for_who_asks_for_it(venue: Venue) -> None:
    async def scenario() -> None:
        async with await opened(venue, "v2/iex", **{"Content-Type": "application/msgpack"}) as socket_:
            assert unpacked(await socket_.recv()) == [{"T": "success", "msg": "connected"}]
            for one in (
                b"\xc1",
                b"\x91" * 20_000,
                msgspec.msgpack.encode([1]),
                msgspec.msgpack.encode({1: 2}),
                msgspec.msgpack.encode({"action": 1}),
            ):
                await socket_.send(one)
                assert unpacked(await socket_.recv())[0]["code"] == 400

    asyncio.run(scenario())


def test_too_many_messages_end_a_connection(venue: Venue) -> None:
    async def scenario() -> tuple[int, str]:
        async with await opened(venue, "v2/iex") as socket_:
            for _ in range(connection.MESSAGES_PER_SECOND * 3):
                await socket_.send("{}")
            return await ended(socket_)

    assert asyncio.run(scenario()) == (1008, "too many messages")


def test_a_user_has_so_many_connections_and_no_more(venue: Venue) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            for _ in range(CONNECTIONS_OF_USER):
                one = await stack.enter_async_context(await opened(venue, "v2/iex"))
                assert (await logged_in(venue, one))[0]["T"] == "success"
            beyond = await stack.enter_async_context(await opened(venue, "v2/iex"))
            await beyond.send(json.dumps({"action": "auth", "key": venue.key.key_id, "secret": venue.key.secret}))
            assert await ended(beyond) == (1008, "connection limit exceeded")

    asyncio.run(scenario())


def test_who_logs_in_too_late_is_cut(venue: Venue) -> None:
    async def scenario() -> tuple[int, str]:
        async with await opened(venue, "v2/iex") as socket_:
            return await ended(socket_)

    assert asyncio.run(scenario()) == (1008, "auth timeout")


def test_a_revoked_key_is_cut(venue: Venue) -> None:
    path = venue.folder / "revoked.json"
    secret = "grw_hmac_" + "r" * 43
    wanted = {"key_id": "key-to-revoke", "login": "trader@example.com", "label": "r", "algorithm": "hmac-sha256"}
    path.write_text(json.dumps([wanted | {"scopes": ["read"], "networks": [], "life_s": 86_400, "secret": secret}]))
    path.chmod(0o600)

    async def scenario(revoke: Callable[[], None]) -> tuple[int, str]:
        async with await opened(venue, "stream") as socket_:
            said = {"action": "authenticate", "data": {"key_id": "key-to-revoke", "secret_key": secret}}
            assert (await asked(socket_, said))["data"]["status"] == "authorized"
            listen = {"action": "listen", "data": {"streams": ["trade_updates", "nothing"]}}
            assert (await asked(socket_, listen))["data"] == {
                "streams": ["trade_updates"],
                "error": "no such stream: nothing",
            }
            await asyncio.to_thread(revoke)
            return await ended(socket_)

    with venue.identity() as identity:
        keys.load_file(identity, path, origin=HERE)
        principal = identity.gate.bearer(venue.tokens["trader"], at_s=identity.at_s, address="127.0.0.1")

        def revoke() -> None:
            keys.revoke(identity, principal, "key-to-revoke", user_id=principal.user_id, origin=HERE)

        headers = {"APCA-API-KEY-ID": "key-to-revoke", "APCA-API-SECRET-KEY": secret}
        venue.until(lambda: httpx2.get(f"{venue.url}/alpaca/v2/account", headers=headers).status_code == 200)
        closed = asyncio.run(scenario(revoke))
    assert closed == (1008, "revoked")


def serving(stalled: Callable[[connection.Connection], None]) -> str | None:
    """Why a connection of the real server ended whose client reads nothing; `stalled` puts in what it does not read."""
    reasons: list[str | None] = []

    async def scenario() -> None:
        over = asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await receive()
            await send({"type": "websocket.accept"})
            one = connection.Connection(scope, receive, send, Codec.TEXT)
            stalled(one)
            await one.serve(lambda _: None)
            reasons.append(one.reason)
            over.set()

        server = Server(app, ServerSettings(host="127.0.0.1", port=0))
        running = asyncio.create_task(server.serve())
        async with asyncio.timeout(PATIENCE_S):
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            with await reading_nothing(server.port):
                await over.wait()
        server.should_exit = True
        await running

    asyncio.run(scenario())
    return reasons[0]


async def reading_nothing(port: int) -> socket.socket:
    """A client that takes little and never reads."""
    loop = asyncio.get_running_loop()
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    raw.setblocking(False)
    await loop.sock_connect(raw, ("127.0.0.1", port))
    head = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    await loop.sock_sendall(raw, f"{head}Sec-WebSocket-Key: {'A' * 22}==\r\n\r\n".encode())
    return raw


def test_a_reader_that_stops_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    assert connection.STALL_S + connection.CLOSE_S < 5
    monkeypatch.setattr(connection, "STALL_S", 0.2)
    piece = Shared("x" * 60_000)
    feeding: list[asyncio.Task[None]] = []

    async def feed(one: connection.Connection) -> None:
        while one.reason is None:
            one.put(piece)
            await asyncio.sleep(0.02)

    def begin(one: connection.Connection) -> None:
        feeding.append(asyncio.create_task(feed(one)))

    assert serving(begin) == "slow client: it took nothing"


def test_what_waits_for_a_reader_is_bounded() -> None:
    piece = Shared("x" * 60_000)
    fit = connection.QUEUE_BYTES // 60_002

    def pile(one: connection.Connection) -> None:
        for _ in range(fit):
            one.put(piece)
        assert one.reason is None
        one.put(piece)

    assert serving(pile) == "slow client: too much waited"
