"""Results that others have published, made again in the engine: a cross of averages, a week of a fund held."""

import csv
import io
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import zstandard

from garraway._native import Quote
from garraway.trading import Instrument, Strategy, backtest
from garraway.trading.sources import DTYPES

SHARED: Final = Path(__file__).parents[3] / "shared" / "data"
BARS: Final = SHARED / "equity_daily" / "GOOG_2004-2013_backtestingpy.csv.zst"
OUTCOMES: Final = SHARED / "reference" / "published_outcomes.json"
CENTS: Final = 100
DAY_NS: Final = 86_400 * 10**9


class SmaCross(Strategy):
    """All equity on the side of the fast average; decided at a close, done at the next open."""

    fast: int = 10
    slow: int = 30

    def start(self) -> None:
        self.closes: list[float] = []
        self.wanted = 0
        self.is_open = False

    def on_quote(self, quote: Quote) -> None:
        self.is_open = not self.is_open
        if self.is_open:
            self.trade(quote.ask)
        else:
            self.closes.append(quote.ask)
            self.wanted = self.crossing()

    def crossing(self) -> int:
        if len(self.closes) <= self.slow:
            return 0
        above = [self.mean(self.fast, ago) > self.mean(self.slow, ago) for ago in (0, 1)]
        return 0 if above[0] == above[1] else 1 if above[0] else -1

    def mean(self, window: int, ago: int) -> float:
        end = len(self.closes) - ago
        return sum(self.closes[end - window : end]) / window

    def trade(self, price: float) -> None:
        if self.wanted:
            self.target(0)
            self.target(self.wanted * int(self.equity / price))

    def stop(self) -> None:
        self.target(0)


def unpacked(path: Path) -> str:
    """The text of a file."""
    with path.open("rb") as packed:
        return zstandard.ZstdDecompressor().stream_reader(packed).read().decode()


def opens_and_closes() -> np.ndarray:
    """Each day's open and close as quotes without a spread, the last day's open alone: there it was closed."""
    days = list(csv.DictReader(io.StringIO(unpacked(BARS))))
    rows = np.zeros(2 * len(days) - 1, DTYPES["quotes"])
    prices = [round(float(day[name]) * CENTS) for day in days for name in ("Open", "Close")][: len(rows)]
    rows["bid"] = rows["ask"] = prices
    rows["ts"] = np.arange(1, len(rows) + 1) * (DAY_NS // 2)
    return rows


@pytest.mark.skipif(not BARS.exists(), reason=f"{BARS} is absent: the published result was NOT made again")
def test_a_published_cross_of_averages_ends_with_the_published_equity() -> None:
    expected: dict[str, Any] = json.loads(OUTCOMES.read_text())["backtesting_py_SmaCross_GOOG"]["expected"]
    share = Instrument("GOOG", tick="0.01")
    result = backtest(SmaCross(), opens_and_closes(), instruments=share, cash=10_000, fill="touch")
    closed = result.fills.filter(result.fills["realised"] != 0)
    assert (round(10_000 + result.pnl, 2), len(closed)) == (expected["Equity Final [$]"], expected["# Trades"])


QUOTES, TRADES = (SHARED / "equity_intraday" / f"SPY_minute_{what}.csv.zst" for what in ("quote", "trade"))
WEEK: Final = range(20131007, 20131012)
SESSION_MS: Final = range(34_200_000, 57_600_000)
FACTOR: Final = 0.8646266
"""By which prices of that week are adjusted for later dividends."""
SHARES: Final = 688
FEE: Final = 3.44
"""Half a cent a share: fees of a run are parts of the value, so it is taken off by hand."""


class Held(Strategy):
    """Buys at the first quote and holds."""

    def on_quote(self, _: Quote) -> None:
        self.target(SHARES)


def minutes(path: Path) -> list[list[int]]:
    """The rows of the week's sessions, whole numbers."""
    rows = [[int(cell) for cell in line.split(",")] for line in unpacked(path).splitlines()]
    return [row for row in rows if row[0] in WEEK and row[1] in SESSION_MS]


def quotes_then_closes() -> np.ndarray:
    """The first minute's last quote, then the close of each minute; adjusted, in millionths of a dollar."""
    first, closes = minutes(QUOTES)[0], minutes(TRADES)
    rows = np.zeros(1 + len(closes), DTYPES["quotes"])
    bids, asks = [first[5], *(row[5] for row in closes)], [first[10], *(row[5] for row in closes)]
    rows["bid"], rows["ask"] = (np.rint(np.array(side) * FACTOR * 100).astype(np.int64) for side in (bids, asks))
    rows["ts"] = np.arange(1, len(rows) + 1) * 60 * 10**9
    return rows


@pytest.mark.skipif(not TRADES.exists(), reason=f"{TRADES} is absent: the published result was NOT made again")
def test_a_published_week_of_a_fund_ends_with_the_published_equity() -> None:
    fund = Instrument("SPY", tick="0.000001")
    result = backtest(Held(), quotes_then_closes(), instruments=fund, cash=100_000, fill="touch")
    assert round(100_000 + result.pnl - FEE, 2) == 101_691.92
