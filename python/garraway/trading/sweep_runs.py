"""One run of a sweep: what another process needs to make it, and the line that is kept of it.

Touches the strategy's file; in the other process whatever a backtest touches.
"""

import hashlib
import importlib
import importlib.util
import inspect
import io
import json
import linecache
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from garraway import __version__
from garraway.analytics import Run, moments, returns, summarise
from garraway.analytics.sheet.page import fitting
from garraway.analytics.summary import plain
from garraway.trading.sweep_errors import FolderUnusable, StrategyUnusable
from garraway.trading.sweep_grid import Parameters

OWN: Final = "garraway_strategy_"
"""How modules are named that were made of a file: no other process finds them by name."""
FORMAT: Final = 1
"""Of the lines that are kept; another one is not read again."""

Backtest = Callable[..., Run]

MEASURES: Final[dict[str, type[pl.DataType]]] = {
    "pnl": pl.Float64,
    "return": pl.Float64,
    "annual_return": pl.Float64,
    "volatility": pl.Float64,
    "sharpe": pl.Float64,
    "sortino": pl.Float64,
    "calmar": pl.Float64,
    "drawdown": pl.Float64,
    "drawdown_depth": pl.Float64,
    "trades": pl.Int64,
    "win_rate": pl.Float64,
    "profit_factor": pl.Float64,
    "expectancy": pl.Float64,
    "fills": pl.Int64,
    "fees": pl.Float64,
    "turnover": pl.Float64,
    "exposure": pl.Float64,
    "period": pl.String,
    "periods": pl.Int64,
    "ratio": pl.Float64,
    "skew": pl.Float64,
    "kurtosis": pl.Float64,
}
"""What is kept of a run: as in `garraway.analytics.Summary`; `ratio` is the Sharpe ratio of one period."""


@dataclass(frozen=True, slots=True)
class Named:
    """A strategy's class as another process, or another machine, finds it."""

    module: str
    name: str
    file: str
    text: str | None
    """Of its file, where the class cannot be imported by name."""
    digest: str
    """Of its file's text."""

    @classmethod
    def of(cls, strategy: type) -> "Named":
        """Raises: StrategyUnusable: it is defined in a function, or not in a file."""
        name = strategy.__qualname__
        if "<locals>" in name:
            raise StrategyUnusable(
                f"{name} is defined in a function, where no other process finds it: move it to a file"
            )
        try:
            file = Path(inspect.getfile(strategy))
            text = "".join(linecache.getlines(str(file))) or file.read_text(encoding="utf-8")
        except (OSError, TypeError) as error:
            raise StrategyUnusable(f"{name} has no file, which other processes read: write it to one") from error
        digest = hashlib.sha256(text.encode()).hexdigest()
        return cls(strategy.__module__, name, str(file), None if _importable(strategy, file) else text, digest)

    def load(self) -> type:
        """The class, in this process."""
        module = importlib.import_module(self.module) if self.text is None else self._made()
        found: Any = module
        for part in self.name.split("."):
            found = getattr(found, part)
        assert isinstance(found, type)
        return found

    def _made(self) -> types.ModuleType:
        name = f"{OWN}{self.digest[:16]}"
        if name not in sys.modules:
            assert self.text is not None
            module = types.ModuleType(name)
            module.__file__ = self.file
            # Where the file is not on this machine, the text still is: errors show it, and the run's hash needs it.
            linecache.cache[self.file] = (len(self.text), None, self.text.splitlines(keepends=True), self.file)
            sys.modules[name] = module
            exec(compile(self.text, self.file, "exec"), module.__dict__)  # noqa: S102 - the user's own strategy
        return sys.modules[name]


