"""Strategy: parameters as typed class attributes, indicators bound at the start, handlers, and verbs that send orders.

Everything that is called often is native; this file gives it names.
"""

from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeVar

from garraway import _native
from garraway.trading import parameters
from garraway.trading.durations import nanoseconds
from garraway.trading.errors import StrategyInvalid
from garraway.trading.orders import Order
from garraway.trading.verbs import Indicators

if TYPE_CHECKING:
    import numpy as np

    from garraway._native import Bar, Book, BoundIndicator, Fill, Quote, Ticket, Trade

HANDLERS: Final = ("on_bar", "on_quote", "on_trade", "on_book", "on_fill", "on_order", "on_timer", "start", "stop")
THINNED: Final = ("on_bar", "on_quote", "on_trade", "on_book")
_WAYS: Final = {"down": -1, "nearest": 0, "up": 1}
_FIRST_ONLY: Final = "seed='first' starts an average from its first number: {name} has no such start"

Handler = TypeVar("Handler", bound=Callable[..., Any])
Sizes = bool | int | str


def every(what: int | str) -> Callable[[Handler], Handler]:
    """Has a handler called less often: `@every(100)` each hundredth time, `@every("1s")` at the first of a second.

    Of several instruments each is counted by itself. StrategyInvalid: neither a count from 1 nor a duration.
    """
    if isinstance(what, str):
        thinning = (0, nanoseconds(what))
    elif isinstance(what, bool) or what < 1:
        raise StrategyInvalid(f"@every({what!r}): give a count from 1, or a duration like '1s'")
    else:
        thinning = (what, 0)

    def mark(handler: Handler) -> Handler:
        handler.__every__ = thinning  # type: ignore[attr-defined]  # read when the class is made
        return handler

    return mark


