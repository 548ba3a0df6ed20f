"""Indicators as their definitions read: each output of each row is reckoned from the whole history before it."""

import itertools
import math
from collections.abc import Callable, Sequence

Rows = Sequence[Sequence[float]]
NONE = math.nan


def mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def deviation(values: Sequence[float]) -> float:
    middle = mean(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / len(values))


def last(values: Sequence[float], period: int) -> list[float] | None:
    return list(values[-period:]) if len(values) >= period else None


def exponential(values: Sequence[float], part: float, period: int, start: int) -> float:
    """From the mean of the first `start`, told from the `period`th on."""
    if len(values) < max(period, start):
        return NONE
    average = mean(values[:start])
    for value in values[start:]:
        average += part * (value - average)
    return average


def ema(values: Sequence[float], period: int, start: int = 0) -> float:
    return exponential(values, 2 / (period + 1), period, start or period)


def wilder(values: Sequence[float], period: int) -> float:
    return exponential(values, 1 / period, period, period)


def every(values: Sequence[float], of: Callable[[Sequence[float]], float]) -> list[float]:
    """What `of` gives of each beginning, without what is none."""
    found = [of(values[: end + 1]) for end in range(len(values))]
    return [value for value in found if not math.isnan(value)]


def wma(values: Sequence[float], period: int) -> float:
    window = last(values, period)
    if window is None:
        return NONE
    weights = range(1, period + 1)
    return math.fsum(weight * value for weight, value in zip(weights, window, strict=True)) / sum(weights)


def closes(rows: Rows) -> list[float]:
    return [row[0] if len(row) != 5 else row[3] for row in rows]


def typical(row: Sequence[float]) -> float:
    return (row[1] + row[2] + row[3]) / 3


def true_ranges(rows: Rows) -> list[float]:
    pairs = itertools.pairwise(rows)
    return [max(now[1], before[3]) - min(now[2], before[3]) for before, now in pairs]


def place(value: float, low: float, high: float) -> float:
    return 0.0 if high == low else 100 * (value - low) / (high - low)


