"""Runs over recorded data against naive loops, and what a run says of itself."""

import dataclasses
import json
import logging
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.trading.rows import MINUTE, START, bars, candles, quotes, touches

from garraway._native import Bar, Fill, Quote, Ticket
from garraway.catalog import Catalog
from garraway.cli.bench_strategies import EmaCross, Quoter
from garraway.trading import (
    BadRow,
    ClockForbidden,
    Fills,
    HandlerFailed,
    Instrument,
    Result,
    SettingUnknown,
    SimulatedVenue,
    SourceInvalid,
    Strategy,
    StrategyInvalid,
    backtest,
    compiled,
    lookahead,
)
from garraway.trading.sources import Rows
from garraway.venues.simulated import SettingInvalid


def naive_cross(rows: Rows, *, at_open: bool) -> tuple[int, float]:
    """Orders and gain, by a loop."""
    closes, opens = rows["c"].astype(float), rows["o"]
    fast = slow = closes[0]
    held, orders, gain = False, 0, 0
    for at in range(1, len(rows)):
        fast += 2 / 11 * (closes[at] - fast)
        slow += 2 / 21 * (closes[at] - slow)
        if at < 19 or (fast > slow) == held:
            continue
        orders += 1
        if not at_open or at + 1 < len(rows):
            held = not held
            gain += (-1 if held else 1) * (int(opens[at + 1]) if at_open else int(rows["c"][at]))
    return orders, (gain + held * int(rows["c"][-1])) / 100


def naive_quoter(rows: Rows, *, beyond: int) -> tuple[int, int, int, float]:
    """Orders, fills, lots held, cash, by a loop."""
    orders = fills = lots = cash = 0
    live: tuple[int, int] | None = None
    for at, (_, bid, ask, _, _) in enumerate(rows.tolist(), 1):
        if live is not None:
            sign, price = live
            if (sign > 0 and ask + beyond <= price) or (sign < 0 and bid - beyond >= price):
                lots, cash, fills, live = lots + sign, cash - sign * price, fills + 1, None
        if at % 100 == 0:
            live = (1, bid) if orders % 2 == 0 else (-1, ask)
            orders += 1
    return orders, fills, lots, cash / 100


@pytest.mark.parametrize(("fill", "at_open"), [("close", False), ("next", True)])
def test_a_cross_of_averages_is_what_a_loop_says(fill: str, at_open: bool) -> None:
    rows = bars(30_000)
    result = backtest(EmaCross(), rows, fill=fill)
    assert (result.counts["orders"], result.pnl) == naive_cross(rows, at_open=at_open)
    assert result.equity.height == len(rows) + 1
    assert result.equity["equity"][-1] == pytest.approx(1_000_000 + result.pnl, abs=1e-6)


@pytest.mark.parametrize(("fill", "beyond"), [("touch", 0), ("through", 1)])
def test_limit_orders_fill_as_a_loop_says(fill: str, beyond: int) -> None:
    rows = quotes(60_000)
    result = backtest(Quoter(), rows, fill=fill, margin="0.01")
    found = (result.counts["orders"], result.counts["fills"], result.position, round(result.cash - 1_000_000, 8))
    assert found == naive_quoter(rows, beyond=beyond)


def test_python_and_rust_decide_alike() -> None:
    rows, ticks = bars(20_000), quotes(40_000)
    ours = backtest(EmaCross(), rows)
    theirs = backtest(compiled("ema_cross", from_first=1), rows)
    assert ours.fills.equals(theirs.fills)
    assert ours.equity.equals(theirs.equity)
    assert backtest(Quoter(), ticks, fill="touch").fills.equals(backtest(compiled("quoter"), ticks, fill="touch").fills)


