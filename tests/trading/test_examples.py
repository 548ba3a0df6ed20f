"""The examples of strategies run as they stand, and do what their first lines say."""

from pathlib import Path
from typing import Final

import numpy as np

from garraway.trading import Strategy, backtest, load
from garraway.trading.sources import DTYPES

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
MINUTE_NS: Final = 60 * 10**9


def example(name: str, strategy: str) -> type[Strategy]:
    return load(f"{EXAMPLES / name}.py:{strategy}")


def bars(closes: np.ndarray) -> np.ndarray:
    """Bars of a minute with these closes, in ticks, each opening at the close before."""
    rows = np.zeros(len(closes), DTYPES["bars"])
    rows["c"], rows["o"] = closes, np.concatenate([closes[:1], closes[:-1]])
    rows["h"], rows["l"] = np.maximum(rows["o"], rows["c"]), np.minimum(rows["o"], rows["c"])
    rows["v"], rows["ts"] = 1_000, MINUTE_NS * np.arange(1, len(closes) + 1)
    return rows


def swings(count: int, seed: int) -> np.ndarray:
    """Prices that come back to 100.00 again and again."""
    draw, prices = np.random.default_rng(seed), [10_000.0]
    for _ in range(count - 1):
        prices.append(prices[-1] + 0.05 * (10_000 - prices[-1]) + draw.normal(0, 20))
    return np.rint(prices).astype(np.int64)


def test_mean_reversion_earns_where_prices_come_back() -> None:
    result = backtest(example("mean_reversion", "MeanReversion"), bars(swings(5_000, 1)))
    assert result.pnl > 0
    assert set(result.fills["position"].to_list()) == {-1, 0, 1}


def test_pairs_earn_where_two_prices_come_back_to_each_other() -> None:
    common = np.cumsum(np.random.default_rng(3).integers(-5, 6, 3_000))
    source = {"AAPL": bars(common + swings(3_000, 4)), "MSFT": bars(common + swings(3_000, 5))}
    result = backtest(example("pairs", "Pairs"), source)
    assert result.pnl > 0
    assert set(result.fills["instrument"].to_list()) == {"AAPL", "MSFT"}
    values = result.fills["position"].abs() * result.fills["price"]
    assert max(values.to_list()) <= 10_100, "both legs are of the same money"


def test_the_cross_of_averages_is_long_or_flat() -> None:
    result = backtest(example("ema_cross", "EmaCross"), bars(swings(2_000, 2)))
    assert set(result.fills["position"].to_list()) == {0, 1}
