"""A strategy and 600 bars of an hour, written to files."""

from pathlib import Path

import numpy as np
import polars as pl

CROSS = """
from garraway.trading import Strategy


class Cross(Strategy):
    fast: int = 10
    slow: int = 20

    def start(self):
        self.f, self.s = self.ema(self.fast), self.ema(self.slow)

    def on_bar(self, bar):
        self.target(self.f > self.s)
"""


def recorded(folder: Path) -> Path:
    """Writes cross.py and bars.parquet, which it returns."""
    (folder / "cross.py").write_text(CROSS)
    random, count = np.random.default_rng(3), 600
    close = np.round(100 * np.exp(np.cumsum(random.normal(0, 0.002, count))), 2)
    opens = np.concatenate([close[:1], close[:-1]])
    frame = pl.DataFrame(
        {
            "ts": 1_704_067_200_000_000_000 + np.arange(count) * 3_600_000_000_000,
            "open": opens,
            "high": np.maximum(opens, close) + 0.05,
            "low": np.minimum(opens, close) - 0.05,
            "close": close,
            "volume": np.full(count, 10),
        }
    )
    frame.write_parquet(folder / "bars.parquet")
    return folder / "bars.parquet"
