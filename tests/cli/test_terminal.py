"""The screen fits its terminal, says in words what it says in colour, and the line says the same."""

import asyncio
import io
import os
import pty
import termios
from collections import deque
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from rich.console import Console
from tests.venues.simulated import INSTRUMENT, START_NS, TERMS, SimulatedEngine, floor

from garraway.cli.terminal import Choice, Latency, Rates, Shown, View, Watch, keys, marks, plain_line, screen
from garraway.cli.up.listings import ASSETS, LISTINGS, USD
from garraway.records import Phase, Side
from garraway.units import TickTable
from garraway.venues import Auction, Batch, Change, Instrument, Standing, Tape

NOW_NS = START_NS + 20_000_000_000
SIZES = [(80, 24), (120, 40), (60, 16), (200, 60)]


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Watch:
    """The view of a simulated engine in which a market traded for twenty seconds."""
    engine, found = SimulatedEngine(), Watch(Tape(tmp_path_factory.mktemp("empty")))
    found.directory.instruments[1] = INSTRUMENT
    found.directory.assets[1] = ASSETS[USD]
    found.directory.standings[1] = Standing(TickTable(TERMS.tick))
    market = floor(seed=5)
    for step in range(400):
        events = engine.submit(market.step())
        market.apply(events)
        found.apply(Batch(events, [b""] * len(events)))
        found.rates(step / 20)
    return found


def beside(symbol: str, phase: Phase, *, indicated: Auction | None = None, last: int = 0, base: int = 0) -> Shown:
    """Another instrument, in this phase."""
    listing = next(one for one in LISTINGS if one.terms.symbol == symbol)
    instrument = Instrument(
        listing.number, listing.terms, listing.base_asset, USD, max_notional=1, maker_fee_rate=0, taker_fee_rate=0
    )
    return Shown(
        instrument=instrument,
        standing=Standing(listing.ticks, phase, indicated=indicated, last=last, base=base),
        next_change=Change(NOW_NS, phase),
    )


@pytest.fixture
def view(watch: Watch) -> View:
    return View(
        state="trading",
        uptime_s=3_723,
        durability="fsync",
        now_ns=NOW_NS,
        instruments=[
            *watch.shown(NOW_NS),
            beside("BTC-USD", Phase.OPENING_AUCTION, indicated=Auction(6_012_350, 12_345, 1_500, Side.SELL)),
            beside("EUR-USD", Phase.CONTINUOUS, last=108_512, base=108_400),
            beside("GARR-F", Phase.CLOSED),
        ],
        keys=True,
        business_date=20261121,
        rates=watch.rates(20.0),
        trade_count=watch.trade_count,
        latency=Latency(count=9, p50_ns=3_900_000, p99_ns=8_100_000, p999_ns=12_000_000, max_ns=40_000_000),
        command_seq=4_000,
        sessions=["demo1", "demo2"],
        logged_in=1,
        ouch="127.0.0.1:41873",
        door="var/run/door.sock",
        credentials="var/run/credentials.json",
        api="http://127.0.0.1:8080",
        restarts={"exchange": 0, "market": 2},
    )


def empty_view() -> View:
    return View(state="starting", uptime_s=0, durability="os")


def drawn(view: View, width: int, height: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, color_system=None, legacy_windows=False)
    with console.capture() as capture:
        console.print(screen(view, width, height))
    return capture.get().splitlines()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_screen_fits_its_terminal(view: View, width: int, height: int) -> None:
    for one in (view, empty_view(), replace(view, credentials="x" * 300, door="y" * 300)):
        rows = drawn(one, width, height)
        assert len(rows) == height
        assert max(len(row) for row in rows) <= width


@pytest.mark.parametrize(("width", "height"), SIZES[:2])
def test_the_screen_says_what_one_wants_to_know(view: View, width: int, height: int) -> None:
    text = "\n".join(drawn(view, width, height))
    for word in (
        "GARR  ● continuous",
        "BTC-USD",
        "◆ opening",
        "60123.5 × 12.345 ▼1.500",
        "EUR-USD",
        "▲ +0.10 %",
        "○ closed",
        "2026-11-21 ended",
        "keys 1-4 choose",
        "trading",
        "up 1:02:03",
        "spread",
        "orders/s",
        "trades/s",
        "rejects/s",
        "ack (fsync) p50 3.9 ms p99 8.1 ms",
        "journal 4,000",
        "OUCH 127.0.0.1:41873",
        "user demo1, demo2",
        "var/run/credentials.json",
        "API http://127.0.0.1:8080",
        "restarts market 2",
    ):
        assert word in text, word


def test_sides_are_told_without_colour(view: View) -> None:
    rows = drawn(view, 80, 30)
    left = [row[:36].split()[0] for row in rows[9:-4] if row[:36].strip()]
    assert left[:8] == ["ask"] * 8
    assert left[-8:] == ["bid"] * 8
    assert any("▲ buy" in row for row in rows)
    assert any("▼ sell" in row for row in rows)


def test_the_best_prices_stand_beside_the_spread(view: View) -> None:
    rows = drawn(view, 80, 24)
    spread = next(at for at, row in enumerate(rows) if "spread" in row)
    ask, bid = rows[spread - 1].split()[1], rows[spread + 1].split()[1]
    assert f" {bid}/{ask} " in plain_line(view)


