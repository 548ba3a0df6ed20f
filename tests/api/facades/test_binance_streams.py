"""An unmodified ccxt.pro watches and trades on a running venue through the Binance facade."""

import asyncio
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import ccxt
import ccxt.pro
import pytest
import websockets
from tests.api.test_trading import placed
from tests.api.venue import Key, Venue, key_of
from tests.api.venue import until as reached

from garraway.api.facades.binance import ccxt_preset

BTC = "BTC/USD"
DEADLINE_S = 60
ROUNDS = 200
Exchange = Any
"""ccxt's class, which has no types."""
Watching = Callable[[Exchange], Awaitable[object]]
EXAMPLE = Path(__file__).parents[3] / "examples" / "ccxt_streams.py"


@asynccontextmanager
async def connected(venue: Venue, key: Key | None = None) -> AsyncIterator[Exchange]:
    key = key or venue.key
    preset = ccxt_preset(venue.url, venue.streams_url) | {"apiKey": key.key_id, "secret": key.secret}
    exchange = ccxt.pro.binance(preset | {"enableRateLimit": False})
    try:
        await exchange.load_markets()
        yield exchange
    finally:
        await exchange.close()


def run_empty(venue: Venue, watching: Watching, key: Key | None = None) -> None:
    """Runs what watches; the book is empty before."""

    async def scenario() -> None:
        async with asyncio.timeout(DEADLINE_S), connected(venue, key) as exchange:
            await watching(exchange)

    emptied(venue)
    asyncio.run(scenario())


@pytest.fixture(autouse=True)
def _nothing_stays(venue: Venue) -> Iterator[None]:
    """What rests is cancelled, so that no other test meets it."""
    yield
    emptied(venue)


def emptied(venue: Venue) -> None:
    """Cancels what rests."""
    for who in ("trader", "other"):
        with venue.client(who) as client:
            client.delete("/api/v1/orders")


async def placing(venue: Venue, who: str = "other", **order: str) -> dict[str, Any]:
    """Places an order over the native API, without keeping the loop from answering pings."""
    return await asyncio.to_thread(placed, venue, who, **order)


async def until(watch: Callable[[], Awaitable[Any]], wanted: Callable[[Any], bool]) -> Any:  # noqa: ANN401 - ccxt's
    """Watches until what comes is as wanted."""
    while not wanted(found := await watch()):
        pass
    return found


def changed(venue: Venue) -> None:
    """Orders at many prices, on both sides, most of them cancelled again, some of them met."""
    with venue.client() as client:
        for count in range(ROUNDS):
            buys = count % 2 == 0
            price = str(59_000 - count % 37 * 5 if buys else 61_000 + count % 41 * 5)
            order = {"symbol": "BTC-USD", "side": "buy" if buys else "sell", "quantity": "0.003", "price": price}
            said = client.post("/api/v1/orders", json=order).json()
            assert said["status"] == "accepted", said
            if count % 3:
                assert client.delete(f"/api/v1/orders/{said['order_ref']}").status_code == 200
            elif count % 4 == 0:
                placed(venue, "other", side="sell" if buys else "buy", quantity="0.001", price=price)


def levels(book: dict[str, Any]) -> tuple[list[list[float]], list[list[float]]]:
    bids, asks = ([list(level[:2]) for level in book[side]] for side in ("bids", "asks"))
    return bids, asks


def test_a_watched_order_book_is_the_one_of_rest_through_hundreds_of_changes(venue: Venue) -> None:
    async def watching(exchange: Exchange) -> None:
        await exchange.watch_order_book(BTC)
        changing = asyncio.create_task(asyncio.to_thread(changed, venue))
        changing.add_done_callback(lambda _: None)
        nonces, same = [0], 0
        while not (changing.done() and same):
            book = await exchange.watch_order_book(BTC) if not changing.done() else exchange.orderbooks[BTC]
            nonces.append(book["nonce"])
            held = levels(book)
            truth = await exchange.fetch_order_book(BTC, 1_000)
            # Equal numbers: the same commands are in both, so the levels have to be the same.
            if exchange.orderbooks[BTC]["nonce"] == book["nonce"] and held != levels(truth):
                assert truth["nonce"] > nonces[-1]
            same += changing.done() and held == levels(truth)
        await changing
        assert nonces == sorted(nonces)
        assert len(set(nonces)) > 3  # how many depends on how fast the changes are

    run_empty(venue, watching)


