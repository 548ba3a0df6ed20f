"""Sweeps: one strategy, many parameters, on all cores or on Ray. Touches the folder of results and the report's file.

    from garraway.trading.sweep import sweep

    found = sweep(EmaCross, "bars.parquet", fast=range(5, 20), slow=range(20, 60, 5), folder="sweeps/ema")
    found.runs                        # a polars frame, a row a run
    found.best("sharpe")              # its row
    found.deflated_sharpe             # how likely it is more than the luck of so many runs

The same runs make the same frame and the same JSON, wherever and in whatever order they were made.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from garraway import __version__
from garraway.analytics import deflated_sharpe
from garraway.analytics.frames import floats
from garraway.trading.sources import opened
from garraway.trading.sweep_errors import GridInvalid, NothingRan
from garraway.trading.sweep_folder import Kept
from garraway.trading.sweep_grid import Grid, Parameters, Value, every, grid_of
from garraway.trading.sweep_page import written
from garraway.trading.sweep_pools import Pool, pool_of
from garraway.trading.sweep_runs import MEASURES, Backtest, Named, Task, fingerprint
from garraway.trading.sweep_search import Search, searched

Progress = Callable[[int, int], None]
"""Is told how many runs are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """The runs of a sweep."""

    runs: pl.DataFrame
    """A row a run, sorted by the parameters as they were given: parameters, measures, hash, key, error."""
    parameters: tuple[str, ...]
    header: dict[str, Any]
    """strategy, source (its digest), settings, grid, search, version."""

    def best(self, by: str = "sharpe", most: int = 1) -> pl.DataFrame:
        """The rows with the most of a measure, or with `-` before its name the least; the first of equal ones first.

        Raises: GridInvalid: no such measure. NothingRan: no run has it.
        """
        name = by.removeprefix("-")
        if MEASURES.get(name) not in (pl.Float64, pl.Int64):
            known = ", ".join(name for name, kind in MEASURES.items() if kind != pl.String)
            raise GridInvalid(f"{by!r} is no measure: take one of {known}, with - before it for the least")
        known_rows = self.runs.filter(pl.col(name).is_not_null())
        if not known_rows.height:
            failed = self.runs["error"].drop_nulls()
            why = f"; the first failure: {failed[0]}" if len(failed) else ": the runs are too short, or never traded"
            raise NothingRan(f"none of {self.runs.height} runs has a {name}{why}")
        return known_rows.sort(name, descending=not by.startswith("-"), maintain_order=True).head(most)

    @property
    def deflated_sharpe(self) -> float | None:
        """How likely the best Sharpe ratio is above 0, given as many trials as there are runs; None without ratios.

        The deviation among trials is that of the runs' own ratios. Source: Bailey, Lopez de Prado (2014).
        """
        known = self.runs.filter(pl.col("ratio").is_not_null())
        if not known.height:
            return None
        top = known.row(int(np.argmax(floats(known["ratio"]))), named=True)
        ratios = floats(known.filter(pl.col("period") == top["period"])["ratio"])
        deviation = float(ratios.std(ddof=1)) if len(ratios) > 1 else 0.0
        return deflated_sharpe(
            top["ratio"],
            count=top["periods"],
            trials=len(ratios),
            deviation=deviation,
            skew=top["skew"],
            kurtosis=top["kurtosis"],
        )

    def as_json(self) -> dict[str, Any]:
        """Header, deflated Sharpe ratio and all rows, of plain values."""
        return {"header": self.header, "deflated_sharpe": self.deflated_sharpe, "runs": self.runs.to_dicts()}

    def to_json(self) -> str:
        """The same bytes for the same runs."""
        return json.dumps(self.as_json(), sort_keys=True, allow_nan=False)

    def report(self, path: str | Path, *, by: str = "sharpe", x: str | None = None, y: str | None = None) -> Path:
        """Writes one HTML page: the best runs, and a map of a measure over two parameters.

        Args:
            path: the file.
            by: the measure.
            x: parameter from left to right; without it the last that has several values.
            y: parameter from top to bottom; without it the one before.
        Raises: GridInvalid, NothingRan, PageUnwritable.
        """
        return written(self, Path(path), by=by, x=x, y=y)


