"""Slippage, fees, turnover and exposure, by hand and against plain loops."""

import polars as pl
import pytest
from tests.analytics.runs import DAY, MONDAY, drawn, equity, fill, fills, nothing, orders

from garraway.analytics import FrameInvalid, costs, execution, exposure, slippages

SOME = fills(
    fill(10, "buy", 10, 101.0, mid=100.0, fee=2.0, liquidity="taker"),
    fill(20, "sell", 10, 99.0, mid=99.5, fee=1.0, liquidity="maker"),
    fill(30, "buy", 1, 50.0, liquidity="taker"),
)
PLACED = orders((10, "buy", 10, 10), (20, "sell", 20, 10), (30, "buy", 1, 1), (40, "buy", 9, 0))
YEAR = round(365.25 * DAY)


def test_costs_are_fees_and_what_was_paid_beyond_the_mid() -> None:
    found = execution(SOME, PLACED, equity((0, 1000.0), (YEAR, 1000.0)), gross=-20.0)
    assert (found.orders, found.filled, found.fills, found.fill_rate) == (4, 3, 3, 21 / 40)
    assert [found.value, found.fees, found.slippage] == pytest.approx([2050.0, 3.0, 15.0])
    assert found.slippage_bps == pytest.approx(15 / 2000 * 10_000)
    assert [found.turnover, found.maker_share, found.costs] == pytest.approx([2.05, 990 / 2050, 18.0])
    assert found.costs_of_gross is None


def test_arrival_is_the_last_price_before_the_order() -> None:
    prices = pl.DataFrame({"at_ns": [9, 11, 20], "instrument": "X", "price": [100.5, 1.0, 98.0]})
    found = execution(SOME, PLACED, equity(), prices=prices)
    assert found.arrival == pytest.approx(0.5 * 10 - 1.0 * 10 - 48.0)
    assert slippages(SOME, orders=PLACED, prices=prices)["arrival_slippage"].to_list() == pytest.approx(
        [5.0, -10.0, -48.0]
    )
    assert execution(SOME, PLACED, equity()).arrival is None


def test_costs_are_told_by_instrument_and_liquidity() -> None:
    assert costs(SOME).select("instrument", "liquidity", "fills", "lots", "value", "fees", "slippage").rows() == [
        ("X", "maker", 1, 10, 990.0, 1.0, pytest.approx(5.0)),
        ("X", "taker", 2, 11, 1060.0, 2.0, pytest.approx(10.0)),
    ]
    assert costs(SOME.tail(1))["slippage"].to_list() == [None]


def test_exposure_is_the_time_with_a_position() -> None:
    samples = equity((0, 1.0), (100, 1.0))
    assert exposure(SOME, samples) == pytest.approx((10 + 70) / 100)
    before = fills(fill(40, "sell", 5, 1.0, position=0))
    assert exposure(before, samples) == pytest.approx(0.4)
    assert (exposure(fills(), samples), exposure(SOME, equity((5, 1.0)))) == (0.0, None)


@pytest.mark.parametrize("seed", range(3))
def test_exposure_equals_that_of_a_plain_loop(seed: int) -> None:
    run = drawn(seed, count=60)
    held: dict[str, int] = {}
    exposed, last = 0, MONDAY
    for at_ns, name, position in run.fills.select("at_ns", "instrument", "position").iter_rows():
        exposed += (at_ns - last) * any(held.values())
        held[name], last = position, at_ns
    assert exposure(run.fills, run.equity) == pytest.approx(exposed / (run.equity["at_ns"][-1] - MONDAY))


def test_nothing_costs_nothing() -> None:
    run = nothing()
    found = execution(run.fills, run.orders, run.equity)
    assert (found.fill_rate, found.turnover, found.slippage, found.fees, found.exposure) == (
        None,
        None,
        None,
        0.0,
        None,
    )


def test_orders_filled_beyond_their_size_are_refused() -> None:
    with pytest.raises(FrameInvalid, match="orders, row 0: filled is 3, but must be from 0 to quantity"):
        execution(SOME, orders((1, "buy", 2, 3)), equity())
