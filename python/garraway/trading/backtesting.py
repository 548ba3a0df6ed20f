"""backtest(): a strategy over recorded data, in the engine, with everything that was assumed in a header."""

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any, Final, Literal

from garraway import _native
from garraway.trading.compiled import Compiled
from garraway.trading.durations import nanoseconds
from garraway.trading.errors import BadRow, HandlerFailed, SettingUnknown, SourceInvalid, StrategyInvalid
from garraway.trading.guard import forbidden
from garraway.trading.hashing import class_hash, header_hash, versions
from garraway.trading.result import Result
from garraway.trading.sources import Table, opened, tables
from garraway.trading.strategy import Strategy
from garraway.venues.simulated import Fills, Instrument, SimulatedVenue, fills_named

PART: Final = 262_144
"""Items that are played before Python looks at progress and signals."""
MARKS: Final = 100_000
"""Most marks of the equity of a run without bars."""
LIMIT_RULES: Final = {"touch": 1, "quote": 2, "through": 3}
MOST_VALUE: Final = 2**61
"""Ledger units that the largest order at the highest price may come to."""

Watch = Callable[[int, int], None]
"""Is told rows played and rows in all."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run is made, beside its venue."""

    seed: int = 0
    bad: Literal["stop", "skip"] = "stop"
    """What is done about a row that cannot be: the run ends, or the row is left out and counted."""
    on_error: Literal["stop", "skip"] = "stop"
    """What is done when a handler raises: the run ends, or it is counted and the run goes on."""
    tell_all: bool = False
    """Every quote goes through the engine, though nothing waits for it: the same results, slower."""

    def __post_init__(self) -> None:
        """SettingUnknown names what cannot be."""
        for name in ("bad", "on_error"):
            if getattr(self, name) not in ("stop", "skip"):
                raise SettingUnknown(f"{name} is {getattr(self, name)!r}: take 'stop' or 'skip'")
        if not 0 <= self.seed < 2**63:
            raise SettingUnknown(f"seed is {self.seed!r}: take a whole number from 0")


def backtest(
    strategy: Strategy | type[Strategy] | Compiled,
    source: object,
    *,
    venue: SimulatedVenue | None = None,
    instruments: Instrument | Sequence[Instrument] = (),
    watch: Watch | None = None,
    **settings: Any,
) -> Result:
    """Plays recorded data to a strategy and its orders to the engine.

    Args:
        strategy: an instance (the run takes a fresh one with its parameters), a class, or a compiled one.
        source: a file, an array in ticks, a frame in prices, a catalog's dataset, or several by symbol (`sources`).
        venue: instruments, cash, fill rules, latency; or give these by themselves:
        instruments: what is traded, where it should not be made from the data.
        watch: is told of progress.
        settings: `cash`, `fill` (a word of `venues.simulated.FILLS`, or Fills), `latency` ("5ms"); `tick`, `lot`,
            `margin`, `fee`, `half_spread`, `quote_asset`, `money_decimals` of instruments that are made from the
            data; `seed`, `bad`, `on_error`, `tell_all`, see Settings.

    Raises: StrategyInvalid, SourceInvalid, BadRow, SettingUnknown, venues' SettingInvalid; HandlerFailed: one raised.
    """
    plan = _plan(strategy, source, venue, instruments, settings)
    return run(plan, watch)


@dataclass(frozen=True, slots=True)
class Plan:
    """A run before it is made."""

    strategy: Strategy | Compiled
    tables: tuple[Table, ...]
    venue: SimulatedVenue
    settings: Settings

    def header(self) -> dict[str, Any]:
        """What the run depends on, and its hash."""
        venue, strategy = self.venue, self.strategy
        named = type(strategy).__name__ if isinstance(strategy, Strategy) else strategy.name
        header: dict[str, Any] = {
            "strategy": named,
            "parameters": dict(strategy.parameters),
            "class": class_hash(type(strategy)) if isinstance(strategy, Strategy) else "compiled",
            "source": [table.described() for table in self.tables],
            "rows": sum(len(table.rows) for table in self.tables),
            "assumptions": {
                "fills": asdict(venue.fills),
                "latency_ns": venue.latency_ns,
                "cash": str(venue.cash),
                "instruments": [_plain(asdict(table.instrument)) for table in self.tables],
                "bars": "told as quotes: open, the extreme that is worse for us, the other one, close",
                "bad": self.settings.bad,
                "on_error": self.settings.on_error,
            },
            "seed": self.settings.seed,
            "versions": versions(),
        }
        return {**header, "hash": header_hash(header)}


