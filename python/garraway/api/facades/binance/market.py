"""Market data: exchangeInfo, depth, trades, klines, tickers. Public. Touches `units`, `store` through `reading`."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from garraway.api.facades.binance import symbols
from garraway.api.facades.binance.asking import Ask
from garraway.api.facades.binance.refusals import malformed, refusal
from garraway.api.ports import TickerRow, TradeRow
from garraway.api.problems import away
from garraway.api.reading import queried
from garraway.records import Phase, Side
from garraway.store import history
from garraway.units import money_text, price_text, quantity_text, scaled_text
from garraway.venues import Instrument

Said = dict[str, Any]
MS: Final = 1_000_000
NANO: Final = 10**9
DEPTH: Final = 100
DEPTH_AT_MOST: Final = 1_000
ROWS: Final = 500
TRADES_AT_MOST: Final = 256
"""What the fold keeps of an instrument."""
ROWS_AT_MOST: Final = 1_000
DAY_MS: Final = 86_400_000
LAST_NS: Final = 2**63 - 1
WIDTHS: Final = {"1m": 60, "5m": 300, "1h": 3_600, "1d": 86_400}
ORDER_TYPES: Final = ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT"]
STATUSES: Final = {
    Phase.CONTINUOUS: "TRADING",
    Phase.PRE_OPEN: "PRE_TRADING",
    Phase.OPENING_AUCTION: "AUCTION_MATCH",
    Phase.VOLATILITY_AUCTION: "AUCTION_MATCH",
    Phase.CLOSING_AUCTION: "AUCTION_MATCH",
    Phase.HALT: "HALT",
    Phase.SUSPENDED: "HALT",
    Phase.CLOSED: "END_OF_DAY",
    Phase.DELISTED: "BREAK",
}


async def ping(ask: Ask) -> Said:
    """Nothing, said by who is there."""
    del ask
    return {}


async def time(ask: Ask) -> Said:
    """The time by which requests are signed."""
    return {"serverTime": ask.services.clock() // MS}


async def exchange_info(ask: Ask) -> Said:
    """What is listed, on what terms."""
    per_minute = ask.services.edge.address_requests_per_minute
    weight = {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 1, "limit": per_minute}
    return {
        "timezone": "UTC",
        "serverTime": ask.services.clock() // MS,
        "rateLimits": [weight],
        "exchangeFilters": [],
        "symbols": [_terms(ask, symbol, one) for symbol, one in _wanted(ask).items()],
    }


async def depth(ask: Ask) -> Said:
    """The displayed book; `lastUpdateId` is the number of the last command that it holds."""
    instrument = _instrument(ask)
    terms = instrument.terms
    book = ask.services.views.book(instrument.number, ask.parameters.limit(DEPTH, DEPTH_AT_MOST))
    if book is None:
        raise away("NotYet", "listed a moment ago: ask again")
    bids, asks = (
        [[price_text(price, terms), quantity_text(lots, terms)] for price, lots, _ in side]
        for side in (book["bids"], book["asks"])
    )
    return {"lastUpdateId": book["seq"], "bids": bids, "asks": asks}


async def trades(ask: Ask) -> list[Said]:
    """The last trades, the latest last."""
    instrument = _instrument(ask)
    return [
        {
            "id": one["trade_id"],
            "price": price_text(one["price"], instrument.terms),
            "qty": quantity_text(one["quantity"], instrument.terms),
            "time": one["at_ns"] // MS,
            "isBuyerMaker": one["side"] == Side.SELL,
            "isBestMatch": True,
        }
        for one in _trades(ask, instrument)
    ]


async def aggregate_trades(ask: Ask) -> list[Said]:
    """The last trades, the latest last; each is told by itself."""
    instrument, parameters = _instrument(ask), ask.parameters
    since, until, least = (parameters.whole(name) for name in ("startTime", "endTime", "fromId"))
    return [
        {
            "a": one["trade_id"],
            "p": price_text(one["price"], instrument.terms),
            "q": quantity_text(one["quantity"], instrument.terms),
            "f": one["trade_id"],
            "l": one["trade_id"],
            "T": one["at_ns"] // MS,
            "m": one["side"] == Side.SELL,
            "M": True,
        }
        for one in _trades(ask, instrument)
        if one["trade_id"] >= (least or 0) and (since or 0) <= one["at_ns"] // MS <= (until or LAST_NS)
    ]


async def klines(ask: Ask) -> list[list[Any]]:
    """Candles, the oldest first, from the SQL views; none of a stretch in which nothing traded."""
    instrument, parameters = _instrument(ask), ask.parameters
    width_s = WIDTHS.get(parameters.needed("interval"))
    if width_s is None:
        raise refusal(-1120, "Invalid interval.")
    since_ms, until_ms = parameters.whole("startTime"), parameters.whole("endTime")
    limit = parameters.limit(ROWS, ROWS_AT_MOST)
    _, rows = await queried(
        ask.services,
        lambda connection: history.candles(
            connection,
            instrument.number,
            width_s=width_s,
            since_ns=_ns(since_ms, 0),
            until_ns=_ns(until_ms + 1 if until_ms is not None else None, LAST_NS),
            limit=limit,
            oldest_first=since_ms is not None,
        ),
    )
    in_order = rows if since_ms is not None else rows[::-1]
    return [_kline(ask, instrument, row, width_s) for row in in_order]


async def ticker_day(ask: Ask) -> Said | list[Said]:
    """The last 24 hours of an instrument, or of all."""
    return _of_each(ask, {symbol: _day(ask, symbol, one) for symbol, one in _wanted(ask).items()})


async def ticker_price(ask: Ask) -> Said | list[Said]:
    """The last price of an instrument, or of all."""
    found = {
        symbol: {"symbol": symbol, "price": price_text(_ticker(ask, one)["last"], one.terms)}
        for symbol, one in _wanted(ask).items()
    }
    return _of_each(ask, found)


async def ticker_book(ask: Ask) -> Said | list[Said]:
    """The best prices of an instrument, or of all."""
    return _of_each(ask, {symbol: {"symbol": symbol} | _best(ask, one) for symbol, one in _wanted(ask).items()})


def _instrument(ask: Ask) -> Instrument:
    return symbols.named(ask.services.directory, ask.parameters.needed("symbol"))


def _wanted(ask: Ask) -> dict[str, Instrument]:
    """What `symbol` or `symbols` names, or all. Raises: Refusal."""
    directory, one, several = ask.services.directory, ask.parameters.text("symbol"), ask.parameters.text("symbols")
    if one is not None:
        return {one: symbols.named(directory, one)}
    if several is None:
        return symbols.shown(directory)
    try:
        names = msgspec.json.decode(several, type=list[str])
    except msgspec.DecodeError as error:
        raise malformed("symbols") from error
    return {name: symbols.named(directory, name) for name in names}


def _of_each(ask: Ask, found: Mapping[str, Said]) -> Said | list[Said]:
    one = ask.parameters.text("symbol")
    return found[one] if one is not None else list(found.values())


def _terms(ask: Ask, symbol: str, one: Instrument) -> Said:
    directory, terms = ask.services.directory, one.terms
    base, quote = directory.assets[one.base_asset], directory.assets[one.quote_asset]
    standing = directory.standings.get(one.number)
    phase = standing.phase if standing is not None else one.listed_phase
    lot, most = quantity_text(1, terms), quantity_text(terms.max_quantity, terms)
    return {
        "symbol": symbol,
        "status": STATUSES[phase],
        "baseAsset": base.code,
        "baseAssetPrecision": base.scale,
        "quoteAsset": quote.code,
        "quotePrecision": quote.scale,
        "quoteAssetPrecision": quote.scale,
        "orderTypes": ORDER_TYPES,
        "icebergAllowed": True,
        "ocoAllowed": False,
        "quoteOrderQtyMarketAllowed": False,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": price_text(terms.min_price, terms),
                "maxPrice": price_text(terms.max_price, terms),
                "tickSize": price_text(terms.tick, terms),
            },
            {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": most, "stepSize": lot},
            {
                "filterType": "NOTIONAL",
                "minNotional": "0",
                "applyMinToMarket": False,
                "maxNotional": money_text(one.max_notional, quote),
                "applyMaxToMarket": True,
                "avgPriceMins": 0,
            },
        ],
        "permissions": [],
        "permissionSets": [["SPOT"]],
    }


def _trades(ask: Ask, instrument: Instrument) -> list[TradeRow]:
    """Those that stand, the latest last."""
    found = ask.services.views.trades(instrument.number, ask.parameters.limit(ROWS, TRADES_AT_MOST))
    return [one for one in reversed(found) if not one["busted"]]


def _ticker(ask: Ask, instrument: Instrument) -> TickerRow:
    row = ask.services.views.ticker(instrument.number)
    if row is None:
        raise away("NotYet", "listed a moment ago: ask again")
    return row


def _best(ask: Ask, instrument: Instrument) -> Said:
    """The best prices; 0 on an empty side."""
    book, terms = ask.services.views.book(instrument.number, 1), instrument.terms
    if book is None:
        raise away("NotYet", "listed a moment ago: ask again")
    bid, offer = ((side[0][0], side[0][1]) if side else (0, 0) for side in (book["bids"], book["asks"]))
    return {
        "bidPrice": price_text(bid[0], terms),
        "bidQty": quantity_text(bid[1], terms),
        "askPrice": price_text(offer[0], terms),
        "askQty": quantity_text(offer[1], terms),
    }


def _day(ask: Ask, symbol: str, one: Instrument) -> Said:
    row, terms, quote = _ticker(ask, one), one.terms, ask.services.directory.assets[one.quote_asset]
    day, now_ms = row["rolling"], ask.services.clock() // MS
    change = row["last"] - day["open"] if day["open"] else 0
    latest = ask.services.views.trades(one.number, 1)
    return {
        "symbol": symbol,
        "priceChange": _signed_price(change, one),
        "priceChangePercent": scaled_text(change * 100_000 // day["open"] if day["open"] else 0, 3, shown=3),
        "weightedAvgPrice": _weighted(day["value"], day["lots"], one, quote.scale),
        "lastPrice": price_text(row["last"], terms),
        "lastQty": quantity_text(latest[0]["quantity"] if latest else 0, terms),
        **_best(ask, one),
        "openPrice": price_text(day["open"], terms),
        "highPrice": price_text(day["high"], terms),
        "lowPrice": price_text(day["low"], terms),
        "volume": quantity_text(day["lots"], terms),
        "quoteVolume": money_text(day["value"], quote),
        "openTime": now_ms - DAY_MS,
        "closeTime": now_ms,
        "lastId": latest[0]["trade_id"] if latest else -1,
        "count": day["trades"],
    }


def _signed_price(units: int, one: Instrument) -> str:
    return scaled_text(units * one.terms.price_unit, 9, shown=one.terms.price_decimals)


def _weighted(value: int, lots: int, one: Instrument, scale: int) -> str:
    """The average price of what was traded, cut to 1e-9: for display."""
    nano = value * NANO * NANO // (10**scale * lots * one.terms.lot_size) if lots else 0
    return scaled_text(nano, 9, shown=one.terms.price_decimals)


def _kline(ask: Ask, one: Instrument, row: history.Row, width_s: int) -> list[Any]:
    """As an array. What takers bought is not kept: 0."""
    terms, quote = one.terms, ask.services.directory.assets[one.quote_asset]
    start_ms = row["start_ns"] // MS
    return [
        start_ms,
        *(price_text(row[name], terms) for name in ("open", "high", "low", "close")),
        quantity_text(row["quantity"], terms),
        start_ms + width_s * 1_000 - 1,
        money_text(row["value"], quote),
        row["trades"],
        "0",
        "0",
        "0",
    ]


def _ns(at_ms: int | None, default: int) -> int:
    return default if at_ms is None else min(at_ms * MS, LAST_NS)
