"""Bars from trades, quotes or shorter bars: by time, ticks, volume, value, imbalance or runs. Touches nothing.

A bar by anything but time ends with the trade that reaches its measure; no trade is divided, nothing is carried over,
and the trades after the last whole bar make none. Imbalance and runs are those of M. Lopez de Prado, "Advances in
Financial Machine Learning" (2018), 2.3.2, as docs/guides/catalog.md states them. Whole numbers throughout.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from garraway.catalog.errors import BarsInvalid
from garraway.catalog.importers.periods import period_ns
from garraway.catalog.kinds import DAY_NS, Kind, Longs, Rows, rows_of
from garraway.catalog.numbers import MOST
from garraway.catalog.runs import imbalance_ends, run_ends
from garraway.catalog.sessions import Session, periods_of
from garraway.units import UnitsError, scaled

MEASURES: Final = ("time", "tick", "volume", "value", "imbalance", "runs")
OF: Final = ("tick", "volume", "value")
"""What imbalances and runs are counted in."""


class Ticks(NamedTuple):
    """Trades, or quotes with quantities of 0, in the order of time."""

    at_ns: Longs
    price: Longs
    quantity: Longs


@dataclass(frozen=True, slots=True)
class BarRule:
    """When a bar ends."""

    measure: str
    size: int
    """Ticks, quantity or value a bar; of imbalance and runs, the ticks of the first bar; of time, the period in ns."""
    of: str = "tick"
    """Of imbalance and runs."""
    text: str = ""

    @classmethod
    def parsed(cls, text: str, *, price_decimals: int = 0, quantity_decimals: int = 0) -> "BarRule":
        """`time:1m`, `tick:1000`, `volume:0.5`, `value:1000000`, `imbalance:1000`, `runs:volume:1000`.

        Volume and value are those of people; the decimals are those of the dataset's units.

        Raises: BarsInvalid; OptionMissing: a period is none.
        """
        measure, *rest = text.split(":")
        if measure == "time" and len(rest) == 1:
            return cls("time", period_ns(rest[0]), text=text)
        of = rest.pop(0) if measure in {"imbalance", "runs"} and len(rest) == 2 else "tick"
        decimals = {"volume": quantity_decimals, "value": price_decimals + quantity_decimals}.get(measure, 0)
        try:
            size = scaled(rest[0], decimals) if len(rest) == 1 else 0
        except UnitsError as error:
            raise BarsInvalid(f"--by {text!r}: {error}") from error
        if measure not in MEASURES or of not in OF or not 0 < size < MOST:
            raise BarsInvalid(
                f"--by {text!r} is none of time:1m, tick:1000, volume:5000, value:1000000, imbalance:1000, runs:1000, "
                "imbalance:volume:1000, imbalance:value:1000 and runs alike: give one of them, above 0"
            )
        return cls(measure, size, of, text)

    @property
    def weighs(self) -> bool:
        """Whether quantities count: quotes have none."""
        return self.measure in {"volume", "value"} or (self.measure in {"imbalance", "runs"} and self.of != "tick")


class Made(NamedTuple):
    """Bars, and what made none."""

    bars: Rows
    outside: int
    """Ticks, or bars, outside the session."""
    left: int
    """Ticks after the last whole bar."""


def bars_of(ticks: Ticks, rule: BarRule, session: Session | None = None) -> Made:
    """The bars of ticks; a session for bars by time alone. Raises: BarsInvalid."""
    if rule.measure == "time":
        periods = periods_of(ticks.at_ns, rule.size, session or Session())
        inside = Ticks(*(column[periods.inside] for column in ticks))
        groups = _starts(periods.start_ns)
        bars = _summed(inside, groups, len(inside.price))
        bars["at_ns"], bars["end_ns"] = periods.start_ns[groups], periods.end_ns[groups]
        return Made(bars, int(np.count_nonzero(~periods.inside)), 0)
    if session is not None and session.length_ns != DAY_NS:
        raise BarsInvalid("a session belongs to bars by time: leave it out, or take --by time:...")
    ends = _ends(ticks, rule)
    groups = np.concatenate([[0], ends[:-1]]).astype(np.int64)[: len(ends)]
    used = int(ends[-1]) if len(ends) else 0
    bars = _summed(Ticks(*(column[:used] for column in ticks)), groups, used)
    if len(ends):
        bars["at_ns"], bars["end_ns"] = ticks.at_ns[groups], ticks.at_ns[ends - 1]
    return Made(bars, 0, len(ticks.price) - used)


def resampled(bars: Rows, rule: BarRule, session: Session | None = None) -> Made:
    """Longer bars by time of shorter ones. Raises: BarsInvalid: a bar lies in two periods, or the rule is another."""
    if rule.measure != "time":
        raise BarsInvalid(f"bars are made of bars by time alone, not by {rule.measure}: take trades or quotes")
    periods = periods_of(bars["at_ns"], rule.size, session or Session())
    kept: Rows = bars[periods.inside]
    if (kept["end_ns"] > periods.end_ns).any():
        row = int(np.argmax(kept["end_ns"] > periods.end_ns))
        raise BarsInvalid(f"the bar at {kept['at_ns'][row]} ns ends beyond its period: take one that is a multiple")
    groups = _starts(periods.start_ns)
    made = rows_of(Kind.BARS, len(groups))
    if len(groups):
        last = np.concatenate([groups[1:], [len(kept)]]) - 1
        made["at_ns"], made["end_ns"] = periods.start_ns[groups], periods.end_ns[groups]
        made["open"], made["close"] = kept["open"][groups], kept["close"][last]
        made["high"] = np.maximum.reduceat(kept["high"], groups)
        made["low"] = np.minimum.reduceat(kept["low"], groups)
        for name in ("volume", "value", "trades"):
            made[name] = _sums(kept[name], groups, name)
    return Made(made, int(np.count_nonzero(~periods.inside)), 0)


def values_of(ticks: Ticks) -> Longs:
    """Price times quantity of each tick. Raises: BarsInvalid: beyond 2^62."""
    most = np.abs(ticks.price).max(initial=0).astype(object) * np.abs(ticks.quantity).max(initial=0).astype(object)
    if most >= MOST:
        raise BarsInvalid("a trade's value is beyond 2^62 units: import it with a coarser unit of price or quantity")
    return np.asarray(ticks.price * ticks.quantity)


def _ends(ticks: Ticks, rule: BarRule) -> Longs:
    """The tick behind the last one of each whole bar."""
    if rule.measure == "tick":
        return np.arange(rule.size, len(ticks.price) + 1, rule.size, dtype=np.int64)
    weights = _weights(ticks, rule.measure if rule.measure in OF else rule.of)
    if rule.measure == "imbalance":
        return imbalance_ends(ticks.price, weights, rule.size)
    if rule.measure == "runs":
        return run_ends(ticks.price, weights, rule.size)
    reached, at = _cumulated(weights), 0
    ends: list[int] = []
    while True:
        base = int(reached[at - 1]) if at else 0
        at = int(np.searchsorted(reached, base + rule.size)) + 1
        if at > len(reached):
            return np.array(ends, np.int64)
        ends.append(at)


def _weights(ticks: Ticks, of: str) -> Longs:
    if of == "tick":
        return np.ones(len(ticks.price), np.int64)
    return ticks.quantity if of == "volume" else values_of(ticks)


def _cumulated(weights: Longs) -> Longs:
    if float(weights.astype(np.float64).sum()) >= MOST:
        raise BarsInvalid("all quantities or values together are beyond 2^62 units: take a shorter time")
    return np.cumsum(weights)


def _starts(keys: Longs) -> Longs:
    """Where a new key begins."""
    if not len(keys):
        return np.zeros(0, np.int64)
    return np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))


def _summed(ticks: Ticks, groups: Longs, count: int) -> Rows:
    """The bars of ticks that begin at `groups`, without their times."""
    bars = rows_of(Kind.BARS, len(groups))
    if not len(groups):
        return bars
    ends = np.concatenate([groups[1:], [count]])
    bars["open"], bars["close"] = ticks.price[groups], ticks.price[ends - 1]
    bars["high"] = np.maximum.reduceat(ticks.price, groups)
    bars["low"] = np.minimum.reduceat(ticks.price, groups)
    bars["volume"] = _sums(ticks.quantity, groups, "volume")
    bars["value"] = _sums(values_of(ticks), groups, "value")
    bars["trades"] = ends - groups
    return bars


def _sums(column: Longs, groups: Longs, name: str) -> Longs:
    # Floats only guard: where their sum is far below the limit, that of whole numbers is exact.
    if (np.abs(np.add.reduceat(column.astype(np.float64), groups)) >= MOST).any():
        raise BarsInvalid(f"{name} of a bar is beyond 2^62 units: take shorter bars")
    return np.add.reduceat(column, groups)
