"""lookahead(): whether a strategy decides by what it cannot know.

It is run again on data that ends earlier; what it decided until then must be the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from garraway.trading.backtesting import backtest
from garraway.trading.errors import SettingUnknown
from garraway.trading.sources import opened, tables, until
from garraway.trading.strategy import Strategy

_DECISION = ("placed_ns", "instrument", "side", "kind", "limit", "stop", "quantity")


@dataclass(frozen=True, slots=True)
class Lookahead:
    """What was found."""

    found: bool
    cut_ns: int | None
    """Where the data ended when the first difference showed."""
    order: int | None
    """Which order differs, from 0."""
    whole: dict[str, int] | None
    """The order as it was with all data, in ticks and codes; None where there was none."""
    cut: dict[str, int] | None
    """The order with the data that ended earlier."""
    cuts: int
    """How many shorter runs were compared."""

    def __str__(self) -> str:
        """In a sentence."""
        if not self.found:
            return f"no decision differs in {self.cuts} runs on data that ends earlier"
        return f"order {self.order} differs when the data ends at {self.cut_ns}: {self.cut} instead of {self.whole}"


def lookahead(
    strategy: Strategy | type[Strategy] | Callable[[Any], Strategy], source: object, *, cuts: int = 8, **settings: Any
) -> Lookahead:
    """Runs a strategy on all data and on data that ends earlier, and reports the first decision that differs.

    A strategy that is made from data is given as a function of it: `lookahead(lambda frame: Model(frame), frame)`. What
    `prepare` is handed is cut as well. Raises: as `backtest`.
    """
    if cuts < 1:
        raise SettingUnknown(f"cuts is {cuts}: take 1 or more")
    sources = opened(source)
    played = tables(sources, **{name: settings[name] for name in ("tick",) if name in settings})
    times = np.sort(np.concatenate([table.rows["ts"] for table in played]))
    whole = _decisions(strategy, sources, settings)
    ends = sorted({int(times[len(times) * part // (cuts + 1)]) for part in range(1, cuts + 1)}) if len(times) else []
    for end_ns in ends:
        cut = _decisions(strategy, until(sources, end_ns), settings)
        # At the end itself `stop` may send something that comes later, or never, in the whole run.
        before = int((whole[:, 0] < end_ns).sum())
        count = int((cut[:, 0] < end_ns).sum())
        for order in range(max(before, count)):
            ours = [rows[order] if order < limit else None for rows, limit in ((whole, before), (cut, count))]
            if ours[0] is None or ours[1] is None or not np.array_equal(ours[0], ours[1]):
                return Lookahead(True, end_ns, order, _told(ours[0]), _told(ours[1]), len(ends))
    return Lookahead(False, None, None, None, None, len(ends))


def _decisions(strategy: Any, sources: dict[str, object], settings: dict[str, Any]) -> Any:
    is_made = not isinstance(strategy, Strategy | type)
    one = strategy(next(iter(sources.values())) if len(sources) == 1 else sources) if is_made else strategy
    rows = backtest(one, sources, **settings)._columns["orders"]
    return np.column_stack([rows[name] for name in _DECISION])


def _told(row: Any) -> dict[str, int] | None:
    return None if row is None else dict(zip(_DECISION, row.tolist(), strict=True))
