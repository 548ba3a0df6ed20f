"""Recorded markets, drawn: bars and quotes in ticks of 0.01, the same each time."""

import numpy as np

from garraway.trading.sources import DTYPES, Rows

START = 1_577_836_800_000_000_000
MINUTE = 60_000_000_000


def bars(count: int, seed: int = 1, first: int = 1_000_000) -> Rows:
    draw = np.random.default_rng(seed)
    rows = np.empty(count, DTYPES["bars"])
    rows["c"] = first + np.cumsum(draw.integers(-20, 21, count))
    rows["o"] = np.concatenate([[first], rows["c"][:-1]]) if count else []
    rows["h"] = np.maximum(rows["o"], rows["c"]) + draw.integers(0, 10, count)
    rows["l"] = np.minimum(rows["o"], rows["c"]) - draw.integers(0, 10, count)
    rows["v"] = draw.integers(1_000, 2_000, count)
    rows["ts"] = START + MINUTE * np.arange(1, count + 1)
    return rows


def quotes(count: int, seed: int = 1) -> Rows:
    draw = np.random.default_rng(seed)
    rows = np.empty(count, DTYPES["quotes"])
    rows["bid"] = 1_000_000 + np.cumsum(draw.choice([-1, 0, 1], count, p=[0.1, 0.8, 0.1]))
    rows["ask"] = rows["bid"] + 1 + (draw.random(count) < 0.1)
    rows["bsz"], rows["asz"] = draw.integers(1, 100, count), draw.integers(1, 100, count)
    rows["ts"] = START + 1_000_000 * np.arange(1, count + 1)
    return rows


def candles(*prices: tuple[int, int, int, int]) -> Rows:
    """Bars of a minute from open, high, low, close in ticks."""
    rows = np.zeros(len(prices), DTYPES["bars"])
    for at, (first, high, low, last) in enumerate(prices):
        rows[at] = (START + MINUTE * (at + 1), first, high, low, last, 100)
    return rows


def touches(*prices: tuple[int, int]) -> Rows:
    """Quotes a second apart from bid and ask in ticks, of unknown size."""
    rows = np.zeros(len(prices), DTYPES["quotes"])
    for at, (bid, ask) in enumerate(prices):
        rows[at] = (START + 1_000_000_000 * (at + 1), bid, ask, 0, 0)
    return rows
