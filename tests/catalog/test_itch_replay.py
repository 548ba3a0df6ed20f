"""ITCH through our matching: each message's effect, contradictions, and the made-up day in both forms."""

from pathlib import Path

import pytest
from tests.catalog.itch_recorded import add, at, execute, played
from tests.catalog.recorded import counts

from garraway.catalog import FileDamaged, Why, encode_itch, replay_itch, replay_itch_csv, write_itch_sample

ASK, BID = (1_010_000, 100), (1_000_000, 100)
BOOK = (add(0, 1, "B", 100, 1_000_000), add(0, 2, "S", 100, 1_010_000))


def test_adds_with_and_without_a_name_rest(tmp_path: Path) -> None:
    named = at(1, "AddOrderAttributed", order=3, side="S", shares=5, price=1_020_000, stock="ABC", attribution="GARW")
    report = played(tmp_path, *BOOK, named)
    assert (report.replay.asks, report.replay.bids) == ([ASK, (1_020_000, 5)], [BID])
    assert (report.symbol, report.types, report.replay.commands) == ("ABC", {"A": 2, "F": 1}, 17)


def test_executions_at_and_off_the_price_take_the_first_order(tmp_path: Path) -> None:
    better = at(2, "OrderExecutedWithPrice", order=2, shares=10, printable="Y", execution_price=1_009_900)
    report = played(tmp_path, *BOOK, execute(1, 1, 30), better)
    assert (report.replay.asks, report.replay.bids) == ([(1_010_000, 90)], [(1_000_000, 70)])
    assert counts(report.replay, "executions", "same_order", "different") == {
        "executions": 2,
        "same_order": 2,
        "different": 0,
    }
    assert report.replay.trade_prices == [1_000_000, 1_010_000]


def test_cancel_reduces_and_delete_removes(tmp_path: Path) -> None:
    cancel = at(1, "OrderCancel", order=1, canceled_shares=40)
    report = played(tmp_path, *BOOK, cancel, at(2, "OrderDelete", order=2))
    assert (report.replay.asks, report.replay.bids) == ([], [(1_000_000, 60)])


def test_replacement_goes_to_the_back_of_its_level(tmp_path: Path) -> None:
    replace = at(2, "OrderReplace", original_order=1, new_order=9, shares=50, price=1_000_000)
    report = played(tmp_path, *BOOK, add(1, 3, "B", 20, 1_000_000), replace, execute(3, 3, 20), execute(4, 9, 50))
    assert (report.replay.bids, report.replay.counts.same_order) == ([], 2)


def test_order_that_is_passed_over_is_told(tmp_path: Path) -> None:
    report = played(tmp_path, *BOOK, add(1, 3, "B", 20, 1_000_000), execute(2, 3, 20))
    (told,) = report.replay.differences
    assert (told.row, told.file_order, told.our_order, told.why) == (114, 3, 1, Why.PASSED_OVER)


def test_messages_about_orders_from_before_the_file_are_counted(tmp_path: Path) -> None:
    replace = at(3, "OrderReplace", original_order=77, new_order=78, shares=50, price=1_000_000)
    report = played(tmp_path, *BOOK, execute(1, 77, 5), at(2, "OrderDelete", order=76), replace, execute(4, 78, 5))
    assert counts(report.replay, "unseen", "beyond_seed", "executions") == {
        "unseen": 2,
        "beyond_seed": 4,
        "executions": 0,
    }


def test_messages_that_do_not_touch_the_book_are_counted(tmp_path: Path) -> None:
    hidden = at(1, "Trade", side="B", shares=5, price=1, stock="ABC")
    cross = at(2, "CrossTrade", shares=5, cross_price=1, stock="ABC", cross_type="O")
    halt, resume = (at(3, "TradingAction", stock="ABC", state=state) for state in "HT")
    other = [at(4, name) for name in ("BrokenTrade", "Imbalance", "RetailInterest", "RegSho")]
    report = played(tmp_path, *BOOK, hidden, cross, halt, resume, *other)
    wanted = {"hidden": 1, "crosses": 1, "halts": 1, "messages": 10, "executions": 0}
    assert counts(report.replay, *wanted) == wanted
    assert (report.replay.asks, report.replay.bids) == ([ASK], [BID])