def test_an_order_is_watched_from_new_to_filled_with_its_trades_and_the_money(venue: Venue) -> None:
    async def watching(exchange: Exchange) -> None:
        balances = asyncio.create_task(exchange.watch_balance())
        orders = asyncio.create_task(exchange.watch_orders(BTC))
        await followed(exchange, venue)
        order = await exchange.create_order(BTC, "limit", "buy", 0.01, 59_500)
        (new,) = await orders
        assert (new["id"], new["clientOrderId"], new["status"]) == (order["id"], order["clientOrderId"], "open")
        assert (new["price"], new["amount"], new["filled"], new["type"]) == (59_500, 0.01, 0, "limit")
        assert (await balances)["USD"] == (await exchange.fetch_balance())["USD"]

        trades = asyncio.create_task(exchange.watch_my_trades(BTC))
        selling = placing(venue, side="sell", quantity="0.004", price="59500")
        (partial,) = await told(exchange.watch_orders(BTC), selling)
        assert (partial["status"], partial["filled"], partial["remaining"]) == ("open", 0.004, 0.006)
        (trade,) = await trades
        assert (trade["order"], trade["price"], trade["amount"], trade["side"]) == (order["id"], 59_500, 0.004, "buy")
        assert (trade["takerOrMaker"], trade["fee"]["currency"]) == ("maker", "USD")
        selling = placing(venue, side="sell", quantity="0.006", price="59500")
        (filled,) = await told(exchange.watch_orders(BTC), selling)
        assert (filled["status"], filled["filled"], filled["cost"]) == ("closed", 0.01, 595)
        read = {one["id"]: one for one in await exchange.fetch_my_trades(BTC, params={"orderId": order["id"]})}
        watched = {one["id"]: one for one in exchange.myTrades if one["order"] == order["id"]}
        assert len(watched) == 2
        assert [(one["cost"], one["fee"]) for one in watched.values()] == [
            (read[name]["cost"], read[name]["fee"]) for name in watched
        ]

        placing_other = exchange.create_order(BTC, "limit", "buy", 0.01, 58_500)
        (other,) = await told(exchange.watch_orders(BTC), placing_other)
        (gone,) = await told(exchange.watch_orders(BTC), exchange.cancel_order(other["id"], BTC))
        assert (gone["id"], gone["status"], gone["info"]["x"]) == (other["id"], "canceled", "CANCELED")
        balance = await exchange.fetch_balance()
        held = exchange.balance["spot"]
        assert (held["BTC"], held["USD"]) == (balance["BTC"], balance["USD"])

    run_empty(venue, watching)


async def told(watch: Awaitable[Any], doing: Awaitable[Any]) -> Any:  # noqa: ANN401 - ccxt's
    """What is watched once this was done."""
    watching = asyncio.ensure_future(watch)
    await asyncio.sleep(0)
    await doing
    return await watching


async def followed(exchange: Exchange, venue: Venue) -> None:
    """Waits until the user data stream was subscribed to."""
    client = exchange.client(exchange.urls["api"]["ws"]["ws-api"]["spot"])
    await reached(lambda: "spot" in client.subscriptions and "authenticate:signature:spot" not in client.futures, venue)