def hma(rows: Rows, period: float) -> list[float]:
    n = int(period)

    def inner(values: Sequence[float]) -> float:
        return 2 * wma(values, n // 2) - wma(values, n)

    return [wma(every(closes(rows), inner), math.isqrt(n))]


def tema(rows: Rows, period: float) -> list[float]:
    n, values = int(period), closes(rows)
    if len(values) < n:
        return [NONE]
    part, one = 2 / (n + 1), mean(values[:n])
    two = three = one
    for value in values[n:]:
        one += part * (value - one)
        two += part * (one - two)
        three += part * (two - three)
    return [3 * one - 3 * two + three]


def bollinger(rows: Rows, period: float, times: float) -> list[float]:
    window = last(closes(rows), int(period))
    if window is None:
        return [NONE] * 5
    middle, away = mean(window), times * deviation(window)
    upper, lower = middle + away, middle - away
    where = 0.5 if upper == lower else (window[-1] - lower) / (upper - lower)
    return [middle, upper, lower, where, (upper - lower) / middle if middle else 0.0]


def zscore(rows: Rows, period: float) -> list[float]:
    window = last(closes(rows), int(period))
    if window is None:
        return [NONE] * 3
    middle, away = mean(window), deviation(window)
    return [(window[-1] - middle) / away if away else 0.0, away, middle]


def macd(rows: Rows, fast: float, slow: float, signal: float) -> list[float]:
    def apart(values: Sequence[float]) -> float:
        return ema(values, int(fast)) - ema(values, int(slow))

    line = every(closes(rows), apart)
    if not line:
        return [NONE] * 3
    average = ema(line, int(signal))
    return [line[-1], average, line[-1] - average]


def stochastic(rows: Rows, period: float, signal: float, smooth: float) -> list[float]:
    n = int(period)
    raw = [
        place(rows[at][3], min(row[2] for row in window), max(row[1] for row in window))
        for at in range(n - 1, len(rows))
        for window in [rows[at - n + 1 : at + 1]]
    ]
    smoothed = [mean(raw[at - int(smooth) + 1 : at + 1]) for at in range(int(smooth) - 1, len(raw))]
    if not smoothed:
        return [NONE] * 3
    window = last(smoothed, int(signal))
    d = mean(window) if window else NONE
    return [smoothed[-1], d, 3 * smoothed[-1] - 2 * d]


def williams_r(rows: Rows, period: float) -> list[float]:
    window = rows[-int(period) :]
    if len(rows) < period:
        return [NONE]
    return [place(rows[-1][3], min(row[2] for row in window), max(row[1] for row in window)) - 100]


def cci(rows: Rows, period: float) -> list[float]:
    window = last([typical(row) for row in rows], int(period))
    if window is None:
        return [NONE]
    middle = mean(window)
    away = mean([abs(value - middle) for value in window])
    return [(window[-1] - middle) / (0.015 * away) if away else 0.0]


def keltner(rows: Rows, period: float, times: float, ranges: float) -> list[float]:
    middle, away = ema(closes(rows), int(period)), times * wilder(true_ranges(rows), int(ranges))
    return [middle, middle + away, middle - away]


def donchian(rows: Rows, period: float) -> list[float]:
    window = rows[:-1][-int(period) :]
    if len(window) < period:
        return [NONE] * 3
    upper, lower = max(row[1] for row in window), min(row[2] for row in window)
    return [(upper + lower) / 2, upper, lower]


def aroon(rows: Rows, period: float) -> list[float]:
    n = int(period)
    if len(rows) < n + 1:
        return [NONE] * 3
    window = list(reversed(rows[-n - 1 :]))
    highs, lows = [row[1] for row in window], [row[2] for row in window]
    up, down = (100 * (n - side.index(best)) / n for side, best in ((highs, max(highs)), (lows, min(lows))))
    return [up, down, up - down]


def vwap(rows: Rows, period: float) -> list[float]:
    window = rows[-int(period) :] if period else rows
    volume = math.fsum(row[4] for row in window)
    if len(window) < period or not volume:
        return [NONE]
    return [math.fsum(typical(row) * row[4] for row in window) / volume]


def residual(rows: Rows, period: float) -> list[float]:
    if len(rows) < period:
        return [NONE] * 3
    window = rows[-int(period) :]
    a, b = [row[0] for row in window], [row[1] for row in window]
    middle_a, middle_b = mean(a), mean(b)
    square = math.fsum((y - middle_b) ** 2 for y in b)
    both = math.fsum((x - middle_a) * (y - middle_b) for x, y in zip(a, b, strict=True))
    slope = both / square if square else 0.0
    meets = middle_a - slope * middle_b
    left = [x - meets - slope * y for x, y in zip(a, b, strict=True)]
    away = math.sqrt(mean([value**2 for value in left]))
    return [left[-1] / away if away else 0.0, slope, meets]


def microprice(rows: Rows) -> list[float]:
    bid, ask, bids, asks = rows[-1]
    middle = (bid + ask) / 2
    return [(bid * asks + ask * bids) / (bids + asks) if bids + asks else middle, middle, ask - bid]


def imbalance(rows: Rows) -> list[float]:
    *_, bids, asks = rows[-1]
    return [(bids - asks) / (bids + asks) if bids + asks else 0.0]


def order_flow(rows: Rows, period: float) -> list[float]:
    """The paper's four terms, as they stand there."""
    changes = []
    for (bid0, ask0, bids0, asks0), (bid1, ask1, bids1, asks1) in itertools.pairwise(rows):
        changes.append(
            (bid1 >= bid0) * bids1 - (bid1 <= bid0) * bids0 - (ask1 <= ask0) * asks1 + (ask1 >= ask0) * asks0
        )
    window = last(changes, int(period))
    return [math.fsum(window)] if window else [NONE]
