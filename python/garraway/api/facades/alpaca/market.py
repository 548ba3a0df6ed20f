"""Market data: bars from the SQL views, trades, quotes and books from the fold. Public. Touches `store`."""

import re
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection

from garraway.api.facades.alpaca import quotes, symbols
from garraway.api.facades.alpaca.asking import Ask
from garraway.api.facades.alpaca.fields import HIGHEST
from garraway.api.facades.alpaca.refusals import refusal, unsupported
from garraway.api.ports import BookRow
from garraway.api.problems import Problem
from garraway.api.reading import cursor_of, key_of, queried
from garraway.api.rendering import at_text
from garraway.store import history
from garraway.venues import Instrument

Said = dict[str, Any]
WIDTHS: Final = {"1min": 60, "5min": 300, "60min": 3_600, "1hour": 3_600, "1day": 86_400}
UNITS: Final = {"t": "min", "h": "hour", "d": "day"}
DAY_NS: Final = 86_400 * 10**9
ROWS: Final = 1_000
ROWS_AT_MOST: Final = 10_000
TRADES_AT_MOST: Final = 256
"""What the fold keeps of an instrument."""
SYMBOLS_AT_MOST: Final = 100
DEPTH: Final = 100
FEEDS: Final = frozenset({"iex", "sip"})
LOCATIONS: Final = frozenset({"us"})
_TIMEFRAME: Final = re.compile(r"(\d{1,2})(min|hour|day|t|h|d)")


async def bars(ask: Ask, kind: str) -> Said:
    """Candles, by symbol; none of a stretch in which nothing traded."""
    query = ask.query
    _insist_plain(ask)
    width_s = _width(ask)
    since_ns, until_ns = _stretch(ask)
    limit, newest_first = query.whole("limit", least=1, most=ROWS_AT_MOST) or ROWS, _newest_first(ask)
    wanted = _wanted(ask, kind)
    from_number, from_ns = _place(ask)

    def ask_store(connection: Connection) -> tuple[dict[str, list[Said]], str | None]:
        found: dict[str, list[Said]] = {}
        left = limit
        for instrument in (one for one in wanted if one.number >= from_number):
            resumed = instrument.number == from_number
            rows = history.candles(
                connection,
                instrument.number,
                width_s=width_s,
                since_ns=from_ns if resumed and not newest_first else since_ns,
                until_ns=from_ns + 1 if resumed and newest_first else until_ns,
                limit=left + 1,
                oldest_first=not newest_first,
            )
            if rows and left:
                found[symbols.said(instrument)] = [_bar(ask, row, instrument) for row in rows[:left]]
            if len(rows) > left:
                return found, cursor_of(instrument.number, rows[left]["start_ns"])
            left -= len(rows)
        return found, None

    _, (said, token) = await queried(ask.services, ask_store)
    return _paged(ask, "bars", said, token)


async def trades(ask: Ask, kind: str) -> Said:
    """The last trades, by symbol: what the fold keeps, on one page."""
    _insist_plain(ask)
    since_ns, until_ns = _stretch(ask)
    limit, newest_first = ask.query.whole("limit", least=1, most=ROWS_AT_MOST) or ROWS, _newest_first(ask)
    if ask.query.text("page_token") is not None:
        raise ask.query.refused("page_token", "trades come on one page")
    said = {}
    for instrument in _wanted(ask, kind):
        rows = [
            row
            for row in ask.services.views.trades(instrument.number, TRADES_AT_MOST)
            if not row["busted"] and since_ns <= row["at_ns"] < until_ns
        ]
        in_order = rows if newest_first else rows[::-1]
        said[symbols.said(instrument)] = [quotes.trade(row, instrument, at_text(row["at_ns"])) for row in in_order]
    left = limit
    for name, rows_said in said.items():
        said[name] = rows_said[:left]
        left -= len(said[name])
    return _paged(ask, "trades", {name: rows for name, rows in said.items() if rows}, None)


async def latest_trades(ask: Ask, kind: str) -> Said:
    """The last trade of each."""
    _insist_plain(ask)
    found = {symbols.said(one): _latest_trade(ask, one) for one in _wanted(ask, kind)}
    return _latest(ask, "trade", found)


async def latest_quotes(ask: Ask, kind: str) -> Said:
    """The best prices of each."""
    _insist_plain(ask)
    return _latest(ask, "quote", {symbols.said(one): _quote(ask, one) for one in _wanted(ask, kind)})


async def latest_bars(ask: Ask, kind: str) -> Said:
    """The last minute of each in which something traded."""
    _insist_plain(ask)
    found = await _candles(ask, _wanted(ask, kind), 60, 1)
    return _latest(ask, "bar", {name: rows[0] if rows else None for name, rows in found.items()})


async def latest_books(ask: Ask, kind: str) -> Said:
    """The displayed book of each."""
    wanted = _wanted(ask, kind)
    said = {}
    for one in wanted:
        book = _book(ask, one, DEPTH)
        bids, asks = ([(units, lots) for units, lots, _ in side] for side in (book["bids"], book["asks"]))
        at = at_text(ask.services.clock())
        said[symbols.said(one)] = {"t": at, "b": quotes.levels(bids, one), "a": quotes.levels(asks, one)}
    return {"orderbooks": said}


