"""Market data: books, trades, tickers, candles, market status. Public."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query

from garraway.api.decimals import Decimal, Id, Said
from garraway.api.permits import public
from garraway.api.problems import away, invalid
from garraway.api.reading import Limit, MinSeq, Seen, queried
from garraway.api.rendering import At, SideSaid, at_text, price_or_none, side_said
from garraway.api.routes.instruments import named
from garraway.api.services import Services
from garraway.api.serving import Served
from garraway.records import Phase
from garraway.store import history
from garraway.units import InstrumentTerms, money_text, price_text, quantity_text
from garraway.venues import Instrument

DEPTH: Final = 20
DEPTH_AT_MOST: Final = 1_000
TRADES_AT_MOST: Final = 256
CANDLES_AT_MOST: Final = 1_000
WIDTHS: Final = {"1m": 60, "5m": 300, "1h": 3_600, "1d": 86_400}
SECOND_NS: Final = 10**9
LAST_NS: Final = 2**63 - 1

routes = APIRouter(prefix="/api/v1", tags=["market data"], dependencies=[public()])


class LevelSaid(Said):
    """One price of a book: what is displayed there."""

    price: Decimal
    quantity: Decimal
    orders: int


class BookSaid(Said):
    """A book as of command `seq`, best prices first."""

    symbol: str
    bids: list[LevelSaid]
    asks: list[LevelSaid]
    seq: int


class TradeSaid(Said):
    """A trade; `side` is the incoming order's."""

    trade_id: Id
    price: Decimal
    quantity: Decimal
    side: SideSaid
    busted: bool
    at: At
    ts_ns: int


class TradesSaid(Said):
    """The last trades, the latest first."""

    symbol: str
    items: list[TradeSaid]
    seq: int


PhaseSaid = Literal[
    "continuous",
    "pre_open",
    "opening_auction",
    "halt",
    "volatility_auction",
    "closing_auction",
    "closed",
    "suspended",
    "delisted",
]


class TickerSaid(Said):
    """An instrument at a glance. Open, high, low, quantity, value and trades are of the last 24 hours."""

    symbol: str
    phase: PhaseSaid
    last: Decimal | None
    bid: Decimal | None
    bid_quantity: Decimal | None
    ask: Decimal | None
    ask_quantity: Decimal | None
    reference: Decimal | None
    settlement: Decimal | None
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    quantity: Decimal
    value: Decimal
    trades: int


class TickersSaid(Said):
    """Tickers of all instruments."""

    items: list[TickerSaid]
    seq: int


class StatusSaid(Said):
    """The phase of an instrument, and the next change that is scheduled."""

    symbol: str
    phase: PhaseSaid
    since: At
    since_ts_ns: int
    takes_orders: bool
    next_phase: PhaseSaid | None
    next_at: At | None


class MarketStatusSaid(Said):
    """All instruments; `business_date` is the last day that ended (yyyymmdd), if one did."""

    business_date: int | None
    venue_ts_ns: int
    items: list[StatusSaid]
    seq: int


class CandleSaid(Said):
    """Prices and turnover of a stretch of time; none where nothing traded."""

    start: At
    start_ts_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    quantity: Decimal
    value: Decimal
    trades: int


class CandlesSaid(Said):
    """Candles, the latest first."""

    symbol: str
    width: Literal["1m", "5m", "1h", "1d"]
    items: list[CandleSaid]
    seq: int


@routes.get("/instruments/{symbol}/book")
async def get_book(
    symbol: str, services: Served, seen: Seen, depth: Annotated[int, Query(ge=1, le=DEPTH_AT_MOST)] = DEPTH
) -> BookSaid:
    """The displayed book."""
    del seen
    instrument = named(services.directory, symbol)
    book = services.views.book(instrument.number, depth)
    if book is None:
        raise away("NotYet", f"{symbol} was listed a moment ago: ask again")
    return BookSaid(
        symbol=symbol,
        bids=_levels(book["bids"], instrument.terms),
        asks=_levels(book["asks"], instrument.terms),
        seq=book["seq"],
    )


@routes.get("/instruments/{symbol}/trades")
async def get_trades(
    symbol: str, services: Served, seen: Seen, limit: Annotated[int, Query(ge=1, le=TRADES_AT_MOST)] = 50
) -> TradesSaid:
    """The last trades."""
    instrument = named(services.directory, symbol)
    said = [
        TradeSaid(
            trade_id=str(one["trade_id"]),
            price=price_text(one["price"], instrument.terms),
            quantity=quantity_text(one["quantity"], instrument.terms),
            side=side_said(one["side"]),
            busted=one["busted"],
            at=at_text(one["at_ns"]),
            ts_ns=one["at_ns"],
        )
        for one in services.views.trades(instrument.number, limit)
    ]
    return TradesSaid(symbol=symbol, items=said, seq=seen)


