"""Days, months, drawdowns: by hand, and against plain loops."""

from datetime import UTC, date, datetime

import polars as pl
import pytest
from tests.analytics.runs import DAY, MONDAY, days, drawn, equity

from garraway.analytics import (
    FrameInvalid,
    OptionInvalid,
    daily,
    drawdown,
    drawdowns,
    monthly,
    returns,
    underwater,
    yearly,
)


def test_days_are_told_by_their_last_sample() -> None:
    samples = equity((MONDAY, 100.0), (MONDAY + 1, 110.0), (MONDAY + DAY, 99.0), (MONDAY + 3 * DAY, 99.0))
    assert daily(samples).rows() == [
        (date(2024, 1, 1), 110.0, 10.0, pytest.approx(0.1)),
        (date(2024, 1, 2), 99.0, -11.0, pytest.approx(-0.1)),
        (date(2024, 1, 4), 99.0, 0.0, 0.0),
    ]


def test_sunday_evening_belongs_to_monday_where_saturday_rests() -> None:
    sunday = MONDAY - 2 * 3_600_000_000_000
    assert daily(equity((sunday, 100.0), (MONDAY, 110.0)))["day"].to_list() == [date(2024, 1, 1)]
    saturday = MONDAY - 2 * DAY
    assert daily(equity((saturday, 1.0), (sunday, 100.0)))["day"].to_list() == [date(2023, 12, 30), date(2023, 12, 31)]


def test_a_day_may_end_at_another_hour() -> None:
    evening = MONDAY + 23 * 3_600_000_000_000
    samples = equity((MONDAY, 100.0), (evening, 110.0))
    assert daily(samples, offset_ns=2 * 3_600_000_000_000)["day"].to_list() == [date(2024, 1, 1), date(2024, 1, 2)]


def test_a_year_has_365_days_where_saturdays_trade() -> None:
    assert returns(days(*[100.0] * 5)).per_year == 252
    assert returns(days(*[100.0] * 7)).per_year == 365


def test_hours_make_as_many_a_year_as_were_seen() -> None:
    hour = 3_600_000_000_000
    samples = equity(*((MONDAY + day * DAY + one * hour, 100.0 + one) for day in range(2) for one in range(6)))
    found = returns(samples, "hour")
    assert (len(found.values), found.per_year) == (12, 252 * 6)


def test_lost_equity_has_no_return() -> None:
    assert daily(days(100.0, -10.0, 20.0))["return"].to_list() == [0.0, pytest.approx(-1.1), None]


def test_months_and_years_compound() -> None:
    month = 31 * DAY
    samples = equity((MONDAY, 100.0), (MONDAY + DAY, 110.0), (MONDAY + month, 121.0), (MONDAY + 366 * DAY, 60.5))
    found = monthly(samples)
    assert found.select("year", "month", "pnl").rows() == [(2024, 1, 10.0), (2024, 2, 11.0), (2025, 1, -60.5)]
    assert yearly(found).rows() == [(2024, 21.0, pytest.approx(0.21)), (2025, -60.5, pytest.approx(-0.5))]


@pytest.mark.parametrize("seed", range(3))
def test_days_equal_those_of_a_plain_loop(seed: int) -> None:
    run = drawn(seed)
    last: dict[date, float] = {}
    for at_ns, worth in run.equity.select("at_ns", "equity").iter_rows():
        last[datetime.fromtimestamp(at_ns // 10**9, UTC).date()] = worth
    worth_before, rows = run.equity["equity"][0], []
    for day, worth in last.items():
        rows.append((day, worth, worth - worth_before, (worth - worth_before) / worth_before))
        worth_before = worth
    assert daily(run.equity).rows() == rows


def test_a_drawdown_lasts_from_its_peak_until_it_is_made_up() -> None:
    samples = equity((0, 100.0), (10, 120.0), (20, 90.0), (30, 96.0), (50, 120.0), (60, 130.0), (70, 117.0))
    assert drawdowns(samples).rows() == [(10, 20, 50, 30.0, 0.25, 40, 30), (60, 70, None, 13.0, 0.1, 10, None)]
    worst = drawdown(samples)
    assert (worst.depth, worst.fraction, worst.longest_s, worst.recovery_s) == (30.0, 0.25, 40e-9, 30e-9)
    assert worst.under_water == pytest.approx(50 / 70)
    assert worst.average_fraction == pytest.approx(0.175)


def test_the_deepest_drawdown_may_not_have_recovered() -> None:
    assert drawdown(days(100.0, 90.0)).recovery_s is None


def test_what_never_fell_has_no_drawdown() -> None:
    found = drawdown(days(100.0, 100.0, 101.0))
    assert (found.depth, found.fraction, found.longest_s, found.under_water, found.ulcer) == (
        None,
        None,
        None,
        0.0,
        0.0,
    )
    assert drawdown(equity()).under_water is None


def test_a_peak_below_nothing_has_no_fraction() -> None:
    assert underwater(days(-5.0, -6.0))["fraction"].to_list() == [None, None]
    assert drawdown(days(-5.0, -6.0)).fraction is None


@pytest.mark.parametrize("seed", range(5))
def test_drawdowns_equal_those_of_a_plain_loop(seed: int) -> None:
    run = drawn(seed, count=200)
    peak, peak_at, lowest, rows, now = float("-inf"), 0, (0.0, 0), [], False
    for at_ns, worth in run.equity.select("at_ns", "equity").iter_rows():
        if worth >= peak:
            if now:
                rows.append((peak_at, lowest[1], at_ns, lowest[0]))
            peak, peak_at, now, lowest = worth, at_ns, False, (0.0, 0)
        else:
            now = True
            lowest = max(lowest, (peak - worth, at_ns), key=lambda one: one[0])
    if now:
        rows.append((peak_at, lowest[1], None, lowest[0]))
    assert drawdowns(run.equity).select("peak_ns", "trough_ns", "recovered_ns", "depth").rows() == rows


def test_bad_equity_is_refused_with_its_row() -> None:
    with pytest.raises(FrameInvalid, match="equity, row 1: equity is None, but must be a finite number"):
        daily(days(1.0, float("nan")))
    with pytest.raises(FrameInvalid, match="equity has no column equity"):
        drawdown(pl.DataFrame({"at_ns": [1]}))


def test_a_period_that_is_none_is_refused() -> None:
    with pytest.raises(OptionInvalid, match="'week' is none of day, hour, minute"):
        returns(days(1.0), "week")  # type: ignore[arg-type]