def test_trades_candles_tickers_and_best_prices_are_watched(venue: Venue) -> None:
    async def watching(exchange: Exchange) -> None:
        await placing(venue, side="sell", quantity="0.01", price="60100")
        await placing(venue, side="sell", quantity="0.02", price="60200")
        best = (await exchange.watch_bids_asks([BTC]))[BTC]
        assert (best["ask"], best["askVolume"]) == (60_100, 0.01)
        await placing(venue, side="sell", quantity="0.1", price="60100")
        waiting = [
            asyncio.create_task(exchange.watch_trades(BTC)),
            asyncio.create_task(exchange.watch_trades_for_symbols([BTC], params={"name": "aggTrade"})),
        ]
        # Streams begin some time after they were asked for: trades are made until one came on each.
        while not all(one.done() for one in waiting):
            await placing(venue, "trader", side="buy", quantity="0.001", price="60100")
        (trade, *_), (aggregate, *_) = [one.result() for one in waiting]
        read = {one["id"]: one for one in await exchange.fetch_trades(BTC)}
        for one in (trade, aggregate):
            assert (one["price"], one["amount"], one["side"]) == (60_100, 0.001, "buy")
            assert one["timestamp"] == read[one["id"]]["timestamp"]
        await placing(venue, "trader", side="buy", quantity="0.2", price="60100", time_in_force="ioc")
        (candle,) = (await exchange.watch_ohlcv(BTC, "1m"))[-1:]
        assert (candle[0] % 60_000, candle[4]) == (0, 60_100)
        best = await until(lambda: exchange.watch_bids_asks([BTC]), lambda found: found[BTC]["ask"] == 60_200)
        ticker = await until(
            lambda: exchange.watch_ticker(BTC, {"name": "ticker"}), lambda found: found["last"] == 60_100
        )
        rest = await exchange.fetch_ticker(BTC)
        for name in ("last", "ask", "high", "low", "open", "baseVolume", "quoteVolume", "vwap", "change", "percentage"):
            assert ticker[name] == rest[name], name
        tickers = await until(lambda: exchange.watch_tickers([BTC]), lambda found: found[BTC]["last"] == 60_100)
        assert tickers[BTC]["baseVolume"] == rest["baseVolume"]
        every = await exchange.watch_tickers()
        assert BTC in every

    run_empty(venue, watching)


def test_orders_are_placed_read_and_cancelled_over_the_websocket_api(venue: Venue) -> None:
    async def watching(exchange: Exchange) -> None:
        order = await exchange.create_order_ws(BTC, "limit", "buy", 0.01, 58_000)
        assert (order["status"], order["price"]) == ("open", 58_000)
        assert [one["id"] for one in await exchange.fetch_open_orders_ws(BTC)] == [order["id"]]
        assert (await exchange.fetch_order_ws(order["id"], BTC))["status"] == "open"
        gone = await exchange.cancel_order_ws(order["id"], BTC)
        assert (gone["id"], gone["status"]) == (order["id"], "canceled")
        with pytest.raises(ccxt.OrderNotFound):
            await exchange.cancel_order_ws(order["id"], BTC)
        with pytest.raises(ccxt.InsufficientFunds):
            await exchange.create_order_ws(BTC, "limit", "sell", 16, 60_000)
        for _ in range(2):
            await exchange.create_order_ws(BTC, "limit", "buy", 0.01, 58_000)
        assert len(await exchange.cancel_all_orders_ws(BTC)) == 2
        await placing(venue, side="sell", quantity="0.01", price="60000")
        bought = await exchange.create_order_ws(BTC, "market", "buy", 0.01)
        assert (bought["status"], bought["average"]) == ("closed", 60_000)
        assert (await exchange.fetch_my_trades_ws(BTC))[-1]["order"] == bought["id"]
        assert (await exchange.fetch_trades_ws(BTC))[-1]["price"] == 60_000
        assert {order["id"], bought["id"]} <= {one["id"] for one in await exchange.fetch_orders_ws(BTC)}

    run_empty(venue, watching)


def test_a_revoked_key_is_cut_and_cannot_come_back(venue: Venue) -> None:
    with venue.identity() as identity:
        key = key_of(venue, identity, "key-of-streams-to-revoke")

    def revoke() -> None:
        with venue.client() as client:
            assert client.delete(f"/api/v1/keys/{key.key_id}").status_code == 204

    async def watching(exchange: Exchange) -> None:
        order = asyncio.create_task(exchange.watch_orders(BTC))
        await followed(exchange, venue)
        await placing(venue, "trader", price="58000")
        await order
        waiting = asyncio.create_task(exchange.watch_orders(BTC))
        await asyncio.to_thread(revoke)
        with pytest.raises(ccxt.NetworkError, match="4001"):
            await waiting
        assert await refused(exchange.watch_orders(BTC)) == -2015

    run_empty(venue, watching, key)