def test_add_that_would_cross_removes_what_is_in_its_way(tmp_path: Path) -> None:
    report = played(tmp_path, *BOOK, add(1, 3, "B", 10, 1_010_000), execute(2, 2, 10))
    assert (report.replay.asks, report.replay.bids) == ([], [(1_010_000, 10), BID])
    wanted = {"crossing": 1, "removed": 1, "reappeared": 1, "different": 1}
    assert counts(report.replay, *wanted) == wanted


@pytest.mark.parametrize(
    ("message", "what"),
    [
        (execute(1, 1, 101), "size 101, but order 1 has 100 left"),
        (at(1, "OrderCancel", order=1), "takes 0 shares from order 1"),
        (add(1, 1, "B", 5, 5), "order 1 is added a second time"),
        (add(1, 3, "Z", 5, 5), "adds order 3, 5 shares at 5: each must be 1 or more, the side B or S"),
        (add(1, 3, "B", 0, 5), "adds order 3, 0 shares at 5"),
        (add(1, 3, "B", 5, 0), "adds order 3, 5 shares at 0"),
        (add(1, 0, "B", 5, 5), "adds order 0"),
        (at(1, "OrderReplace", original_order=1, new_order=2, shares=5, price=5), "order 2 is added a second time"),
    ],
)
def test_contradictions_are_named_with_their_byte(tmp_path: Path, message: bytes, what: str) -> None:
    with pytest.raises(FileDamaged, match=f"byte 76: {what}"):
        played(tmp_path, *BOOK, message)


@pytest.mark.parametrize("again", [execute(2, 1, 1), at(2, "OrderDelete", order=1)])
def test_order_that_is_over_stays_over(tmp_path: Path, again: bytes) -> None:
    with pytest.raises(FileDamaged, match="order 1 was executed or deleted before"):
        played(tmp_path, *BOOK, execute(1, 1, 100), again)


@pytest.mark.parametrize("seed", range(1, 9))
def test_made_up_day_is_equal_at_every_depth_and_in_both_forms(tmp_path: Path, seed: int) -> None:
    source, target = write_itch_sample(tmp_path, seed=seed, messages=1200), tmp_path / "day.itch.gz"
    decoded = replay_itch_csv(source, check_every=50)
    (oracle,) = decoded.replay.oracles
    assert oracle.rows == oracle.l1_equal == oracle.depth_equal == sum(decoded.types.values())
    assert set(decoded.types) == set("AFECXDU")
    encode_itch(source, target)
    binary = replay_itch(target, check_every=50)
    assert (binary.symbol, binary.complete) == ("SAMPLE", True)
    alike = ("commands", "events", "open_orders", "state_hash", "events_hash", "asks", "bids", "trade_prices")
    assert [getattr(binary.replay, name) for name in alike] == [getattr(decoded.replay, name) for name in alike]
    names = ("executions", "same_order", "different", "crossing", "beyond_seed")
    assert counts(binary.replay, *names) == counts(decoded.replay, *names)
    assert [each.file_order for each in binary.replay.differences] == [
        each.file_order for each in decoded.replay.differences
    ]


def test_every_execution_of_the_sample_is_judged(tmp_path: Path) -> None:
    report = replay_itch_csv(write_itch_sample(tmp_path))
    assert counts(report.replay, "executions", "same_order", "different", "unseen", "beyond_seed", "crossing") == {
        "executions": 264,
        "same_order": 260,
        "different": 4,
        "unseen": 0,
        "beyond_seed": 0,
        "crossing": 0,
    }
