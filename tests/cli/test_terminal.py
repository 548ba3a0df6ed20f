"""The screen fits its terminal, says in words what it says in colour, and the line says the same."""

import io
from collections import deque
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from tests.venues.simulated import INSTRUMENT, SimulatedEngine

from garraway.cli.terminal import Latency, Rates, View, Watch, marks, plain_line, screen
from garraway.cli.up import plan
from garraway.market import Market, Participants
from garraway.venues import Batch, Tape

SIZES = [(80, 24), (120, 40), (60, 16), (200, 60)]


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Watch:
    """The view of a simulated engine in which a market traded for twenty seconds."""
    engine, found = SimulatedEngine(), Watch(Tape(tmp_path_factory.mktemp("empty")))
    market = Market(seed=5, instrument=INSTRUMENT, participants=Participants(), reference_price=1_000_000, source=2)
    for step in range(400):
        events = engine.submit(market.step())
        market.apply(events)
        found.apply(Batch(events, [b""] * len(events)), INSTRUMENT.number)
        found.rates(step / 20)
    return found


@pytest.fixture
def view(watch: Watch) -> View:
    return View(
        state="trading",
        uptime_s=3_723,
        durability="fsync",
        terms=plan.TERMS,
        quote=plan.ASSETS[plan.USD],
        ladder=watch.books.ladders[INSTRUMENT.number],
        prices=watch.prices,
        rates=watch.rates(20.0),
        latency=Latency(count=9, p50_ns=3_900_000, p99_ns=8_100_000, p999_ns=12_000_000, max_ns=40_000_000),
        command_seq=4_000,
        sessions=["demo1", "demo2"],
        logged_in=1,
        ouch="127.0.0.1:41873",
        door="var/run/door.sock",
        credentials="var/run/credentials.json",
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
        "GARR/USD",
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
        "door var/run/door.sock",
        "restarts market 2",
    ):
        assert word in text, word


def test_sides_are_told_without_colour(view: View) -> None:
    rows = drawn(view, 80, 24)
    left = [row[:36].split()[0] for row in rows[3:-4] if row[:36].strip()]
    assert left[:8] == ["ask"] * 8
    assert left[-8:] == ["bid"] * 8
    assert any("▲ buy" in row for row in rows)
    assert any("▼ sell" in row for row in rows)


def test_the_best_prices_stand_beside_the_spread(view: View) -> None:
    rows = drawn(view, 80, 24)
    spread = next(at for at, row in enumerate(rows) if "spread" in row)
    ask, bid = rows[spread - 1].split()[1], rows[spread + 1].split()[1]
    assert f" {bid}/{ask} " in plain_line(view)


def test_an_unmeasured_latency_is_no_number() -> None:
    assert "not measured yet" in "\n".join(drawn(empty_view(), 80, 24))
    assert "ack" not in plain_line(empty_view())


def test_the_line_says_state_prices_rates_and_where_to_connect(view: View) -> None:
    line = plain_line(view)
    assert line.count("\n") == 0
    for word in (
        "trading",
        "GARR",
        "orders/s",
        "trades/s",
        "ack(fsync) p50 3.9 ms",
        "ouch 127.0.0.1:4",
        "restarts 0+2",
    ):
        assert word in line


def test_rates_are_counts_a_second(watch: Watch) -> None:
    rates = watch.rates(20.0)
    assert 100 <= rates.orders <= 250
    assert 20 <= rates.trades <= 250
    assert rates.rejects < 5


def test_rates_of_nothing_are_zero(tmp_path: Path) -> None:
    found = Watch(Tape(tmp_path))
    assert not found.look(1)
    assert found.rates(1.0) == Rates()


def test_prices_are_the_last_of_each_second(watch: Watch) -> None:
    assert 20 <= len(watch.prices) <= 22
    last = watch.books.ladders[INSTRUMENT.number].last
    assert last is not None
    assert watch.prices[-1] == last.price


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