def sweep(  # noqa: PLR0913 - each has a default, and all are keywords
    strategy: type,
    source: object,
    *,
    workers: int | None = None,
    on: str = "processes",
    folder: str | Path | None = None,
    search: int | Search | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    backtest: Backtest | None = None,
    **parameters: object,
) -> Sweep:
    """Backtests a strategy with each combination of parameters.

    Args:
        strategy: the class, at the top level of a file.
        source: what `backtest` takes: files, frames, arrays.
        workers: processes; without it as many as there are cores.
        on: processes, here (one after the other), ray, or ray://host:port.
        folder: keeps a line for each run; runs that are kept there are not made again.
        search: so many trials that are chosen (Optuna) instead of all combinations.
        settings: further arguments of `backtest`.
        progress: is told runs done and all runs.
        backtest: makes a run; without it `garraway.trading.backtest`.
        parameters: of each its values, or one value: fast=range(5, 20), slow=40.
    Returns: the runs; one that failed has its error in its row.
    Raises: GridInvalid, StrategyUnusable, FolderUnusable, PoolUnavailable.
    """
    grid = grid_of(parameters)
    _prove(strategy, grid)
    # Files are read once, here: the workers get what is in them, and need not have them.
    ran = opened(source) if backtest is None else source
    task = Task(Named.of(strategy), ran, dict(settings or {}), backtest)
    chosen = Search(trials=search) if isinstance(search, int) else search
    digest = fingerprint(ran)
    with closing(Kept(None if folder is None else Path(folder))) as kept:
        maker = _Maker(task, digest, kept, progress, on=on, workers=workers)
        with closing(maker):
            if chosen is None:
                asked = every(grid)
                maker.make(asked, total=len(asked))
            else:
                asked = searched(grid, chosen, maker.make)
        rows = {key: kept.lines[key] for key in (task.key(one, digest) for one in asked)}
    header = {
        "strategy": task.strategy.name,
        "strategy_sha256": task.strategy.digest,
        "source_sha256": digest,
        "settings": {name: repr(value) for name, value in sorted(task.settings.items())},
        "grid": {name: list(values) for name, values in grid.items()},
        "search": None if chosen is None else chosen.as_json(),
        "version": __version__,
    }
    return Sweep(_frame(rows, grid), tuple(grid), header)


class _Maker:
    """Makes runs that are not kept yet; its pool starts with the first of them."""

    def __init__(
        self, task: Task, digest: str, kept: Kept, progress: Progress | None, *, on: str, workers: int | None
    ) -> None:
        self._task, self._digest, self._kept = task, digest, kept
        self._progress = progress or (lambda _done, _all: None)
        self._on, self._workers = on, workers
        self._pool: Pool | None = None
        self._done = 0

    def make(self, asked: Sequence[Parameters], *, total: int) -> list[dict[str, Any]]:
        """The lines of these runs, in their order."""
        keys = [self._task.key(parameters, self._digest) for parameters in asked]
        missing = {key: one for key, one in zip(keys, asked, strict=True) if key not in self._kept.lines}
        self._done += len(asked) - len(missing)
        self._progress(self._done, total)
        if missing:
            if self._pool is None:
                self._pool = pool_of(self._on, self._task, self._workers)
            for parameters, line in self._pool.lines(missing.values()):
                self._kept.add(self._task.key(parameters, self._digest), line)
                self._done += 1
                self._progress(self._done, total)
        return [self._kept.lines[key] for key in keys]

    def close(self) -> None:
        """Ends the pool."""
        if self._pool is not None:
            self._pool.close()


def _prove(strategy: type, grid: Grid) -> None:
    """That the strategy has these parameters, where it says which it has."""
    known = getattr(strategy, "PARAMETERS", None)
    unknown = [name for name in grid if known is not None and name not in known]
    if unknown:
        has = ", ".join(known or ()) or "none"
        raise GridInvalid(f"{strategy.__name__} has no parameter {unknown[0]}: it has {has}")


_LAST: Final[dict[str, type[pl.DataType]]] = {"hash": pl.String, "key": pl.String, "error": pl.String}


def _frame(lines: Mapping[str, Mapping[str, Any]], grid: Grid) -> pl.DataFrame:
    """A row a run; parameters sort by their place in the grid."""
    places = {name: {_typed(value): place for place, value in enumerate(values)} for name, values in grid.items()}
    ordered = sorted(
        lines.items(), key=lambda one: [places[name][_typed(value)] for name, value in one[1]["parameters"].items()]
    )
    nothing: dict[str, Any] = dict.fromkeys(MEASURES)
    rows = [
        {
            **line["parameters"],
            **(line["measures"] or nothing),
            "hash": line["hash"],
            "key": key,
            "error": line["error"],
        }
        for key, line in ordered
    ]
    kinds = {name: _kind(values) for name, values in grid.items()}
    return pl.DataFrame(rows, schema={**kinds, **MEASURES, **_LAST}, strict=False)


def _kind(values: tuple[Value, ...]) -> type[pl.DataType]:
    types = {type(value) for value in values if value is not None}
    if types <= {bool}:
        return pl.Boolean
    if types <= {int}:
        return pl.Int64
    return pl.Float64 if types <= {int, float} else pl.String


def _typed(value: Value) -> tuple[str, Value]:
    return type(value).__name__, value
