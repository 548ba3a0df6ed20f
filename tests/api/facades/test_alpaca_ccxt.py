"""An unmodified ccxt trades on a running venue through the Alpaca facade."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import ccxt
import ccxt.pro
import pytest
from tests.api.facades.test_binance_ccxt import strings
from tests.api.test_trading import placed
from tests.api.venue import Venue

from garraway.api.facades.alpaca import ccxt_preset

BTC = "BTC/USD"
PATIENCE_S = 20


def connected(venue: Venue, secret: str) -> ccxt.alpaca:
    return ccxt.alpaca(ccxt_preset(venue.url) | {"apiKey": venue.key.key_id, "secret": secret})


@pytest.fixture(scope="module")
def exchange(venue: Venue) -> ccxt.alpaca:
    made = connected(venue, venue.key.secret)
    made.load_markets()
    return made


@pytest.fixture(autouse=True)
def nothing_left(venue: Venue, exchange: ccxt.alpaca) -> Iterator[None]:
    """No order of a test stands in the way of the next."""
    yield
    exchange.cancel_all_orders()
    with venue.client("other") as other:
        assert other.delete("/api/v1/orders").json()["status"] == "accepted"


@pytest.mark.parametrize("kind", [ccxt.alpaca, ccxt.pro.alpaca])
def test_the_preset_leaves_no_url_of_the_real_venue(kind: type[ccxt.alpaca]) -> None:
    ours = ("http://venue.example:8080/alpaca", "ws://venue.example:8080/alpaca")
    made = kind(ccxt_preset("http://venue.example:8080"))
    left = [(path, text) for path, text in strings(made.urls) if not text.startswith(ours)]
    assert left == []
    assert "alpaca.markets" not in json.dumps(made.urls) + made.hostname
    made.set_sandbox_mode(True)
    assert [(path, text) for path, text in strings(made.urls["api"]) if not text.startswith(ours)] == []


def test_the_command_prints_the_preset() -> None:
    command = [
        sys.executable,
        "-m",
        "garraway.cli",
        "ccxt-config",
        "--venue",
        "alpaca",
        "--url",
        "http://v:1",
        "--json",
    ]
    made = subprocess.run(command, capture_output=True, check=True)
    assert json.loads(made.stdout) == ccxt_preset("http://v:1")


def test_markets_come_with_their_terms(exchange: ccxt.alpaca) -> None:
    assert set(exchange.markets) == {BTC, "EUR/USD"}
    found = exchange.market(BTC)
    assert (found["active"], found["precision"]["price"], found["precision"]["amount"]) == (True, 0.5, 0.001)
    assert exchange.fetch_time() > 0


def test_a_limit_order_rests_is_edited_read_and_cancelled(exchange: ccxt.alpaca) -> None:
    order = exchange.create_order(BTC, "limit", "buy", 0.01, 58_000)
    assert (order["status"], order["price"], order["amount"], order["filled"]) == ("open", 58_000, 0.01, 0)
    edited = exchange.edit_order(order["id"], BTC, "limit", "buy", 0.02, 58_500)
    assert (edited["price"], edited["amount"], edited["id"] != order["id"]) == (58_500, 0.02, True)
    assert [one["id"] for one in exchange.fetch_open_orders(BTC)] == [edited["id"]]
    assert [58_500, 0.02] in [level[:2] for level in exchange.fetch_order_book(BTC)["bids"]]
    exchange.cancel_order(edited["id"])
    assert exchange.fetch_order(edited["id"])["status"] == "canceled"
    assert edited["id"] in {one["id"] for one in exchange.fetch_closed_orders(BTC)}
    stop = exchange.create_order(BTC, "limit", "buy", 0.01, 61_500, {"triggerPrice": 61_000})
    assert (stop["status"], stop["triggerPrice"]) == ("open", 61_000)


def test_a_market_order_takes_what_rests_and_shows_in_my_trades(venue: Venue, exchange: ccxt.alpaca) -> None:
    placed(venue, "other", side="sell", price="60000")
    placed(venue, price="60000")
    before = exchange.fetch_balance()
    placed(venue, "other", side="sell", price="60000")
    order = exchange.create_order(BTC, "market", "buy", 0.01)
    assert (order["status"], order["filled"], order["average"]) == ("closed", 0.01, 60_000)
    trade = exchange.fetch_my_trades(BTC, limit=1)[-1]
    assert (trade["order"], trade["side"], trade["amount"], trade["cost"]) == (order["id"], "buy", 0.01, 600)
    after = exchange.fetch_balance()
    assert after["BTC"]["total"] - before["BTC"]["total"] == pytest.approx(0.01)
    assert before["USD"]["total"] - after["USD"]["total"] == pytest.approx(600, abs=1)
    assert exchange.fetch_ticker(BTC)["last"] == 60_000
    assert exchange.fetch_trades(BTC)[-1]["price"] == 60_000


REFUSED: list[tuple[type[Exception], tuple[Any, ...]]] = [
    (ccxt.InsufficientFunds, (BTC, "limit", "sell", 16, 60_000)),
    (ccxt.BadRequest, (BTC, "limit", "buy", 0.01, 58_000, {"timeInForce": "GTX9"})),
    (ccxt.BadRequest, (BTC, "market", "buy", 0.01, None, {"cost": 100})),
]


@pytest.mark.parametrize(("kind", "order"), REFUSED)
def test_refusals_become_the_errors_that_ccxt_has_for_them(
    exchange: ccxt.alpaca, kind: type[Exception], order: tuple[Any, ...]
) -> None:
    with pytest.raises(kind):
        exchange.create_order(*order)


def test_what_is_not_mapped_is_an_error(exchange: ccxt.alpaca) -> None:
    for call in (exchange.fetch_deposits, lambda: exchange.withdraw("BTC", 1, "a" * 34)):
        with pytest.raises(ccxt.BaseError):
            call()


def test_a_wrong_secret_is_no_way_in(venue: Venue) -> None:
    with pytest.raises(ccxt.AuthenticationError):
        connected(venue, "wrong").fetch_balance()


def test_ccxt_pro_watches_books_trades_and_orders(venue: Venue) -> None:
    keys = {"apiKey": venue.key.key_id, "secret": venue.key.secret}

    async def scenario() -> None:
        exchange = ccxt.pro.alpaca(ccxt_preset(venue.url) | keys)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.to_thread(placed, venue, "other", side="sell", price="60000", quantity="0.02")
                book = await exchange.watch_order_book(BTC)
                assert book["asks"][0][:2] == [60_000, 0.02]
                watched = [asyncio.create_task(one) for one in (exchange.watch_trades(BTC), exchange.watch_orders(BTC))]
                while not all(task.done() for task in watched):
                    await exchange.create_order(BTC, "limit", "buy", 0.001, 60_000)
                    await asyncio.wait(watched, timeout=0.2)
                (trade, *_), (order, *_) = (task.result() for task in watched)
        finally:
            await exchange.close()
        assert (trade["symbol"], trade["price"], trade["amount"]) == (BTC, 60_000, 0.001)
        assert (order["symbol"], order["price"], order["side"]) == (BTC, 60_000, "buy")

    asyncio.run(scenario())