async def refused(watch: Awaitable[Any]) -> int:
    """The code with which ccxt is refused the user data stream; it stumbles over its own bookkeeping on the way out."""
    with pytest.raises((KeyError, ccxt.AuthenticationError)) as raised:
        await watch
    error = raised.value.__context__ if isinstance(raised.value, KeyError) else raised.value
    assert isinstance(error, ccxt.AuthenticationError)
    code: int = json.loads(str(error).removeprefix("binance "))["code"]
    return code


def test_what_was_watched_is_watched_again_after_the_connection_broke(venue: Venue) -> None:
    async def watching(exchange: Exchange) -> None:
        await exchange.watch_order_book(BTC)
        for client in list(exchange.clients.values()):
            client.connection._response.connection.transport.abort()
        await reached(lambda: not exchange.clients, venue)
        await placing(venue, price="58750")
        book = await exchange.watch_order_book(BTC)
        assert [58_750, 0.01] in levels(book)[0]

    run_empty(venue, watching)


def test_a_key_without_the_right_network_follows_no_account(venue: Venue) -> None:
    with venue.identity() as identity:
        key = key_of(venue, identity, "key-from-elsewhere", networks="192.0.2.0/24")

    async def watching(exchange: Exchange) -> None:
        assert await refused(exchange.watch_orders(BTC)) == -2015

    run_empty(venue, watching, key)


def test_a_key_that_may_only_read_places_no_order_over_the_websocket_api(venue: Venue) -> None:
    with venue.identity() as identity:
        key = key_of(venue, identity, "key-that-reads", scopes=("read",))

    async def watching(exchange: Exchange) -> None:
        assert await exchange.fetch_open_orders_ws(BTC) == []
        with pytest.raises(ccxt.AuthenticationError):
            await exchange.create_order_ws(BTC, "limit", "buy", 0.01, 58_000)

    run_empty(venue, watching, key)


def test_the_log_tells_of_requests_over_the_websocket_api(venue: Venue) -> None:
    async def watching(exchange: Exchange) -> None:
        order = await exchange.create_order_ws(BTC, "limit", "buy", 0.01, 57_000)
        await exchange.cancel_order_ws(order["id"], BTC)

    run_empty(venue, watching)
    routes = [f"/binance/ws-api/v3/{name}" for name in ("order.place", "order.cancel")]

    def told() -> list[str]:
        return [line["route"] for line in venue.log("service") if line.get("route") in routes and "command_seq" in line]

    venue.until(lambda: told()[-2:] == routes)


def test_the_example_runs_as_it_stands(venue: Venue, tmp_path: Path) -> None:
    run_empty(venue, lambda _: placing(venue, side="sell", price="60000", quantity="0.02"))
    options = ["ccxt-config", "--url", venue.url, "--streams", venue.streams_url, "--json"]
    made = subprocess.run([sys.executable, "-m", "garraway.cli", *options], capture_output=True, check=True)
    preset = tmp_path / "preset.json"
    preset.write_bytes(made.stdout)
    keys = {"GARRAWAY_KEY_ID": venue.key.key_id, "GARRAWAY_KEY_SECRET": venue.key.secret}
    command = [sys.executable, str(EXAMPLE), str(preset)]
    ran = subprocess.run(
        command, check=False, env=os.environ | keys, capture_output=True, text=True, timeout=DEADLINE_S
    )
    assert ran.returncode == 0, ran.stderr
    lines = dict(line.split(": ", 1) for line in ran.stdout.splitlines())
    assert lines["watched"].startswith("True open at ")
    assert lines["ended"] == "canceled"