def test_an_auction_stands_large_with_price_lots_and_what_is_left_over(view: View) -> None:
    text = "\n".join(drawn(replace(view, chosen=1), 80, 24))
    assert "BTC-USD  ◆ opening auction" in text
    middle = next(row for row in text.splitlines() if "▼ sell 1.500" in row)
    assert middle.split()[:3] == ["◆", "60123.5", "12.345"]


def test_what_does_not_trade_over_ouch_says_so(view: View) -> None:
    assert "not over OUCH" in "\n".join(drawn(replace(view, chosen=2), 80, 24))
    assert "not over OUCH" not in "\n".join(drawn(view, 80, 24))


def test_the_next_change_counts_down(view: View) -> None:
    coming = replace(view.instruments[0], next_change=Change(NOW_NS + 66_100_000_000, Phase.CLOSING_AUCTION))
    shown = replace(view, instruments=[coming])
    assert "closing auction in 1:07" in "\n".join(drawn(shown, 80, 24))
    assert "closing auction in 1:07" in plain_line(shown)


def test_a_long_list_shows_the_chosen_one(view: View) -> None:
    many = replace(view, instruments=[view.instruments[0], *[view.instruments[2]] * 40, view.instruments[3]], chosen=41)
    rows = drawn(many, 80, 24)
    assert len(rows) == 24
    assert any(row.startswith("▸42 GARR-F") for row in rows)


def test_instruments_take_turns_until_a_key_chooses() -> None:
    choice = Choice()
    assert [choice.place(4, at_s) for at_s in (0.0, 9.9, 10.0, 39.0, 40.0)] == [0, 0, 1, 3, 0]
    choice.press("3")
    choice.press("x")
    assert choice.place(4, 0.0) == 2
    choice.press("9")
    assert choice.place(4, 10.0) == 1, "there is no ninth"
    choice.press("0")
    assert choice.place(4, 30.0) == 3
    assert Choice().place(0, 100.0) == 0


def test_without_a_terminal_no_keys_are_read() -> None:
    with keys(io.StringIO(), lambda _: None) as typing:
        assert not typing


def test_keys_are_read_from_a_terminal_and_its_settings_put_back() -> None:
    async def scenario() -> list[str]:
        master, slave = pty.openpty()
        found: list[str] = []
        typed = asyncio.Event()

        def pressed(key: str) -> None:
            found.append(key)
            typed.set()

        with os.fdopen(slave, "r+b", buffering=0) as raw, io.TextIOWrapper(raw, write_through=True) as stream:
            before = termios.tcgetattr(slave)
            with mock.patch("os.tcgetpgrp", return_value=os.getpgrp()), keys(stream, pressed) as typing:
                assert typing
                os.write(master, b"2")
                await asyncio.wait_for(typed.wait(), 10)
            assert termios.tcgetattr(slave) == before
        os.close(master)
        return found

    assert asyncio.run(scenario()) == ["2"]


def test_an_unmeasured_latency_is_no_number() -> None:
    assert "not measured yet" in "\n".join(drawn(empty_view(), 80, 24))
    assert "ack" not in plain_line(empty_view())


def test_the_line_says_state_prices_rates_and_where_to_connect(view: View) -> None:
    line = plain_line(view)
    assert line.count("\n") == 0
    for word in (
        "trading",
        "GARR continuous ",
        " | BTC-USD opening auction at 60123.5 x 12.345 sell 1.500 ",
        " | GARR-F closed",
        "2026-11-21 ended",
        "orders/s",
        "trades/s",
        "ack(fsync) p50 3.9 ms",
        "ouch 127.0.0.1:4",
        "restarts market 2",
        "api http://127.0.0.1:8080",
    ):
        assert word in line


def test_rates_are_counts_a_second(watch: Watch) -> None:
    rates = watch.rates(20.0)
    assert 100 <= rates.orders <= 250
    assert 20 <= rates.trades <= 250
    assert rates.rejects < 5


def test_rates_of_nothing_are_zero(tmp_path: Path) -> None:
    found = Watch(Tape(tmp_path))
    assert not found.look()
    assert found.rates(1.0) == Rates()


def test_prices_are_the_last_of_each_second(watch: Watch) -> None:
    prices = watch.prices[INSTRUMENT.number].lasts
    assert 20 <= len(prices) <= 22
    last = watch.books.ladders[INSTRUMENT.number].last
    assert last is not None
    assert prices[-1] == last.price


def test_bars_are_in_proportion_and_never_hide_what_is_there() -> None:
    assert [marks.bar(share, 80, 10) for share in (0, 1, 8, 40, 80)] == ["", "▏", "█", "█████", "██████████"]


@pytest.mark.parametrize("prices", [[5], [5, 5, 5], list(range(1_000)), deque([3, 1, 2])])
def test_a_line_fills_its_width_and_no_more(prices: list[int]) -> None:
    rows = marks.line(prices, 20, 4)
    assert [len(row) for row in rows] == [20] * 4
    columns = np.array([[cell != " " for cell in row] for row in rows]).any(axis=0)
    assert columns.all()


def test_spans_have_units() -> None:
    assert [marks.span(ns) for ns in (950, 38_200, 999_999, 1_240_000, 45_000_000)] == [
        "0.9 us",
        "38 us",
        "999 us",
        "1.2 ms",
        "45 ms",
    ]
