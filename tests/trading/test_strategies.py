"""What a strategy's class may be, its parameters, its indicators, and what its verbs say of bad input."""

import gc
import re
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tests.trading.rows import bars, candles, quotes

from garraway import _native
from garraway._native import Bar, Fill, Quote
from garraway.signals import Indicator
from garraway.trading import Order, Strategy, StrategyInvalid, backtest, every, verbs
from garraway.trading.errors import HandlerFailed


class Cross(Strategy):
    fast: int = 10
    slow: int = 20
    size: float = 1.0
    note: str = ""
    strict: bool = False
    shared: ClassVar[list[int]] = []

    def on_bar(self, bar: Bar) -> None: ...


def test_parameters_are_typed_attributes_and_are_checked() -> None:
    made = Cross(fast=5, size=2)
    assert (made.fast, made.slow, made.size, made.note, made.strict) == (5, 20, 2.0, "", False)
    assert repr(made) == "Cross(fast=5, slow=20, size=2.0, note='', strict=False)"
    assert Cross().fast == 10


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"fats": 5}, "Cross has no parameter fats: did you mean fast?"),
        ({"fast": 5.5}, "Cross.fast is int: 5.5 is float"),
        ({"fast": True}, "Cross.fast is int: True is bool"),
        ({"fast": "5"}, "Cross.fast is int: '5' is str"),
        ({"strict": 1}, "Cross.strict is bool: 1 is int"),
        ({"size": float("nan")}, "Cross.size is nan: give a finite number"),
    ],
)
def test_a_parameter_that_cannot_be_is_named(given: dict[str, Any], told: str) -> None:
    with pytest.raises(StrategyInvalid) as caught:
        Cross(**given)
    assert str(caught.value) == told


def test_parameters_are_inherited_and_may_get_other_defaults() -> None:
    class Slower(Cross):
        slow: int = 200
        more: int = 1

    assert Slower(fast=7).parameters == {
        "fast": 7,
        "slow": 200,
        "size": 1.0,
        "note": "",
        "strict": False,
        "more": 1,
    }


def test_only_overridden_handlers_are_called() -> None:
    class Two(Strategy):
        @every(100)
        def on_quote(self, quote: Quote) -> None: ...

        def on_fill(self, fill: Fill) -> None: ...

    assert {name: spec[1:] for name, spec in Two.CALLED.items()} == {"on_quote": (100, 0), "on_fill": (0, 0)}


def test_a_class_that_cannot_be_is_refused_when_it_is_made() -> None:
    with pytest.raises(StrategyInvalid, match="on_quotes is no handler: did you mean on_quote"):
        type("A", (Strategy,), {"on_quotes": print})
    with pytest.raises(StrategyInvalid, match="target is a word of Strategy"):
        type("A", (Strategy,), {"__annotations__": {"target": int}, "target": 1})
    with pytest.raises(StrategyInvalid, match="a parameter is bool, int, float or str"):
        type("A", (Strategy,), {"__annotations__": {"levels": list}, "levels": []})
    with pytest.raises(StrategyInvalid, match="cannot be thinned"):
        type("A", (Strategy,), {"on_fill": every(2)(lambda *_: None)})
    for what in (0, True, "5 parsecs"):
        with pytest.raises(StrategyInvalid):
            every(what)


def test_no_indicator_is_a_word_of_the_strategy() -> None:
    words = set(dir(_native.Strategy)) | {name for name in vars(Strategy) if name not in _native.INDICATORS}
    assert words & set(_native.INDICATORS) == set()


