"""Where on a chart a value or a time stands, and which of them are named at its edges. Touches nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, floor, log10
from typing import Final

import numpy as np

from garraway.analytics.frames import Floats, Longs

SIZE: Final = 1000
"""Width and height of the plane that is drawn on; the page stretches it."""
SECOND: Final = 1_000_000_000
STEPS_S: Final = (1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800)


@dataclass(frozen=True, slots=True)
class Scale:
    """From least to most, onto the plane."""

    least: float
    most: float

    @classmethod
    def of(cls, *values: Floats, zero: bool = False, room: float = 0.05) -> "Scale":
        """Over all numbers, with some room above and below; `zero` is among them where asked for."""
        known = np.concatenate([np.asarray(one, np.float64) for one in values])
        known = known[np.isfinite(known)]
        least, most = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
        if zero:
            least, most = min(least, 0.0), max(most, 0.0)
        span = most - least or abs(most) or 1.0
        return cls(least - room * span * (least != 0 or not zero), most + room * span * (most != 0 or not zero))

    def along(self, values: Floats | Longs | float) -> Floats:
        """From 0 at the left to 1000 at the right."""
        placed = (np.asarray(values, np.float64) - self.least) / ((self.most - self.least) or 1.0) * SIZE
        return np.asarray(placed, np.float64)

    def up(self, values: Floats | float) -> Floats:
        """From 1000 at the bottom to 0 at the top."""
        return SIZE - self.along(values)

    def ticks(self, count: int = 5) -> list[float]:
        """Round numbers within, about so many."""
        step = nice_step((self.most - self.least) / count)
        first, last = ceil(self.least / step), floor(self.most / step)
        return [number * step for number in range(first, last + 1)]


def nice_step(rough: float) -> float:
    """1, 2 or 5 times a power of ten, at least as large."""
    if not rough > 0:
        return 1.0
    power = 10.0 ** floor(log10(rough))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= rough * 0.999999)


def time_ticks(first_ns: int, last_ns: int, count: int = 7) -> list[tuple[int, str]]:
    """Round times within, at most about so many, and their names."""
    span_s = max((last_ns - first_ns) / SECOND, 1e-9)
    if span_s > 86_400 * 45:
        return _calendar_ticks(first_ns, last_ns, count)
    step_s = next((step for step in STEPS_S if span_s / step <= count), STEPS_S[-1])
    step = step_s * SECOND
    form = "%d %b" if step_s >= 86_400 else "%H:%M" if step_s >= 60 else "%H:%M:%S"
    if 3600 <= step_s < 86_400 and span_s > 86_400:
        form = "%d %b %H:%M"
    at = range(-(-first_ns // step) * step, last_ns + 1, step)
    return [(one, datetime.fromtimestamp(one // SECOND, UTC).strftime(form)) for one in at]


def thinned(at_ns: Longs, values: Floats, columns: int = 450) -> Longs:
    """The rows that a chart of so many columns can show: of each column first, last, least and most."""
    if len(at_ns) <= 4 * columns:
        return np.arange(len(at_ns))
    span = max(int(at_ns[-1] - at_ns[0]), 1)
    column = ((at_ns - at_ns[0]) / span * (columns - 1)).astype(np.int64)
    starts = np.flatnonzero(np.concatenate([[True], column[1:] != column[:-1]]))
    ends = np.concatenate([starts[1:], [len(at_ns)]])
    kept: list[int] = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        part = values[start:end]
        kept += {start, end - 1, start + int(np.argmin(part)), start + int(np.argmax(part))}
    return np.array(sorted(kept), np.int64)


def _calendar_ticks(first_ns: int, last_ns: int, count: int) -> list[tuple[int, str]]:
    first, last = (datetime.fromtimestamp(one // SECOND, UTC) for one in (first_ns, last_ns))
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    step = next((one for one in (1, 2, 3, 6, 12, 24, 60, 120) if months / one <= count), 240)
    found: list[tuple[int, str]] = []
    number = first.year * 12 + first.month - 1
    for month in range(-(-number // step) * step, last.year * 12 + last.month, step):
        at = datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
        name = at.strftime("%Y") if step >= 12 else at.strftime("%b %Y" if month % 12 == 0 or not found else "%b")
        at_ns = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1) * SECOND
        if first_ns <= at_ns <= last_ns:
            found.append((at_ns, name))
    return found