async def snapshots(ask: Ask, kind: str) -> Said:
    """The last trade, best prices, last minute and last two days of each."""
    _insist_plain(ask)
    wanted = _wanted(ask, kind)
    minutes, days = await _candles(ask, wanted, 60, 1), await _candles(ask, wanted, 86_400, 2)
    said = {}
    for one in wanted:
        name = symbols.said(one)
        parts = {
            "latestTrade": _latest_trade(ask, one),
            "latestQuote": _quote(ask, one),
            "minuteBar": next(iter(minutes[name]), None),
            "dailyBar": next(iter(days[name]), None),
            "prevDailyBar": days[name][1] if len(days[name]) > 1 else None,
        }
        said[name] = {key: part for key, part in parts.items() if part is not None}
    if ask.named:
        ((name, found),) = said.items()
        return {"symbol": name} | found
    return {"snapshots": said} if kind == symbols.CRYPTO else said


async def no_quotes(ask: Ask, kind: str) -> Said:
    """Quotes of the past are not kept."""
    del ask, kind
    raise unsupported("quotes", "no history of quotes is kept: ask for the latest")


def _insist_plain(ask: Ask) -> None:
    """Of what chooses among Alpaca's feeds, only what there is here. Raises: Refusal."""
    query = ask.query
    query.word("feed", FEEDS)
    query.word("currency", frozenset({"USD"}))
    query.word("adjustment", frozenset({"raw"}))
    if query.text("asof") is not None:
        raise unsupported("asof")


def _wanted(ask: Ask, kind: str) -> list[Instrument]:
    """What the path or `symbols` names, each once, by number. Raises: Refusal."""
    text = ask.named or ask.query.needed("symbols", most=4_096)
    names = dict.fromkeys([text] if ask.named else text.split(","))
    if len(names) > SYMBOLS_AT_MOST:
        raise ask.query.refused("symbols", f"more than {SYMBOLS_AT_MOST}")
    found = {name: symbols.found(ask.services.directory, name, kind) for name in names}
    unknown = [name[:32] for name, one in found.items() if one is None]
    if unknown:
        raise refusal(400, f"Invalid symbol(s): {', '.join(unknown)}")
    return sorted({one.number: one for one in found.values() if one is not None}.values(), key=lambda one: one.number)


def _width(ask: Ask) -> int:
    text = ask.query.needed("timeframe").lower()
    parts = _TIMEFRAME.fullmatch(text) if ask.query.text("timeframe") != "1M" else None
    width_s = WIDTHS.get(f"{int(parts[1])}{UNITS.get(parts[2], parts[2])}") if parts is not None else None
    if width_s is None:
        raise ask.query.refused("timeframe", "is one of 1Min, 5Min, 1Hour, 1Day")
    return width_s


def _stretch(ask: Ask) -> tuple[int, int]:
    """From `start` on, else from the day's beginning, up to and with `end`. Raises: Refusal."""
    start, end, now_ns = ask.query.time_ns("start"), ask.query.time_ns("end"), ask.services.clock()
    since_ns = start if start is not None else now_ns // DAY_NS * DAY_NS
    return since_ns, min(end + 1, HIGHEST) if end is not None else HIGHEST


def _newest_first(ask: Ask) -> bool:
    return ask.query.word("sort", frozenset({"asc", "desc"})) == "desc"


def _place(ask: Ask) -> tuple[int, int]:
    """Where a page begins: an instrument and a time in it; (0, 0): at the beginning. Raises: Refusal."""
    try:
        key = key_of(ask.query.text("page_token"), 2)
    except Problem as error:
        raise ask.query.refused("page_token", "is none that a reply gave") from error
    return (key[0], key[1]) if key is not None else (0, 0)


def _bar(ask: Ask, row: history.Row, instrument: Instrument) -> Said:
    return quotes.bar(row, instrument, ask.services.directory, at_text(row["start_ns"]))


async def _candles(ask: Ask, wanted: Sequence[Instrument], width_s: int, count: int) -> dict[str, list[Said]]:
    """The last candles of each, the latest first."""

    def ask_store(connection: Connection) -> dict[str, list[Said]]:
        found = {}
        for one in wanted:
            rows = history.candles(connection, one.number, width_s=width_s, since_ns=0, until_ns=HIGHEST, limit=count)
            found[symbols.said(one)] = [_bar(ask, row, one) for row in rows]
        return found

    _, said = await queried(ask.services, ask_store)
    return said


def _latest_trade(ask: Ask, instrument: Instrument) -> Said | None:
    rows = ask.services.views.trades(instrument.number, TRADES_AT_MOST)
    row = next((one for one in rows if not one["busted"]), None)
    return quotes.trade(row, instrument, at_text(row["at_ns"])) if row is not None else None


def _quote(ask: Ask, instrument: Instrument) -> Said:
    return quotes.quote(_book(ask, instrument, 1), instrument, at_text(ask.services.clock()))


def _book(ask: Ask, instrument: Instrument, depth: int) -> BookRow:
    book = ask.services.views.book(instrument.number, depth)
    if book is None:
        raise refusal(503, "listed a moment ago: ask again")
    return book


def _latest(ask: Ask, noun: str, found: dict[str, Said | None]) -> Said:
    said = {name: one for name, one in found.items() if one is not None}
    if not ask.named:
        return {f"{noun}s": said}
    if not said:
        raise refusal(404, f"no {noun} found for {ask.named[:32]}")
    ((name, one),) = said.items()
    return {"symbol": name, noun: one}


def _paged(ask: Ask, noun: str, said: dict[str, list[Said]], token: str | None) -> Said:
    if not ask.named:
        return {noun: said, "next_page_token": token}
    rows = next(iter(said.values()), [])
    return {"symbol": ask.named, noun: rows, "next_page_token": token}
