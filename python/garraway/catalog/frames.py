"""Arrays as Parquet and back, by `polars`. Touches the files alone.

Imported only where Parquet is read or written: polars takes as long to import as all the rest together.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from garraway.catalog.parquet import BLOCK_ROWS, Rows

P = ParamSpec("P")
T = TypeVar("T")


def _told(read: Callable[P, T]) -> Callable[P, T]:
    """Makes one kind of error of what polars says to a file that it cannot read."""

    @wraps(read)
    def reading(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return read(*args, **kwargs)
        except pl.exceptions.PolarsError as error:
            raise ValueError(str(error)) from error

    return reading


def write_frame(target: Path, blocks: Iterable[Rows], notes: Callable[[int], dict[str, str]]) -> int:
    """Writes all blocks with the notes that `notes` makes of the count of rows, and gives it. Raises: OSError."""
    frames = [_frame(rows) for rows in blocks]
    frame = pl.concat(frames) if frames else pl.DataFrame()
    frame.write_parquet(target, metadata=notes(frame.height), row_group_size=BLOCK_ROWS)
    return frame.height


@_told
def read_notes(file: Path) -> dict[str, str]:
    """A file's notes. Raises: OSError; ValueError: it is no Parquet."""
    return pl.read_parquet_metadata(file)


@_told
def read_rows(file: Path, at: int, count: int, dtype: np.dtype[np.void]) -> Rows:
    """Rows of a file as an array.

    Raises: OSError; ValueError: they cannot be decoded, are fewer, or columns and types are not those of the array.
    """
    frame = pl.scan_parquet(file).slice(at, count).collect()
    if frame.height != count:
        raise ValueError(f"{frame.height} rows, {count} were written")
    if frame.columns != list(dtype.names or ()):
        raise ValueError(f"columns {frame.columns}")
    rows = np.zeros(count, dtype)
    for name in frame.columns:
        rows[name] = _values(frame[name], dtype[name])
    return rows


def _frame(rows: Rows) -> pl.DataFrame:
    return pl.DataFrame({name: _column(rows[name]) for name in rows.dtype.names or ()})


def _column(values: NDArray[Any]) -> pl.Series:
    if values.dtype.kind != "S":
        return pl.Series(values=np.ascontiguousarray(values))
    names, which = np.unique(values, return_inverse=True)
    return pl.Series(values=[name.decode("latin-1") for name in names.tolist()], dtype=pl.String).gather(which)


def _values(column: pl.Series, dtype: np.dtype[Any]) -> NDArray[Any]:
    if column.null_count():
        raise ValueError(f"{column.name} has {column.null_count()} rows without a value")
    values = column.to_numpy()
    if dtype.kind == "S":
        names, which = np.unique(values.astype(str), return_inverse=True)
        return np.array([str(name).encode("latin-1") for name in names], dtype)[which]
    if values.dtype != dtype:
        raise ValueError(f"{column.name} has the type {column.dtype}")
    return values
