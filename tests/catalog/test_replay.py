"""What a replay does with each message, in days of a few lines."""

from pathlib import Path

from tests.catalog.recorded import (
    ADD,
    BUY,
    CROSS,
    DELETE,
    EXECUTE,
    HALT,
    HIDDEN,
    OPENING,
    REDUCE,
    SELL,
    counts,
    message,
    replayed,
)

from garraway.catalog import Why


def test_opening_book_is_one_order_for_each_level(tmp_path: Path) -> None:
    report = replayed(tmp_path, [])
    assert (report.asks, report.bids) == ([(1010, 50), (1020, 60)], [(1000, 100), (990, 70)])
    assert report.counts.seeded == report.open_orders == 4
    assert (report.rows, report.l1_equal, report.depth_equal, report.first_difference) == (1, 1, 1, None)


def test_order_of_the_first_message_is_a_part_of_the_opening_book_and_stands_last(tmp_path: Path) -> None:
    lines = [
        message(0, ADD, 7, 30, 1000, BUY),
        message(1, EXECUTE, 3, 70, 1000, BUY),
        message(2, EXECUTE, 7, 10, 1000, BUY),
    ]
    report = replayed(tmp_path, lines, [OPENING])
    assert report.bids == [(1000, 20), (990, 70)]
    assert counts(report, "seeded", "executions", "same_order", "unseen") == {
        "seeded": 5, "executions": 1, "same_order": 1, "unseen": 1,
    }  # fmt: skip


def test_add_below_the_depth_of_the_opening_book_is_placed(tmp_path: Path) -> None:
    report = replayed(tmp_path, [message(0, ADD, 7, 30, 980, BUY)], [OPENING])
    assert report.bids == [(1000, 100), (990, 70), (980, 30)]
    assert report.depth_equal == 1


def test_add_partial_cancel_and_delete(tmp_path: Path) -> None:
    lines = [message(0, ADD, 7, 30, 1005, SELL), message(1, REDUCE, 7, 10, 1005, SELL)]
    assert replayed(tmp_path, lines).asks[0] == (1005, 20)
    assert replayed(tmp_path, [*lines, message(2, DELETE, 7, 20, 1005, SELL)]).asks[0] == (1010, 50)


def test_partial_cancel_after_an_execution_leaves_the_rest(tmp_path: Path) -> None:
    lines = [
        message(0, ADD, 7, 30, 1005, SELL),
        message(1, EXECUTE, 7, 12, 1005, SELL),
        message(2, REDUCE, 7, 10, 1005, SELL),
    ]
    report = replayed(tmp_path, lines)
    assert report.asks[0] == (1005, 8)
    assert report.trade_prices == [1005]


def test_execution_of_the_first_order_trades(tmp_path: Path) -> None:
    lines = [message(0, ADD, 7, 30, 1005, BUY), message(1, EXECUTE, 7, 30, 1005, BUY)]
    report = replayed(tmp_path, lines)
    assert counts(report, "executions", "same_order", "different") == {"executions": 1, "same_order": 1, "different": 0}
    assert report.trade_prices == [1005]
    assert report.bids[0] == (1000, 100)


def test_execution_of_another_order_than_ours_is_told_and_reduces_the_file_s_order(tmp_path: Path) -> None:
    lines = [
        message(0, ADD, 7, 30, 1005, BUY),
        message(1, ADD, 8, 40, 1005, BUY),
        message(2, EXECUTE, 8, 15, 1005, BUY),
    ]
    report = replayed(tmp_path, lines)
    assert counts(report, "executions", "same_order", "different") == {"executions": 1, "same_order": 0, "different": 1}
    [told] = report.differences
    assert (told.row, told.at_ns, told.side, told.price, told.quantity) == (4, 34_202 * 10**9, "buy", 1005, 15)
    assert (told.file_order, told.our_order, told.our_price, told.why) == (8, 7, 1005, Why.PASSED_OVER)
    assert report.bids[0] == (1005, 55)
    assert report.trade_prices == []


def test_order_shown_late_that_kept_an_older_place_is_told(tmp_path: Path) -> None:
    lines = [
        message(0, ADD, 70, 30, 1005, BUY),
        message(1, ADD, 8, 40, 1005, BUY),
        message(2, EXECUTE, 8, 40, 1005, BUY),
    ]
    assert [each.why for each in replayed(tmp_path, lines).differences] == [Why.OLDER]


def test_order_of_the_opening_book_before_the_file_s_is_told(tmp_path: Path) -> None:
    lines = [message(0, ADD, 7, 30, 1010, SELL), message(1, EXECUTE, 7, 30, 1010, SELL)]
    [told] = replayed(tmp_path, lines).differences
    assert (told.our_order, told.why) == (None, Why.OPENING)


def test_better_price_in_our_book_is_told(tmp_path: Path) -> None:
    lines = [message(0, ADD, 7, 30, 1030, SELL), message(1, EXECUTE, 7, 30, 1030, SELL)]
    [told] = replayed(tmp_path, lines).differences
    assert (told.our_price, told.why) == (1010, Why.BETTER_PRICE)


