"""An unmodified alpaca-py trades on a running venue through the Alpaca facade."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from alpaca.common.enums import Sort
from alpaca.common.exceptions import APIError
from alpaca.data.enums import DataFeed
from alpaca.data.historical import CryptoHistoricalDataClient, StockHistoricalDataClient
from alpaca.data.requests import (
    CryptoBarsRequest,
    CryptoLatestBarRequest,
    CryptoLatestOrderbookRequest,
    CryptoLatestQuoteRequest,
    CryptoLatestTradeRequest,
    CryptoQuoteRequest,
    CryptoSnapshotRequest,
    CryptoTradesRequest,
    StockBarsRequest,
    StockLatestBarRequest,
    StockLatestQuoteRequest,
    StockLatestTradeRequest,
    StockSnapshotRequest,
    StockTradesRequest,
)
from alpaca.data.timeframe import TimeFrame, TimeFrameUnit
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import (
    AssetClass,
    OrderClass,
    OrderSide,
    OrderStatus,
    QueryOrderStatus,
    TimeInForce,
)
from alpaca.trading.requests import (
    ClosePositionRequest,
    GetAssetsRequest,
    GetCalendarRequest,
    GetOrderByIdRequest,
    GetOrdersRequest,
    GetPortfolioHistoryRequest,
    LimitOrderRequest,
    MarketOrderRequest,
    ReplaceOrderRequest,
    StopLimitOrderRequest,
    StopLossRequest,
    StopOrderRequest,
    TakeProfitRequest,
    TrailingStopOrderRequest,
)
from tests.api.test_trading import placed
from tests.api.venue import ACCOUNT, START_S, Venue, stopped

from garraway.cli.up.listings import EQUITY_LISTING
from garraway.records import Phase, PriceKind, encode
from garraway.venues import ExchangeVenue

EXAMPLE = Path(__file__).parents[3] / "examples" / "alpaca_trading.py"
Client: TypeAlias = Any
Said: TypeAlias = Any
"""Of alpaca-py: by its types every method may return a dictionary, which it does only if it is asked for it."""
BTC, EUR, SHARE = "BTC/USD", "EUR/USD", "GARR"


def connected(venue: Venue, secret: str) -> Client:
    return TradingClient(venue.key.key_id, secret, url_override=f"{venue.url}/alpaca")


@pytest.fixture(scope="module")
def client(venue: Venue) -> Client:
    return connected(venue, venue.key.secret)


@pytest.fixture(autouse=True)
def nothing_left(venue: Venue, client: Client) -> Iterator[None]:
    """No order of a test stands in the way of the next."""
    yield
    client.cancel_orders()
    with venue.client("other") as other:
        assert other.delete("/api/v1/orders").json()["status"] == "accepted"


@pytest.fixture(scope="module")
def share_trades(venue: Venue) -> Iterator[None]:
    """The share is in continuous trading, and is brought back into its phase."""
    number, listed = EQUITY_LISTING.number, EQUITY_LISTING.phase

    async def brought_into(phase: Phase) -> None:
        async with await ExchangeVenue.connect(venue.folder, wait_s=START_S) as operator:
            reference = EQUITY_LISTING.reference_price
            await operator.submit(
                [
                    encode("SetReference", instrument=number, what=PriceKind.REFERENCE, price=reference),
                    encode("SetPhase", instrument=number, phase=phase),
                ]
            )

    asyncio.run(brought_into(Phase.CONTINUOUS))
    yield
    asyncio.run(brought_into(listed))


@pytest.fixture(scope="module")
def projector(venue: Venue) -> Iterator[None]:
    """What fills the SQL views, which bars come from."""
    command = [sys.executable, "-m", "garraway.cli", "projector", "--folder", str(venue.folder)]
    with (venue.folder / "log" / "projector-alpaca.log").open("ab") as log:
        process = subprocess.Popen([*command, "--url", venue.database], stdout=log, stderr=log)
    yield
    assert stopped(process) == 0


def limit(price: float, **more: object) -> LimitOrderRequest:
    words: dict[str, Any] = {"symbol": BTC, "qty": 0.01, "side": OrderSide.BUY, "time_in_force": TimeInForce.GTC}
    return LimitOrderRequest(**words | {"limit_price": price} | more)


def traded(venue: Venue, price: str = "60000", quantity: str = "0.01") -> None:
    """A trade of this price, with the client of these tests as the buyer."""
    placed(venue, "other", side="sell", price=price, quantity=quantity)
    placed(venue, price=price, quantity=quantity)


def test_the_account_is_reckoned_in_dollars(client: Client) -> None:
    found = client.get_account()
    assert (found.account_number, found.currency, found.status) == (str(ACCOUNT), "USD", "ACTIVE")
    assert float(found.cash) > 0
    assert float(found.equity) == pytest.approx(float(found.cash) + float(found.long_market_value))
    assert (found.multiplier, found.shorting_enabled) == ("1", False)
    assert client.get_account().id == found.id


def test_assets_are_the_spot_instruments_with_their_terms(client: Client) -> None:
    found = {one.symbol: one for one in client.get_all_assets()}
    assert set(found) == {"GARR", "BTC/USD", "EUR/USD"}
    bitcoin = found[BTC]
    assert (bitcoin.asset_class, bitcoin.tradable, bitcoin.fractionable) == (AssetClass.CRYPTO, True, True)
    assert (bitcoin.min_order_size, bitcoin.price_increment) == (0.001, 0.5)
    assert found[SHARE].asset_class == AssetClass.US_EQUITY
    assert [one.symbol for one in client.get_all_assets(GetAssetsRequest(asset_class=AssetClass.US_EQUITY))] == [SHARE]
    assert client.get_asset("BTCUSD") == client.get_asset(bitcoin.id) == client.get_asset(BTC) == bitcoin
    with pytest.raises(APIError) as caught:
        client.get_asset("NONE")
    assert (caught.value.status_code, caught.value.code) == (404, 40410000)


def test_a_limit_order_rests_is_read_in_each_way_and_cancelled(venue: Venue, client: Client) -> None:
    before = client.get_account()
    order = client.submit_order(limit(58_000, client_order_id="alpaca-limit-1"))
    assert (order.status, float(order.qty), float(order.limit_price)) == (OrderStatus.NEW, 0.01, 58_000)
    assert (float(order.filled_qty), order.filled_avg_price) == (0, None)
    assert (order.symbol, order.side, order.time_in_force) == (BTC, OrderSide.BUY, TimeInForce.GTC)
    assert client.get_order_by_id(order.id) == client.get_order_by_client_id("alpaca-limit-1") == order
    assert [one.id for one in client.get_orders()] == [order.id]
    assert float(client.get_account().buying_power) < float(before.buying_power)
    client.cancel_order_by_id(order.id)
    gone = client.get_order_by_id(order.id)
    assert (gone.status, gone.canceled_at is not None) == (OrderStatus.CANCELED, True)
    assert client.get_account().buying_power == before.buying_power
    with pytest.raises(APIError) as caught:
        client.cancel_order_by_id(order.id)
    assert (caught.value.code, caught.value.message) == (42210000, "order is not cancelable: it is canceled")
    with venue.client() as native:
        found = native.get(f"/api/v1/orders/{order.id.int & (2**62 - 1)}").json()["order"]
    assert (found["client_order_id"], found["status"]) == ("alpaca-limit-1", "canceled")


RESTING: list[tuple[type, dict[str, Any], dict[str, Any]]] = [
    (
        LimitOrderRequest,
        {"limit_price": 58_000, "time_in_force": "day"},
        {"limit_price": 58_000, "time_in_force": "day"},
    ),
    (StopOrderRequest, {"stop_price": 61_000}, {"stop_price": 61_000, "type": "stop", "limit_price": None}),
    (
        StopLimitOrderRequest,
        {"stop_price": 61_000, "limit_price": 61_500},
        {"stop_price": 61_000, "limit_price": 61_500, "type": "stop_limit"},
    ),
    (TrailingStopOrderRequest, {"trail_price": 500}, {"trail_price": 500, "type": "trailing_stop"}),
    (
        LimitOrderRequest,
        {"limit_price": 58_000, "time_in_force": "cls"},
        {"time_in_force": "cls", "limit_price": 58_000, "status": "accepted"},
    ),
]


@pytest.mark.parametrize(("kind", "words", "expected"), RESTING)
def test_an_order_of_each_type_that_waits_is_told_as_it_was_placed(
    client: Client, kind: type, words: dict[str, Any], expected: dict[str, Any]
) -> None:
    order = client.submit_order(kind(**{"symbol": BTC, "qty": 0.01, "side": "buy", "time_in_force": "gtc"} | words))
    said = json.loads(order.model_dump_json())
    shown = {name: float(said[name]) if name.endswith("price") and said[name] else said[name] for name in expected}
    assert shown == expected
    assert client.get_order_by_id(order.id) == order


@pytest.mark.parametrize("time", ["ioc", "fok"])
def test_an_immediate_order_that_finds_nothing_is_canceled(client: Client, time: str) -> None:
    order = client.submit_order(limit(57_500, time_in_force=time))
    assert (order.status, float(order.filled_qty), order.time_in_force) == (OrderStatus.CANCELED, 0, time)


@pytest.mark.parametrize("time", ["day", "gtc", "ioc", "fok"])
def test_a_market_order_takes_what_rests(venue: Venue, client: Client, time: str) -> None:
    traded(venue)
    placed(venue, "other", side="sell", price="60000")
    order = client.submit_order(MarketOrderRequest(symbol=BTC, qty=0.01, side="buy", time_in_force=time))
    assert (order.status, float(order.filled_qty), float(order.filled_avg_price)) == (OrderStatus.FILLED, 0.01, 60_000)
    assert order.filled_at is not None
    assert order.id in {one.id for one in client.get_orders(GetOrdersRequest(status=QueryOrderStatus.CLOSED))}


def test_orders_are_listed_by_state_side_symbol_time_and_direction(client: Client) -> None:
    first, second = client.submit_order(limit(58_000)), client.submit_order(limit(57_000))
    euro = client.submit_order(limit(1.05, symbol=EUR, qty=1_000))
    every = [euro.id, second.id, first.id]

    def found(**words: Any) -> list[Any]:  # noqa: ANN401 - of any field of the request
        return [one.id for one in client.get_orders(GetOrdersRequest(**words))]

    assert found() == every
    assert found(direction="asc") == every[::-1]
    assert found(symbols=[EUR]) == [euro.id]
    assert found(symbols=["BTCUSD", EUR]) == every
    assert found(side="sell") == []
    assert found(limit=1) == [euro.id]
    assert found(after=first.submitted_at + timedelta(microseconds=1)) == every[:2]
    assert found(until=first.submitted_at + timedelta(microseconds=1)) == [first.id]
    assert found(status="closed", after=first.submitted_at) == []
    assert set(found(status="all")) >= set(every)


def test_an_order_is_replaced_and_bears_another_id(client: Client) -> None:
    order = client.submit_order(limit(58_000, client_order_id="alpaca-replaced-1"))
    changed = client.replace_order_by_id(
        order.id,
        ReplaceOrderRequest(limit_price=58_500, time_in_force=TimeInForce.GTC, client_order_id="alpaca-replaced-2"),
    )
    assert (float(changed.limit_price), float(changed.qty), changed.replaces) == (58_500, 0.01, order.id)
    assert (changed.client_order_id, changed.status) == ("alpaca-replaced-2", OrderStatus.NEW)
    old = client.get_order_by_id(order.id)
    assert (old.status, old.replaced_by) == (OrderStatus.REPLACED, changed.id)
    stop = client.submit_order(
        StopLimitOrderRequest(
            symbol=BTC, qty=0.01, side="buy", time_in_force="gtc", stop_price=61_000, limit_price=61_500
        )
    )
    moved = client.replace_order_by_id(stop.id, ReplaceOrderRequest(stop_price=61_200))
    assert (float(moved.stop_price), float(moved.limit_price)) == (61_200, 61_500)
    with pytest.raises(APIError) as caught:
        client.replace_order_by_id(moved.id, ReplaceOrderRequest(time_in_force=TimeInForce.DAY, limit_price=61_400))
    assert caught.value.message.startswith("time_in_force: stays gtc")


def test_all_orders_are_cancelled_and_each_is_told(client: Client) -> None:
    ids = {client.submit_order(limit(price)).id for price in (58_000, 57_000)}
    replies = client.cancel_orders()
    assert {one.id for one in replies} == ids
    assert {one.status for one in replies} == {200}
    assert client.get_orders() == []
    assert client.cancel_orders() == []


def exits(**more: object) -> dict[str, Any]:
    return {
        "take_profit": TakeProfitRequest(limit_price=62_000),
        "stop_loss": StopLossRequest(stop_price=56_000, limit_price=55_500),
    } | more


def nested(client: Client, order: Said) -> dict[str, Said]:
    found = client.get_order_by_id(order.id, GetOrderByIdRequest(nested=True))
    return {str(leg.type.value): leg for leg in found.legs or ()}


def test_a_bracket_waits_for_its_entry_and_then_guards_it(venue: Venue, client: Client) -> None:
    traded(venue)
    profit = TakeProfitRequest(limit_price=60_000)
    order = client.submit_order(limit(59_000, order_class=OrderClass.BRACKET, **exits(take_profit=profit)))
    assert order.order_class == OrderClass.BRACKET
    assert {leg.type.value: leg.status for leg in order.legs} == {"limit": "held", "stop_limit": "held"}
    placed(venue, "other", side="sell", price="59000")
    legs = nested(client, order)
    assert client.get_order_by_id(order.id).status == OrderStatus.FILLED
    assert {kind: (leg.status.value, leg.side.value) for kind, leg in legs.items()} == {
        "limit": ("new", "sell"),
        "stop_limit": ("new", "sell"),
    }
    rolled = client.get_orders(GetOrdersRequest(status=QueryOrderStatus.ALL, nested=True, limit=1))
    assert [one.id for one in rolled] == [order.id]
    placed(venue, "other", side="buy", price="60000")
    done = nested(client, order)
    assert (done["limit"].status, done["stop_limit"].status) == (OrderStatus.FILLED, OrderStatus.CANCELED)


def test_a_bracket_whose_entry_fills_at_once_is_guarded_as_well(venue: Venue, client: Client) -> None:
    traded(venue)
    placed(venue, "other", side="sell", price="60000")
    order = client.submit_order(
        MarketOrderRequest(symbol=BTC, qty=0.01, side="buy", time_in_force="gtc", order_class="bracket", **exits())
    )
    assert order.status == OrderStatus.FILLED
    assert {leg.type.value: leg.status.value for leg in order.legs} == {"limit": "new", "stop_limit": "new"}
    client.cancel_order_by_id(nested(client, order)["limit"].id)
    assert {leg.status for leg in nested(client, order).values()} == {OrderStatus.CANCELED}


def test_one_of_a_pair_cancels_the_other(venue: Venue, client: Client) -> None:
    traded(venue)
    order = client.submit_order(
        LimitOrderRequest(symbol=BTC, qty=0.01, side="sell", time_in_force="gtc", order_class="oco", **exits())
    )
    assert (order.order_class, float(order.limit_price), order.status) == (OrderClass.OCO, 62_000, OrderStatus.NEW)
    assert [(leg.type.value, leg.status.value) for leg in order.legs] == [("stop_limit", "new")]
    client.cancel_order_by_id(order.id)
    assert nested(client, order)["stop_limit"].status == OrderStatus.CANCELED


def test_one_order_triggers_another(venue: Venue, client: Client) -> None:
    traded(venue)
    loss = StopLossRequest(stop_price=56_000)
    order = client.submit_order(limit(59_000, order_class="oto", stop_loss=loss))
    assert [(leg.type.value, leg.status.value) for leg in order.legs] == [("stop", "held")]
    client.cancel_order_by_id(order.id)
    assert nested(client, order)["stop"].status == OrderStatus.CANCELED


def test_positions_are_told_and_closed(venue: Venue, client: Client) -> None:
    traded(venue)
    found = {one.symbol: one for one in client.get_all_positions()}
    assert (found[BTC].side.value, float(found[BTC].current_price)) == ("long", 60_000)
    assert float(found[BTC].market_value) == pytest.approx(float(found[BTC].qty) * 60_000)
    assert client.get_open_position("BTCUSD").qty == found[BTC].qty == client.get_open_position(BTC).qty
    placed(venue, "other", side="buy", price="60000", quantity="0.02")
    sold = client.close_position("BTCUSD", ClosePositionRequest(qty="0.01"))
    assert (sold.status, sold.side, float(sold.filled_qty)) == (OrderStatus.FILLED, OrderSide.SELL, 0.01)
    left = client.get_open_position(BTC)
    assert float(left.qty) == pytest.approx(float(found[BTC].qty) - 0.01)
    part = client.close_position(found[BTC].asset_id, ClosePositionRequest(percentage="0.05"))
    assert float(part.qty) == pytest.approx(float(left.qty) * 0.0005, abs=0.001)
    with pytest.raises(APIError) as caught:
        client.get_open_position("EURUSDX")
    assert (caught.value.status_code, caught.value.message) == (404, "position does not exist")


def test_fills_are_activities(venue: Venue, client: Client) -> None:
    traded(venue)
    placed(venue, "other", side="sell", price="60000", quantity="0.004")
    placed(venue, "other", side="sell", price="60000", quantity="0.006")
    order = client.submit_order(MarketOrderRequest(symbol=BTC, qty=0.01, side="buy", time_in_force="day"))
    latest, before = client.get("/account/activities/FILL", {"page_size": 2})
    assert {latest["order_id"], before["order_id"]} == {str(order.id)}
    assert [(one["qty"], one["cum_qty"], one["leaves_qty"], one["type"]) for one in (before, latest)] == [
        ("0.004", "0.004", "0.006", "partial_fill"),
        ("0.006", "0.01", "0", "fill"),
    ]
    (again,) = client.get("/account/activities", {"activity_types": "FILL", "page_size": 1, "page_token": latest["id"]})
    assert again == before
    with pytest.raises(APIError) as caught:
        client.get("/account/activities/CSD")
    assert caught.value.status_code == 422


def test_configurations_are_told_and_cannot_be_changed(client: Client) -> None:
    found = client.get_account_configurations()
    assert (found.no_shorting, found.max_margin_multiplier) == (True, "1")
    assert client.set_account_configurations(found) == found
    with pytest.raises(APIError) as caught:
        client.set_account_configurations(found.model_copy(update={"suspend_trade": True}))
    assert caught.value.message == "suspend_trade: is False here and cannot be changed"


def test_the_clock_goes_and_every_day_is_a_session_where_no_schedule_says_otherwise(client: Client) -> None:
    clock = client.get_clock()
    assert clock.is_open
    assert timedelta(0) < clock.next_close - clock.timestamp <= timedelta(days=1)
    days = client.get_calendar(GetCalendarRequest(start=date(2026, 12, 24), end=date(2026, 12, 26)))
    assert [(one.date.day, one.open.hour, one.close.hour) for one in days] == [(24, 0, 23), (25, 0, 23), (26, 0, 23)]


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"limit_price": 58_000.3}, 42210000, "limit_price: price '58000.3'"),
    ({"qty": 0.0001}, 42210000, "qty: quantity '0.0001'"),
    ({"qty": 1e-7}, 42210000, "qty: quantity '0.0000001'"),
    ({"symbol": "NONE/USD"}, 42210000, "symbol: asset 'NONE/USD' not found"),
    ({"symbol": "BTC-F"}, 42210000, "symbol: asset"),
    ({"client_order_id": "no spaces"}, 42210000, "client_order_id: is not"),
    ({"extended_hours": True}, 42210000, "extended_hours: not supported here"),
    ({"position_intent": "buy_to_open"}, 42210000, "position_intent: not supported here"),
    ({"qty": 16, "side": "sell", "limit_price": 60_000}, 40310000, "insufficient balance for the order"),
    ({"qty": 1e9}, 42210000, "qty: quantity"),
    ({"time_in_force": "opg"}, 40310000, "market is closed, or takes no such order now"),
]


@pytest.mark.parametrize(("words", "code", "message"), REFUSED)
def test_what_cannot_be_done_is_refused_with_the_field_named(
    client: Client, words: dict[str, Any], code: int, message: str
) -> None:
    with pytest.raises(APIError) as caught:
        client.submit_order(limit(**{"price": 58_000} | words))
    assert caught.value.code == code
    assert caught.value.message.startswith(message)


def test_a_client_order_id_is_taken_once(client: Client) -> None:
    client.submit_order(limit(58_000, client_order_id="alpaca-twice"))
    with pytest.raises(APIError) as caught:
        client.submit_order(limit(58_000, client_order_id="alpaca-twice"))
    assert (caught.value.code, caught.value.message) == (42210001, "client_order_id must be unique")


def test_what_is_not_mapped_is_no_endpoint(client: Client) -> None:
    with pytest.raises(APIError) as caught:
        client.get_watchlists()
    assert (caught.value.code, caught.value.message) == (40410000, "endpoint not found")


def test_orders_and_secrets_of_others_are_no_way_in(venue: Venue, client: Client) -> None:
    with pytest.raises(APIError) as caught:
        connected(venue, "wrong").get_account()
    assert (caught.value.status_code, caught.value.code) == (401, 40110000)
    said = placed(venue, "other", side="sell", price="65000")
    mine = client.submit_order(limit(58_000))
    theirs = mine.id.int + (said["account"] - ACCOUNT << 96) + int(said["order_ref"]) - (mine.id.int & (2**62 - 1))
    for id_ in (str(type(mine.id)(int=theirs)), "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(APIError) as caught:
            client.get_order_by_id(id_)
        assert (caught.value.code, caught.value.message) == (40410000, "order not found")


def test_market_data_of_pairs(venue: Venue, projector: None) -> None:
    traded(venue)
    placed(venue, "other", side="sell", price="61000", quantity="0.03")
    client: Client = CryptoHistoricalDataClient(url_override=f"{venue.url}/alpaca")
    trade = client.get_crypto_latest_trade(CryptoLatestTradeRequest(symbol_or_symbols=BTC))[BTC]
    assert (trade.price, trade.size) == (60_000, 0.01)
    assert client.get_crypto_trades(CryptoTradesRequest(symbol_or_symbols=BTC, sort=Sort.DESC))[BTC][0].id == trade.id
    quote = client.get_crypto_latest_quote(CryptoLatestQuoteRequest(symbol_or_symbols=[BTC]))[BTC]
    book = client.get_crypto_latest_orderbook(CryptoLatestOrderbookRequest(symbol_or_symbols=BTC))[BTC]
    assert (quote.ask_price, quote.ask_size) == (book.asks[0].price, book.asks[0].size)
    day_ago = datetime.now(UTC) - timedelta(days=1)

    def bars() -> list[Any]:
        request = CryptoBarsRequest(symbol_or_symbols=BTC, timeframe=TimeFrame.Minute, start=day_ago)
        found: list[Any] = client.get_crypto_bars(request).data.get(BTC, [])
        return found

    venue.until(lambda: bool(bars()) and bars()[-1].timestamp.replace(tzinfo=UTC) <= datetime.now(UTC))
    assert (bars()[-1].low <= 60_000 <= bars()[-1].high) is True
    latest = client.get_crypto_latest_bar(CryptoLatestBarRequest(symbol_or_symbols=BTC))[BTC]
    snapshot = client.get_crypto_snapshot(CryptoSnapshotRequest(symbol_or_symbols=BTC))[BTC]
    assert (snapshot.minute_bar.timestamp, snapshot.latest_trade) == (latest.timestamp, trade)
    assert snapshot.daily_bar.volume >= latest.volume
    for request, call in (
        (
            CryptoBarsRequest(symbol_or_symbols=BTC, timeframe=TimeFrame(7, TimeFrameUnit.Minute)),
            client.get_crypto_bars,
        ),
        (CryptoQuoteRequest(symbol_or_symbols=BTC), client.get_crypto_quotes),
    ):
        with pytest.raises(APIError) as caught:
            call(request)
        assert caught.value.code == 42210000


def test_the_history_of_a_portfolio(venue: Venue, client: Client, projector: None) -> None:
    traded(venue)
    asked = GetPortfolioHistoryRequest(period="1D", timeframe="1H", pnl_reset="no_reset")

    def has_come() -> bool:
        told = client.get_portfolio_history(asked)
        return bool(told.equity[-1] == pytest.approx(float(client.get_account().equity)))

    venue.until(has_come)
    told = client.get_portfolio_history(asked)
    assert len(told.timestamp) == len(told.equity) == len(told.profit_loss) == len(told.profit_loss_pct) == 25
    assert (told.timeframe, told.timestamp[1] - told.timestamp[0]) == ("1H", 3_600)
    assert told.profit_loss[-1] == pytest.approx(told.equity[-1] - told.base_value)


def test_market_data_of_shares(venue: Venue, projector: None, share_trades: None) -> None:
    placed(venue, "other", symbol=SHARE, side="sell", price="100", quantity="5")
    placed(venue, symbol=SHARE, side="buy", price="100", quantity="5")
    client: Client = StockHistoricalDataClient(venue.key.key_id, venue.key.secret, url_override=f"{venue.url}/alpaca")
    trade = client.get_stock_latest_trade(StockLatestTradeRequest(symbol_or_symbols=SHARE, feed=DataFeed.IEX))[SHARE]
    assert (trade.price, trade.size) == (100, 5)
    assert client.get_stock_trades(StockTradesRequest(symbol_or_symbols=SHARE))[SHARE][-1].id == trade.id
    assert SHARE in client.get_stock_latest_quote(StockLatestQuoteRequest(symbol_or_symbols=SHARE))
    latest = StockLatestBarRequest(symbol_or_symbols=SHARE)
    venue.until(lambda: SHARE in client.get_stock_latest_bar(latest))
    start = datetime.now(UTC) - timedelta(days=1)
    bars = client.get_stock_bars(StockBarsRequest(symbol_or_symbols=SHARE, timeframe=TimeFrame.Day, start=start))
    assert bars[SHARE][-1].trade_count >= 1
    assert client.get_stock_snapshot(StockSnapshotRequest(symbol_or_symbols=SHARE))[SHARE].latest_trade == trade
    with pytest.raises(APIError) as caught:
        client.get_stock_latest_trade(StockLatestTradeRequest(symbol_or_symbols=BTC))
    assert (caught.value.code, caught.value.message) == (40010000, "Invalid symbol(s): BTC/USD")


def test_the_example_runs_as_it_stands(venue: Venue, projector: None) -> None:
    traded(venue)
    placed(venue, "other", side="sell", price="60000", quantity="0.01")
    keys = {"GARRAWAY_KEY_ID": venue.key.key_id, "GARRAWAY_KEY_SECRET": venue.key.secret}
    ran = subprocess.run(
        [sys.executable, str(EXAMPLE), venue.url],
        check=False,
        env=os.environ | keys,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    lines = dict(line.split(": ", 1) for line in ran.stdout.splitlines())
    assert BTC in lines["assets"]
    assert lines["cancelled"] == "canceled"
    assert lines["bought"] == "0.01 at 60000.0 filled"
    assert lines["heard"] == "new, fill"
