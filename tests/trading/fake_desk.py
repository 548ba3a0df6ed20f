"""A small stand-in for `garraway.trading.backtest`: a crossing of two averages, reckoned with whole columns."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
from tests.analytics.runs import DAY, MONDAY, MadeRun

from garraway.analytics.frames import EQUITY, FILLS, ORDERS


class Cross:
    """Long while the fast average is above the slow one."""

    def __init__(self, fast: int = 10, slow: int = 20, side: str = "long") -> None:
        if fast >= slow:
            raise ValueError(f"fast {fast} is not below slow {slow}")
        self.fast, self.slow, self.side = fast, slow, side

    class Inner:
        """A class within one."""


class Ending(Cross):
    """A strategy that ends its process."""

    def __init__(self, fast: int = 10) -> None:
        super().__init__(fast, fast + 1)
        if fast == 3:
            os._exit(9)


def bars(count: int = 400, seed: int = 1) -> pl.DataFrame:
    """Closing prices, one an hour eight hours a day."""
    random = np.random.default_rng(seed)
    at = MONDAY + np.arange(count) // 8 * DAY + np.arange(count) % 8 * 3_600_000_000_000
    return pl.DataFrame(
        {"at_ns": at, "close": np.round(100 * np.exp(np.cumsum(random.normal(0.0003, 0.01, count))), 2)}
    )


def backtest(strategy: Cross, source: object, *, fee: float | str = 0.0) -> MadeRun:
    """Trades a lot at the close after each crossing."""
    fee = float(fee)
    frame = next(iter(source.values())) if isinstance(source, Mapping) else source
    if isinstance(frame, str | Path):
        frame = pl.read_parquet(frame)
    assert isinstance(frame, pl.DataFrame)
    close, at = frame["close"].to_numpy(), frame["at_ns"].to_numpy()
    fast, slow = (
        frame["close"].ewm_mean(span=span, adjust=False).to_numpy() for span in (strategy.fast, strategy.slow)
    )
    sign = 1 if strategy.side == "long" else -1
    held = np.where(np.arange(len(close)) >= strategy.slow, fast > slow, False).astype(np.int64) * sign
    moved = np.diff(held, prepend=0)
    rows = np.flatnonzero(moved)
    cash = 1000.0 - np.cumsum(moved * close) - np.cumsum(np.abs(moved) * fee)
    fills = {
        "at_ns": at[rows],
        "instrument": ["X"] * len(rows),
        "side": np.where(moved[rows] > 0, "buy", "sell"),
        "price": close[rows],
        "quantity": np.abs(moved[rows]),
        "value": close[rows] * np.abs(moved[rows]),
        "fee": np.abs(moved[rows]) * fee,
        "position": held[rows],
    }
    done = pl.DataFrame(fills, schema={name: FILLS[name] for name in fills}, strict=False)
    placed = done.select(
        pl.col("at_ns").alias("placed_ns"), "instrument", "side", "quantity", pl.col("quantity").alias("filled")
    )
    worth = {"at_ns": at, "equity": cash + held * close, "cash": cash, "position_value": held * close}
    said = hashlib.sha256(f"{strategy.fast} {strategy.slow} {strategy.side} {fee} {close.tobytes().hex()}".encode())
    assert set(placed.columns) <= set(ORDERS)
    return MadeRun(done, placed, pl.DataFrame(worth, schema=dict(EQUITY)), {"hash": said.hexdigest()})