class Strategy(_native.Strategy, Indicators):
    """A strategy. Subclasses declare parameters and override handlers; those that they leave alone cost nothing.

    class EmaCross(Strategy):
        fast: int = 10
        slow: int = 20

        def start(self):
            self.f, self.s = self.ema(self.fast), self.ema(self.slow)

        def on_bar(self, bar):
            self.target(self.f > self.s)
    """

    PARAMETERS: ClassVar[dict[str, tuple[type, parameters.Value]]] = {}
    """Name -> type, default; made with the class."""
    CALLED: ClassVar[dict[str, tuple[Callable[..., Any], int, int]]] = {}
    """Handlers that the class has: name -> function, each so many times, ns of a period; made with the class."""

    def __init_subclass__(cls, **rest: Any) -> None:
        """Reads parameters and handlers. StrategyInvalid names what cannot be one."""
        super().__init_subclass__(**rest)
        known = {
            name: one for base in reversed(cls.__mro__[1:]) for name, one in getattr(base, "PARAMETERS", {}).items()
        }
        cls.PARAMETERS = {**known, **parameters.declared(cls)}
        for name in cls.PARAMETERS:
            if hasattr(Strategy, name):
                raise StrategyInvalid(f"{cls.__name__}.{name} is a word of Strategy: name the parameter otherwise")
        cls.CALLED = _handlers(cls)

    def __init__(self, **values: parameters.Value) -> None:
        """Takes parameters by name. StrategyInvalid names one that there is not, or of another type."""
        self.parameters = parameters.given(type(self).__name__, self.PARAMETERS, values)
        for name, value in self.parameters.items():
            setattr(self, name, value)
        self._seed = 0
        self._rng: np.random.Generator | None = None
        self.lines: list[tuple[int, str, dict[str, object]]] = []

    def __repr__(self) -> str:
        """Its class and parameters."""
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.parameters.items())})"

    # What subclasses override.

    def prepare(self, source: Any) -> None:
        """Before a back-test: is handed the whole source, by symbol if it has several, to learn from it.

        Here look-ahead creeps in; `lookahead()` cuts what is handed over as well, and finds it.
        """

    def start(self) -> None:
        """Before the first event: bind indicators, set timers."""

    def on_bar(self, bar: "Bar") -> None:
        """A bar is whole. Not called before every bound indicator is ready; nor are the three below."""

    def on_quote(self, quote: "Quote") -> None:
        """A quote was given."""

    def on_trade(self, trade: "Trade") -> None:
        """Others traded."""

    def on_book(self, book: "Book") -> None:
        """The levels of a book changed."""

    def on_fill(self, fill: "Fill") -> None:
        """An order of ours filled; `pos`, `cash` and `equity` have it already."""

    def on_order(self, order: "Ticket") -> None:
        """An order of ours stands elsewhere than before."""

    def on_timer(self, name: str) -> None:
        """A timer is due."""

    def stop(self) -> None:
        """After the last event."""

    # Verbs. `target`, `cancel`, `cancel_all`, `replace`, `pos`, `cash`, `equity`, `now` are native.

    def buy(self, quantity: int = 1, **terms: Any) -> "Ticket":
        """Sends an order to buy lots: at the market, or with `limit=`, `stop=`, `trail=`.

        `tp=` and `sl=` are exits that are sent once it is done, each cancelled by the other. `tif=` is gtc, ioc, fok,
        day; `until=` a time in ns; `reduce_only=True`; `tag=` a word that fills bear. Prices that are off tick are
        refused: `self.round(price)`.
        """
        return self._send(1, quantity, _terms(terms), 0)

    def sell(self, quantity: int = 1, **terms: Any) -> "Ticket":
        """Sends an order to sell lots; its terms are those of `buy`."""
        return self._send(2, quantity, _terms(terms), 0)

    def submit(self, order: Order) -> "Ticket":
        """Sends an order that was put together."""
        place = 0 if order.symbol is None else self._place_of(order.symbol)
        return self._send(1 if order.side == "buy" else 2, order.quantity, order.terms(), place)

    def indicator(
        self,
        name: str,
        *values: float,
        of: str | None = None,
        seed: Literal["first", "mean"] | None = None,
        other: str | None = None,
        on: str | None = None,
        **named: float,
    ) -> "BoundIndicator":
        """Binds an indicator of `garraway.signals`: up to date before a handler is called, and read like a number.

        Parameters are given in order or by name. `of` says which number it takes: of bars open, high, low, close (the
        usual) or volume; of quotes mid, bid, ask; of trades price, quantity. `other` is the symbol of the second
        series. `seed`: an average starts from the mean of its first numbers, or from the first alone. `on` is the
        symbol, the first instrument if none is given. ValueError names what does not fit.
        """
        place = 0 if on is None else self._place_of(on)
        second = None if other is None else self._place_of(other)
        return self._bind(name, _ordered(name, values, named, seed), of, place, second)

    def timer(self, period: str, name: str | None = None) -> None:
        """Has `on_timer(name)` called at each multiple of a period like "1m", as the market's time goes by."""
        self._timer(name or period, nanoseconds(period))

    def on(self, symbol: str) -> "On":
        """The same verbs for another instrument of the run."""
        return On(self, self._place_of(symbol))

    def round(self, price: float, way: Literal["down", "nearest", "up"] = "nearest") -> float:
        """The nearest price that is on a tick."""
        return self._round(price, _WAYS[way], 0)

    @property
    def book(self) -> "Quote | None":
        """The last quote of the first instrument; None before there is one."""
        return self._quote(0)

    @property
    def orders(self) -> "list[Ticket]":
        """Orders of ours that may still fill, the oldest first."""
        return self._live()

    @property
    def refusal(self) -> str | None:
        """Why a limit refused the last order, once."""
        return self._refusal()

    @property
    def rng(self) -> "np.random.Generator":
        """Chance, from the run's seed: the same in each run."""
        if self._rng is None:
            from numpy.random import PCG64, Generator  # noqa: PLC0415 - costs time, and few strategies draw

            self._rng = Generator(PCG64(self._seed))
        return self._rng

    def log(self, event: str, **fields: object) -> None:
        """Keeps a line with the time of the market: `result.log` has them, at most 10,000."""
        if len(self.lines) < 10_000:
            self.lines.append((self.now, event, fields))


