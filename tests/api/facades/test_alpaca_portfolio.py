"""What an account was worth over time, out of a real database: by a naive twin, and in bad hands."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from tests.api.facades.test_alpaca_bars import candle
from tests.api.facades.test_alpaca_words import made, told
from tests.api.fakes import NOW_NS, Clock, FakeViews

from garraway.api import Services
from garraway.store import Database, upgrade
from garraway.store.tables.view_history import LEDGER_ENTRIES
from garraway.store.tables.view_standings import BALANCES, CANDLES

MINUTE_NS = 60 * 10**9
DAY_NS = 86_400 * 10**9
FIRST_NS = NOW_NS // DAY_NS * DAY_NS
START = "2026-09-21T00:00:00Z"
PATH = "/v2/account/portfolio/history"
USD, GARR = 1, 2
CENT = 10**6
HUGE = 2**62


def entry(number: int, asset: int, minute: int, amount: int) -> dict[str, int]:
    at_ns = FIRST_NS + minute * MINUTE_NS + 1
    return {"account": 200, "event_id": number, "leg": 0, "at_ns": at_ns} | {
        "asset": asset,
        "amount": amount,
        "reason": 1,
        "reference": 0,
    }


ENTRIES = [
    entry(1, USD, -2_000, 1_000_000 * CENT),
    entry(2, USD, 1, -4_000 * CENT),
    entry(3, GARR, 1, 4),
    entry(4, USD, 3, HUGE),
    entry(5, USD, 3, HUGE),
    entry(6, USD, 3, -HUGE),
    entry(7, USD, 3, -HUGE),
    entry(8, USD, 4, -1_000 * CENT),
]


@pytest.fixture
def with_history(tmp_path: Path) -> Iterator[Services]:
    """A deposit yesterday; today four shares bought, huge sums in and out, a withdrawal; three minutes that traded."""
    database = Database.open(f"sqlite:///{tmp_path}/portfolio.db")
    upgrade(database)
    rows = [candle(60, minute, 100_000 + minute * 100) for minute in (0, 1, 3)] + [candle(86_400, 0, 100_000)]
    totals = {asset: sum(one["amount"] for one in ENTRIES if one["asset"] == asset) for asset in (USD, GARR)}
    kept = [
        {"account": 200, "asset": asset, "balance": total, "held": 0, "collateral": 0, "changed_id": 8}
        for asset, total in totals.items()
    ]
    with database.writing() as connection:
        connection.execute(insert(CANDLES), rows)
        connection.execute(insert(LEDGER_ENTRIES), ENTRIES)
        connection.execute(insert(BALANCES), kept)
    clock = Clock(FIRST_NS + 6 * MINUTE_NS + 30 * 10**9)
    yield replace(made(), database=database, clock=clock, views=FakeViews(seq=0))
    database.close()


def history(services: Services, query: str) -> dict[str, Any]:
    status, _, text = told(services, "GET", f"{PATH}?{query}")
    assert status == 200, text
    found: dict[str, Any] = json.loads(text)
    return found


def test_each_minute_is_worth_what_a_naive_walk_says(with_history: Services) -> None:
    found = history(with_history, f"start={START}&timeframe=1Min")
    directory = with_history.directory
    instrument = directory.symbol("GARR")
    assert instrument is not None
    base, quote = directory.assets[instrument.base_asset], directory.assets[instrument.quote_asset]
    closes = {minute: 100_100 + minute * 100 for minute in (0, 1, 3)}
    price, worths = 0, []
    for minute in range(7):
        price = closes.get(minute, price)
        ends_ns = FIRST_NS + (minute + 1) * MINUTE_NS
        held = {
            asset: sum(one["amount"] for one in ENTRIES if one["asset"] == asset and one["at_ns"] < ends_ns)
            for asset in (USD, GARR)
        }
        nano = price * instrument.terms.price_unit
        share = held[GARR] * nano * 10**quote.scale // (10**base.scale * 10**9)
        worths.append((held[USD] + share) / 10**quote.scale)
    assert found["equity"] == worths
    assert found["timestamp"] == [FIRST_NS // 10**9 + minute * 60 for minute in range(7)]
    assert found["profit_loss"] == pytest.approx([one - worths[0] for one in worths])
    assert found["profit_loss_pct"] == pytest.approx([one / worths[0] - 1 for one in worths], abs=1e-6)
    assert (found["base_value"], found["base_value_asof"]) == (worths[0], "2026-09-21")
    assert (found["timeframe"], found["cashflow"]) == ("1Min", {})


def test_days_go_back_to_before_there_was_anything(with_history: Services) -> None:
    found = history(with_history, "period=3D&timeframe=1D")
    assert [bool(one) for one in found["equity"]] == [False, True, True, True]
    assert found["profit_loss"][:3] == [0, 0, 0]
    assert found["profit_loss_pct"][:3] == [None, 0, 0]
    assert found["base_value_asof"] == "2026-09-19"


def test_profit_of_a_day_is_since_the_end_of_the_day_before(with_history: Services) -> None:
    by_day = history(with_history, "period=2D&timeframe=1H&pnl_reset=per_day")
    at = by_day["timestamp"].index(FIRST_NS // 10**9)
    assert by_day["profit_loss"][at] == pytest.approx(by_day["equity"][at] - by_day["equity"][at - 1])


def test_without_words_it_is_a_month_of_days(with_history: Services) -> None:
    found = history(with_history, "")
    assert (found["timeframe"], len(found["equity"])) == ("1D", 31)
    assert history(with_history, "period=1D")["timeframe"] == "1Min"
    assert history(with_history, "period=2W")["timeframe"] == "15Min"
    assert len(history(with_history, f"start={START}&end=2026-09-21T00:03:00Z")["equity"]) == 3


WORDS = [
    ("period=1Y", "period: '1Y' is none: write it like 1D, 2W, 3M or 1A"),
    ("period=0D", "period: '0D' is none: write it like 1D, 2W, 3M or 1A"),
    ("period=99999D", "period: '99999D' is none: write it like 1D, 2W, 3M or 1A"),
    ("timeframe=7Min", "timeframe: '7Min' is not one of 15Min, 1D, 1H, 1Min, 5Min"),
    ("period=30D&timeframe=1Min", "timeframe: 43201 points: at most 10080, take a longer one"),
    ("start=2030-01-01T00:00:00Z", "start: is not before the end, or not before now"),
    (f"start={START}&end={START}", "start: is not before the end, or not before now"),
    (f"period=1D&start={START}&end=2026-09-21T00:03:00Z", "period: leave out one of period, start and the end"),
    ("end=2026-09-21&date_end=2026-09-21", "date_end: leave out either end or date_end"),
    ("start=soon", "start: 'soon' is no time: write it as RFC 3339"),
    ("pnl_reset=never", "pnl_reset: 'never' is not one of no_reset, per_day"),
    ("intraday_reporting=market_hours", "intraday_reporting: is continuous here: leave it out"),
    ("extended_hours=false", "extended_hours: all hours are told here: leave it out"),
    ("cashflow_types=ALL", "cashflow_types: money in and out is told by /api/v1/ledger"),
]


@pytest.mark.parametrize(("query", "message"), WORDS)
def test_what_cannot_be_told_is_said_with_the_remedy(query: str, message: str) -> None:
    assert told(made(), "GET", f"{PATH}?{query}") == (422, 42210000, message)
