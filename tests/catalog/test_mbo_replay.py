"""Small MBO days through our matching, one rule each."""

from pathlib import Path

import pytest
from tests.catalog.mbo_recorded import START, TICK, counts, day, played, record, written

from garraway.catalog import (
    AuctionFill,
    BooksInvalid,
    CatalogError,
    CommandRefused,
    Equilibrium,
    FileDamaged,
    MboReport,
    PricesInvalid,
    SymbolInvalid,
    Why,
    mbo_summary,
    replay_mbo,
)

BOOK = """
    A B 1 100 5
    A B 2 100 5
    A A 3 102 5
    A A 4 102 5
"""


def books(report: MboReport) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Asks and bids at the end, in ticks."""
    replay = report.replay
    return [(price // TICK, lots) for price, lots in replay.asks], [(p // TICK, lots) for p, lots in replay.bids]


def test_first_order_of_a_level_is_executed_and_the_next_record_takes_it_from_the_book(tmp_path: Path) -> None:
    report = played(tmp_path, BOOK + "T B 9 102 7 +\nF A 3 102 5 +\nF A 4 102 2 +\nC A 3 102 5 +\nM A 4 102 3")
    assert books(report) == ([(102, 3)], [(100, 10)])
    assert counts(report, "executions", "same_order", "packets", "rows", "l1_equal", "unsettled") == {
        "executions": 2,
        "same_order": 2,
        "packets": 5,
        "rows": 5,
        "l1_equal": 5,
        "unsettled": 0,
    }
    assert (report.book_equal, report.types) == (True, {"A": 4, "C": 1, "F": 2, "M": 1, "T": 1})


def test_order_behind_another_is_a_difference(tmp_path: Path) -> None:
    report = played(tmp_path, BOOK + "T B 9 102 2 +\nF A 4 102 2 +\nM A 4 102 3")
    (found,) = report.replay.differences
    assert (found.file_order, found.our_order, found.why, found.price) == (4, 3, Why.PASSED_OVER, 102 * TICK)
    assert (found.our_price, found.at_ns) == (102 * TICK, START + 5 * 10**9 + 5)
    assert counts(report, "same_order", "different", "book_equal") == {
        "same_order": 0,
        "different": 1,
        "book_equal": True,
    }


def test_fills_of_one_trade_may_be_told_in_any_order(tmp_path: Path) -> None:
    report = played(tmp_path, BOOK + "T B 9 102 7 +\nF A 4 102 2 +\nF A 3 102 5 +\nC A 3 102 5 +\nM A 4 102 3")
    assert counts(report, "same_order", "different") == {"same_order": 2, "different": 0}


def test_order_that_leaves_unfilled_with_the_trade_made_way(tmp_path: Path) -> None:
    report = played(tmp_path, BOOK + "T B 9 102 2 +\nF A 4 102 2 +\nM A 4 102 3 +\nC A 3 102 5")
    assert counts(report, "same_order", "different", "prevented") == {
        "same_order": 1,
        "different": 0,
        "prevented": 1,
    }
    assert report.book_equal


def test_remainder_of_an_aggressor_may_cross_what_leaves_in_its_packet(tmp_path: Path) -> None:
    report = played(tmp_path, BOOK + "C A 3 102 5\nA B 9 102 1 +\nC A 4 102 5")
    assert books(report) == ([], [(102, 1), (100, 10)])
    assert counts(report, "prevented", "crossing", "rows", "l1_equal") == {
        "prevented": 1,
        "crossing": 0,
        "rows": 6,
        "l1_equal": 6,
    }


@pytest.mark.parametrize(
    ("change", "first"),
    [("M B 1 100 4", 1), ("M B 1 100 5", 1), ("M B 1 100 6", 2), ("M B 1 99 5\nM B 1 100 5", 2), ("C B 1 100 2", 1)],
)
def test_order_keeps_its_place_unless_it_grows_or_moves(tmp_path: Path, change: str, first: int) -> None:
    report = played(tmp_path, BOOK + f"{change}\nT A 9 100 1 +\nF B {first} 100 1 +\nM B {first} 100 2")
    assert counts(report, "same_order", "different", "book_equal") == {
        "same_order": 1,
        "different": 0,
        "book_equal": True,
    }


def test_reserve_that_fills_the_shown_part_up_goes_behind(tmp_path: Path) -> None:
    refill = "T B 9 102 5 +\nF A 3 102 5 +\nM A 3 102 5\nT B 9 102 5 +\nF A 4 102 5 +\nC A 4 102 5"
    report = played(tmp_path, BOOK + refill)
    assert counts(report, "same_order", "beyond_shown", "book_equal") == {
        "same_order": 2,
        "beyond_shown": 0,
        "book_equal": True,
    }
    assert books(report)[0] == [(102, 5)]


def test_lots_beyond_the_shown_part_are_counted(tmp_path: Path) -> None:
    report = played(tmp_path, BOOK + "T B 9 102 17 +\nF A 4 102 5 +\nF A 3 102 12 +\nC A 4 102 5 +\nM A 3 102 4")
    assert counts(report, "same_order", "different", "beyond_shown", "unsettled", "book_equal") == {
        "same_order": 2,
        "different": 0,
        "beyond_shown": 7,
        "unsettled": 0,
        "book_equal": True,
    }


def test_order_that_is_amended_to_trade_is_the_aggressor(tmp_path: Path) -> None:
    report = played(tmp_path, BOOK + "T B 1 102 5 +\nF B 1 102 5 +\nF A 3 102 5 +\nC B 1 100 5 +\nC A 3 102 5")
    assert counts(report, "executions", "same_order", "amended", "book_equal") == {
        "executions": 1,
        "same_order": 1,
        "amended": 1,
        "book_equal": True,
    }


def test_execution_that_no_record_takes_from_the_book_is_put_right(tmp_path: Path) -> None:
    report = played(tmp_path, BOOK + "T B 9 102 2 +\nF A 3 102 2")
    assert counts(report, "executions", "unsettled", "book_equal") == {
        "executions": 1,
        "unsettled": 1,
        "book_equal": True,
    }


def test_fill_of_an_order_that_no_record_added_is_unseen(tmp_path: Path) -> None:
    assert counts(played(tmp_path, BOOK + "T B 9 102 2 +\nF A 8 102 2"), "unseen", "executions") == {
        "unseen": 1,
        "executions": 0,
    }


def test_clear_and_snapshot_begin_anew(tmp_path: Path) -> None:
    anew = (
        "R N 0 0 0 + snapshot\nA B 1 100 5 + snapshot\nA A 7 103 2 snapshot\nT B 9 103 2 +\nF A 7 103 2 +\nC A 7 103 2"
    )
    report = played(tmp_path, BOOK + anew)
    assert books(report) == ([], [(100, 5)])
    assert counts(report, "resumed", "same_order", "rows", "l1_equal") == {
        "resumed": 2,
        "same_order": 1,
        "rows": 6,
        "l1_equal": 6,
    }


AUCTION = """
    A B 1 100 5
    A A 2 104 5
    A B 3 103 4
    A A 4 101 3
    A A 5 102 3
    A B 6 102 1
    T N 0 102 5 +
    F N 3 102 4 +
    F N 4 102 3 +
    F N 5 102 2 +
    F N 6 102 1 +
    C B 3 103 4 +
    C B 6 102 1 +
    C A 4 101 3 +
    M A 5 102 1
    T B 9 102 1 +
    F A 5 102 1 +
    C A 5 102 1
