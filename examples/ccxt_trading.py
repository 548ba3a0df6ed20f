"""An unmodified ccxt program that trades on a Garraway venue. Not affiliated with Binance or ccxt.

garraway ccxt-config --url http://127.0.0.1:8080 --json > preset.json
GARRAWAY_KEY_ID=... GARRAWAY_KEY_SECRET=... python examples/ccxt_trading.py preset.json

It trades BTC/USD as the account of the key: it needs some USD, and an offer in the book for its market order.
"""

import json
import os
import sys
from pathlib import Path

import ccxt

SYMBOL = "BTC/USD"
AMOUNT = 0.01


def main(preset: Path) -> None:
    """Reads the market, places a limit order, cancels it, buys at the market, and shows what was traded."""
    keys = {"apiKey": os.environ["GARRAWAY_KEY_ID"], "secret": os.environ["GARRAWAY_KEY_SECRET"]}
    exchange = ccxt.binance(json.loads(preset.read_text()) | keys)

    markets = exchange.load_markets()
    print("markets:", ", ".join(sorted(markets)))
    book = exchange.fetch_order_book(SYMBOL, 5)
    print("bids:", book["bids"], "asks:", book["asks"])
    print("last:", exchange.fetch_ticker(SYMBOL)["last"])
    for start, *prices, volume in exchange.fetch_ohlcv(SYMBOL, "1m", limit=3):
        print("candle:", exchange.iso8601(start), prices, volume)
    before = exchange.fetch_balance()
    print("free:", before["USD"]["free"], "USD,", before["BTC"]["free"], "BTC")

    best_ask = book["asks"][0][0]
    resting = exchange.create_order(SYMBOL, "limit", "buy", AMOUNT, best_ask * 0.98)
    print("placed:", resting["id"], resting["status"], "at", resting["price"])
    print("open:", [order["id"] for order in exchange.fetch_open_orders(SYMBOL)])
    print("cancelled:", exchange.cancel_order(resting["id"], SYMBOL)["status"])

    bought = exchange.create_order(SYMBOL, "market", "buy", AMOUNT)
    print("bought:", bought["filled"], "at", bought["average"], bought["status"])
    trades = exchange.fetch_my_trades(SYMBOL, params={"orderId": bought["id"]})
    print("trades:", [(trade["amount"], trade["price"], trade["fee"]) for trade in trades])
    after = exchange.fetch_balance()
    print("BTC:", before["BTC"]["total"], "->", after["BTC"]["total"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
