"""An unmodified ccxt trades on a running venue through the Binance facade."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ccxt
import ccxt.pro
import pytest
from tests.api.test_trading import placed
from tests.api.venue import Venue, stopped
from typer.testing import CliRunner

from garraway.api.facades.binance import ccxt_preset
from garraway.cli.app import application

EXAMPLE = Path(__file__).parents[3] / "examples" / "ccxt_trading.py"
BTC = "BTC/USD"


def connected(venue: Venue, secret: str) -> ccxt.binance:
    return ccxt.binance(ccxt_preset(venue.url, venue.streams_url) | {"apiKey": venue.key.key_id, "secret": secret})


@pytest.fixture(scope="module")
def exchange(venue: Venue) -> ccxt.binance:
    made = connected(venue, venue.key.secret)
    made.load_markets()
    return made


@pytest.fixture(scope="module")
def projector(venue: Venue) -> Iterator[None]:
    """What fills the SQL views, which candles come from."""
    command = [sys.executable, "-m", "garraway.cli", "projector", "--folder", str(venue.folder)]
    with (venue.folder / "log" / "projector.log").open("ab") as log:
        process = subprocess.Popen([*command, "--url", venue.database], stdout=log, stderr=log)
    yield
    assert stopped(process) == 0


def strings(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a tree of dictionaries and lists, with where it stands."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from strings(one, f"{path}.{name}")
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from strings(one, f"{path}[{index}]")


@pytest.mark.parametrize("kind", [ccxt.binance, ccxt.pro.binance])
def test_the_preset_leaves_no_url_of_the_real_venue(kind: type[ccxt.binance]) -> None:
    ours = ("http://venue.example:8080/binance", "ws://venue.example:8081/binance")
    made = kind(ccxt_preset("http://venue.example:8080", "ws://venue.example:8081"))
    left = [(path, text) for path, text in strings(made.urls) if not text.startswith(ours)]
    assert left == []
    made.set_sandbox_mode(True)
    assert [(path, text) for path, text in strings(made.urls["api"]) if not text.startswith(ours)] == []
    assert made.options["fetchMarkets"]["types"] == ["spot"]
    assert (made.options["fetchCurrencies"], made.options["fetchMargins"]) == (False, False)


CONFIGURED: list[tuple[tuple[str, ...], str | None]] = [
    ((), "ws://127.0.0.1:8081"),
    (("--url", "https://venue.example"), "wss://venue.example:8081"),
    (("--url", "http://[::1]:8080"), "ws://[::1]:8081"),
    (("--url", "https://venue.example", "--streams", "wss://streams.example/"), "wss://streams.example"),
    (("--streams", "http://venue.example:8081"), None),
    (("--streams", "ws://"), None),
    (("--url", "ws://venue.example"), None),
]


@pytest.mark.parametrize(("options", "streams"), CONFIGURED)
def test_the_preset_says_where_websockets_are(options: tuple[str, ...], streams: str | None) -> None:
    ran = CliRunner().invoke(application("ccxt-config"), ["ccxt-config", "--json", *options])
    assert ran.exit_code == (2 if streams is None else 0), ran.output
    if streams is not None:
        told = json.loads(ran.stdout)["urls"]["api"]["ws"]
        assert (told["spot"], told["ws-api"]["spot"]) == (
            f"{streams}/binance/stream/ws",
            f"{streams}/binance/ws-api/v3",
        )


def test_markets_come_with_their_terms(exchange: ccxt.binance) -> None:
    found = exchange.market(BTC)
    assert (found["id"], found["spot"], found["active"]) == ("BTCUSD", True, True)
    assert (found["precision"]["price"], found["precision"]["amount"]) == (0.5, 0.001)
    assert {one["type"] for one in exchange.markets.values()} == {"spot"}
    assert exchange.fetch_time() > 0


def test_a_limit_order_rests_is_read_and_cancelled(venue: Venue, exchange: ccxt.binance) -> None:
    before = exchange.fetch_balance()["USD"]
    order = exchange.create_order(BTC, "limit", "buy", 0.01, 58_000)
    assert (order["status"], order["price"], order["amount"], order["filled"]) == ("open", 58_000, 0.01, 0)
    assert order["id"] in {one["id"] for one in exchange.fetch_open_orders(BTC)}
    book = exchange.fetch_order_book(BTC)
    assert [58_000, 0.01] in [level[:2] for level in book["bids"]]
    assert exchange.fetch_balance()["USD"]["used"] > before["used"]
    gone = exchange.cancel_order(order["id"], BTC)
    assert (gone["status"], gone["id"]) == ("canceled", order["id"])
    assert exchange.fetch_order(order["id"], BTC)["status"] == "canceled"
    assert exchange.fetch_balance()["USD"] == before
    assert order["id"] not in {one["id"] for one in exchange.fetch_open_orders(BTC)}
    with venue.client() as client:
        native = client.get(f"/api/v1/orders/{order['id']}").json()["order"]
    assert (native["client_order_id"], native["status"]) == (order["clientOrderId"], "canceled")


def test_a_market_order_takes_what_rests_and_shows_in_my_trades(venue: Venue, exchange: ccxt.binance) -> None:
    placed(venue, "other", side="sell", price="60000")
    order = exchange.create_order(BTC, "market", "buy", 0.01)
    assert (order["status"], order["filled"], order["average"], order["type"]) == ("closed", 0.01, 60_000, "market")
    assert [(one["amount"], one["price"], one["fee"]["currency"]) for one in order["trades"]] == [(0.01, 60_000, "USD")]
    (trade,) = exchange.fetch_my_trades(BTC, params={"orderId": order["id"]})
    assert (trade["order"], trade["side"], trade["takerOrMaker"], trade["cost"]) == (order["id"], "buy", "taker", 600)
    latest = exchange.fetch_trades(BTC)[-1]
    assert (latest["price"], latest["amount"], latest["side"]) == (60_000, 0.01, "buy")
    assert exchange.fetch_ticker(BTC)["last"] == 60_000
    assert order["id"] in {one["id"] for one in exchange.fetch_closed_orders(BTC)}


def test_the_log_tells_the_command_of_an_order(venue: Venue, exchange: ccxt.binance) -> None:
    order = exchange.create_order(BTC, "limit", "buy", 0.01, 57_000)
    exchange.cancel_order(order["id"], BTC)
    route = "/binance/api/v3/order"

    def lines() -> list[tuple[str, int]]:
        found = [line for line in venue.log("service") if line.get("route") == route and line.get("command_seq")]
        return [(line["method"], line["status"]) for line in found if line["order_ref"] == order["id"]]

    venue.until(lambda: lines() == [("POST", 200), ("DELETE", 200)])


CLOSING: list[tuple[dict[str, Any], str]] = [
    ({"params": {"timeInForce": "IOC"}}, "expired"),
    ({"params": {"timeInForce": "FOK"}}, "expired"),
]


@pytest.mark.parametrize(("how", "status"), CLOSING)
def test_an_immediate_order_that_finds_nothing_expires(
    exchange: ccxt.binance, how: dict[str, Any], status: str
) -> None:
    order = exchange.create_order(BTC, "limit", "buy", 0.01, 57_500, **how)
    assert (order["status"], order["filled"]) == (status, 0)


def test_stop_orders_and_maker_orders_are_told_as_what_they_are(exchange: ccxt.binance) -> None:
    stop = exchange.create_order(BTC, "limit", "buy", 0.01, 61_500, {"stopLossPrice": 61_000})
    maker = exchange.create_order(BTC, "limit", "buy", 0.01, 57_600, {"postOnly": True})
    found = {one["id"]: one for one in exchange.fetch_open_orders(BTC)}
    assert (found[stop["id"]]["info"]["type"], found[stop["id"]]["triggerPrice"]) == ("STOP_LOSS_LIMIT", 61_000)
    assert (found[maker["id"]]["info"]["type"], found[maker["id"]]["postOnly"]) == ("LIMIT_MAKER", True)
    gone = exchange.cancel_all_orders(BTC)
    assert {stop["id"], maker["id"]} <= {one["id"] for one in gone}
    assert exchange.fetch_open_orders(BTC) == []


REFUSED: list[tuple[type[Exception], tuple[Any, ...], dict[str, Any]]] = [
    (ccxt.InsufficientFunds, (BTC, "limit", "sell", 16, 60_000), {}),
    (ccxt.BadRequest, (BTC, "limit", "buy", 0.01, 58_000), {"timeInForce": "GTX9"}),
    (ccxt.BadSymbol, (BTC, "limit", "buy", 0.01, 58_000), {"symbol": "NONE"}),
]


@pytest.mark.parametrize(("kind", "order", "params"), REFUSED)
def test_refusals_become_the_errors_that_ccxt_has_for_them(
    exchange: ccxt.binance, kind: type[Exception], order: tuple[Any, ...], params: dict[str, Any]
) -> None:
    with pytest.raises(kind):
        exchange.create_order(*order, params)


def test_an_order_that_is_not_there_is_not_found(exchange: ccxt.binance) -> None:
    with pytest.raises(ccxt.OrderNotFound):
        exchange.cancel_order("999999999", BTC)
    with pytest.raises(ccxt.OrderNotFound):
        exchange.fetch_order("999999999", BTC)


def test_a_wrong_secret_is_no_way_in(venue: Venue) -> None:
    with pytest.raises(ccxt.AuthenticationError):
        connected(venue, "wrong").fetch_balance()


def test_the_example_runs_as_it_stands(venue: Venue, projector: None, tmp_path: Path) -> None:
    placed(venue, "other", side="sell", price="60000", quantity="0.02")
    placed(venue, price="60000")
    with venue.client("") as client:
        venue.until(lambda: client.get("/api/v1/instruments/BTC-USD/candles").json()["items"] != [])
    made = subprocess.run(
        [sys.executable, "-m", "garraway.cli", "ccxt-config", "--url", venue.url, "--json"],
        capture_output=True,
        check=True,
    )
    preset = tmp_path / "preset.json"
    preset.write_bytes(made.stdout)
    keys = {"GARRAWAY_KEY_ID": venue.key.key_id, "GARRAWAY_KEY_SECRET": venue.key.secret}
    ran = subprocess.run(
        [sys.executable, str(EXAMPLE), str(preset)],
        check=False,
        env=os.environ | keys,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    lines = dict(line.split(": ", 1) for line in ran.stdout.splitlines())
    assert "BTC/USD" in lines["markets"]
    assert lines["cancelled"] == "canceled"
    assert lines["bought"] == "0.01 at 60000.0 closed"
    assert "candle" in lines
