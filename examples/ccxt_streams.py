"""An unmodified ccxt.pro program that watches a Garraway venue. Not affiliated with Binance or ccxt.

garraway ccxt-config --url http://127.0.0.1:8080 --streams ws://127.0.0.1:8081 --json > preset.json
GARRAWAY_KEY_ID=... GARRAWAY_KEY_SECRET=... python examples/ccxt_streams.py preset.json

It watches BTC/USD and an order of its own, as the account of the key: it needs some USD.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import ccxt.pro

SYMBOL = "BTC/USD"
AMOUNT = 0.01
FAR_BELOW = 0.9


async def main(preset: dict[str, Any]) -> None:
    """Watches the book and the best prices, then an order from its placing to its end."""
    keys = {"apiKey": os.environ["GARRAWAY_KEY_ID"], "secret": os.environ["GARRAWAY_KEY_SECRET"]}
    exchange = ccxt.pro.binance(preset | keys)
    try:
        book = await exchange.watch_order_book(SYMBOL)
        print("book:", book["nonce"], "bids:", book["bids"][:3], "asks:", book["asks"][:3])
        best = (await exchange.watch_bids_asks([SYMBOL]))[SYMBOL]
        print("best:", best["bid"], best["ask"])

        orders = asyncio.ensure_future(exchange.watch_orders(SYMBOL))
        await exchange.authenticate()
        price = float(exchange.price_to_precision(SYMBOL, best["ask"] * FAR_BELOW))
        placed = await exchange.create_order_ws(SYMBOL, "limit", "buy", AMOUNT, price)
        watched = (await orders)[-1]
        print("watched:", watched["id"] == placed["id"], watched["status"], "at", watched["price"])
        orders = asyncio.ensure_future(exchange.watch_orders(SYMBOL))
        await asyncio.sleep(0)
        await exchange.cancel_order_ws(placed["id"], SYMBOL)
        print("ended:", (await orders)[-1]["status"])
        print("free:", exchange.balance["spot"]["USD"]["free"], "USD")
    finally:
        await exchange.close()


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text())))
