"""Fills become trades: by hand, and against a twin that moves single lots."""

from collections import deque
from typing import Any

import polars as pl
import pytest
from tests.analytics.runs import drawn, equity, fill, fills

from garraway.analytics import FrameInvalid, OptionInvalid, open_lots, trades, with_excursions
from garraway.analytics.trades import METHODS, TRADES, Method

SHOWN = ("side", "quantity", "opened_ns", "closed_ns", "entry", "exit", "gross", "fees", "pnl")
PYRAMID = fills(
    fill(1, "buy", 10, 100.0, fee=1.0),
    fill(2, "buy", 10, 110.0, fee=1.0),
    fill(3, "sell", 15, 120.0, fee=3.0),
    fill(4, "sell", 10, 90.0, fee=2.0),
    fill(5, "buy", 5, 80.0, fee=1.0),
)
"""Two entries, an exit of more than the first, a turn, and an exit from the short side."""


def shown(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    return frame.select(SHOWN).rows()


def test_fifo_closes_what_was_opened_first() -> None:
    assert shown(trades(PYRAMID, "fifo")) == [
        ("long", 10, 1, 3, 100.0, 120.0, 200.0, 3.0, 197.0),
        ("long", 5, 2, 3, 110.0, 120.0, 50.0, 1.5, 48.5),
        ("long", 5, 2, 4, 110.0, 90.0, -100.0, 1.5, -101.5),
        ("short", 5, 4, 5, 90.0, 80.0, 50.0, 2.0, 48.0),
    ]


def test_average_closes_a_share_of_all() -> None:
    assert shown(trades(PYRAMID, "average")) == [
        ("long", 15, 1, 3, 105.0, 120.0, 225.0, 4.5, 220.5),
        ("long", 5, 1, 4, 105.0, 90.0, -75.0, 1.5, -76.5),
        ("short", 5, 4, 5, 90.0, 80.0, 50.0, 2.0, 48.0),
    ]


def test_flat_waits_until_nothing_is_held() -> None:
    assert shown(trades(PYRAMID, "flat")) == [
        ("long", 20, 1, 4, 105.0, 112.5, 150.0, 6.0, 144.0),
        ("short", 5, 4, 5, 90.0, 80.0, 50.0, 2.0, 48.0),
    ]


def test_what_is_still_open_is_told_apart() -> None:
    some = PYRAMID.head(3)
    assert trades(some, "flat").height == 0
    assert open_lots(some).rows() == [("X", "long", 5, 2, 110.0, 550.0, 0.5)]
    assert open_lots(some, "average").rows() == [("X", "long", 5, 1, 105.0, 525.0, 0.5)]


def test_lots_from_before_the_first_fill_have_no_entry() -> None:
    found = trades(fills(fill(1, "sell", 5, 100.0, position=10), fill(2, "sell", 15, 110.0, position=-5)))
    assert found.select("side", "quantity", "opened_ns", "entry", "pnl", "return").rows() == [
        ("long", 5, None, None, None, None),
        ("long", 10, None, None, None, None),
    ]


def test_no_fills_make_no_trades() -> None:
    assert trades(fills()).schema == pl.Schema(TRADES)
    assert with_excursions(trades(fills()), equity=equity()).height == 0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("method", METHODS[:2])
def test_trades_equal_those_of_single_lots(seed: int, method: Method) -> None:
    run = drawn(seed)
    found = trades(run.fills, method)
    mine = found.group_by("instrument").agg(pl.col("gross", "fees").sum(), pl.col("quantity").sum()).sort("instrument")
    twin = pl.DataFrame(
        [(name, *lots_closed(run.fills.filter(pl.col("instrument") == name), method)) for name in ("SYM0", "SYM1")],
        schema=["instrument", "gross", "fees", "quantity"],
        orient="row",
    )
    for column in ("gross", "fees", "quantity"):
        assert mine[column].to_list() == pytest.approx(twin[column].to_list(), rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("method", METHODS[:2])
def test_trades_and_what_is_open_make_up_the_cash_that_moved(seed: int, method: Method) -> None:
    run = drawn(seed, instruments=3)
    closed, left = trades(run.fills, method), open_lots(run.fills, method)
    signed = pl.when(pl.col("side").is_in(["buy", "short"])).then(-1).otherwise(1) * pl.col("value")
    moved = float(run.fills.select(signed).to_series().sum()) - float(run.fills["fee"].sum())
    invested = float(left.select(signed).to_series().sum()) + float(left["fees"].sum())
    assert float(closed["pnl"].sum()) - invested == pytest.approx(moved, abs=1e-4)


def lots_closed(frame: pl.DataFrame, method: str) -> tuple[float, float, int]:
    """Gross, fees and lots of all closings, one lot at a time."""
    held: deque[tuple[int, float, float]] = deque()
    gross = fees = 0.0
    closed = 0
    for side, quantity, price, fee in frame.select("side", "quantity", "price", "fee").iter_rows():
        sign = 1 if side == "buy" else -1
        for _ in range(quantity):
            if held and held[0][0] != sign:
                direction, entry, paid = held.popleft()
                gross += (price - entry) * direction
                fees += paid + fee / quantity
                closed += 1
            else:
                held.append((sign, price, fee / quantity))
                if method == "average":
                    count = len(held)
                    mean, paid = sum(one[1] for one in held) / count, sum(one[2] for one in held) / count
                    held = deque([(sign, mean, paid)] * count)
    return gross, fees, closed


def test_excursions_are_the_worst_and_best_between_entry_and_exit() -> None:
    some = trades(
        fills(
            fill(10, "buy", 2, 100.0), fill(20, "sell", 2, 104.0), fill(30, "sell", 1, 104.0), fill(40, "buy", 1, 105.0)
        )
    )
    prices = pl.DataFrame(
        {
            "at_ns": [5, 10, 12, 20, 35, 45],
            "instrument": "X",
            "low": [1.0, 50.0, 97.0, 99.0, 90.0, 1.0],
            "high": [500.0, 200.0, 103.0, 107.0, 106.0, 900.0],
        }
    )
    assert with_excursions(some, prices=prices).select("mae", "mfe").rows() == [(-6.0, 14.0), (-2.0, 14.0)]


def test_excursions_of_equity_are_those_of_trades_that_stood_alone() -> None:
    alone = fills(
        fill(10, "buy", 1, 100.0), fill(20, "sell", 1, 104.0), fill(30, "buy", 1, 104.0), fill(40, "sell", 1, 100.0)
    )
    samples = equity((0, 1000.0), (12, 990.0), (15, 1010.0), (20, 1004.0), (35, 1003.0), (40, 1000.0))
    assert with_excursions(trades(alone), equity=samples).select("mae", "mfe").rows() == [(-10.0, 10.0), (-4.0, 0.0)]
    beside = with_excursions(trades(PYRAMID), equity=samples)
    assert beside.select("mae", "mfe").rows() == [(None, None)] * 3 + [(None, None)]


@pytest.mark.parametrize("seed", range(3))
def test_excursions_equal_those_of_a_plain_loop(seed: int) -> None:
    run = drawn(seed)
    closed = trades(run.fills)
    prices = run.fills.select("at_ns", "instrument", "price")
    found = with_excursions(closed, prices=prices)
    for row, mae, mfe in zip(closed.iter_rows(named=True), found["mae"], found["mfe"], strict=True):
        seen = [
            price
            for at, name, price in prices.iter_rows()
            if name == row["instrument"] and row["opened_ns"] < at <= row["closed_ns"]
        ]
        sign, lots = (1 if row["side"] == "long" else -1), row["quantity"]
        stood = [(price - row["entry"]) * sign * lots for price in [*seen, row["entry"], row["exit"]]]
        assert (mae, mfe) == pytest.approx((min(stood), max(stood)), abs=1e-6)


BAD = {
    "no column": (PYRAMID.drop("price"), "fills has no column price"),
    "no lots": (fills(fill(1, "buy", 0, 1.0)), "row 0: quantity is 0, but must be lots above 0"),
    "no side": (fills(fill(1, "hold", 1, 1.0)), "row 0: side is 'hold', but must be buy or sell"),
    "no price": (fills(fill(1, "buy", 1, float("nan"))), "row 0: price is None, but must be a finite number"),
    "infinite": (fills(fill(1, "buy", 1, 1.0, value=float("inf"))), "row 0: value is inf"),
    "back in time": (fills(fill(2, "buy", 1, 1.0), fill(1, "buy", 1, 1.0)), "row 1: at_ns 1 is before the row above"),
    "no number": (PYRAMID.with_columns(price=pl.lit("high")), "fills has a column of another type"),
}


@pytest.mark.parametrize(("frame", "text"), BAD.values(), ids=BAD)
def test_a_frame_that_is_none_is_refused_with_its_row(frame: pl.DataFrame, text: str) -> None:
    with pytest.raises(FrameInvalid) as refused:
        trades(frame)
    assert text in str(refused.value)


def test_a_method_that_is_none_is_refused() -> None:
    with pytest.raises(OptionInvalid, match="'lifo' is none of fifo, average, flat"):
        trades(PYRAMID, "lifo")  # type: ignore[arg-type]