@dataclass(frozen=True, slots=True)
class Task:
    """What all runs of a sweep share."""

    strategy: Named
    source: Any
    settings: Mapping[str, Any]
    backtest: Backtest | None
    """What makes a run; None for `garraway.trading.backtest`."""

    def key(self, parameters: Parameters, source: str) -> str:
        """What a run is kept under: changes with the strategy's file, parameters, settings, source and version."""
        said = [FORMAT, __version__, self.strategy.name, self.strategy.digest, parameters, _said(self.settings), source]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def made(task: Task, parameters: Parameters) -> dict[str, Any]:
    """Makes one run: parameters, hash and measures; or error, where it failed."""
    line: dict[str, Any] = {"parameters": parameters, "hash": None, "error": None, "measures": None}
    try:
        run = (task.backtest or _backtest())(task.strategy.load()(**parameters), task.source, **task.settings)
        line["measures"] = measured(run)
        line["hash"] = str(run.header.get("hash")) if run.header.get("hash") is not None else None
    except Exception as error:  # noqa: BLE001 - one run's failure is its row, not the sweep's end
        line["error"] = f"{type(error).__name__}: {error}"
    return line


def measured(run: Run) -> dict[str, Any]:
    """What is kept of a run, by the names of `MEASURES`; None where it is not known."""
    period = fitting(run.equity)
    found = summarise(run, period=period, histories=1)
    shape = moments(returns(run.equity, period).values)
    performance, closed, done = found.performance, found.trades, found.execution
    values = (
        performance.pnl,
        performance.total_return,
        performance.annual_return,
        performance.volatility,
        performance.sharpe,
        performance.sortino,
        performance.calmar,
        found.drawdown.fraction,
        found.drawdown.depth,
        closed.trades,
        closed.win_rate,
        closed.profit_factor,
        closed.expectancy,
        done.fills,
        done.fees,
        done.turnover,
        done.exposure,
        period,
        performance.periods,
        shape.mean / shape.deviation if shape else None,
        performance.skew,
        performance.kurtosis,
    )
    return {name: plain(value) for name, value in zip(MEASURES, values, strict=True)}


def fingerprint(source: object) -> str:
    """What a source is, in 64 digits: of its bytes, or of its name where it is no file.

    Raises: FolderUnusable: a file cannot be read.
    """
    if isinstance(source, pl.DataFrame):
        sink = io.BytesIO()
        source.write_ipc(sink)
        return hashlib.sha256(sink.getbuffer()).hexdigest()
    if isinstance(source, np.ndarray):
        digest = hashlib.sha256(f"{source.dtype} {source.shape}".encode())
        digest.update(np.ascontiguousarray(source).tobytes())
        return digest.hexdigest()
    if isinstance(source, list | tuple):
        return hashlib.sha256(" ".join(fingerprint(one) for one in source).encode()).hexdigest()
    if isinstance(source, Mapping):
        return hashlib.sha256(json.dumps({str(k): fingerprint(v) for k, v in source.items()}).encode()).hexdigest()
    path = Path(str(source))
    if isinstance(source, str | Path) and path.exists():
        return _of_files(path)
    return hashlib.sha256(repr(source).encode()).hexdigest()


def _of_files(path: Path) -> str:
    files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
    digest = hashlib.sha256()
    try:
        for file in files:
            with file.open("rb") as opened:
                digest.update(str(file.relative_to(path)).encode() + hashlib.file_digest(opened, "sha256").digest())
    except OSError as error:
        raise FolderUnusable(f"{path}: {error.strerror}; give a source that may be read") from error
    return digest.hexdigest()


def _importable(strategy: type, file: Path) -> bool:
    if strategy.__module__ == "__main__" or strategy.__module__.startswith(OWN):
        return False
    try:
        spec = importlib.util.find_spec(strategy.__module__)
    except (ImportError, ValueError):
        return False
    return spec is not None and spec.origin is not None and Path(spec.origin) == file


def _backtest() -> Backtest:
    found: Backtest = importlib.import_module("garraway.trading").backtest
    return found


def _said(settings: Mapping[str, Any]) -> dict[str, str]:
    return {name: repr(value) for name, value in sorted(settings.items())}
