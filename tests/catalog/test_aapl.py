"""AAPL's hour of 21 June 2012 from LOBSTER: needs data that we may not ship."""

from functools import cache
from pathlib import Path

import pytest

from garraway.catalog import ReplayReport, Why, replay_lobster

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "l3_lobster"
MESSAGES = FOLDER / "AAPL_2012-06-21_0930-1030_message_50.csv.zst"
DEEP = FOLDER / "AAPL_2012-06-21_orderbook_50_first672.csv.zst"
BEST = FOLDER / "AAPL_2012-06-21_0930-1030_orderbook_50_top1.csv.zst"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not MESSAGES.exists(), reason=f"{MESSAGES} is absent: the recorded hour was NOT replayed"),
]


@cache
def report() -> ReplayReport:
    return replay_lobster(MESSAGES, [DEEP, BEST], check_every=10_000)


def test_every_message_is_counted() -> None:
    counts = report().counts
    assert (counts.messages, counts.executions, counts.unseen, counts.hidden) == (91_997, 4_055, 12, 2_201)
    assert counts.executions == counts.same_order + counts.different
    assert (counts.seeded, counts.beyond_seed, counts.crossing, counts.rounded_times) == (90, 46, 0, 1)


def test_forty_levels_are_equal_in_all_rows() -> None:
    deep = report().oracles[0]
    assert (deep.rows, deep.levels, deep.l1_equal) == (672, 50, 672)
    assert deep.levels_equal == {1: 672, 5: 672, 10: 672, 20: 672, 30: 672, 40: 672, 50: 664}


def test_best_quotes_are_equal_until_the_recorded_depth_ends() -> None:
    best = report().oracles[1]
    assert (best.rows, best.l1_equal, best.first_difference) == (91_997, 91_907, 54_606)
    assert report().first_difference == 54_606


def test_our_matching_takes_the_recorded_order() -> None:
    counts = report().counts
    assert (counts.same_order, counts.different) == (4_031, 24)
    assert counts.same_order * 1000 >= counts.executions * 993
    whys = [each.why for each in report().differences]
    assert (whys.count(Why.OLDER), whys.count(Why.PASSED_OVER)) == (15, 9)


def test_replay_is_repeatable() -> None:
    again = replay_lobster(MESSAGES, [DEEP, BEST])
    assert (again.events_hash, again.state_hash) == (report().events_hash, report().state_hash)