class Busy(Strategy):
    """Sends every kind of order by chance."""

    def on_bar(self, bar: Bar) -> None:
        self.act(bar.close)

    def on_quote(self, quote: Quote) -> None:
        self.act(quote.bid)

    def act(self, price: float) -> None:
        if self.rng.random() < 0.7:
            return
        away = int(self.rng.integers(1, 30)) / 100
        match int(self.rng.integers(0, 7)):
            case 0:
                self.target(int(self.rng.integers(-3, 4)))
            case 1:
                self.buy(2, limit=self.round(price - away), tag="below")
            case 2:
                self.sell(2, limit=self.round(price + away))
            case 3:
                self.buy(1, stop=self.round(price + away))
            case 4:
                self.sell(1, stop=self.round(price - away))
            case 5:
                self.cancel_all()
            case _:
                self.buy(1, tp=self.round(price + 3 * away), sl=self.round(price - 3 * away))


@pytest.mark.parametrize("fill", ["next", "close", "touch", "quote"])
@pytest.mark.parametrize("source", [bars(4_000), quotes(8_000)], ids=["bars", "quotes"])
def test_telling_every_quote_changes_nothing(source: Rows, fill: str) -> None:
    needed = backtest(Busy(), source, fill=fill, margin="0.01", seed=3)
    every = backtest(Busy(), source, fill=fill, margin="0.01", seed=3, tell_all=True)
    assert needed.counts["fills"] > 100
    assert needed.fills.equals(every.fills)
    assert needed.orders.equals(every.orders)
    assert needed.equity.equals(every.equity)
    assert every.counts["quotes_told"] > needed.counts["quotes_told"]


def test_the_same_run_has_the_same_bytes_and_another_has_another_hash() -> None:
    rows = bars(2_000)
    first, again = (backtest(Busy(), rows, margin="0.1", seed=7) for _ in range(2))
    assert first.to_json() == again.to_json()
    others = [
        backtest(Busy(), rows, margin="0.1", seed=8),
        backtest(Busy(), rows, margin="0.2", seed=7),
        backtest(Busy(), rows[:-1], margin="0.1", seed=7),
        backtest(EmaCross(), rows, margin="0.1", seed=7),
        backtest(EmaCross(fast=9), rows, margin="0.1", seed=7),
    ]
    assert len({first.hash, *(other.hash for other in others)}) == 6
    assert json.loads(first.to_json())["header"]["hash"] == first.hash


def test_cash_and_positions_add_up() -> None:
    result = backtest(Busy(), bars(4_000), fill="close", fee="0.0001", half_spread="0.02", margin="0.01", seed=5)
    fills = result.fills
    signs = np.where(fills["side"] == "buy", 1, -1)
    assert fills["position"].to_list() == np.cumsum(signs * fills["quantity"].to_numpy()).tolist()
    paid = (signs * fills["value"].to_numpy()).sum() + fills["fee"].sum()
    assert result.cash == pytest.approx(1_000_000 - paid, abs=1e-6)
    assert fills["fee"].to_numpy() == pytest.approx(fills["value"].to_numpy() * 0.0001, abs=1e-7)
    assert result.orders["filled"].sum() == fills["quantity"].sum()
    assert set(fills["liquidity"]) == {"dealt"}
    assert set(fills["tag"]) == {"", "below"}


class Once(Strategy):
    """Sends one order at the first bar or quote."""

    kind: str = "market"
    price: float = 0.0

    def start(self) -> None:
        self.sent = False
        self.states: list[tuple[str, int]] = []

    def on_bar(self, bar: Bar) -> None:
        self.act()

    def on_quote(self, quote: Quote) -> None:
        self.act()

    def on_order(self, order: Ticket) -> None:
        self.states.append((order.state, self.pos))

    def act(self) -> None:
        if not self.sent:
            self.sent = True
            if self.kind == "market":
                self.buy()
            elif self.kind == "limit":
                self.buy(limit=self.price)
            elif self.kind == "stop":
                self.buy(stop=self.price)
            else:
                self.buy(tp=self.price, sl=self.price - 3)


