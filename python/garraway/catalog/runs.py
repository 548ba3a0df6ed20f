"""Where bars by imbalance and by runs end. Touches nothing; whole numbers, so the same ends on every machine.

Each tick has a sign: that of the change of price, or the sign of the tick before where the price is the same; the first
one's is +1. Its weight is 1, its quantity or its value.

    imbalance   a bar ends where |sum of signed weights| >= E[T] * |E[signed weight]|
    runs        a bar ends where max(sum of weights of buys, of sells) >= E[T] * max(E[buys' weight], E[sells' weight])

E[T] is the expected ticks of a bar, and the other expectations are a tick's, counting 0 for ticks of the other sign, so
that E[buys' weight] is P[buy] * E[weight | buy]. The first bar has as many ticks as the rule says and starts them all;
each bar after it moves an expectation by 1/16 of what the bar differs from it. They are kept in units of 2^-20, rounded
down; E[T] stays within a tenth and ten times the ticks of the first bar, and a threshold is 1 at least.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from garraway.catalog.errors import BarsInvalid
from garraway.catalog.kinds import Longs
from garraway.catalog.numbers import MOST

FRACTION_BITS: Final = 20
SHARE: Final = 16
"""A bar moves an expectation by one part in so many."""
RANGE: Final = 10
LOOK: Final = 256
"""Ticks that are looked at together at first; twice as many each time, as long as the end is not among them."""
LOOK_MOST: Final = 1 << 16


def signs_of(prices: Longs) -> Longs:
    """+1 or -1 for each tick, by the change of price."""
    changes = np.sign(np.diff(prices, prepend=prices[:1]))
    if len(changes):
        changes[0] = 1
    known = np.maximum.accumulate(np.where(changes != 0, np.arange(len(changes)), 0))
    return np.asarray(changes[known])


def imbalance_ends(prices: Longs, weights: Longs, first_ticks: int) -> Longs:
    """The tick behind the last one of each bar by imbalance. Raises: BarsInvalid: sums are beyond 2^62."""
    return _ends([_cumulated(signs_of(prices) * weights)], first_ticks)


def run_ends(prices: Longs, weights: Longs, first_ticks: int) -> Longs:
    """The tick behind the last one of each bar by runs. Raises: BarsInvalid: sums are beyond 2^62."""
    signs = signs_of(prices)
    buys, sells = np.where(signs > 0, weights, 0), np.where(signs < 0, weights, 0)
    return _ends([_cumulated(buys), _cumulated(sells)], first_ticks)


@dataclass(slots=True)
class _Expectation:
    """A moving average in units of 2^-20."""

    value: int | None = None

    def move(self, total: int, count: int) -> None:
        """Takes `total / count` of a bar."""
        found = (total << FRACTION_BITS) // count
        self.value = found if self.value is None else self.value + (found - self.value) // SHARE


def _ends(sums: list[Longs], first_ticks: int) -> Longs:
    """The ends of bars, by running sums of which one must differ from its value at the bar's start by the threshold."""
    count = len(sums[0])
    ticks, of_tick = _Expectation(), [_Expectation() for _ in sums]
    ends: list[int] = []
    start, end = 0, first_ticks
    while end <= count:
        ends.append(end)
        ticks.move(end - start, 1)
        for one, reached in zip(of_tick, sums, strict=True):
            one.move(int(reached[end - 1]) - (int(reached[start - 1]) if start else 0), end - start)
        start = end
        end = _next_end(sums, start, _threshold(ticks, of_tick, first_ticks))
    return np.array(ends, np.int64)


def _threshold(ticks: _Expectation, of_tick: list[_Expectation], first_ticks: int) -> int:
    """The threshold of the next bar, rounded up: sums are whole."""
    one = 1 << FRACTION_BITS
    assert ticks.value is not None
    ticks.value = min(max(ticks.value, first_ticks * one // RANGE), first_ticks * one * RANGE)
    most = max(abs(each.value or 0) for each in of_tick)
    return max(1, -(-ticks.value * most // (one * one)))


def _next_end(sums: list[Longs], start: int, threshold: int) -> int:
    """The tick behind the first at which a sum has moved by the threshold; beyond all ticks where none has."""
    count, look, at = len(sums[0]), LOOK, start
    bases = [int(reached[start - 1]) for reached in sums]
    if threshold >= MOST:
        return count + 1
    while at < count:
        moved = [np.abs(reached[at : at + look] - base) >= threshold for reached, base in zip(sums, bases, strict=True)]
        there = np.logical_or.reduce(moved)
        if there.any():
            return at + int(np.argmax(there)) + 1
        at += look
        look = min(2 * look, LOOK_MOST)
    return count + 1


def _cumulated(column: Longs) -> Longs:
    if float(np.abs(column.astype(np.float64)).sum()) >= MOST:
        raise BarsInvalid("all quantities or values together are beyond 2^62 units: take a shorter time")
    return np.cumsum(column)
