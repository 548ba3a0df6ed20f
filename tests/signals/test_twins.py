"""Indicators equal their naive twins, row by row, on histories that are drawn, with ties and steps among them."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.signals import twins

from garraway import signals

CASES: list[tuple[str, Callable[..., list[float]], dict[str, float]]] = [
    ("hma", twins.hma, {"period": 9}),
    ("tema", twins.tema, {"period": 4}),
    ("bollinger", twins.bollinger, {"period": 5, "times": 2}),
    ("zscore", twins.zscore, {"period": 5}),
    ("macd", twins.macd, {"fast": 3, "slow": 6, "signal": 4}),
    ("stochastic", twins.stochastic, {"period": 5, "signal": 3, "smooth": 2}),
    ("williams_r", twins.williams_r, {"period": 6}),
    ("cci", twins.cci, {"period": 5}),
    ("keltner", twins.keltner, {"period": 5, "times": 1.5, "ranges": 4}),
    ("donchian", twins.donchian, {"period": 4}),
    ("aroon", twins.aroon, {"period": 5}),
    ("vwap", twins.vwap, {"period": 0}),
    ("vwap", twins.vwap, {"period": 4}),
    ("residual", twins.residual, {"period": 6}),
    ("microprice", twins.microprice, {}),
    ("imbalance", twins.imbalance, {}),
    ("order_flow", twins.order_flow, {"period": 3}),
]

steps = st.integers(min_value=-40, max_value=40)
sizes = st.integers(min_value=1, max_value=9)


@st.composite
def histories(draw: st.DrawFn, columns: tuple[str, ...]) -> list[list[float]]:
    """Prices on a grid of quarters, so that ties are many and sums are exact."""
    count = draw(st.integers(min_value=1, max_value=40))
    price, rows = 400, []
    for _ in range(count):
        price = max(100, price + draw(steps))
        rows.append([part / 4 for part in _row(draw, columns, price)])
    return rows


def _row(draw: st.DrawFn, columns: tuple[str, ...], price: int) -> list[int]:
    if len(columns) == 1:
        return [price]
    if len(columns) == 2:
        return [price, max(100, 300 + draw(steps))]
    if len(columns) == 4:
        return [price, price + draw(sizes), draw(sizes), draw(sizes)]
    close = max(100, price + draw(steps))
    return [price, max(price, close) + draw(sizes), min(price, close) - draw(sizes), close, draw(sizes)]


@pytest.mark.parametrize(("name", "twin", "parameters"), CASES, ids=[f"{name}-{len(p)}" for name, _, p in CASES])
def test_every_row_equals_the_definition(
    name: str, twin: Callable[..., list[float]], parameters: dict[str, float]
) -> None:
    kind = signals.kinds()[name]

    @given(histories(kind.columns))
    def compared(rows: list[list[float]]) -> None:
        ours = signals.compute(name, np.array(rows), **parameters)
        for at in range(len(rows)):
            wanted = twin(rows[: at + 1], *parameters.values())
            found = [ours[output][at] for output in kind.outputs]
            assert all(
                math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-7) or (math.isnan(a) and math.isnan(b))
                for a, b in zip(found, wanted, strict=True)
            ), f"row {at}: {found}, and by the definition {wanted}"

    compared()
