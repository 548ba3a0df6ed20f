"""How far, how long and how often equity stood below what it had been. Touches nothing."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from garraway.analytics.frames import Floats, equity_of, floats, number

DRAWDOWNS: Final[dict[str, type[pl.DataType]]] = {
    "peak_ns": pl.Int64,
    "trough_ns": pl.Int64,
    "recovered_ns": pl.Int64,
    "depth": pl.Float64,
    "fraction": pl.Float64,
    "length_ns": pl.Int64,
    "recovery_ns": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The worst of a run; None where equity never fell."""

    depth: float | None
    """Most money below an earlier peak, above 0."""
    fraction: float | None
    """Most below an earlier peak over that peak, above 0; None where no peak was above 0."""
    longest_s: float | None
    """Longest time from a peak until equity was there again, or until the last sample."""
    recovery_s: float | None
    """Of the deepest in money: from its lowest point until equity was at the peak again; None: not yet."""
    average_fraction: float | None
    """Mean of all drawdowns' fractions."""
    under_water: float | None
    """Share of the run's time from peaks to their recovery; None where the run has no length."""
    ulcer: float | None
    """Root of the mean square of all samples' fractions. Source: P. Martin, B. McCann (1989)."""


def underwater(equity: pl.DataFrame) -> pl.DataFrame:
    """For each sample: at_ns, below (money below the peak so far, at least 0), fraction (of that peak, at least 0).

    Fractions are null while no peak was above 0. Raises: FrameInvalid.
    """
    samples = equity_of(equity)
    below, fraction = _below(floats(samples["equity"]))
    return pl.DataFrame({"at_ns": samples["at_ns"], "below": below, "fraction": fraction}).fill_nan(None)


def drawdowns(equity: pl.DataFrame) -> pl.DataFrame:
    """A row for each time below a peak, in the order of time.

    Returns: peak_ns (the last sample at the peak), trough_ns (the first sample at the lowest), recovered_ns (the first
        at or above the peak; null: not yet), depth (money, above 0), fraction (of the peak), length_ns (from peak to
        recovery or last sample), recovery_ns (from trough to recovery).
    Raises: FrameInvalid.
    """
    samples = equity_of(equity)
    at_ns, worth = samples["at_ns"].to_numpy(), floats(samples["equity"])
    below, fraction = _below(worth)
    under = np.concatenate([[False], below > 0, [False]])
    first = np.flatnonzero(under[1:] & ~under[:-1])
    behind = np.flatnonzero(under[:-1] & ~under[1:])
    rows = []
    for start, end in zip(first.tolist(), behind.tolist(), strict=True):
        low = start + int(np.argmax(below[start:end]))
        recovered = int(at_ns[end]) if end < len(at_ns) else None
        peak, trough = int(at_ns[start - 1]), int(at_ns[low])
        length = (int(at_ns[-1]) if recovered is None else recovered) - peak
        back = None if recovered is None else recovered - trough
        rows.append((peak, trough, recovered, float(below[low]), number(fraction[start:end].max()), length, back))
    return pl.DataFrame(rows, schema=DRAWDOWNS, orient="row")


def drawdown(equity: pl.DataFrame) -> Drawdown:
    """The worst of a run; see `Drawdown` for each number. Raises: FrameInvalid."""
    found, samples = drawdowns(equity), equity_of(equity)
    at_ns = samples["at_ns"].to_numpy()
    span = int(at_ns[-1] - at_ns[0]) if len(at_ns) else 0
    fractions = underwater(equity)["fraction"].drop_nulls()
    ulcer = number(float(np.sqrt(np.square(floats(fractions)).mean()))) if len(fractions) else None
    if not found.height:
        return Drawdown(None, None, None, None, None, 0.0 if span else None, ulcer)
    deepest = found.row(int(np.argmax(found["depth"].to_numpy())), named=True)
    return Drawdown(
        depth=deepest["depth"],
        fraction=_greatest(found["fraction"]),
        longest_s=float(found["length_ns"].to_numpy().max()) / 1e9,
        recovery_s=None if deepest["recovery_ns"] is None else deepest["recovery_ns"] / 1e9,
        average_fraction=number(float(floats(found["fraction"]).mean())),
        under_water=float(found["length_ns"].sum()) / span if span else None,
        ulcer=ulcer,
    )


def _below(worth: Floats) -> tuple[Floats, Floats]:
    peak = np.maximum.accumulate(worth) if len(worth) else worth
    below = peak - worth
    return below, np.divide(below, peak, out=np.full(len(worth), np.nan), where=peak > 0)


def _greatest(column: pl.Series) -> float | None:
    known = floats(column.drop_nulls())
    return float(known.max()) if len(known) else None
