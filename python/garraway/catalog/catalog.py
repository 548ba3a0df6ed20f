"""A catalog: a folder of datasets, read lazily, as frames or as NumPy records, and verified. Touches the files.

catalog = Catalog("recorded")
catalog.scan("oanda/EURUSD/quotes", start="2014-05-01", end="2014-05-02")    # a polars.LazyFrame
catalog.array("usa/SPY/bars-1m")                                            # a NumPy record array
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from garraway.catalog import manifest
from garraway.catalog.errors import DatasetUnknown, FileUnreadable, OptionMissing, Overlapping, UnitsInvalid
from garraway.catalog.folder import locked, safe_name, sync_folder, write_whole
from garraway.catalog.kinds import DTYPES, Kind, Rows
from garraway.catalog.manifest import Dataset, Part
from garraway.catalog.partitions import rows_from
from garraway.catalog.verifying import Finding, dataset_findings, strays

if TYPE_CHECKING:
    import polars as pl


class Entry(NamedTuple):
    """A dataset of one source, and where its files lie until it is added: name of the part -> file."""

    dataset: Dataset
    staged: Mapping[str, Path]


Moment = int | str | datetime
"""Ns since 1970, an ISO text (without a zone: UTC), or a datetime with a zone."""


class Catalog:
    """The datasets of a folder. Several may read and import at once."""

    def __init__(self, folder: str | PathLike[str]) -> None:
        """The catalog in `folder`, which need not be there yet. Reads nothing."""
        self.folder = Path(folder)

    def datasets(self) -> list[Dataset]:
        """What there is, by name. Raises: FileUnreadable: there is no catalog; ManifestDamaged."""
        return list(self._known().values())

    def dataset(self, name: str) -> Dataset:
        """One dataset. Raises: DatasetUnknown; FileUnreadable: there is no catalog; ManifestDamaged."""
        found = self._known()
        if name not in found:
            known = ", ".join(sorted(found)[:8]) + (", ..." if len(found) > 8 else "")
            raise DatasetUnknown(f"{self.folder} has no dataset {name!r}: it has {known or 'none, import one'}")
        return found[name]

    def scan(self, name: str, *, start: Moment | None = None, end: Moment | None = None) -> "pl.LazyFrame":
        """The rows from `start` on and before `end`, lazily: files of other times are not opened.

        Raises: DatasetUnknown; ManifestDamaged; OptionMissing: a moment is none.
        """
        import polars as pl  # noqa: PLC0415

        dataset = self.dataset(name)
        first, last = _nanos(start, -(2**63)), _nanos(end, 2**63 - 1)
        files = [self.folder / part.file for part in _within(dataset, first, last)]
        if not files:
            return pl.DataFrame(
                {name: pl.Series([], dtype=_type(name, dataset.kind)) for name in _columns(dataset)}
            ).lazy()
        return pl.scan_parquet(files, glob=False).filter((pl.col("at_ns") >= first) & (pl.col("at_ns") < last))

    def read(self, name: str, *, start: Moment | None = None, end: Moment | None = None) -> "pl.DataFrame":
        """The same rows as a frame in memory. Raises: as `scan`; FileUnreadable."""
        import polars as pl  # noqa: PLC0415

        try:
            return self.scan(name, start=start, end=end).collect()
        except (OSError, pl.exceptions.PolarsError) as error:
            raise FileUnreadable(f"{self.folder}: {_line(error)}: `garraway catalog verify` tells more") from error

    def arrays(self, name: str, *, start: Moment | None = None, end: Moment | None = None) -> Iterator[Rows]:
        """The same rows, file by file, as arrays of the kind's dtype. Raises: as `read`."""
        dataset = self.dataset(name)
        first, last = _nanos(start, -(2**63)), _nanos(end, 2**63 - 1)
        for part in _within(dataset, first, last):
            rows = rows_from(dataset.kind, self._frame(part))
            yield rows[(rows["at_ns"] >= first) & (rows["at_ns"] < last)]

    def array(self, name: str, *, start: Moment | None = None, end: Moment | None = None) -> Rows:
        """The same rows as one array of the kind's dtype. Raises: as `read`."""
        empty = np.zeros(0, DTYPES[self.dataset(name).kind])
        return np.concatenate([empty, *self.arrays(name, start=start, end=end)])

    def verify(self, name: str | None = None) -> list[Finding]:
        """Everything that is not as the manifest says: digests, rows, order, units. Raises: ManifestDamaged."""
        chosen = self.datasets() if name is None else [self.dataset(name)]
        found = [finding for dataset in chosen for finding in dataset_findings(self.folder, dataset)]
        return found if name is not None else [*found, *strays(self.folder, chosen)]

    def add(self, entries: Sequence["Entry"], *, replace: bool = False) -> list[str]:
        """Puts the rows of one source into datasets, all of them or none.

        Args:
            entries: the datasets as if the source were their only one, and where their files lie now.
            replace: whether a dataset that is there is replaced; else the source is added to it.
        Returns: the names of the datasets that were changed: not those that have the source already.
        Raises: Overlapping; UnitsInvalid: a dataset has other units; ManifestDamaged; FileUnreadable.
        """
        try:
            with locked(self.folder):
                known = manifest.load(self.folder)
                old = {} if replace else known
                new = [entry for entry in entries if not _has(old.get(entry.dataset.name), entry.dataset)]
                merged = [_merged(old.get(entry.dataset.name), entry.dataset) for entry in new]
                for entry in new:
                    self._place(entry.staged)
                self._write({**known, **{dataset.name: dataset for dataset in merged}})
                for dataset in merged if replace else ():
                    self._drop(known.get(dataset.name), dataset)
        except OSError as error:
            raise FileUnreadable(f"{self.folder} cannot be written to ({error.strerror or error}): free it") from error
        return [dataset.name for dataset in merged]

    def remove(self, name: str) -> Dataset:
        """Takes a dataset out of the catalog and removes its files. Raises: DatasetUnknown; ManifestDamaged."""
        with locked(self.folder):
            dataset = self.dataset(name)
            left = manifest.load(self.folder)
            del left[name]
            self._write(left)
            # Still under the lock: who adds the dataset anew finds its folder empty, and keeps it.
            for part in dataset.parts:
                (self.folder / part.file).unlink(missing_ok=True)
            home = self.folder / folder_of(dataset)
            if home.is_dir() and not any(home.iterdir()):
                home.rmdir()
        return dataset

    def _known(self) -> dict[str, Dataset]:
        if not (self.folder / manifest.FILE).exists():
            raise FileUnreadable(f"{self.folder} holds no catalog: import a file into it, or give another folder")
        return manifest.load(self.folder)

    def _place(self, staged: Mapping[str, Path]) -> None:
        """Moves files to their places, so that they are there after a loss of power."""
        for name, file in staged.items():
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            file.replace(target)
        for folder in {Path(name).parent for name in staged}:
            for above in (folder, *folder.parents):
                sync_folder(self.folder / above)

    def _drop(self, old: Dataset | None, new: Dataset) -> None:
        """Removes the files that a dataset had and has no longer."""
        kept = {part.file for part in new.parts}
        for part in old.parts if old is not None else ():
            if part.file not in kept:
                (self.folder / part.file).unlink(missing_ok=True)

    def _write(self, datasets: dict[str, Dataset]) -> None:
        write_whole(self.folder / manifest.FILE, manifest.encoded(list(datasets.values())))

    def _frame(self, part: Part) -> "pl.DataFrame":
        import polars as pl  # noqa: PLC0415

        try:
            return pl.read_parquet(self.folder / part.file)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise FileUnreadable(f"{part.file}: {_line(error)}: `garraway catalog verify` tells more") from error