def test_type_checkers_know_every_kind_of_indicator() -> None:
    listed = re.findall(r"^        (\w+): Bind$", Path(verbs.__file__).read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == list(_native.INDICATORS)


def test_every_kind_of_indicator_is_bound_and_has_the_numbers_of_signals() -> None:
    kinds = [name for name, spec in _native.INDICATORS.items() if spec["columns"][0] in ("value", "open")]

    class All(Strategy):
        def start(self) -> None:
            self.bound = {name: self.indicator(name) for name in kinds}
            self.seen: dict[str, tuple[float, ...]] = {}

        def stop(self) -> None:
            self.seen = {name: one.values for name, one in self.bound.items()}

    rows = bars(700)
    result = backtest(All(), rows)
    assert isinstance(result.strategy, All)
    for name in kinds:
        twin = Indicator(name)
        for row in rows.tolist():
            prices = [price / 100 for price in row[1:5]]
            twin.update(*([prices[3]] if len(twin.kind.columns) == 1 else [*prices, row[5]]))
        assert result.strategy.seen[name] == pytest.approx(twin.values, rel=0, abs=0, nan_ok=True), name


def test_indicators_are_numbers_and_handlers_wait_for_them() -> None:
    class Look(Strategy):
        def start(self) -> None:
            self.a, self.b = self.sma(3), self.macd(2, 3, 2)
            self.seen: list[int] = []
            with pytest.raises(TypeError, match="compare it with another"):
                bool(self.a)
            with pytest.raises(KeyError, match="it has value, signal, histogram"):
                self.b["signals"]

        def on_bar(self, bar: Bar) -> None:
            self.seen.append(bar.at_ns)
            assert self.a.ready
            assert self.b.ready
            value = float(self.a)
            assert (self.a > 0, self.a < 0, self.a == value, self.a != value) == (True, False, True, False)
            assert (self.a + 1, 1 + self.a, self.a - self.a, 2 * self.a, -self.a) == (
                value + 1,
                value + 1,
                0,
                2 * value,
                -value,
            )
            assert self.b["signal"] == self.b.values[1]

    result = backtest(Look(), bars(10))
    assert isinstance(result.strategy, Look)
    assert len(result.strategy.seen) == 7


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda s: s.buy(0), "quantity 0 of X must be from 1 to"),
        (lambda s: s.buy(limit=100.005), "is not on a tick of X, which is 0.01: give self.round(100.005)"),
        (lambda s: s.buy(limit=float("inf")), "give a finite price"),
        (lambda s: s.buy(limit=-1.0), "must be from 0.01 to"),
        (lambda s: s.buy(limits=5), "an order has no limits=: did you mean limit=?"),
        (lambda s: s.buy(tif="later"), "take gtc, ioc, fok, day or gtd"),
        (lambda s: s.buy(tif="gtd"), "needs until="),
        (lambda s: s.buy(trail=1.0, limit=5.0), "goes with neither"),
        (lambda s: s.buy(tp=99.0, sl=101.0), "must be above sl="),
        (lambda s: s.sell(tp=101.0, sl=99.0), "must be below sl="),
        (lambda s: s.target("ten"), 'a share like "10%"'),
        (lambda s: s.target(1.5), "a whole number of lots"),
        (lambda s: s.on("Y"), 'there is no instrument "Y" in this run: it has X'),
        (lambda s: s.cancel("1"), "is no order"),
        (lambda s: s.replace(77, limit=1.0), "none of this run"),
        (lambda s: s.ema(0), "must be a whole number from 1"),
        (lambda s: s.ema(5, periods=3), "it has: period, start"),
        (lambda s: s.indicator("emma"), "did you mean 'ema'?"),
        (lambda s: s.sma(5, seed="first"), "has no such start"),
        (lambda s: s.ema(5, of="mid"), "takes quotes, and none of X are given: there are bars"),
        (lambda s: s.microprice(), "takes quotes, and none of X are given"),
        (lambda s: s.beta(5), "name the other instrument with other="),
        (lambda s: s.timer("1x"), "is no duration"),
    ],
)
def test_what_a_verb_cannot_do_is_told(call: Callable[..., object], told: str) -> None:
    class Asks(Strategy):
        def on_bar(self, bar: Bar) -> None:
            call(self)

    with pytest.raises(HandlerFailed) as caught:
        backtest(Asks(), candles((10_000, 10_010, 9_990, 10_000)))
    assert told in str(caught.value.__cause__)
    assert str(caught.value).startswith("on_bar of Asks() raised")


def test_verbs_need_a_run() -> None:
    over = backtest(Sends(), candles((1, 1, 1, 1))).strategy
    assert over is not None
    with pytest.raises(ValueError, match="while the strategy runs"):
        over.buy()
    with pytest.raises(IndexError, match="has not started"):
        Cross().target(True)
    with pytest.raises(StrategyInvalid, match="take 'buy' or 'sell'"):
        Order("long")  # type: ignore[arg-type]


class Sends(Strategy):
    def on_bar(self, bar: Bar) -> None:
        self.buy()


def test_a_run_leaves_nothing_behind() -> None:
    class Keeps(Strategy):
        def start(self) -> None:
            self.mine = self.on("X")
            self.average = self.mine.ema(3)

        def on_bar(self, bar: Bar) -> None:
            self.order = self.mine.buy()
            self.bar = bar

    result = backtest(Keeps(), bars(20))
    left = weakref.ref(result.strategy)
    del result
    gc.collect()
    assert left() is None


def test_a_thinned_handler_is_called_each_nth_time_or_once_a_period() -> None:
    class Counts(Strategy):
        def start(self) -> None:
            self.times: list[int] = []

        @every(100)
        def on_quote(self, quote: Quote) -> None:
            self.times.append(quote.at_ns)

    class Seconds(Counts):
        @every("250ms")
        def on_quote(self, quote: Quote) -> None:
            self.times.append(quote.at_ns)

    rows = quotes(1_000)
    by_count = backtest(Counts(), rows).strategy
    assert isinstance(by_count, Counts)
    assert by_count.times == rows["ts"][99::100].tolist()
    by_time = backtest(Seconds(), rows).strategy
    assert isinstance(by_time, Counts)
    periods = rows["ts"] // 250_000_000
    assert by_time.times == rows["ts"][[0, *[at for at in range(1, 1_000) if periods[at] != periods[at - 1]]]].tolist()
