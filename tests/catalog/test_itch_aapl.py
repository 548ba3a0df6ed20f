"""AAPL of 30 January 2019, 9:30, decoded from ITCH 5.0: needs data that we may not ship."""

from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from itch.parser import MessageParser

from garraway.catalog import ItchReport, Why, encode_itch, replay_itch, replay_itch_csv
from garraway.catalog.itch_csv import csv_rows

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "l3_itch50"
FILE = FOLDER / "AAPL_2019-01-30_093000_events_book10.csv.zst"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not FILE.exists(), reason=f"{FILE} is absent: the recorded ITCH was NOT replayed"),
]


@cache
def report() -> ItchReport:
    return replay_itch_csv(FILE, check_every=100)


def test_best_quotes_and_five_levels_are_equal_in_every_row() -> None:
    (oracle,) = report().replay.oracles
    assert (oracle.rows, oracle.l1_equal, oracle.first_difference) == (5_000, 5_000, None)
    assert oracle.levels_equal == {1: 5_000, 5: 5_000, 10: 4_789}


def test_every_message_is_counted() -> None:
    counts = report().replay.counts
    assert report().types == {"A": 3_017, "C": 16, "D": 939, "E": 617, "F": 109, "U": 301, "X": 1}
    assert (counts.messages, counts.seeded, counts.executions, counts.unseen) == (5_000, 46, 633, 0)
    assert (counts.beyond_seed, counts.crossing, counts.shrunk) == (0, 0, 0)


def test_our_matching_takes_another_order_only_where_an_older_one_was_added_later() -> None:
    counts = report().replay.counts
    assert (counts.same_order, counts.different) == (495, 138)
    assert {each.why for each in report().replay.differences} == {Why.OLDER}
    adds = [row.message.order for row in csv_rows(FILE) if row.message.kind in "AF"]
    assert max(each.file_order for each in report().replay.differences) < adds[0], "known before the first add"
    assert sum(order < adds[0] for order in adds) == 1_037


def test_encoded_file_replays_to_the_same_events_and_state(tmp_path: Path) -> None:
    target = tmp_path / "aapl.itch.gz"
    assert encode_itch(FILE, target) == 5_000 + 46 + 4
    binary, decoded = replay_itch(target).replay, report().replay
    assert (binary.events_hash, binary.state_hash) == (decoded.events_hash, decoded.state_hash)
    assert (binary.asks, binary.bids, binary.trade_prices) == (decoded.asks, decoded.bids, decoded.trade_prices)
    assert (binary.counts.same_order, binary.counts.different) == (495, 138)


def test_another_parser_reads_the_rows_from_the_encoded_file(tmp_path: Path) -> None:
    target = tmp_path / "aapl.itch"
    encode_itch(FILE, target)
    parsed = list(MessageParser().parse_file(BytesIO(target.read_bytes())))
    orders = parsed[3 + 46 : -1]
    for row, found in zip(csv_rows(FILE), orders, strict=True):
        message, kind = row.message, found.message_type.decode()
        assert (kind, found.timestamp, found.order_reference_number) == (message.kind, message.at_ns, message.order)
        assert found.stock_locate == row.locate
        if kind in "AF":
            assert (found.buy_sell_indicator, found.stock) == (b"B" if message.side == 1 else b"S", b"AAPL    ")
        if kind in "AFU":
            assert (found.shares, found.price) == (message.quantity, message.price)
        if kind == "U":
            assert found.new_order_reference_number == message.new_order
        if kind in "EC":
            assert found.executed_shares == message.quantity
        if kind == "C":
            assert found.execution_price == row.execution_price
        if kind == "X":
            assert found.cancelled_shares == message.quantity
