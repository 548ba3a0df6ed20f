"""An unmodified alpaca-py program that trades on a Garraway venue. Not affiliated with Alpaca.

GARRAWAY_KEY_ID=... GARRAWAY_KEY_SECRET=... python examples/alpaca_trading.py http://127.0.0.1:8080

It trades BTC/USD as the account of the key: it needs some USD, and an offer in the book for its market order. Every
client has to be given `url_override`: without it alpaca-py sends key and secret to the real venue.
"""

import os
import sys
import threading

from alpaca.data.historical import CryptoHistoricalDataClient
from alpaca.data.requests import CryptoLatestQuoteRequest
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, TimeInForce
from alpaca.trading.models import TradeUpdate
from alpaca.trading.requests import LimitOrderRequest, MarketOrderRequest
from alpaca.trading.stream import TradingStream

SYMBOL = "BTC/USD"
AMOUNT = 0.01
PATIENCE_S = 20


def main(url: str) -> None:
    """Reads the market, places a limit order, cancels it, buys at the market and hears of it."""
    key, secret = os.environ["GARRAWAY_KEY_ID"], os.environ["GARRAWAY_KEY_SECRET"]
    client = TradingClient(key, secret, url_override=f"{url}/alpaca")
    data = CryptoHistoricalDataClient(url_override=f"{url}/alpaca")

    print("assets:", ", ".join(asset.symbol for asset in client.get_all_assets()))
    quote = data.get_crypto_latest_quote(CryptoLatestQuoteRequest(symbol_or_symbols=SYMBOL))[SYMBOL]
    print("quote:", quote.bid_price, quote.ask_price)
    account = client.get_account()
    print("cash:", account.cash, account.currency)

    below = round(quote.ask_price * 0.98)
    order = {"symbol": SYMBOL, "qty": AMOUNT, "side": OrderSide.BUY, "time_in_force": TimeInForce.GTC}
    resting = client.submit_order(LimitOrderRequest(**order, limit_price=below))
    print("placed:", resting.id, resting.status.value, "at", resting.limit_price)
    client.cancel_order_by_id(resting.id)
    print("cancelled:", client.get_order_by_id(resting.id).status.value)

    stream = TradingStream(key, secret, url_override=f"ws{url.removeprefix('http')}/alpaca/stream")
    events: list[str] = []
    ready, filled = threading.Event(), threading.Event()

    async def heard(update: TradeUpdate) -> None:
        ready.set()
        if update.order.client_order_id == probe_id or update.order.id == resting.id:
            return
        events.append(str(getattr(update.event, "value", update.event)))
        if update.order.status.value == "filled":
            filled.set()

    stream.subscribe_trade_updates(heard)
    threading.Thread(target=stream.run, daemon=True).start()
    probe_id = f"probe-{resting.id.hex[-24:]}"
    probe = client.submit_order(LimitOrderRequest(**order, limit_price=below, client_order_id=probe_id))
    while not ready.wait(0.2):  # the stream listens once it hears of an order that changes
        probe = client.replace_order_by_id(probe.id)
    client.cancel_order_by_id(probe.id)

    bought = client.submit_order(MarketOrderRequest(**order))
    print("bought:", bought.filled_qty, "at", bought.filled_avg_price, bought.status.value)
    filled.wait(PATIENCE_S)
    stream.stop()
    print("heard:", ", ".join(events))
    print("position:", client.get_open_position(SYMBOL).qty)


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
