"""Indicators against TA-Lib, which nobody here wrote, where its definition is ours.

It starts some of them elsewhere: of those the ends are compared.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib
from numpy.typing import NDArray
from talib._ta_lib import MA_Type

from garraway.signals import compute, kinds

Columns = tuple[NDArray[np.float64], ...]


def bars(count: int = 2_000) -> Columns:
    draws = np.random.default_rng(11)
    close = 500 + np.cumsum(draws.normal(0, 1, count))
    opens = close + draws.normal(0, 0.5, count)
    high = np.maximum(opens, close) + draws.uniform(0, 1, count)
    low = np.minimum(opens, close) - draws.uniform(0, 1, count)
    return opens, high, low, close, draws.uniform(1, 100, count)


OPEN, HIGH, LOW, CLOSE, VOLUME = bars()
BARS = np.column_stack([OPEN, HIGH, LOW, CLOSE, VOLUME])

SAME: list[tuple[str, dict[str, float], dict[str, Callable[[], Any]], int]] = [
    ("sma", {"period": 7}, {"value": lambda: talib.SMA(CLOSE, 7)}, 0),
    ("ema", {"period": 7}, {"value": lambda: talib.EMA(CLOSE, 7)}, 0),
    ("wma", {"period": 7}, {"value": lambda: talib.WMA(CLOSE, 7)}, 0),
    ("kama", {}, {"value": lambda: talib.KAMA(CLOSE, 10)}, 300),
    ("tema", {"period": 7}, {"value": lambda: talib.TEMA(CLOSE, 7)}, 300),
    ("dema", {"period": 7}, {"value": lambda: talib.DEMA(CLOSE, 7)}, 300),
    ("rsi", {}, {"value": lambda: talib.RSI(CLOSE, 14)}, 0),
    ("roc", {}, {"value": lambda: talib.ROC(CLOSE, 14), "momentum": lambda: talib.MOM(CLOSE, 14)}, 0),
    (
        "macd",
        {},
        {
            "value": lambda: talib.MACD(CLOSE)[0],
            "signal": lambda: talib.MACD(CLOSE)[1],
            "histogram": lambda: talib.MACD(CLOSE)[2],
        },
        400,
    ),
    (
        "bollinger",
        {},
        {
            "upper": lambda: talib.BBANDS(CLOSE, 20)[0],
            "middle": lambda: talib.BBANDS(CLOSE, 20)[1],
            "lower": lambda: talib.BBANDS(CLOSE, 20)[2],
        },
        0,
    ),
    ("zscore", {}, {"deviation": lambda: talib.STDDEV(CLOSE, 20)}, 0),
    (
        "stochastic",
        {},
        {
            "k": lambda: talib.STOCH(HIGH, LOW, CLOSE, 14, 3, MA_Type.SMA, 3, MA_Type.SMA)[0],
            "d": lambda: talib.STOCH(HIGH, LOW, CLOSE, 14, 3, MA_Type.SMA, 3, MA_Type.SMA)[1],
        },
        20,
    ),
    ("williams_r", {}, {"value": lambda: talib.WILLR(HIGH, LOW, CLOSE, 14)}, 0),
    ("cci", {}, {"value": lambda: talib.CCI(HIGH, LOW, CLOSE, 20)}, 0),
    ("true_range", {}, {"value": lambda: talib.TRANGE(HIGH, LOW, CLOSE)}, 0),
    ("atr", {}, {"value": lambda: talib.ATR(HIGH, LOW, CLOSE, 14)}, 0),
    (
        "adx",
        {},
        {
            "value": lambda: talib.ADX(HIGH, LOW, CLOSE, 14),
            "plus": lambda: talib.PLUS_DI(HIGH, LOW, CLOSE, 14),
            "minus": lambda: talib.MINUS_DI(HIGH, LOW, CLOSE, 14),
        },
        600,
    ),
    (
        "aroon",
        {},
        {"down": lambda: talib.AROON(HIGH, LOW, 25)[0], "up": lambda: talib.AROON(HIGH, LOW, 25)[1]},
        0,
    ),
    ("psar", {}, {"value": lambda: talib.SAR(HIGH, LOW, 0.02, 0.2)}, 200),
    ("adl", {}, {"value": lambda: talib.AD(HIGH, LOW, CLOSE, VOLUME)}, 0),
    ("mfi", {}, {"value": lambda: talib.MFI(HIGH, LOW, CLOSE, VOLUME, 14)}, 0),
]


@pytest.mark.parametrize(("name", "parameters", "outputs", "alike_from"), SAME, ids=[row[0] for row in SAME])
def test_both_say_the_same(
    name: str, parameters: dict[str, float], outputs: dict[str, Callable[[], Any]], alike_from: int
) -> None:
    ours = compute(name, CLOSE if kinds()[name].columns == ("value",) else BARS, **parameters)
    for output, theirs in outputs.items():
        np.testing.assert_allclose(ours[output][alike_from:], theirs()[alike_from:], rtol=1e-7, atol=1e-7)