class On(Indicators):
    """A strategy's verbs for one of its instruments."""

    __slots__ = ("_place", "_strategy", "symbol")

    def __init__(self, strategy: Strategy, place: int) -> None:
        """Of an instrument by its place."""
        self._strategy, self._place = strategy, place
        self.symbol = strategy._symbol_of(place)

    def target(self, what: Sizes) -> None:
        """As of the strategy."""
        self._strategy.target(what, self._place)

    def buy(self, quantity: int = 1, **terms: Any) -> "Ticket":
        """As of the strategy."""
        return self._strategy._send(1, quantity, _terms(terms), self._place)

    def sell(self, quantity: int = 1, **terms: Any) -> "Ticket":
        """As of the strategy."""
        return self._strategy._send(2, quantity, _terms(terms), self._place)

    def cancel_all(self) -> int:
        """As of the strategy, of this instrument alone."""
        return self._strategy.cancel_all(self._place)

    def indicator(self, name: str, *values: float, **named: Any) -> "BoundIndicator":
        """As of the strategy."""
        return self._strategy.indicator(name, *values, on=self.symbol, **named)

    def round(self, price: float, way: Literal["down", "nearest", "up"] = "nearest") -> float:
        """As of the strategy."""
        return self._strategy._round(price, _WAYS[way], self._place)

    @property
    def pos(self) -> int:
        """Lots held, negative short."""
        return self._strategy._position(self._place)

    @property
    def book(self) -> "Quote | None":
        """The last quote; None before there is one."""
        return self._strategy._quote(self._place)

    @property
    def orders(self) -> "list[Ticket]":
        """Orders of ours that may still fill."""
        return self._strategy._live(self._place)


_TERMS: Final = {
    "limit": None,
    "stop": None,
    "trail": None,
    "tp": None,
    "sl": None,
    "tif": None,
    "until": None,
    "reduce_only": False,
    "tag": None,
}


def _terms(given: dict[str, Any]) -> dict[str, Any]:
    if not given:
        return _TERMS
    terms = {**_TERMS, **given}
    if len(terms) > len(_TERMS):
        unknown = next(name for name in given if name not in _TERMS)
        near = get_close_matches(unknown, _TERMS, n=1)
        raise TypeError(
            f"an order has no {unknown}=" + (f": did you mean {near[0]}=?" if near else f": it has {', '.join(_TERMS)}")
        )
    return terms


def _handlers(cls: type[Strategy]) -> dict[str, tuple[Callable[..., Any], int, int]]:
    found: dict[str, tuple[Callable[..., Any], int, int]] = {}
    for name, value in vars(cls).items():
        if name.startswith("on_") and name not in HANDLERS:
            near = get_close_matches(name, HANDLERS, n=1)
            if near:
                raise StrategyInvalid(f"{cls.__name__}.{name} is no handler: did you mean {near[0]}?")
        if hasattr(value, "__every__") and name not in THINNED:
            raise StrategyInvalid(f"{cls.__name__}.{name} cannot be thinned: @every is for {', '.join(THINNED)}")
    for name in HANDLERS:
        function = getattr(cls, name)
        if function is getattr(Strategy, name):
            continue
        if not callable(function):
            raise StrategyInvalid(f"{cls.__name__}.{name} is {function!r}: a handler is a function")
        count, period = getattr(function, "__every__", (0, 0))
        found[name] = function, count, period
    return found


def _ordered(name: str, values: tuple[float, ...], named: dict[str, float], seed: str | None) -> list[float]:
    """All parameters of a kind in order."""
    spec = _native.INDICATORS.get(name)
    if spec is None:
        near = get_close_matches(name, _native.INDICATORS, n=1)
        raise ValueError(
            f"there is no indicator {name!r}; "
            + (f"did you mean {near[0]!r}?" if near else "signals.kinds() names all")
        )
    known = {parameter[0]: parameter[1] for parameter in spec["parameters"]}
    if len(values) > len(known):
        raise ValueError(f"{name} has {len(known)} parameters ({', '.join(known) or 'none'}), not {len(values)}")
    taken = {**dict(zip(known, values, strict=False)), **named}
    unknown = taken.keys() - known.keys()
    if unknown:
        raise ValueError(f"{name} has no parameter {min(unknown)!r}; it has: {', '.join(known) or 'none'}")
    if seed == "first":
        if "start" not in known:
            raise ValueError(_FIRST_ONLY.format(name=name))
        taken["start"] = 1
    elif seed not in {None, "mean"}:
        raise ValueError(f"seed={seed!r}: take 'first' or 'mean'")
    return [float(taken.get(parameter, default)) for parameter, default in known.items()]
