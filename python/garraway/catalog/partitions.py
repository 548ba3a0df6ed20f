"""Rows of one dataset on their way into Parquet files, one or more for each day, month or year. Touches the files.

Bounded: rows are written once `PART_ROWS` of them wait. Rows that came unsorted are sorted at the end, a partition at a
time.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from garraway.catalog.folder import digest_of, sync_file
from garraway.catalog.kinds import DTYPES, Kind, Longs, Rows
from garraway.catalog.rules import Problem, sorted_rows

if TYPE_CHECKING:
    import polars as pl

PART_ROWS: Final = 1 << 18
_SPANS: Final = {"day": "M8[D]", "month": "M8[M]", "year": "M8[Y]"}


class Written(NamedTuple):
    """A file that was written into the staging folder."""

    name: str
    sha256: str
    size: int
    rows: int
    first_ns: int
    last_ns: int


class Partitions:
    """Takes rows in any order and writes them by partition."""

    def __init__(self, folder: Path, kind: Kind, partition: str, stem: str) -> None:
        """Files go into `folder`; `stem` is in their names, so that those of another source have others."""
        self._folder, self._kind, self._partition, self._stem = folder, kind, partition, stem
        self._waiting: list[Rows] = []
        self._count = 0
        self._parts: dict[str, list[Path]] = {}
        self._last_ns = -(2**63)
        self._unsorted = False
        self.dropped: Counter[Problem] = Counter()

    @property
    def waiting(self) -> int:
        """Rows that are not written yet."""
        return self._count

    def add(self, rows: Rows) -> None:
        """Takes rows. Raises: OSError."""
        if not len(rows):
            return
        at_ns = rows["at_ns"]
        self._unsorted |= bool(at_ns[0] < self._last_ns) or bool((np.diff(at_ns) < 0).any())
        self._last_ns = max(self._last_ns, int(at_ns.max()))
        self._waiting.append(rows)
        self._count += len(rows)
        if self._count >= PART_ROWS:
            self.flush()

    def flush(self) -> None:
        """Writes what waits. Raises: OSError."""
        if not self._count:
            return
        rows = np.concatenate(self._waiting)
        self._waiting, self._count = [], 0
        labels = self._labels(rows["at_ns"])
        starts = np.flatnonzero(np.concatenate([[True], labels[1:] != labels[:-1]])).tolist()
        for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
            for at in range(start, end, PART_ROWS):
                self._write(str(labels[start]), rows[at : min(end, at + PART_ROWS)])

    def close(self) -> list[Written]:
        """Writes the rest, sorts what needs it, and gives all files in the order of time. Raises: OSError."""
        self.flush()
        if self._unsorted:
            for label in sorted(self._parts):
                self._sort(label)
        written = [self._sealed(file) for label in sorted(self._parts) for file in self._parts[label]]
        return [part for part in written if part.rows]

    def _labels(self, at_ns: Longs) -> "np.ndarray[tuple[int], np.dtype[np.str_]]":
        """The name of each row's partition: 2014-05-01, 2014-05, 2014, or all."""
        if self._partition == "all":
            return np.full(len(at_ns), "all")
        return at_ns.astype("M8[ns]").astype(_SPANS[self._partition]).astype(str)

    def _write(self, label: str, rows: Rows) -> None:
        files = self._parts.setdefault(label, [])
        file = self._folder / f"{label}.{self._stem}.{len(files):04d}.parquet"
        frame_of(rows).write_parquet(file, row_group_size=PART_ROWS)
        files.append(file)

    def _sort(self, label: str) -> None:
        rows = np.concatenate([rows_from(self._kind, _read(file)) for file in self._parts[label]])
        ordered, dropped = sorted_rows(self._kind, rows)
        self.dropped.update(dropped)
        for file in self._parts.pop(label):
            file.unlink()
        for start in range(0, len(ordered), PART_ROWS):
            self._write(label, ordered[start : start + PART_ROWS])

    def _sealed(self, file: Path) -> Written:
        times = _read(file)["at_ns"]
        sync_file(file)
        first, last = int(times[0]), int(times[-1])
        return Written(file.name, digest_of(file), file.stat().st_size, len(times), first, last)


def frame_of(rows: Rows) -> "pl.DataFrame":
    """An array as a frame, a column for each field."""
    import polars as pl  # noqa: PLC0415

    return pl.DataFrame({name: np.ascontiguousarray(rows[name]) for name in rows.dtype.names or ()})


def rows_from(kind: Kind, frame: "pl.DataFrame") -> Rows:
    """A frame of all of a kind's columns as an array."""
    rows = np.empty(frame.height, DTYPES[kind])
    for name in DTYPES[kind].names or ():
        rows[name] = frame[name].to_numpy()
    return rows


def chunks(kind: Kind, files: list[Path]) -> Iterator[Rows]:
    """The rows of files in arrays."""
    for file in files:
        yield rows_from(kind, _read(file))


def _read(file: Path) -> "pl.DataFrame":
    import polars as pl  # noqa: PLC0415

    return pl.read_parquet(file)
