"""A cross of two averages over recorded bars: ten lines of strategy, one line to run it.

python examples/ema_cross.py [BARS.npy | BARS.parquet | BARS.csv]
"""

import sys

import numpy as np

from garraway.trading import Strategy, backtest
from garraway.trading.sources import DTYPES


class EmaCross(Strategy):
    """Long while the fast average is above the slow one, else flat."""

    fast: int = 10
    slow: int = 20

    def start(self) -> None:
        """Binds the averages to the closes."""
        self.f, self.s = self.ema(self.fast), self.ema(self.slow)

    def on_bar(self, bar: object) -> None:  # noqa: ARG002 - the averages have it
        """Goes where the averages say."""
        self.target(self.f > self.s)


def drawn(count: int = 20_000) -> np.ndarray:
    """Bars of a minute, drawn by chance, in ticks."""
    draw = np.random.default_rng(42)
    rows = np.zeros(count, DTYPES["bars"])
    rows["c"] = 1_000_000 + np.cumsum(draw.integers(-20, 21, count))
    rows["o"] = np.concatenate([[1_000_000], rows["c"][:-1]])
    rows["h"], rows["l"] = np.maximum(rows["o"], rows["c"]), np.minimum(rows["o"], rows["c"])
    rows["ts"] = 1_577_836_800_000_000_000 + 60_000_000_000 * np.arange(1, count + 1)
    return rows


if __name__ == "__main__":
    result = backtest(EmaCross(fast=5), sys.argv[1] if len(sys.argv) > 1 else drawn())
    print(result)
    print(result.fills.tail(3))