"""


def test_auction_is_compared_with_ours_and_the_engine_goes_on_behind_it(tmp_path: Path) -> None:
    report = played(tmp_path, AUCTION)
    (found,) = report.uncrosses
    assert (found.price, found.volume, found.reference) == (102 * TICK, 5, 103 * TICK)
    assert found.of_shown == found.of_all == Equilibrium(102 * TICK, 5, -1)
    assert (found.unshown_buys, found.unshown_sells, found.same_orders, found.different_orders) == (0, 0, 4, 0)
    assert [(fill.order, fill.side, fill.lots, fill.our_lots) for fill in found.fills] == [
        (3, "buy", 4, 4),
        (4, "sell", 3, 3),
        (5, "sell", 2, 2),
        (6, "buy", 1, 1),
    ]
    assert counts(report, "collected", "crosses", "resumed", "corrected", "rows", "l1_equal", "same_order") == {
        "collected": 3,
        "crosses": 1,
        "resumed": 2,
        "corrected": 0,
        "rows": 8,
        "l1_equal": 8,
        "same_order": 1,
    }
    assert (report.book_equal, report.as_json()["no_auction"]) == (True, None)


def test_orders_that_an_auction_fills_unshown_are_told_apart(tmp_path: Path) -> None:
    unshown = (
        AUCTION.replace("T N 0 102 5 +", "T N 0 102 6 +\nF N 8 102 1 +")
        .replace("F N 5 102 2", "F N 5 102 3")
        .replace("M A 5 102 1\n    T B 9 102 1 +\n    F A 5 102 1 +\n", "")
    )
    report = played(tmp_path, unshown.replace("C A 5 102 1", "C A 5 102 3"))
    (found,) = report.uncrosses
    assert (found.volume, found.unshown_buys, found.unshown_sells) == (6, 1, 0)
    assert (found.of_shown, found.of_all) == (Equilibrium(102 * TICK, 5, -1), Equilibrium(102 * TICK, 6, 0))
    assert (found.same_orders, found.different_orders) == (4, 0)
    assert (found.same_orders_of_shown, found.different_orders_of_shown) == (3, 1)
    assert found.fills[0] == AuctionFill(8, None, None, 1, None, None)
    assert [(fill.our_lots, fill.our_lots_of_shown) for fill in found.fills if fill.order == 5] == [(3, 2)]
    assert (report.counts.corrected, report.book_equal) == (0, True)


def test_auction_that_fills_another_order_than_ours_is_told(tmp_path: Path) -> None:
    other = AUCTION.replace("F N 6 102 1 +", "F N 1 102 1 +").replace("C B 6 102 1 +", "M B 1 100 4 +\nC B 6 102 1 +")
    report = played(tmp_path, other)
    (found,) = report.uncrosses
    assert (found.same_orders, found.different_orders) == (3, 2)
    assert [(fill.order, fill.lots, fill.our_lots) for fill in found.fills][-2:] == [(1, 1, 0), (6, 0, 1)]
    # Order 1 has a lot less than our auction left it; order 6 is gone in both.
    assert (report.counts.corrected, report.book_equal, report.replay.depth_equal) == (1, True, report.replay.rows)


def test_order_that_only_our_auction_filled_comes_anew_and_what_stood_behind_it_stays_behind(tmp_path: Path) -> None:
    collected = "A B 1 103 4\nA B 2 103 4\nA A 3 104 1\nA A 4 102 3"
    auction = "T N 0 103 3 +\nF N 2 103 3 +\nF N 4 102 3 +\nM B 2 103 1 +\nC A 4 102 3"
    first = "T A 9 103 5 +\nF B 1 103 4 +\nF B 2 103 1 +\nC B 1 103 4 +\nC B 2 103 1"
    report = played(tmp_path, f"{collected}\n{auction}\n{first}")
    assert [(fill.order, fill.lots, fill.our_lots) for fill in report.uncrosses[0].fills] == [
        (2, 3, 0),
        (4, 3, 3),
        (1, 0, 3),
    ]
    assert counts(report, "corrected", "same_order", "different", "unsettled", "book_equal") == {
        "corrected": 3,
        "same_order": 2,
        "different": 0,
        "unsettled": 0,
        "book_equal": True,
    }


def test_book_that_is_uncrossed_without_an_auction_goes_on(tmp_path: Path) -> None:
    report = played(tmp_path, BOOK + "A B 5 102 1\nM A 3 101 5\nC B 5 102 1\nT B 9 101 5 +\nF A 3 101 5 +\nC A 3 101 5")
    assert counts(report, "collected", "resumed", "rows", "l1_equal", "same_order", "book_equal") == {
        "collected": 2,
        "resumed": 2,
        "rows": 8,
        "l1_equal": 8,
        "same_order": 1,
        "book_equal": True,
    }
    assert report.no_auction == "the book is crossed, but no trades without an aggressor follow"


def test_file_without_an_auction_says_so(tmp_path: Path) -> None:
    report = played(tmp_path, BOOK + "T N 0 102 1")
    assert (report.uncrosses, report.counts.without_aggressor) == ([], 1)
    assert report.no_auction == "the book is never crossed: no orders are collected"


def test_auction_that_leaves_the_book_crossed_is_followed_by_another(tmp_path: Path) -> None:
    collected = "A B 1 103 4\nA A 2 101 3\nA A 3 102 1"
    first = "T N 0 102 3 +\nF N 1 103 3 +\nF N 2 101 3 +\nC A 2 101 3 +\nM B 1 103 1"
    second = "T N 0 102 1 +\nF N 1 103 1 +\nF N 3 102 1 +\nC A 3 102 1 +\nC B 1 103 1"
    report = played(tmp_path, f"{collected}\n{first}\n{second}")
    assert [(each.price // TICK, each.volume) for each in report.uncrosses] == [(102, 3), (102, 1)]
    assert [each.of_all and each.of_all.volume for each in report.uncrosses] == [4, 1]
    assert (report.book_equal, report.replay.open_orders, report.replay.rows) == (True, 0, 5)


def test_unshown_lots_that_the_engine_refuses_are_told(tmp_path: Path) -> None:
    huge = AUCTION.replace("T N 0 102 5 +", "T N 0 102 4294967295 +\nT N 0 102 4294967295 +")
    report = played(tmp_path, huge)
    (found,) = report.uncrosses
    assert found.refused is not None
    assert found.refused.startswith("QuantityTooLarge: ")
    assert (found.of_all, found.of_shown) == (None, Equilibrium(102 * TICK, 5, -1))
    assert (found.same_orders, found.same_orders_of_shown, report.book_equal) == (0, 4, True)
    assert "with them the engine takes no part: QuantityTooLarge" in mbo_summary(report)


def test_files_one_after_the_other_go_on_where_the_snapshot_agrees(tmp_path: Path) -> None:
    first = written(tmp_path / "1.dbn", *day(BOOK))
    same = "".join(f"{line} {'' if '4' in line.split()[2] else '+'} snapshot\n" for line in BOOK.strip().splitlines())
    second = written(tmp_path / "2.dbn", *day(same + "T B 9 102 2 +\nF A 3 102 2 +\nM A 3 102 3"))
    report = replay_mbo([first, second])
    assert counts(report, "snapshot_different", "seeded", "same_order", "book_equal") == {
        "snapshot_different": 0,
        "seeded": 1,
        "same_order": 1,
        "book_equal": True,
    }
    assert [each.rows for each in report.replay.oracles] == [4, 2]
    other = written(tmp_path / "3.dbn", *day(same.replace("A A 4 102 5", "A A 5 103 5")))
    assert counts(replay_mbo([first, other]), "snapshot_different", "book_equal") == {
        "snapshot_different": 2,
        "book_equal": True,
    }


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("A B 1 100 5", "order 1 is added a second time"),
        ("C B 9 100 5", "action C of order 9, which does not stand in the book"),
        ("M B 9 100 5", "action M of order 9, which does not stand in the book"),
        ("C A 1 100 5", "side of order 1 is not the one it was added on"),
        ("C B 1 101 5", "price of order 1 is not the one it stands at"),
        ("C B 1 100 6", "takes 6 lots from order 1, which has 5"),
    ],
)
def test_record_that_contradicts_the_book_is_refused_or_skipped(tmp_path: Path, line: str, what: str) -> None:
    text = f"{BOOK}{line}\nA B 7 99 1"
    with pytest.raises(FileDamaged, match=rf"day\.dbn, byte \d+: {what}"):
        played(tmp_path, text)
    report = played(tmp_path, text, skip=True)
    assert ([skip.why for skip in report.skipped], report.as_json()["skipped"]) == ([what], 1)
    assert report.book_equal


def test_every_flipped_bit_ends_in_a_report_or_in_an_error_that_names_the_file(tmp_path: Path) -> None:
    whole = written(tmp_path / "day.dbn", *day(AUCTION)).read_bytes()
    file, refused = tmp_path / "flipped.dbn", 0
    for place in range(0, len(whole) * 8, 11):
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        file.write_bytes(flipped)
        texts = [text for skip in (False, True) if (text := refusal(file, skip=skip))]
        assert all("flipped.dbn" in text for text in texts)
        refused += len(texts)
    assert refused > 100


def refusal(file: Path, *, skip: bool) -> str:
    """The error of a replay; nothing where there is a report."""
    try:
        replay_mbo([file], skip=skip)
    except CatalogError as error:
        return str(error)
    return ""


def test_replay_is_the_same_twice(tmp_path: Path) -> None:
    assert played(tmp_path, AUCTION).as_json() == played(tmp_path, AUCTION).as_json()


def test_files_that_cannot_be_played_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BooksInvalid, match="no file is given"):
        replay_mbo([])
    with pytest.raises(PricesInvalid, match="a price of -250000000 in 1e-9, the engine trades above 0"):
        replay_mbo([written(tmp_path / "day.dbn", record(0, "A", "B", 1, -1, 5))])
    huge = record(0, "A", "B", 1, 10**9, 2**32 - 1)
    with pytest.raises(CommandRefused, match=r"day\.dbn, byte \d+: the engine does not follow: .*NotionalTooLarge"):
        replay_mbo([written(tmp_path / "day.dbn", huge, record(1, "A", "A", 2, 10**9 + 1, 1))])
    one = written(tmp_path / "one.dbn", *day(BOOK))
    two = tmp_path / "two.dbn"
    two.write_bytes(one.read_bytes().replace(b"ABC\0", b"XYZ\0"))
    with pytest.raises(SymbolInvalid, match="the files have different instruments, ABC, XYZ"):
        replay_mbo([one, two])
