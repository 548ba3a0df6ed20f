"""Walk-forward: parameters are chosen on the rows before, and only then tested on those after. Touches files of rows.

Each test begins without a position and with cold indicators: nothing of the rows before is known to it but which
parameters were best there.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from garraway.analytics.frames import floats
from garraway.analytics.summary import plain
from garraway.trading.sweep import Progress, Sweep, sweep
from garraway.trading.sweep_errors import SplitInvalid
from garraway.trading.sweep_grid import Parameters
from garraway.trading.sweep_runs import MEASURES, Backtest
from garraway.trading.sweep_search import Search
from garraway.trading.walk_forward_splits import Split, windows

TIMES: Final = ("end_ns", "at_ns", "ts", "ts_ns", "time")
"""The column that tells when a row is: the first of these that there is."""

Rows = pl.DataFrame | np.ndarray[Any, np.dtype[np.void]]


@dataclass(frozen=True, slots=True)
class WalkForward:
    """What was chosen, and what came of it afterwards."""

    folds: pl.DataFrame
    """A row a fold: fold, train_from, train_to, test_from, test_to (rows), from_ns, to_ns (of the test, null where the
    rows have no time), the parameters chosen, `chosen` (the measure where it was learnt), the test's measures and hash,
    error."""
    parameters: tuple[str, ...]
    by: str
    sweeps: tuple[Sweep, ...]
    """Of each fold, the runs that it chose from."""

    @property
    def pnl(self) -> float:
        """Of all tests together."""
        return float(self.folds["pnl"].sum())

    @property
    def kept(self) -> float | None:
        """How much of what was learnt came back: mean measure of the tests over that of the choice.

        None where the mean of the choice is not above 0, or a test has none.
        """
        name = self.by.removeprefix("-")
        learnt, tested = floats(self.folds["chosen"]), floats(self.folds[name])
        if not len(learnt) or not np.isfinite([*learnt, *tested]).all() or not learnt.mean() > 0:
            return None
        return float(tested.mean() / learnt.mean())

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"by": self.by, "pnl": self.pnl, "kept": self.kept, "folds": plain(self.folds.to_dicts())}

    def to_json(self) -> str:
        """The same bytes for the same runs."""
        return json.dumps(self.as_json(), sort_keys=True, allow_nan=False)


def walk_forward(  # noqa: PLR0913 - each has a default, and all are keywords
    strategy: type,
    source: Rows | str | Path,
    *,
    train: int,
    test: int,
    step: int | None = None,
    gap: int = 0,
    anchored: bool = False,
    by: str = "sharpe",
    workers: int | None = None,
    on: str = "processes",
    folder: str | Path | None = None,
    search: int | Search | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    backtest: Backtest | None = None,
    **parameters: object,
) -> WalkForward:
    """Chooses the best parameters of each stretch of rows, and runs them on the next.

    Args:
        strategy: as in `sweep`.
        source: a polars frame, a record array, or a Parquet or .npy file of one.
        train: rows to choose on.
        test: rows to test on.
        step: rows to the next fold; without it as many as are tested.
        gap: rows between that belong to neither.
        anchored: always chooses on all rows from the first on.
        by: the measure that is wanted most of, or with `-` before it least.
        workers: as in `sweep`, and so are on, folder, search, settings, backtest and parameters.
        on: as in `sweep`.
        folder: as in `sweep`.
        search: as in `sweep`; its measure is `by`.
        settings: as in `sweep`.
        progress: is told folds done and all folds.
        backtest: as in `sweep`.
        parameters: as in `sweep`.
    Raises: SplitInvalid, NothingRan: no run of a fold has the measure; and what `sweep` raises.
    """
    rows = rows_of(source)
    splits = windows(len(rows), train=train, test=test, step=step, gap=gap, anchored=anchored)
    shared: dict[str, Any] = {
        "workers": workers,
        "on": on,
        "folder": folder,
        "settings": settings,
        "backtest": backtest,
    }
    if search is not None:
        shared["search"] = Search(trials=search, by=by) if isinstance(search, int) else search
    told = progress or (lambda _done, _all: None)
    folds, sweeps = [], []
    for number, split in enumerate(splits):
        found = sweep(strategy, _cut(rows, *split.train[0]), **shared | parameters)
        best = found.best(by).row(0, named=True)
        chosen: Parameters = {name: best[name] for name in found.parameters}
        tested = _tested(strategy, _cut(rows, *split.test), shared, chosen)
        folds.append(_fold(number, split, rows, chosen, best[by.removeprefix("-")], tested))
        sweeps.append(found)
        told(number + 1, len(splits))
    kinds = {name: sweeps[0].runs.schema[name] for name in sweeps[0].parameters}
    return WalkForward(
        pl.DataFrame(folds, schema={**_FOLD, **kinds, "chosen": pl.Float64, **MEASURES, **_LAST}),
        tuple(kinds),
        by,
        tuple(sweeps),
    )


def rows_of(source: Rows | str | Path) -> Rows:
    """The rows of a frame, an array or a file. Raises: SplitInvalid."""
    if isinstance(source, pl.DataFrame | np.ndarray):
        return source
    path = Path(source)
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        if path.suffix == ".npy":
            found: Rows = np.load(path, allow_pickle=False)
            return found
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise SplitInvalid(f"{path} cannot be read: {error}; give a Parquet or .npy file") from error
    raise SplitInvalid(f"{path} has no rows that can be split: give a frame, an array, a .parquet or a .npy file")


_FOLD: Final[dict[str, Any]] = {
    "fold": pl.Int64,
    "train_from": pl.Int64,
    "train_to": pl.Int64,
    "test_from": pl.Int64,
    "test_to": pl.Int64,
    "from_ns": pl.Int64,
    "to_ns": pl.Int64,
}
_LAST: Final[dict[str, Any]] = {"hash": pl.String, "error": pl.String}


def _tested(strategy: type, rows: Rows, shared: Mapping[str, Any], chosen: Parameters) -> dict[str, Any]:
    alone: dict[str, Any] = {**shared, "search": None, "on": "here"}
    return sweep(strategy, rows, **alone | chosen).runs.row(0, named=True)


def _fold(
    number: int, split: Split, rows: Rows, chosen: Parameters, learnt: float, tested: Mapping[str, Any]
) -> dict[str, Any]:
    (train_from, train_to), (test_from, test_to) = split.train[0], split.test
    places = (number, train_from, train_to, test_from, test_to, _at(rows, test_from), _at(rows, test_to - 1))
    measures = {name: tested[name] for name in (*MEASURES, *_LAST)}
    return {**dict(zip(_FOLD, places, strict=True)), **chosen, "chosen": float(learnt), **measures}


def _cut(rows: Rows, first: int, end: int) -> Rows:
    return rows.slice(first, end - first) if isinstance(rows, pl.DataFrame) else rows[first:end]


def _at(rows: Rows, row: int) -> int | None:
    names = rows.columns if isinstance(rows, pl.DataFrame) else (rows.dtype.names or ())
    name = next((one for one in TIMES if one in names), None)
    return None if name is None else int(rows[name][row])
