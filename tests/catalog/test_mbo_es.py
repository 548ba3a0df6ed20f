"""The S&P future ESH4 of 24 and 25 December 2023, order by order: needs data that we may not ship."""

import random
from collections import Counter
from functools import cache
from pathlib import Path

import databento_dbn as dbn
import numpy as np
import pytest
import zstandard

from garraway.catalog import Equilibrium, MboFile, MboReport, equilibrium, mbo_parquet, replay_mbo
from garraway.catalog.mbo_auction import is_uncross
from garraway.catalog.mbo_book import RecordedBook, packets, records
from garraway.records import Side

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "l3_cme_mbo"
SNAPSHOT = FOLDER / "ESH4_2023-12-24_snapshot.mbo.dbn.zst"
FILE = FOLDER / "ESH4_2023-12-24_25.mbo.dbn.zst"
TICK = 250_000_000

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not FILE.exists(), reason=f"{FILE} is absent: the recorded MBO was NOT replayed"),
]


@cache
def report() -> MboReport:
    return replay_mbo([FILE], check_every=5_000)


def test_every_record_is_as_the_library_decodes_it() -> None:
    rows = np.concatenate(list(MboFile(FILE).rows()))
    with FILE.open("rb") as packed:
        content = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True).read()
    decoded = [each for each in dbn.DBNDecoder().write_and_decode(content) if isinstance(each, dbn.MBOMsg)]
    theirs = [(each.ts_event, each.order_id, each.price, each.size, each.ts_recv, each.sequence) for each in decoded]
    assert rows[["ts_event", "order_id", "price", "size", "ts_recv", "sequence"]].tolist() == theirs
    assert "".join(map(chr, rows["action"])) == "".join(str(each.action) for each in decoded)
    assert len(rows) == 68_792


def test_ten_levels_are_equal_after_every_packet_and_the_whole_book_at_the_end() -> None:
    (oracle,) = report().replay.oracles
    assert (oracle.rows, oracle.l1_equal, oracle.depth_equal) == (47_023, 47_023, 47_023)
    assert (report().book_equal, report().replay.open_orders) == (True, 11_217)


def test_every_record_is_counted() -> None:
    counts = report().counts
    assert report().types == {"A": 29_216, "C": 17_999, "F": 6_371, "M": 12_233, "T": 2_973}
    assert (counts.packets, counts.collected, counts.resumed) == (47_023, 891, 2)
    assert (counts.prevented, counts.amended, counts.beyond_shown) == (136, 107, 194)
    assert (counts.off_price, counts.unsettled, report().replay.counts.crossing) == (0, 0, 0)
    assert report().replay.counts.seeded == 8_725


def test_every_execution_takes_the_order_that_our_matching_takes() -> None:
    counts = report().replay.counts
    assert (counts.executions, counts.same_order, counts.different, counts.unseen) == (6_229, 6_229, 0, 0)


def test_auction_of_the_opening_is_that_which_the_engine_holds() -> None:
    (found,) = report().uncrosses
    assert (found.price, found.volume) == (4_800_250_000_000, 44)
    assert found.exchange_ns == int(np.datetime64("2023-12-25T23:00:00", "ns").astype(np.int64))
    assert found.of_all == Equilibrium(4_800_250_000_000, 44, -7)
    assert found.of_shown == Equilibrium(4_800_000_000_000, 31, 4)
    assert (found.unshown_buys, found.unshown_sells) == (13, 1)
    assert found.refused is None
    assert (found.same_orders, found.different_orders) == (28, 0)
    assert (found.same_orders_of_shown, found.different_orders_of_shown) == (26, 2)
    # The engine's book is the exchange's after the auction, order by order, without any correction.
    assert report().counts.corrected == 0


def test_orders_that_the_auction_fills_unshown_stand_nowhere_else_in_the_file() -> None:
    unshown = [fill.order for fill in report().uncrosses[0].fills if fill.our_lots is None]
    rows = np.concatenate(list(MboFile(FILE).rows()))
    assert (len(unshown), np.isin(rows["order_id"], unshown).sum()) == (7, 7)


@cache
def book_before_the_auction() -> RecordedBook:
    book, source = RecordedBook(), MboFile(FILE)
    stream = (record for rows in source.rows() for record in records(rows, 17_077, TICK))
    for packet in packets(stream):
        if is_uncross(packet):
            break
        for record in packet:
            book.apply(record)
        book.end_packet()
    return book


@pytest.mark.parametrize("seed", range(50))
def test_price_and_volume_are_ours_whatever_limits_the_unshown_orders_had(seed: int) -> None:
    """Whatever limits, that is, at which they could trade at the exchange's price, as they did."""
    chance, price = random.Random(seed), 4_800_250_000_000 // TICK
    book = book_before_the_auction()
    sides = {side: Counter(dict(book.levels(side, 1 << 30))) for side in Side}
    for lots in (4, 1, 1, 5, 1, 1):
        sides[Side.BUY][price + chance.choice((0, 1, 2, 7, 19, 400))] += lots
    sides[Side.SELL][price - chance.choice((0, 1, 2, 7, 19, 400))] += 1
    found = equilibrium(sides[Side.BUY], sides[Side.SELL], reference=chance.randrange(19_000, 19_400))
    assert found is not None
    assert (found.price, found.volume) == (price, 44)


def test_snapshot_is_the_book_that_the_next_file_begins_with() -> None:
    both = replay_mbo([SNAPSHOT, FILE])
    assert (both.counts.snapshot_different, both.counts.resumed, both.book_equal) == (0, 3, True)
    assert both.replay.counts.same_order == 6_229
    assert both.replay.asks == report().replay.asks


def test_replay_is_the_same_twice_and_from_parquet(tmp_path: Path) -> None:
    target = tmp_path / "es.parquet"
    assert mbo_parquet(FILE, target) == 68_792
    found = [replay_mbo([file]).as_json() | {"oracles": None} for file in (FILE, target)]
    assert found[0] == found[1] == report().as_json() | {"oracles": None}