@routes.get("/instruments/{symbol}/candles")
async def get_candles(
    symbol: str,
    services: Served,
    width: Literal["1m", "5m", "1h", "1d"] = "1m",
    since_ts_ns: Annotated[int, Query(ge=0, le=LAST_NS)] = 0,
    until_ts_ns: Annotated[int, Query(ge=0, le=LAST_NS)] = LAST_NS,
    limit: Limit = 100,
    min_seq: MinSeq = None,
) -> CandlesSaid:
    """Candles of an instrument, from the SQL views: a moment behind the book."""
    instrument = named(services.directory, symbol)
    if since_ts_ns > until_ts_ns:
        raise invalid("since_ts_ns", "RangeInvalid", "since_ts_ns is after until_ts_ns: swap them")
    seq, rows = await queried(
        services,
        lambda connection: history.candles(
            connection,
            instrument.number,
            width_s=WIDTHS[width],
            since_ns=since_ts_ns,
            until_ns=until_ts_ns,
            limit=min(limit, CANDLES_AT_MOST),
        ),
        min_seq=min_seq,
    )
    return CandlesSaid(symbol=symbol, width=width, items=[_candle(row, instrument, services) for row in rows], seq=seq)


@routes.get("/instruments/{symbol}/ticker")
async def get_ticker(symbol: str, services: Served, seen: Seen) -> TickerSaid:
    """One instrument at a glance."""
    del seen
    return _ticker(named(services.directory, symbol), services)


@routes.get("/tickers")
async def list_tickers(services: Served, seen: Seen) -> TickersSaid:
    """All instruments at a glance."""
    found = sorted(services.directory.instruments.items())
    return TickersSaid(items=[_ticker(one, services) for _, one in found], seq=seen)


@routes.get("/market-status")
async def get_market_status(services: Served, seen: Seen) -> MarketStatusSaid:
    """In which phase each instrument is, and what comes next."""
    directory = services.directory
    return MarketStatusSaid(
        business_date=directory.business_date or None,
        venue_ts_ns=directory.last_at_ns,
        items=[_status(one, services) for _, one in sorted(directory.instruments.items())],
        seq=seen,
    )


def phase_said(phase: int) -> PhaseSaid:
    """The phase's name."""
    return _PHASES[phase]


_PHASES: Final[dict[int, PhaseSaid]] = {
    Phase.CONTINUOUS: "continuous",
    Phase.PRE_OPEN: "pre_open",
    Phase.OPENING_AUCTION: "opening_auction",
    Phase.HALT: "halt",
    Phase.VOLATILITY_AUCTION: "volatility_auction",
    Phase.CLOSING_AUCTION: "closing_auction",
    Phase.CLOSED: "closed",
    Phase.SUSPENDED: "suspended",
    Phase.DELISTED: "delisted",
}


def _levels(levels: list[tuple[int, int, int]], terms: InstrumentTerms) -> list[LevelSaid]:
    return [
        LevelSaid(price=price_text(price, terms), quantity=quantity_text(lots, terms), orders=orders)
        for price, lots, orders in levels
    ]


def _status(instrument: Instrument, services: Services) -> StatusSaid:
    standing = services.directory.standings[instrument.number]
    coming = standing.next_change(services.clock())
    return StatusSaid(
        symbol=instrument.terms.symbol,
        phase=phase_said(standing.phase),
        since=at_text(standing.since_ns),
        since_ts_ns=standing.since_ns,
        takes_orders=standing.phase.takes_orders,
        next_phase=phase_said(coming.phase) if coming is not None else None,
        next_at=at_text(coming.at_ns) if coming is not None else None,
    )


def _ticker(instrument: Instrument, services: Services) -> TickerSaid:
    terms, quote = instrument.terms, services.directory.assets[instrument.quote_asset]
    row, book = services.views.ticker(instrument.number), services.views.book(instrument.number, 1)
    if row is None or book is None:
        raise away("NotYet", f"{terms.symbol} was listed a moment ago: ask again")
    bid, ask = (side[0] if side else None for side in (book["bids"], book["asks"]))
    day = row["rolling"]
    return TickerSaid(
        symbol=terms.symbol,
        phase=phase_said(row["phase"]),
        last=price_or_none(row["last"], terms),
        bid=price_text(bid[0], terms) if bid else None,
        bid_quantity=quantity_text(bid[1], terms) if bid else None,
        ask=price_text(ask[0], terms) if ask else None,
        ask_quantity=quantity_text(ask[1], terms) if ask else None,
        reference=price_or_none(row["reference"], terms),
        settlement=price_or_none(row["settlement"], terms),
        open=price_or_none(day["open"], terms),
        high=price_or_none(day["high"], terms),
        low=price_or_none(day["low"], terms),
        quantity=quantity_text(day["lots"], terms),
        value=money_text(day["value"], quote),
        trades=day["trades"],
    )


def _candle(row: history.Row, instrument: Instrument, services: Services) -> CandleSaid:
    terms, quote = instrument.terms, services.directory.assets[instrument.quote_asset]
    return CandleSaid(
        start=at_text(row["start_ns"]),
        start_ts_ns=row["start_ns"],
        open=price_text(row["open"], terms),
        high=price_text(row["high"], terms),
        low=price_text(row["low"], terms),
        close=price_text(row["close"], terms),
        quantity=quantity_text(row["quantity"], terms),
        value=money_text(row["value"], quote),
        trades=row["trades"],
    )