def folder_of(dataset: Dataset) -> str:
    """Where the files of a dataset stand, relative to the catalog's folder."""
    return "/".join(safe_name(word) for word in (dataset.venue, dataset.symbol, dataset.name.rsplit("/", 1)[1]))


def dataset_name(*, venue: str, symbol: str, kind: Kind, of: str = "", period: str = "") -> str:
    """The name of a dataset: `usa/SPY/bars-1m`, `oanda/EURUSD/bars-1m-bid`, `kraken/XBT/USD/depth`."""
    basis = f"-{of}" if of not in {"", "trades"} else ""
    return f"{venue}/{symbol}/{kind}{f'-{period}' if period else ''}{basis}"


def nanos(moment: Moment) -> int:
    """A moment in ns since 1970. Raises: OptionMissing: it is none."""
    if isinstance(moment, int):
        return moment
    try:
        when = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    except ValueError as error:
        raise OptionMissing(f"{moment!r} is no time: write it like 2014-05-01 or 2014-05-01T09:30:00+00:00") from error
    when = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    since = when - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000


def _nanos(moment: Moment | None, otherwise: int) -> int:
    return otherwise if moment is None else nanos(moment)


def _within(dataset: Dataset, first: int, last: int) -> list[Part]:
    return [part for part in dataset.parts if part.last_ns >= first and part.first_ns < last]


def _has(old: Dataset | None, new: Dataset) -> bool:
    """Whether a dataset has rows of the source already."""
    return old is not None and any(source.sha256 == new.sources[0].sha256 for source in old.sources)


def _merged(old: Dataset | None, new: Dataset) -> Dataset:
    """The dataset with the parts of both. Raises: Overlapping; UnitsInvalid."""
    if old is None:
        return new
    if (old.units, old.partition) != (new.units, new.partition):
        raise UnitsInvalid(f"{new.name} has {old.units}, the file {new.units}: give the units of the dataset")
    (source,) = new.sources
    for other in old.sources:
        if source.rows and other.rows and source.first_ns < other.last_ns and other.first_ns < source.last_ns:
            raise Overlapping(
                f"{new.name}: {source.file} covers a time of which {other.file} was imported: "
                f"import it into another folder, or remove the dataset first"
            )
    # Stable: where one source ends at the moment at which the next begins, the earlier import stands first.
    parts = sorted([*old.parts, *new.parts], key=lambda part: (part.first_ns, part.last_ns))
    return msgspec.structs.replace(old, sources=[*old.sources, source], parts=parts)


def _columns(dataset: Dataset) -> tuple[str, ...]:
    return DTYPES[dataset.kind].names or ()


def _type(name: str, kind: Kind) -> "pl.DataType":
    import polars as pl  # noqa: PLC0415

    return pl.Series(np.zeros(0, DTYPES[kind][name])).dtype


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
