"""Indicators by name: over a whole history (`compute`), or row by row as it comes (`Indicator`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import cast

import numpy as np
from numpy.typing import NDArray

from garraway import _native


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a kind of indicator."""

    name: str
    default: float
    least: float
    most: float
    whole: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of indicator."""

    name: str
    what: str
    columns: tuple[str, ...]
    """What a row is made of: a value; or open, high, low, close, volume; or bid, ask and their sizes; or two values."""
    parameters: tuple[Parameter, ...]
    outputs: tuple[str, ...]

    def values_of(self, given: Mapping[str, float]) -> list[float]:
        """All parameters in order, defaults where none is given. ValueError names one that there is not."""
        unknown = given.keys() - {parameter.name for parameter in self.parameters}
        if unknown:
            named = ", ".join(parameter.name for parameter in self.parameters) or "none"
            raise ValueError(f"{self.name} has no parameter {min(unknown)!r}; it has: {named}")
        return [float(given.get(parameter.name, parameter.default)) for parameter in self.parameters]


def kinds() -> dict[str, Kind]:
    """All kinds by name, in the order of the reference."""
    return {
        name: Kind(
            name, spec["what"], spec["columns"], tuple(Parameter(*row) for row in spec["parameters"]), spec["outputs"]
        )
        for name, spec in _native.INDICATORS.items()
    }


_KINDS = kinds()


def _kind(name: str) -> Kind:
    if name in _KINDS:
        return _KINDS[name]
    near = get_close_matches(name, _KINDS, n=1)
    raise ValueError(
        f"there is no indicator {name!r}; " + (f"did you mean {near[0]!r}?" if near else "signals.kinds() names all")
    )


class Indicator:
    """An indicator that follows rows as they come: `Indicator("ema", period=20)`.

    `update(101.5)` of a series, else a number for each of `kind.columns`. `value` is the first output, NaN until it is
    there; `ready` once all outputs have been. Comparisons and arithmetic are done with `value` or `float(indicator)`.
    """

    __slots__ = ("_native", "kind", "parameters")

    def __init__(self, name: str, /, **parameters: float) -> None:
        """ValueError names an unknown indicator or parameter, or one out of its range."""
        self.kind = _kind(name)
        values = self.kind.values_of(parameters)
        self.parameters = dict(zip((one.name for one in self.kind.parameters), values, strict=True))
        self._native = _native.Indicator(name, values)

    def __repr__(self) -> str:
        """Its kind and parameters."""
        told = ", ".join(f"{name}={value:g}" for name, value in self.parameters.items())
        return f"{self.kind.name}({told})"

    def __float__(self) -> float:
        """The first output."""
        return self.value

    def __getitem__(self, output: str) -> float:
        """An output by its name."""
        return self.values[self.kind.outputs.index(output)]

    @property
    def value(self) -> float:
        """The first output after the last row."""
        return self._native.values[0]

    @property
    def values(self) -> tuple[float, ...]:
        """All outputs after the last row, in the order of `kind.outputs`."""
        return self._native.values

    @property
    def ready(self) -> bool:
        """Whether all outputs have once been there."""
        return self._native.ready

    def update(self, *row: float) -> float:
        """Takes the next row, returns the first output. ValueError: a wrong count, a number that is not finite."""
        self._native.update(row)
        return self.value

    def reset(self) -> None:
        """Forgets every row."""
        self._native.reset()


def compute(name: str, source: object, /, **parameters: float) -> dict[str, NDArray[np.float64]]:
    """An indicator over a whole history: its outputs by name, one number for each row, NaN where there is none yet.

    `source`: of a series an array of numbers, or anything that has columns (a mapping, a polars frame, a NumPy record
    array), of which `close` is taken, else `value`; of other kinds something that has the columns of the kind, or an
    array of shape (n, columns). ValueError names an unknown indicator or parameter, a missing column, a number that is
    not finite.
    """
    kind = _kind(name)
    indicator = _native.Indicator(name, kind.values_of(parameters))
    rows = _rows(kind, source)
    out = np.empty((len(rows), len(kind.outputs)))
    indicator.apply(rows, out)
    return {output: np.ascontiguousarray(out[:, at]) for at, output in enumerate(kind.outputs)}


def _rows(kind: Kind, source: object) -> NDArray[np.float64]:
    names, takes = _names(source), f"{kind.name} takes {', '.join(kind.columns)}"
    if names is None:
        rows = _column(source)
        rows = rows[:, np.newaxis] if rows.ndim == 1 and len(kind.columns) == 1 else rows
        if rows.ndim == 2 and rows.shape[1] == len(kind.columns):
            return rows
        raise ValueError(f"{takes}: an array of shape {rows.shape} has not these columns")
    wanted = ["close" if column == "value" and "close" in names else column for column in kind.columns]
    missing = [column for column in wanted if column not in names]
    if missing:
        raise ValueError(f"{takes}; there is no column {missing[0]!r}")
    columns = cast("Mapping[str, object]", source)
    return np.column_stack([_column(columns[column]) for column in wanted])


def _names(source: object) -> list[str] | None:
    if isinstance(source, Mapping):
        return list(source)
    if isinstance(source, np.ndarray):
        return list(source.dtype.names) if source.dtype.names else None
    columns = getattr(source, "columns", None)
    return list(columns) if columns is not None else None


def _column(values: object) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)
