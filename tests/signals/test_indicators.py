"""What asks for an indicator: whole histories and single rows give the same; what is wrong is named."""

import math
import re

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from garraway.signals import Indicator, compute, kinds
from garraway.signals.reference import page

EVERY = sorted(kinds())


def rows_of(name: str, count: int = 300) -> NDArray[np.float64]:
    """A history that fits: bars whose high is high, quotes whose ask is above the bid."""
    draws = np.random.default_rng(7)
    price = 100 + np.cumsum(draws.normal(0, 1, count))
    width = draws.uniform(0.1, 2, (count, 2))
    size = draws.integers(1, 100, (count, 2)).astype(float)
    columns = kinds()[name].columns
    close = price + draws.uniform(-0.1, 0.1, count)
    bars = [price, price + 0.2 + width[:, 0], price - 0.2 - width[:, 1], close, size[:, 0]]
    series = {1: [price], 2: [price, close], 4: [price, price + width[:, 0], size[:, 0], size[:, 1]], 5: bars}
    return np.column_stack(series[len(columns)])


@pytest.mark.parametrize("name", EVERY)
def test_row_by_row_gives_bit_for_bit_what_the_whole_history_gives(name: str) -> None:
    rows, indicator = rows_of(name), Indicator(name)
    whole = compute(name, rows)
    single = np.array([(indicator.update(*row), indicator.values)[1] for row in rows.tolist()])
    assert np.column_stack(list(whole.values())).tobytes() == single.tobytes()
    assert indicator.ready
    indicator.reset()
    assert (indicator.ready, math.isnan(indicator.value)) == (False, True)


@pytest.mark.parametrize("name", EVERY)
def test_what_comes_later_changes_nothing_that_was_told(name: str) -> None:
    rows = rows_of(name)
    short, long = compute(name, rows[:200]), compute(name, rows)
    assert all(short[output].tobytes() == long[output][:200].tobytes() for output in short)


@pytest.mark.parametrize("name", EVERY)
def test_a_number_that_is_none_is_refused_with_row_and_column_and_nothing_is_taken(name: str) -> None:
    kind, rows = kinds()[name], rows_of(name)
    for column, named in enumerate(kind.columns):
        spoilt = rows.copy()
        spoilt[17, column] = np.nan
        with pytest.raises(ValueError, match=rf"^{named} of row 17 is NaN: .*fill or drop"):
            compute(name, spoilt)
    indicator, twin = Indicator(name), Indicator(name)
    for row in rows.tolist():
        with pytest.raises(ValueError, match="finite numbers"):
            indicator.update(*row[:-1], math.inf)
        indicator.update(*row)
        twin.update(*row)
    assert np.array(indicator.values).tobytes() == np.array(twin.values).tobytes()


def test_a_history_may_come_as_frame_mapping_records_or_array() -> None:
    close = rows_of("sma")[:, 0]
    frame = pl.DataFrame({"ts": range(300), "close": close})
    records = np.zeros(300, dtype=[("close", "f8"), ("volume", "i8")])
    records["close"] = close
    sources: list[object] = [
        close,
        close.tolist(),
        frame,
        {"close": close},
        {"value": close},
        records,
        close[:, np.newaxis],
    ]
    found = {compute("sma", source, period=7)["value"].tobytes() for source in sources}
    assert len(found) == 1


def test_integers_are_taken_as_they_are() -> None:
    prices = np.arange(100, dtype=np.int64)
    assert compute("sma", prices, period=2)["value"][1:].tolist() == [at - 0.5 for at in range(1, 100)]


def test_an_indicator_tells_what_it_is() -> None:
    indicator = Indicator("macd", fast=5)
    assert repr(indicator) == "macd(fast=5, slow=26, signal=9)"
    for price in range(60):
        indicator.update(price)
    assert float(indicator) == indicator["value"] == indicator.values[0]
    assert indicator["histogram"] == indicator["value"] - indicator["signal"]


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("emaa", {}, "there is no indicator 'emaa'; did you mean 'ema'?"),
        ("", {}, "there is no indicator ''; signals.kinds() names all"),
        ("ema", {"perod": 3}, "ema has no parameter 'perod'; it has: period, start"),
        ("obv", {"period": 3}, "obv has no parameter 'period'; it has: none"),
        ("ema", {"period": 0}, "period is 0, and must be a whole number from 1 to 1000000"),
        ("ema", {"period": 2.5}, "period is 2.5, and must be a whole number from 1 to 1000000"),
        ("ema", {"period": math.nan}, "period is NaN, and must be a whole number from 1 to 1000000"),
        ("ema", {"period": 2.0**40}, "period is 1099511627776, and must be a whole number from 1 to 1000000"),
        ("alma", {"offset": 1.5}, "offset is 1.5, and must be a number from 0 to 1"),
        ("macd", {"fast": 26}, "fast must be below slow"),
    ],
)
def test_what_is_wrong_with_a_name_or_parameter_is_said(name: str, parameters: dict[str, float], message: str) -> None:
    for asked in (lambda: Indicator(name, **parameters), lambda: compute(name, [1.0], **parameters)):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            asked()


def test_what_is_wrong_with_a_source_is_said() -> None:
    with pytest.raises(ValueError, match="atr takes open, high, low, close, volume; there is no column 'open'"):
        compute("atr", {"close": [1.0]})
    with pytest.raises(ValueError, match=r"an array of shape \(3,\) has not these columns"):
        compute("atr", [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="a row of atr is open, high, low, close, volume: 5 numbers, not 2"):
        Indicator("atr").update(1.0, 2.0)


def test_nothing_comes_of_nothing() -> None:
    for name in EVERY:
        outputs = compute(name, np.empty((0, len(kinds()[name].columns))))
        assert {output: len(values) for output, values in outputs.items()} == dict.fromkeys(kinds()[name].outputs, 0)


def test_the_reference_page_names_all() -> None:
    assert all(f"| `{name}` |" in page() for name in EVERY)