def run(plan: Plan, watch: Watch | None = None) -> Result:
    """Makes the run. Raises: as `backtest`."""
    strategy, settings, money = plan.strategy, plan.settings, plan.tables[0].instrument.money_decimals
    streams = {table.stream for table in plan.tables}
    rows = sum(len(table.rows) for table in plan.tables)
    played = _native.Run(
        strategy if isinstance(strategy, Strategy) else strategy.name,
        type(strategy).CALLED if isinstance(strategy, Strategy) else list(strategy.parameters.values()),
        [_native_instrument(table, plan.venue.fills) for table in plan.tables],
        {
            "at_next": plan.venue.fills.market == "next",
            "latency_ns": plan.venue.latency_ns,
            "tell_all": settings.tell_all,
            "mark_every": 1 if streams == {"bars"} else max(1, rows // MARKS),
            "skip_failures": settings.on_error == "skip",
            "skip_bad": settings.bad == "skip",
            "cash": plan.venue.cash_units(money),
            "now_ns": time.time_ns(),
        },
        [(at, table.stream, table.instrument.tick_units, table.period_ns) for at, table in enumerate(plan.tables)],
    )
    played.reserve(rows + 2 if streams == {"bars"} else min(rows, MARKS) + 2)
    guard = forbidden(type(strategy).__module__) if isinstance(strategy, Strategy) else nullcontext()
    with guard:
        _play(played, plan, rows, watch)
    header = plan.header()
    result = Result(played, header, tuple(table.instrument for table in plan.tables), None)
    if isinstance(strategy, Strategy):
        result.strategy = strategy
        played.leave(strategy)
    return result


def plan_of(strategy: Strategy | type[Strategy] | Compiled, source: object, **settings: Any) -> Plan:
    """The plan of a run: its header says what it depends on before it is made. Raises: as `backtest`."""
    venue, instruments = settings.pop("venue", None), settings.pop("instruments", ())
    return _plan(strategy, source, venue, instruments, settings)


def _plan(
    strategy: Strategy | type[Strategy] | Compiled,
    source: object,
    venue: SimulatedVenue | None,
    instruments: Instrument | Sequence[Instrument],
    settings: dict[str, Any],
) -> Plan:
    told = (instruments,) if isinstance(instruments, Instrument) else tuple(instruments)
    own = {name: settings.pop(name) for name in tuple(settings) if name in Settings.__dataclass_fields__}
    usual = {name: settings.pop(name) for name in tuple(settings) if name in Instrument.__dataclass_fields__}
    venue = _venue(venue or SimulatedVenue(), told, settings)
    if settings:
        raise SettingUnknown(
            f"{next(iter(settings))} is no setting of a run: there are cash, fill, latency, "
            f"{', '.join((*Settings.__dataclass_fields__, *Instrument.__dataclass_fields__))}"
        )
    if venue.instruments and usual:
        raise SettingUnknown(
            f"{next(iter(usual))} is a setting of instruments made from the data: set it in the Instrument"
        )
    found = opened(source)
    if isinstance(strategy, type):
        strategy = strategy()
    if isinstance(strategy, Strategy):
        strategy = _fresh(strategy, own.get("seed", 0))
        strategy.prepare(next(iter(found.values())) if len(found) == 1 else found)
    elif not isinstance(strategy, Compiled):
        raise StrategyInvalid(f"{strategy!r} is no strategy: give one of a class that inherits from Strategy")
    made = tables(found, venue.instruments, **usual)
    if len({(table.instrument.quote_asset, table.instrument.money_decimals) for table in made}) > 1:
        raise SourceInvalid(
            "instruments of one account have one quote asset with one number of decimals: run the others apart"
        )
    return Plan(strategy, tuple(made), venue, Settings(**own))


def _venue(venue: SimulatedVenue, instruments: tuple[Instrument, ...], settings: dict[str, Any]) -> SimulatedVenue:
    """The venue with what was given by itself in its place."""
    changes: dict[str, Any] = {"instruments": instruments} if instruments else {}
    if "cash" in settings:
        changes["cash"] = settings.pop("cash")
    if "fill" in settings:
        fill = settings.pop("fill")
        changes["fills"] = fill if isinstance(fill, Fills) else fills_named(str(fill))
    if "latency" in settings:
        changes["latency_ns"] = nanoseconds(settings.pop("latency"), least=0)
    return replace(venue, **changes)


def _fresh(strategy: Strategy, seed: int) -> Strategy:
    """One like it that never ran: the same parameters, and what was set on it from outside."""
    fresh = type(strategy)(**strategy.parameters)
    own = vars(fresh)
    for name, value in vars(strategy).items():
        if name not in own or name in strategy.parameters:
            own[name] = value
    fresh._seed = seed
    return fresh


def _native_instrument(table: Table, fills: Fills) -> dict[str, Any]:
    one = table.instrument
    highest = 2 * table.highest() * one.tick_units
    most = 10 ** len(str(highest))
    most -= most % one.tick_units
    value = 10 ** max(0, 9 - one.price_decimals) * one.lot_size * 10**one.money_decimals // 10**18
    return {
        "symbol": one.symbol,
        "price_decimals": one.price_decimals,
        "tick": one.tick_units,
        "lot_size": one.lot_size,
        "money_decimals": one.money_decimals,
        "max_price": min(most, 10**15 - 10**15 % one.tick_units),
        "max_quantity": max(1, min(2**32 - 1, MOST_VALUE // (most * max(1, value)))),
        "half_spread": one.half_spread_units,
        "margin_rate": one.margin_rate,
        "fee_rate": one.fee_rate,
        "limit_rule": LIMIT_RULES[fills.limit],
        "sized": fills.sized,
    }


def _play(played: "_native.Run", plan: Plan, rows: int, watch: Watch | None) -> None:
    parts = [table.bytes() for table in plan.tables]
    more = True
    while more:
        more, stopped = played.play(parts, PART)
        if watch is not None:
            watch(played.rows, rows)
        if stopped is not None:
            _raise(stopped, plan)


def _raise(stopped: tuple[str, Any, int, int, Any], plan: Plan) -> None:
    kind, where, at_ns, row, what = stopped
    name = repr(plan.strategy)
    if kind == "row":
        table = plan.tables[where]
        told = ", ".join(
            f"{field} {value}" for field, value in zip(table.rows.dtype.names or (), table.rows[row], strict=True)
        )
        raise BadRow(
            f"row {row} of {table.name} is {what} ({told}; prices in ticks): "
            "mend the data, or leave such rows out with bad='skip'"
        )
    if kind == "endless":
        raise HandlerFailed(
            f"{name} answers its own fills and orders without end at {at_ns}, after row {row}: "
            "let it wait for the market"
        )
    if not isinstance(what, Exception):
        raise what
    raise HandlerFailed(f"{where} of {name} raised {type(what).__name__} at {at_ns}, after row {row}: {what}") from what


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in record.items()}