def fills_of(result: Result) -> list[tuple[str, float, int]]:
    rows = result.fills
    return list(zip(rows["side"], rows["price"], (rows["at_ns"] - START) // (MINUTE // 60), strict=True))


@pytest.mark.parametrize(
    ("kind", "price", "fill", "expected"),
    [
        ("market", 0.0, "next", [("buy", 101.0, 60)]),
        ("market", 0.0, "close", [("buy", 100.5, 60)]),
        ("limit", 100.0, "next", [("buy", 100.0, 180)]),
        ("limit", 100.0, "touch", [("buy", 100.0, 120)]),
        ("limit", 102.0, "next", [("buy", 101.0, 60)]),
        ("stop", 103.0, "next", [("buy", 104.0, 120)]),
        ("stop", 101.5, "next", [("buy", 102.0, 120)]),
    ],
)
def test_bars_fill_by_the_rules(kind: str, price: float, fill: str, expected: list[tuple[str, float, int]]) -> None:
    rows = candles(
        (10_000, 10_100, 9_990, 10_050),
        (10_100, 10_200, 10_000, 10_150),
        (10_400, 10_450, 9_999, 10_300),
        (10_300, 10_300, 10_300, 10_300),
    )
    assert fills_of(backtest(Once(kind=kind, price=price), rows, fill=fill)) == expected


def test_of_two_exits_in_one_bar_the_worse_one_fills() -> None:
    rows = candles(
        (10_000, 10_000, 10_000, 10_000),
        (10_000, 10_000, 10_000, 10_000),
        (10_000, 10_000, 10_000, 10_000),
        (10_000, 10_200, 9_800, 10_000),
        (10_000, 10_200, 9_800, 10_000),
    )
    result = backtest(Once(kind="bracket", price=101.0), rows)
    assert [row[:2] for row in fills_of(result)] == [("buy", 100.0), ("sell", 98.0)]
    assert result.orders["state"].to_list() == ["filled", "cancelled", "filled"]
    assert result.orders["reason"].to_list() == ["", "linked", ""]


def test_handlers_see_the_state_that_has_everything() -> None:
    result = backtest(Once(kind="limit", price=100.0), candles((10_000, 10_000, 10_000, 10_000)), fill="close")
    strategy = result.strategy
    assert isinstance(strategy, Once)
    assert strategy.states == [("filled", 1), ("filled", 1)]


def test_orders_are_under_way_as_long_as_the_latency_says() -> None:
    rows = touches((10_000, 10_001), (10_010, 10_011), (10_020, 10_021), (10_030, 10_031))
    prices = {
        (fill, latency): backtest(Once(), rows, fill=fill, latency=latency).fills["price"].to_list()
        for fill in ("next", "close")
        for latency in ("0ms", "500ms", "1s", "1500ms", "10s")
    }
    assert prices == {
        ("next", "0ms"): [100.11],
        ("next", "500ms"): [100.11],
        ("next", "1s"): [100.11],
        ("next", "1500ms"): [100.21],
        ("next", "10s"): [],
        ("close", "0ms"): [100.01],
        ("close", "500ms"): [100.01],
        ("close", "1s"): [100.11],
        ("close", "1500ms"): [100.11],
        ("close", "10s"): [],
    }


class Pair(Strategy):
    """Buys the other instrument when a bar of the first is whole."""

    def start(self) -> None:
        self.a, self.b = self.on("A"), self.on("B")
        self.ratio = self.correlation(3, other="B")
        self.seen: list[tuple[str, float]] = []

    def on_bar(self, bar: Bar) -> None:
        self.seen.append((bar.symbol, bar.close))
        if bar.symbol == "A" and self.b.pos == 0 and not self.b.orders:
            assert self.b.book is not None
            assert self.b.book.at_ns == bar.at_ns
            self.b.buy(3)


def test_instruments_are_merged_and_nothing_fills_before_it_was_decided() -> None:
    one, other = bars(50, seed=1), bars(50, seed=2, first=50_000)
    result = backtest(Pair(), {"A": one, "B": other})
    strategy = result.strategy
    assert isinstance(strategy, Pair)
    assert [symbol for symbol, _ in strategy.seen[:4]] == ["A", "B", "A", "B"]
    decided = result.orders["placed_ns"][0]
    opened = other["o"][np.searchsorted(other["ts"], decided) + 1]
    assert result.fills.select("at_ns", "instrument", "price", "quantity").row(0) == (decided, "B", opened / 100, 3)
    assert result.positions == {"A": 0, "B": 3}


class Clock(Strategy):
    """Keeps when its timers are due."""

    def start(self) -> None:
        self.due: list[tuple[str, int]] = []
        self.timer("90s")
        self.timer("1m", "minute")

    def on_timer(self, name: str) -> None:
        self.due.append((name, (self.now - START) // 1_000_000_000))


def test_timers_are_due_by_the_time_of_the_market() -> None:
    strategy = backtest(Clock(), bars(5)).strategy
    assert isinstance(strategy, Clock)
    assert sorted(strategy.due, key=lambda due: due[1]) == strategy.due
    assert [at for name, at in strategy.due if name == "90s"] == [0, 90, 180, 270]
    assert [at for name, at in strategy.due if name == "minute"] == [0, 60, 120, 180, 240]


def call_time(*_: object) -> None:
    time.time()


def call_random(*_: object) -> None:
    random.random()


def call_numpy(*_: object) -> None:
    np.random.rand()  # noqa: NPY002 - what is forbidden


@pytest.mark.parametrize("call", [call_time, call_random, call_numpy])
def test_clock_and_global_chance_raise_and_are_put_back(call: Callable[..., object]) -> None:
    cls = type("Asks", (Strategy,), {"on_bar": call})
    with pytest.raises(HandlerFailed) as caught:
        backtest(cls, bars(3))
    assert isinstance(caught.value.__cause__, ClockForbidden)
    call()


def test_a_logger_may_ask_for_the_time_and_lines_are_kept_with_the_market_s() -> None:
    class Logs(Strategy):
        def on_bar(self, bar: Bar) -> None:
            logging.getLogger("garraway.test").warning("a bar")
            self.log("bar", close=bar.close)

    result = backtest(Logs(), bars(2))
    assert [(at - START, event) for at, event, _ in result.log] == [(MINUTE, "bar"), (2 * MINUTE, "bar")]


class Fails(Strategy):
    def on_bar(self, bar: Bar) -> None:
        if bar.at_ns == START + 2 * MINUTE:
            raise KeyError("lost")


def test_a_handler_that_raises_ends_the_run_or_is_counted() -> None:
    with pytest.raises(HandlerFailed) as caught:
        backtest(Fails(), bars(5))
    at = START + 2 * MINUTE
    assert str(caught.value) == f"on_bar of Fails() raised KeyError at {at}, after row 2: 'lost'"
    assert backtest(Fails(), bars(5), on_error="skip").counts["failures"] == 1


def test_a_strategy_that_answers_itself_without_end_is_stopped() -> None:
    class Echo(Strategy):
        def on_bar(self, bar: Bar) -> None:
            self.buy()

        def on_fill(self, fill: Fill) -> None:
            self.buy() if self.pos <= 0 else self.sell(2)

    with pytest.raises(HandlerFailed, match="without end"):
        backtest(Echo(), bars(5), fill="close", margin="0.01")


def test_bad_rows_end_the_run_or_are_left_out_and_counted() -> None:
    rows = bars(10)
    rows["h"][4] = rows["l"][4] - 1
    rows["ts"][7] = rows["ts"][6]
    with pytest.raises(BadRow, match="row 4 of X is range_broken"):
        backtest(EmaCross(), rows)
    result = backtest(EmaCross(), rows, bad="skip")
    assert result.summary()["left_out"] == {"range_broken": 1, "duplicate": 1}
    late = bars(3)
    late["ts"][2] = time.time_ns() + 10 * MINUTE
    with pytest.raises(BadRow, match="row 2 of X is future"):
        backtest(EmaCross(), late)


class Learns(Strategy):
    """Looks ahead: it reckons with all closes beforehand."""

    def prepare(self, source: Rows) -> None:
        self.high = int(source["c"].max())

    def on_bar(self, bar: Bar) -> None:
        self.target(bar.close * 100 >= self.high - 100)


def test_look_ahead_is_found_and_its_absence_too() -> None:
    rows = bars(3_000)
    found = lookahead(Learns(), rows)
    assert found.found
    assert found.order is not None
    assert str(found).startswith(f"order {found.order} differs when the data ends at")
    assert not lookahead(EmaCross(), rows).found
    assert not lookahead(lambda _: EmaCross(fast=3), rows, cuts=2).found


def test_frames_files_and_arrays_are_the_same_data(tmp_path: Path) -> None:
    rows = bars(500)
    names = {"o": "open", "h": "high", "l": "low", "c": "close"}
    frame = pl.DataFrame(
        {
            "time": pl.Series(rows["ts"]).cast(pl.Datetime("ns")),
            **{word: rows[name] / 100 for name, word in names.items()},
            "volume": rows["v"],
        }
    )
    np.save(tmp_path / "X.npy", rows)
    frame.write_parquet(tmp_path / "X.parquet")
    csv = frame.with_columns(pl.col("time").dt.epoch("ns"))
    csv.write_csv(tmp_path / "X.csv")
    sources = [rows, frame, {"X": rows}, *(tmp_path / f"X.{kind}" for kind in ("npy", "parquet", "csv"))]
    assert len({backtest(EmaCross(), source).to_json() for source in sources}) == 1


def test_a_dataset_of_a_catalog_is_played(tmp_path: Path) -> None:
    file = tmp_path / "ABC.csv"
    lines = [f"2024-01-02 09:{at // 60:02}:{at % 60:02},{10 + at % 7 / 100:.2f},5" for at in range(600)]
    file.write_text("time,price,quantity\n" + "\n".join(lines) + "\n", encoding="utf-8")
    garraway = [sys.executable, "-m", "garraway.cli", "catalog"]
    into = str(tmp_path / "recorded")
    subprocess.run([*garraway, "import", str(file), "--into", into, "--venue", "mine"], check=True, capture_output=True)
    subprocess.run(
        [*garraway, "bars", "mine/ABC/trades", "--in", into, "--by", "time:1m"], check=True, capture_output=True
    )
    names = [one.name for one in Catalog(into).datasets()]
    results = {name: backtest(Once(), f"{into}:{name}") for name in names}
    assert {name: result.counts["rows"] for name, result in results.items()} == {"mine/ABC/trades": 600} | {
        name: 10 for name in names if "bars" in name
    }
    bars_run = next(result for name, result in results.items() if "bars" in name)
    assert bars_run.fills["price"].to_list() == [10.04]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("nowhere.parquet", "there is no file nowhere.parquet"),
        (np.zeros(3), "give whole numbers in ticks"),
        (pl.DataFrame({"time": [1], "open": [1.0]}), "bars need time, open, high, low, close"),
        ({}, "there is no data"),
        (pl.DataFrame({"ts": [1.5], "bid": [1.0], "ask": [2.0]}), "times of X are float64"),
    ],
)
def test_data_that_cannot_be_played_is_refused(source: object, told: str) -> None:
    with pytest.raises(SourceInvalid, match=told):
        backtest(Once(), source)


def test_prices_off_the_tick_are_refused_with_their_row() -> None:
    frame = pl.DataFrame({"ts": [1, 2], "bid": [1.0, 1.005], "ask": [1.01, 1.02]})
    with pytest.raises(SourceInvalid, match=r"bid of row 1 of X is 1.005, not on the tick 0.01"):
        backtest(Once(), frame, tick="0.01")
    nan = pl.DataFrame({"ts": [1, 2], "bid": [1.0, float("nan")], "ask": [1.01, 1.02]})
    with pytest.raises(BadRow, match="row 1 of X is not_a_number"):
        backtest(Once(), nan)


@pytest.mark.parametrize(
    ("settings", "error", "told"),
    [
        ({"fil": "close"}, SettingUnknown, "fil is no setting of a run"),
        ({"fill": "best"}, SettingInvalid, "fill is 'best': take next, open, close"),
        ({"bad": "mend"}, SettingUnknown, "bad is 'mend': take 'stop' or 'skip'"),
        ({"seed": -1}, SettingUnknown, "seed is -1"),
        ({"latency": "5"}, StrategyInvalid, "'5' is no duration"),
        ({"latency": "2h"}, SettingInvalid, "latency_ns"),
        ({"cash": "-5"}, SettingInvalid, "cash -5: give 0 to"),
        ({"tick": "0"}, SettingInvalid, "tick 0 of X"),
        ({"margin": "2"}, SettingInvalid, "margin 2 of X"),
        ({"fee": "x"}, SettingInvalid, "fee 'x' is no number"),
        ({"half_spread": "0.005"}, SettingInvalid, "give ticks of 0.01"),
        ({"instruments": Instrument("Y"), "tick": "1"}, SettingUnknown, "set it in the Instrument"),
    ],
)
def test_settings_that_cannot_be_are_named(settings: dict[str, Any], error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        backtest(Once(), bars(3), **settings)


def test_a_venue_is_a_record_of_what_is_assumed() -> None:
    venue = SimulatedVenue(
        (Instrument("X", tick="0.05", lot="0.1", margin="0.5"),), cash=50_000, fills=Fills(limit="touch")
    )
    result = backtest(Once(), bars(3), venue=venue)
    assumed = result.header["assumptions"]
    assert assumed["fills"] == {"market": "next", "limit": "touch", "sized": True}
    assert assumed["instruments"][0] == {
        **dataclasses.asdict(venue.instruments[0]),
        "symbol": "X",
    }
    assert result.fills["value"].to_list() == pytest.approx([result.fills["price"][0] * 0.1])


def test_funds_that_are_missing_refuse_an_order() -> None:
    result = backtest(Once(), candles((10_000, 10_000, 10_000, 10_000)), fill="close", cash=50)
    assert result.orders.select("state", "reason").row(0) == ("rejected", "FundsInsufficient")
    assert result.pnl == 0


def test_nothing_to_play_is_an_empty_run() -> None:
    result = backtest(EmaCross(), bars(0))
    assert (result.counts["rows"], result.counts["orders"], result.pnl) == (0, 0, 0.0)
    assert result.fills.height == result.orders.height == 0
    assert json.loads(result.to_json())["summary"]["rows"] == 0


def test_a_strategy_may_be_run_again_and_keeps_what_was_set_on_it() -> None:
    strategy = EmaCross(fast=4)
    strategy.model = "mine"  # type: ignore[attr-defined]
    first, again = (backtest(strategy, bars(500)) for _ in range(2))
    assert first.to_json() == again.to_json()
    assert first.strategy is not strategy
    assert first.strategy.model == "mine"  # type: ignore[union-attr]


def test_the_command_line_runs_a_strategy(tmp_path: Path) -> None:
    np.save(tmp_path / "bars.npy", bars(2_000))
    file = tmp_path / "mine.py"
    file.write_text(
        "from garraway.trading import Strategy\n\n\n"
        "class Mine(Strategy):\n    fast: int = 10\n\n"
        "    def start(self):\n        self.f = self.ema(self.fast)\n\n"
        "    def on_bar(self, bar):\n        self.target(self.f > bar.close)\n",
        encoding="utf-8",
    )

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "garraway.cli", "backtest", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60)

    told = json.loads(run("mine.py:Mine", "bars.npy", "--set", "fast=5", "--json").stdout)
    assert told["header"]["parameters"] == {"fast": 5}
    assert told["orders"] > 10
    assert "pnl" in run("mine.py", "bars.npy").stdout
    wrong = run("mine.py:Mine", "bars.npy", "--set", "fast=x")
    assert (wrong.returncode, wrong.stderr) == (2, "garraway: Mine.fast is int: 'x' is none\n")
    missing = run("mine.py:Mine", "none.npy")
    assert missing.returncode == 1
    assert missing.stderr.startswith("garraway: there is no file none.npy")
    assert run("mine.py:Yours", "bars.npy").stderr == "garraway: mine.py has Mine: there is no Yours\n"