def test_orders_that_the_file_did_not_introduce_are_parts_of_the_opening_book(tmp_path: Path) -> None:
    lines = [
        message(0, EXECUTE, 1, 20, 1010, SELL),
        message(1, REDUCE, 2, 5, 1010, SELL),
        message(2, DELETE, 2, 15, 1010, SELL),
    ]
    report = replayed(tmp_path, lines)
    assert report.asks[0] == (1010, 10)
    assert counts(report, "unseen", "executions", "beyond_seed") == {"unseen": 1, "executions": 0, "beyond_seed": 0}


def test_orders_that_nobody_has_seen_change_nothing_and_are_counted(tmp_path: Path) -> None:
    lines = [
        message(0, ADD, 7, 30, 1030, SELL),
        message(1, DELETE, 1, 20, 1030, SELL),  # no anonymous order there
        message(2, DELETE, 2, 51, 1010, SELL),  # more than the anonymous order has
    ]
    report = replayed(tmp_path, lines)
    assert report.asks == [(1010, 50), (1020, 60), (1030, 30)]
    assert report.counts.beyond_seed == 2


def test_add_that_would_cross_removes_what_stands_in_its_way(tmp_path: Path) -> None:
    lines = [
        message(0, ADD, 7, 30, 1005, SELL),
        message(1, ADD, 8, 40, 1010, BUY),
        message(2, EXECUTE, 7, 10, 1005, SELL),
        message(3, DELETE, 7, 20, 1005, SELL),
    ]
    report = replayed(tmp_path, lines)
    assert (report.asks, report.bids[0]) == ([(1020, 60)], (1010, 40))
    assert counts(report, "crossing", "removed", "reappeared") == {"crossing": 1, "removed": 2, "reappeared": 2}
    assert counts(report, "executions", "same_order", "different") == {"executions": 1, "same_order": 0, "different": 1}
    assert [(each.our_price, each.why) for each in report.differences] == [(None, Why.REMOVED)]


def test_delete_of_an_order_that_shrank_unseen_deletes_all_of_it(tmp_path: Path) -> None:
    lines = [message(0, ADD, 7, 30, 1005, SELL), message(1, DELETE, 7, 20, 1005, SELL)]
    report = replayed(tmp_path, lines)
    assert report.asks[0] == (1010, 50)
    assert report.counts.shrunk == 1


def test_hidden_executions_crosses_and_halts_change_nothing_and_are_counted(tmp_path: Path) -> None:
    lines = [
        message(0, HIDDEN, 0, 500, 1000, BUY),
        message(1, CROSS, 0, 500, 1000, BUY),
        message(2, HALT, 0, 0, -1, -1),
        message(3, HALT, 0, 0, 1, -1),
    ]
    report = replayed(tmp_path, lines)
    assert counts(report, "messages", "hidden", "crosses", "halts") == {
        "messages": 5, "hidden": 2, "crosses": 1, "halts": 2,
    }  # fmt: skip
    assert (report.asks, report.bids) == ([(1010, 50), (1020, 60)], [(1000, 100), (990, 70)])


def test_deepest_book_opens_and_each_book_is_compared(tmp_path: Path) -> None:
    lines = [message(0, ADD, 7, 30, 1000, BUY), message(1, ADD, 8, 5, 1001, BUY), message(2, ADD, 9, 5, 1002, BUY)]
    best = ["1010,50,1000,100", "1010,50,1001,5", "1010,50,1002,6"]
    deep = [OPENING, "1010,50,1001,5,1020,60,1000,99"]
    report = replayed(tmp_path, lines, best, deep)
    assert report.counts.seeded == 5
    assert (report.rows, report.l1_equal, report.depth_equal, report.first_difference) == (5, 4, 3, 2)
    first, second = report.oracles
    assert (first.levels, first.rows, first.l1_equal, first.levels_equal) == (1, 3, 2, {1: 2})
    assert (second.levels, second.rows, second.l1_equal, second.levels_equal) == (2, 2, 2, {1: 2, 2: 1})
    assert (first.first_difference, first.first_depth_difference) == (2, 2)
    assert (second.first_difference, second.first_depth_difference) == (None, 1)


def test_levels_that_both_lack_are_equal(tmp_path: Path) -> None:
    lines = [message(0, ADD, 7, 30, 1000, BUY), message(1, DELETE, 7, 30, 1000, BUY)]
    rows = [
        "1010,50,1000,30,9999999999,0,-9999999999,0",
        "1010,50,-9999999999,0,9999999999,0,-9999999999,0",
    ]
    report = replayed(tmp_path, lines, rows)
    assert (report.rows, report.depth_equal) == (2, 2)


def test_rounded_times_are_counted(tmp_path: Path) -> None:
    lines = ["34200.088778456004,5,0,1,1005,1"]
    assert replayed(tmp_path, lines).counts.rounded_times == 1