def signed(key: Key, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - what JSON holds
    """Parameters with a signature over all of them, sorted by name."""
    all_of_them = {"apiKey": key.key_id, "timestamp": time.time_ns() // 1_000_000} | parameters
    payload = "&".join(f"{name}={all_of_them[name]}" for name in sorted(all_of_them))
    signature = hmac.new(key.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    return all_of_them | {"signature": signature}


def asked(venue: Venue, *messages: str | dict[str, Any]) -> list[dict[str, Any]]:
    """The answers of the WebSocket API to these messages, each waited for."""

    async def scenario() -> list[dict[str, Any]]:
        found = []
        async with websockets.connect(f"{venue.streams_url}/binance/ws-api/v3") as socket:
            for message in messages:
                await socket.send(message if isinstance(message, str) else json.dumps(message))
                found.append(json.loads(await socket.recv()))
        return found

    return asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))


WRONG: list[tuple[str | dict[str, Any], tuple[int, int, int | str | None]]] = [
    ("", (400, -1135, None)),
    ("[]", (400, -1135, None)),
    ("7", (400, -1135, None)),
    ("{", (400, -1135, None)),
    ("[" * 40 + "]" * 40, (400, -1135, None)),
    ('{"id":1,"id":2,"method":"ping"}', (400, -1135, None)),
    ('{"id":1,"method":"ping","params":{"a":{"b":1}}}', (400, -1100, 1)),
    ({"id": 1.5, "method": "ping"}, (400, -1135, None)),
    ({"id": 1, "method": "ping", "more": 1}, (400, -1135, 1)),
    ({"id": "a", "method": "session.logon"}, (404, -1020, "a")),
    ({"id": "x" * 37, "method": "session.logon"}, (404, -1020, None)),
    ({"id": 1, "method": "ping", "params": {"symbol": "BTCUSD"}}, (400, -1104, 1)),
    ({"id": 1, "method": "depth", "params": {"symbol": "NONE"}}, (400, -1121, 1)),
    ({"id": 1, "method": "depth", "params": {"symbol": None}}, (400, -1100, 1)),
    ({"id": 1, "method": "account.status"}, (401, -2014, 1)),
    ({"id": 1, "method": "account.status", "params": {"apiKey": "k"}}, (400, -1102, 1)),
    ({"id": 1, "method": "account.status", "params": {"apiKey": "k", "timestamp": 1}}, (400, -1021, 1)),
]


@pytest.mark.parametrize(("message", "expected"), WRONG)
def test_what_the_websocket_api_cannot_do_is_said_in_binances_words(
    venue: Venue, message: str | dict[str, Any], expected: tuple[int, int, int | str | None]
) -> None:
    (said,) = asked(venue, message)
    assert (said["status"], said["error"]["code"], said["id"]) == expected
    assert set(said) == {"id", "status", "error"}
    assert set(said["error"]) == {"code", "msg"}


def test_a_signature_of_the_websocket_api_is_of_every_parameter_and_counts_once(venue: Venue) -> None:
    def call(method: str, params: dict[str, Any]) -> dict[str, Any]:
        return {"id": 1, "method": method, "params": params}

    right = signed(venue.key, recvWindow=5_000, omitZeroBalances="true")
    wrong = [
        right | {"signature": right["signature"][:-1] + ("0" if right["signature"][-1] != "0" else "1")},
        right | {"omitZeroBalances": "false"},
        right | {"timestamp": right["timestamp"] + 1},
        right | {"apiKey": "another"},
        {name: value for name, value in right.items() if name != "recvWindow"},
        signed(Key(venue.key.key_id, "wrong")),
    ]
    refused = asked(venue, *(call("account.status", params) for params in wrong))
    assert [(one["status"], one["error"]["code"]) for one in refused] == [(401, -2015)] * len(wrong)
    subscribing = call("userDataStream.subscribe.signature", signed(venue.key))
    answers = asked(venue, call("account.status", right), subscribing, subscribing)
    assert [one["status"] for one in answers] == [200, 200, 401]
    with venue.client() as client:
        assert answers[0]["result"]["uid"] in client.get("/api/v1/auth/me").json()["accounts"]
    assert answers[1]["result"] == {"subscriptionId": 0}


def test_a_call_of_the_hub_is_none_that_comes_over_http(venue: Venue) -> None:
    with venue.client("") as client:
        said = client.post("/binance/ws-api/v3", json={"id": 1, "method": "ping"})
    assert (said.status_code, said.json()["code"]) == (404, -1020)
