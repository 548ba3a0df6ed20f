"""Bars equal their naive twin, tick by tick; what cannot be made is told."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.catalog import made_files as made
from tests.catalog.made_files import MADE, NINE_THIRTY_NS, Made, imported

from garraway.catalog import (
    BarRule,
    BarsInvalid,
    Catalog,
    DatasetUnknown,
    OptionMissing,
    Session,
    Ticks,
    adjusted,
    bars_of,
    make_bars,
    resampled,
)
from garraway.catalog.kinds import DTYPES, Kind

SECOND = 10**9
Tick = tuple[int, int, int]
Bar = tuple[int, ...]


def ticks_of(ticks: list[Tick]) -> Ticks:
    columns = np.array(ticks, np.int64).reshape(-1, 3)
    return Ticks(columns[:, 0].copy(), columns[:, 1].copy(), columns[:, 2].copy())


def one_bar(ticks: list[Tick]) -> Bar:
    """The bar of some ticks."""
    prices = [price for _, price, _ in ticks]
    volume = sum(quantity for *_, quantity in ticks)
    value = sum(price * quantity for _, price, quantity in ticks)
    return (ticks[0][0], ticks[-1][0], prices[0], max(prices), min(prices), prices[-1], volume, value, len(ticks))


def moved(old: int, total: int, count: int) -> int:
    """An expectation, in 2^-20, moved by a sixteenth of what a bar differs from it."""
    return old + ((total * 2**20) // count - old) // 16


@dataclass
class Twin:
    """Bars by anything but time, a tick after the other."""

    measure: str
    size: int
    of: str = "tick"
    bars: list[Bar] = field(default_factory=list)
    bar: list[Tick] = field(default_factory=list)
    sign: int = 1
    last: int | None = None
    sums: dict[int, int] = field(default_factory=lambda: {1: 0, -1: 0})
    expected: dict[str, int] = field(default_factory=dict)

    def take(self, tick: Tick) -> None:
        _, price, quantity = tick
        if self.last is not None and price != self.last:
            self.sign = 1 if price > self.last else -1
        self.last = price
        self.bar.append(tick)
        weight = {"tick": 1, "volume": quantity, "value": price * quantity}
        self.sums[self.sign] += weight[self.of]
        if self.over():
            self.end()

    def over(self) -> bool:
        if self.measure == "tick":
            return len(self.bar) == self.size
        if self.measure in {"volume", "value"}:
            return sum(self.sums.values()) >= self.size
        if not self.expected:
            return len(self.bar) == self.size
        if self.measure == "imbalance":
            reached, of_tick = abs(self.sums[1] - self.sums[-1]), abs(self.expected["signed"])
        else:
            reached, of_tick = max(self.sums.values()), max(self.expected["buys"], self.expected["sells"])
        return reached >= 1 and reached >= Fraction(self.expected["ticks"] * of_tick, 2**40)

    def end(self) -> None:
        count = len(self.bar)
        totals = {"signed": self.sums[1] - self.sums[-1], "buys": self.sums[1], "sells": self.sums[-1]}
        for name, total in totals.items():
            first = total * 2**20 // count
            self.expected[name] = moved(self.expected[name], total, count) if name in self.expected else first
        ticks = moved(self.expected["ticks"], count, 1) if "ticks" in self.expected else count * 2**20
        self.expected["ticks"] = min(max(ticks, self.size * 2**20 // 10), self.size * 2**20 * 10)
        self.bars.append(one_bar(self.bar))
        self.bar, self.sums = [], {1: 0, -1: 0}


STEPS = st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 2), st.integers(1, 9)), max_size=300)


def walk(steps: list[tuple[int, int, int]]) -> list[Tick]:
    at_ns, price, ticks = 1_000, 100_000, []
    for wait, move, quantity in steps:
        at_ns, price = at_ns + wait, price + move
        ticks.append((at_ns, price, quantity))
    return ticks


@settings(deadline=None, max_examples=150)
@given(STEPS, st.sampled_from(["tick", "volume", "value", "imbalance", "runs"]), st.integers(1, 40), st.data())
def test_bars_equal_their_twin(steps: list[tuple[int, int, int]], measure: str, size: int, data: st.DataObject) -> None:
    of = {"volume": "volume", "value": "value", "tick": "tick"}.get(measure)
    of = of or data.draw(st.sampled_from(["tick", "volume", "value"]))
    size = size * 100_000 if measure == "value" else size
    ticks, twin = walk(steps), Twin(measure, size, of)
    for tick in ticks:
        twin.take(tick)
    made_bars = bars_of(ticks_of(ticks), BarRule(measure, size, of))
    assert made_bars.bars.tolist() == twin.bars
    assert made_bars.left == len(twin.bar)


def test_long_bars_are_found_beyond_the_first_look() -> None:
    rng = np.random.default_rng(7)
    ticks = [(at, 1_000 + int(move), 1) for at, move in enumerate(np.cumsum(rng.choice([-1, 0, 1], 60_000)))]
    for measure in ("imbalance", "runs"):
        twin = Twin(measure, 2_000)
        for tick in ticks:
            twin.take(tick)
        found = bars_of(ticks_of(ticks), BarRule(measure, 2_000))
        assert found.bars.tolist() == twin.bars
        assert max(bar[-1] for bar in twin.bars) > 1_024


@settings(deadline=None, max_examples=150)
@given(STEPS, st.sampled_from([60, 90, 120, 600]))
def test_time_bars_equal_their_twin(steps: list[tuple[int, int, int]], period: int) -> None:
    ticks = [(at_ns * 20 * SECOND, price, quantity) for at_ns, price, quantity in walk(steps)]
    expected: dict[int, list[Tick]] = {}
    for tick in ticks:
        expected.setdefault(tick[0] // (period * SECOND) * period * SECOND, []).append(tick)
    twin = [(start, start + period * SECOND, *one_bar(held)[2:]) for start, held in expected.items()]
    found = bars_of(ticks_of(ticks), BarRule("time", period * SECOND))
    assert (found.bars.tolist(), found.outside, found.left) == (twin, 0, 0)


@settings(deadline=None, max_examples=100)
@given(STEPS, st.sampled_from([120, 300, 3600]))
def test_bars_of_bars_are_those_of_the_ticks(steps: list[tuple[int, int, int]], period: int) -> None:
    ticks = ticks_of([(at_ns * 20 * SECOND, price, quantity) for at_ns, price, quantity in walk(steps)])
    short = bars_of(ticks, BarRule("time", 60 * SECOND)).bars
    found = resampled(short, BarRule("time", period * SECOND)).bars
    assert found.tolist() == bars_of(ticks, BarRule("time", period * SECOND)).bars.tolist()


def at_new_york(*texts: str) -> list[int]:
    times = [np.datetime64(text, "ns").astype(np.int64) for text in texts]
    return [int(each) for each in times]


def test_a_session_has_its_own_hours_and_the_rest_is_outside() -> None:
    # 13:29:59 UTC is 9:29:59 in New York in June, 20:00 is 16:00.
    times = at_new_york("2012-06-21T13:29:59", "2012-06-21T13:30", "2012-06-21T19:59:59", "2012-06-21T20:00")
    found = bars_of(ticks_of([(at, 10, 1) for at in times]), BarRule("time", 3600 * SECOND), NEW_YORK)
    assert found.outside == 2
    spans = [(row[0], row[1]) for row in found.bars.tolist()]
    assert spans == [
        tuple(at_new_york("2012-06-21T13:30", "2012-06-21T14:30")),
        tuple(at_new_york("2012-06-21T19:30", "2012-06-21T20:00")),
    ]


NEW_YORK = Session.parsed("America/New_York", "09:30-16:00")


def test_a_session_over_midnight_is_one_day() -> None:
    session = Session.parsed("America/New_York", "18:00-17:00")
    times = at_new_york("2012-06-20T22:00", "2012-06-21T02:00", "2012-06-21T20:59", "2012-06-21T21:00")
    found = bars_of(ticks_of([(at, 10, 1) for at in times]), BarRule("time", 86_400 * SECOND), session)
    assert [(row[0], row[1]) for row in found.bars.tolist()] == [
        tuple(at_new_york("2012-06-20T22:00", "2012-06-21T21:00"))
    ]
    assert found.outside == 1


def test_days_are_as_long_as_the_clock_makes_them() -> None:
    day = BarRule("time", 86_400 * SECOND)
    whole = Session.parsed("America/New_York", None)
    for date, hours in (("2012-03-11", 23), ("2012-11-04", 25), ("2012-06-21", 24)):
        (bar,) = bars_of(ticks_of([(at_new_york(f"{date}T12:00")[0], 10, 1)]), day, whole).bars.tolist()
        assert bar[1] - bar[0] == hours * 3600 * SECOND


def test_the_hour_that_the_clock_shows_twice_is_one_bar_and_the_one_it_skips_is_none() -> None:
    hour, whole = BarRule("time", 3600 * SECOND), Session.parsed("America/New_York", None)
    # 1:30 in New York, twice: at 5:30 and 6:30 UTC.
    twice = at_new_york("2012-11-04T05:30", "2012-11-04T06:30", "2012-11-04T07:30")
    found = bars_of(ticks_of([(at, 10, 1) for at in twice]), hour, whole).bars.tolist()
    assert [(row[0], row[1], row[-1]) for row in found] == [
        (*at_new_york("2012-11-04T05:00", "2012-11-04T07:00"), 2),
        (*at_new_york("2012-11-04T07:00", "2012-11-04T08:00"), 1),
    ]
    # 2:00 to 3:00 is not there on 11 March: a bar of two hours that would begin in it begins at 3:00, 7:00 UTC.
    two = BarRule("time", 2 * 3600 * SECOND)
    ((start, end, *_),) = bars_of(ticks_of([(at_new_york("2012-03-11T07:30")[0], 10, 1)]), two, whole).bars.tolist()
    assert [start, end] == at_new_york("2012-03-11T07:00", "2012-03-11T08:00")


@pytest.mark.parametrize("text", ["09:30", "9:30-16:00", "16:00-16:00", "09:30-24:30", "25:00-26:00"])
def test_sessions_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(BarsInvalid, match="session"):
        Session.parsed("UTC", text)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("time:5m", BarRule("time", 300 * SECOND, text="time:5m")),
        ("tick:1000", BarRule("tick", 1000, text="tick:1000")),
        ("volume:0.5", BarRule("volume", 50, text="volume:0.5")),
        ("value:12.5", BarRule("value", 12_500, text="value:12.5")),
        ("imbalance:100", BarRule("imbalance", 100, "tick", "imbalance:100")),
        ("runs:value:100", BarRule("runs", 100, "value", "runs:value:100")),
    ],
)
def test_rules_are_read_in_the_units_of_the_dataset(text: str, rule: BarRule) -> None:
    assert BarRule.parsed(text, price_decimals=1, quantity_decimals=2) == rule


@pytest.mark.parametrize(
    "text",
    [
        "",
        "time",
        "tick:",
        "tick:0",
        "tick:-5",
        "tick:1.5",
        "volume:0.001",
        "runs:price:5",
        "day:1",
        "value:1e9",
        "tick:1:2",
    ],
)
def test_rules_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(BarsInvalid, match="--by"):
        BarRule.parsed(text, quantity_decimals=2)


def test_a_period_that_is_none_is_refused() -> None:
    with pytest.raises(OptionMissing, match="'7x' is no period"):
        BarRule.parsed("time:7x")
    with pytest.raises(BarsInvalid, match="a period is at most a day, and a whole day is a multiple of it"):
        bars_of(ticks_of([(0, 1, 1)]), BarRule("time", 7 * 60 * SECOND))


def test_sums_beyond_64_bits_are_refused() -> None:
    wide = [(at, 2**40, 2**20) for at in range(6)]
    with pytest.raises(BarsInvalid, match="value of a bar is beyond 2\\^62 units"):
        bars_of(ticks_of(wide), BarRule("tick", 6))
    with pytest.raises(BarsInvalid, match="all quantities or values together"):
        bars_of(ticks_of(wide), BarRule("value", 2**61))
    with pytest.raises(BarsInvalid, match="a trade's value is beyond"):
        bars_of(ticks_of([(0, 2**40, 2**40)]), BarRule("tick", 1))


def test_bars_of_a_dataset_become_a_dataset(tmp_path: Path) -> None:
    imported(tmp_path, Made("ABC_tick_trade.csv", made.EQUITY_TRADES), venue="usa")
    catalog = Catalog(tmp_path / "catalog")
    made_bars = make_bars(catalog, "usa/ABC/trades", "time:1m")
    start = NINE_THIRTY_NS
    expected = [(start, start + 60 * SECOND, 1_000_000, 1_000_100, 1_000_000, 1_000_100, 300, 300_010_000, 2)]
    assert (made_bars.dataset, catalog.read(made_bars.dataset).rows()) == ("usa/ABC/bars-time:1m", expected)
    dataset = catalog.dataset(made_bars.dataset)
    assert (dataset.kind, dataset.of, dataset.period, dataset.units.price_decimals) == (
        Kind.BARS,
        "trades",
        "time:1m",
        4,
    )
    assert (dataset.sources[0].file, dataset.sources[0].format) == ("usa/ABC/trades", "bars")
    assert catalog.verify() == []


def test_bars_that_are_made_again_take_the_place_of_the_old(tmp_path: Path) -> None:
    imported(tmp_path, Made("ABC_tick_trade.csv", made.EQUITY_TRADES), venue="usa")
    catalog = Catalog(tmp_path / "catalog")
    make_bars(catalog, "usa/ABC/trades", "tick:1")
    later = made.EQUITY_TRADES.replace(b"20120621", b"20120622")
    imported(tmp_path, Made("ABC_tick_trade.csv", later), venue="usa")
    make_bars(catalog, "usa/ABC/trades", "tick:1")
    assert len(catalog.read("usa/ABC/bars-tick:1")) == 4
    make_bars(catalog, "usa/ABC/trades", "tick:1", end="2012-06-22")
    assert len(catalog.read("usa/ABC/bars-tick:1")) == 2
    assert catalog.verify() == []


def test_bars_of_quotes_are_of_their_exact_middle(tmp_path: Path) -> None:
    imported(tmp_path, MADE["lean"])
    catalog = Catalog(tmp_path / "catalog")
    rows = make_bars(catalog, "oanda/EURUSD/quotes", "tick:2").made.bars
    assert rows.tolist()[0][2:] == (1_387_570, 1_387_570, 1_387_570, 1_387_570, 0, 0, 2)
    dataset = catalog.dataset("oanda/EURUSD/bars-tick:2-mid")
    assert (dataset.units.price_decimals, dataset.of) == (6, "mid")
    bid = make_bars(catalog, "oanda/EURUSD/quotes", "tick:2", of="bid").made.bars
    assert bid["open"].tolist() == [138_756]


def test_what_cannot_be_made_is_told(tmp_path: Path) -> None:
    imported(tmp_path, MADE["lean"])
    imported(tmp_path, MADE["lobster"])
    imported(tmp_path, Made("ABC_minute_trade.csv", made.MINUTES), venue="usa")
    catalog = Catalog(tmp_path / "catalog")
    minute, quotes = "usa/ABC/bars-1m", "oanda/EURUSD/quotes"
    for name, by, of, session, says in (
        ("nasdaq/ABC/orders", "time:1m", "mid", None, "holds orders: bars are made of trades, quotes or shorter bars"),
        (quotes, "volume:5", "mid", None, "quotes have no quantity that traded"),
        (quotes, "time:1m", "last", None, "--of 'last' is none of mid, bid, ask"),
        (quotes, "tick:9", "mid", None, "has too little for one bar by tick:9"),
        (minute, "tick:9", "mid", None, "bars are made of bars by time alone, not by tick"),
        (minute, "time:30s", "mid", None, "ends beyond its period: take one that is a multiple"),
        ("nasdaq/ABC/trades", "tick:1", "mid", NEW_YORK, "a session belongs to bars by time"),
    ):
        with pytest.raises(BarsInvalid, match=says):
            make_bars(catalog, name, by, of=of, session=session)
    with pytest.raises(DatasetUnknown):
        make_bars(catalog, "x", "time:1m")
    make_bars(catalog, minute, "time:1h")
    imported(tmp_path, Made("ABC_tick_trade.csv", made.EQUITY_TRADES), venue="usa")
    with pytest.raises(BarsInvalid, match="usa/ABC/bars-time:1h was made of usa/ABC/bars-1m: remove it first"):
        make_bars(catalog, "usa/ABC/trades", "time:1h")


def test_prices_are_adjusted_by_the_factors_of_their_day(tmp_path: Path) -> None:
    imported(tmp_path, MADE["lean-factors"])
    factors = Catalog(tmp_path / "catalog").array("usa/ABC/factors")
    midnight = NINE_THIRTY_NS - 34_200 * SECOND
    times = [midnight - 86_400 * SECOND, midnight - 1, midnight, NINE_THIRTY_NS, midnight + 86_400 * SECOND]
    bars = np.array([(at, at + 1, 1000, 1004, 1000, 1003, 7, 0, 0) for at in times], DTYPES[Kind.BARS])
    # 0.5 * 0.25 up to the 20th, 0.75 * 0.5 on the 21st, 1 behind it; halves go to the even number.
    assert adjusted(bars, factors)["open"].tolist() == [125, 125, 375, 375, 1000]
    assert adjusted(bars, factors)["high"].tolist() == [126, 126, 376, 376, 1004]
    assert adjusted(bars, factors)["volume"].tolist() == [7] * 5
    with pytest.raises(BarsInvalid, match="there are no factors"):
        adjusted(bars, factors[:0])
