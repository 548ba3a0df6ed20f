"""A published backtest: moving averages of ten and thirty days on nine years of a share (shared/data/reference)."""

import io
import json
from math import sqrt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import zstandard
from tests.analytics.runs import equity, fill, fills

from garraway.analytics import annual_return, cagr, drawdown, exposure, geometric_volatility, returns, trades

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
NAME = "backtesting_py_SmaCross_GOOG"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data beside the clone"),
]


def test_published_statistics_are_ours() -> None:
    told = json.loads((SHARED / "reference" / "published_outcomes.json").read_text())[NAME]["expected"]
    done, worth = crossed(history())
    closed, found, fallen = trades(done), returns(worth), drawdown(worth)
    gains = closed["return"].to_numpy()
    annual = annual_return(found.values[1:], 252)
    swing = geometric_volatility(found.values[1:], 252)
    assert annual is not None
    assert swing is not None
    assert fallen.fraction is not None
    downside = sqrt(float(np.square(np.minimum(found.values[1:], 0)).mean()))
    days = (worth["at_ns"][-1] - worth["at_ns"][0]) / 86_400e9
    growth = cagr(worth["equity"][0], worth["equity"][-1], days / 365.25)
    assert growth is not None
    shares = (exposure(done, worth) or 0.0) * 100
    assert closed.height == told["# Trades"]
    assert {
        "Equity Final [$]": worth["equity"][-1],
        "Equity Peak [$]": worth["equity"].max(),
        "Return [%]": (worth["equity"][-1] / 10_000 - 1) * 100,
        "Max. Drawdown [%]": -fallen.fraction * 100,
        "Win Rate [%]": float((gains > 0).mean()) * 100,
        "Best Trade [%]": gains.max() * 100,
        "Worst Trade [%]": gains.min() * 100,
        "Profit Factor": gains[gains > 0].sum() / -gains[gains < 0].sum(),
        "Return (Ann.) [%]": annual * 100,
        "Volatility (Ann.) [%]": swing * 100,
        "Sharpe Ratio": annual / swing,
        "Sortino Ratio": annual / (downside * sqrt(252)),
        "Calmar Ratio": annual / fallen.fraction,
        "CAGR [%]": growth * 100,
    } == {name: pytest.approx(told[name], rel=1e-6) for name in told if name in NAMES}
    assert shares == pytest.approx(told["Exposure Time [%]"], abs=0.2)  # theirs counts bars, ours time


NAMES = {
    "Equity Final [$]", "Equity Peak [$]", "Return [%]", "Max. Drawdown [%]", "Win Rate [%]", "Best Trade [%]",
    "Worst Trade [%]", "Profit Factor", "Return (Ann.) [%]", "Volatility (Ann.) [%]", "Sharpe Ratio", "Sortino Ratio",
    "Calmar Ratio", "CAGR [%]",
}  # fmt: skip


def history() -> pl.DataFrame:
    packed = (SHARED / "equity_daily" / "GOOG_2004-2013_backtestingpy.csv.zst").read_bytes()
    text = zstandard.ZstdDecompressor().decompressobj().decompress(packed)
    frame = pl.read_csv(io.BytesIO(text))
    times = pl.col(frame.columns[0]).str.to_date().cast(pl.Datetime("ns")).cast(pl.Int64)
    return frame.select(times.alias("at_ns"), pl.col("Open").cast(pl.Float64), pl.col("Close").cast(pl.Float64))


def crossed(bars: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The published rule, bar by bar: fills and equity."""
    opens, closes, at = (bars[name].to_list() for name in ("Open", "Close", "at_ns"))
    fast, slow = (bars["Close"].rolling_mean(length).to_list() for length in (10, 30))
    cash, held, rows, samples, wanted = 10_000.0, 0, [], [], 0
    for bar, (start, end) in enumerate(zip(opens, closes, strict=True)):
        if wanted:
            if held:
                rows.append(fill(at[bar], "sell" if held > 0 else "buy", abs(held), start))
                cash += held * start
            held = wanted * int(cash // start)
            if held:
                rows.append(fill(at[bar], "buy" if held > 0 else "sell", abs(held), start))
            cash -= held * start
            wanted = 0
        if bar == len(opens) - 1 and held:
            rows.append(fill(at[bar], "sell" if held > 0 else "buy", abs(held), start))
            cash, held = cash + held * start, 0
        samples.append((at[bar], cash + held * end))
        if bar > 29 and None not in (fast[bar - 1], slow[bar - 1]):
            now, before = fast[bar] - slow[bar], fast[bar - 1] - slow[bar - 1]
            wanted = 1 if before < 0 < now else -1 if now < 0 < before else 0
    return fills(*rows), equity(*samples)
