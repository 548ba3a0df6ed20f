"""Indicators against published results on a published history, which we may not ship."""

import csv
import io
import json
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import zstandard
from numpy.typing import NDArray

from garraway import signals

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "reference"
RESULTS = FOLDER / "indicator_results_public.tar.zst"
QUOTES = FOLDER / "indicator_quotes.tar.zst"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not RESULTS.exists(), reason=f"{RESULTS} is absent: indicators were NOT compared with it"),
]

PUBLISHED = [
    ("adl", "adl", {}, {"value": "adl"}),
    ("adx", "adx", {}, {"value": "adx", "plus": "pdi", "minus": "mdi", "index": "dx"}),
    ("alma", "alma", {}, {"value": "alma"}),
    ("atr", "atr", {}, {"value": "atr", "percent": "atrp"}),
    ("bop", "bop", {}, {"value": "bop"}),
    ("chaikin-osc", "chaikin_oscillator", {}, {"value": "oscillator"}),
    ("chop", "chop", {}, {"value": "chop"}),
    ("cmf", "cmf", {}, {"value": "cmf"}),
    ("dema", "dema", {"period": 14}, {"value": "dema"}),
    ("elder-ray", "elder_ray", {}, {"average": "ema", "bull": "bullPower", "bear": "bearPower"}),
    ("ema", "ema", {"period": 20}, {"value": "ema"}),
    ("force", "force", {"period": 2}, {"value": "forceIndex"}),
    ("heikinashi", "heikin_ashi", {}, {name: name for name in ("open", "high", "low", "close")}),
    ("kama", "kama", {}, {"value": "kama", "efficiency": "er"}),
    ("ma-env", "envelope", {}, {"middle": "centerline", "upper": "upperEnvelope", "lower": "lowerEnvelope"}),
    ("mfi", "mfi", {}, {"value": "mfi"}),
    ("obv", "obv", {}, {"value": "obv"}),
    ("psar", "psar", {}, {"value": "sar"}),
    ("roc", "roc", {}, {"value": "roc", "momentum": "momentum"}),
    ("roc-wb", "roc_band", {}, {"value": "roc", "average": "rocEma", "upper": "upperBand", "lower": "lowerBand"}),
    ("rsi", "rsi", {}, {"value": "rsi"}),
    ("sma", "sma", {"period": 20}, {"value": "sma"}),
    ("smma", "smma", {"period": 20}, {"value": "smma"}),
    ("stoch-rsi", "stoch_rsi", {}, {"value": "stochRsi", "signal": "signal"}),
    ("supertrend", "supertrend", {}, {"value": "superTrend"}),
    ("t3", "t3", {}, {"value": "t3"}),
    ("tr", "true_range", {}, {"value": "tr"}),
    ("tsi", "tsi", {}, {"value": "tsi", "signal": "signal"}),
    ("ulcer", "ulcer", {}, {"value": "ulcerIndex"}),
    ("vwap", "vwap", {}, {"value": "vwap"}),
    ("vwma", "vwma", {"period": 14}, {"value": "vwma"}),
    ("wma", "wma", {"period": 14}, {"value": "wma"}),
]
"""File, indicator, parameters, our outputs and their names there."""


@cache
def unpacked(path: Path) -> dict[str, bytes]:
    with zstandard.open(path) as packed, tarfile.open(fileobj=io.BytesIO(packed.read())) as tar:
        return {member.name.split("/")[-1]: tar.extractfile(member).read() for member in tar if member.isfile()}  # type: ignore[union-attr]


def quotes(name: str = "default") -> pl.DataFrame:
    return pl.read_csv(unpacked(QUOTES)[f"{name}.csv"]).select(pl.exclude("date").cast(pl.Float64))


@cache
def published(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(unpacked(RESULTS)[f"{name}.standard.json"])
    return rows


def column(name: str, output: str) -> NDArray[np.float64]:
    return np.array([row.get(output) for row in published(name)], dtype=np.float64)


def assert_same(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> None:
    """Equal but for rounding; there is none where there is none there."""
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("file", "name", "parameters", "outputs"), PUBLISHED, ids=[row[0] for row in PUBLISHED])
def test_outputs_are_the_published_ones(
    file: str, name: str, parameters: dict[str, float], outputs: dict[str, str]
) -> None:
    ours = signals.compute(name, quotes(), **parameters)
    for output, theirs in outputs.items():
        assert_same(ours[output], column(file, theirs))


def test_two_series_go_together_as_published() -> None:
    pair = np.column_stack([quotes()["close"], quotes("compare")["close"]])
    ours = signals.compute("correlation", pair, period=20)
    assert_same(ours["value"], column("corr", "correlation"))
    assert_same(ours["covariance"], column("corr", "covariance"))
    follows = signals.compute("beta", pair[:, ::-1], period=50)
    assert_same(follows["value"], column("beta", "beta"))


def test_every_row_of_the_history_was_compared() -> None:
    assert {len(published(file)) for file, *_ in PUBLISHED} == {quotes().height} == {502}
    assert next(iter(csv.reader(io.StringIO(unpacked(QUOTES)["default.csv"].decode()))))[0] == "date"
