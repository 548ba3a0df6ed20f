"""Proves that a catalog's files are what its manifest says. Touches the files."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from garraway.catalog.errors import CatalogError
from garraway.catalog.folder import STAGING, digest_of
from garraway.catalog.kinds import DTYPES, Kind, Rows
from garraway.catalog.manifest import Dataset, Part
from garraway.catalog.numbers import MOST, MOST_DECIMALS
from garraway.catalog.partitions import rows_from


class Finding(NamedTuple):
    """Something that is not as the manifest says."""

    dataset: str
    file: str
    what: str


def dataset_findings(folder: Path, dataset: Dataset) -> Iterator[Finding]:
    """What is wrong with a dataset."""
    units = dataset.units
    for name, decimals in (("price", units.price_decimals), ("quantity", units.quantity_decimals)):
        if not 0 <= decimals <= MOST_DECIMALS:
            yield Finding(dataset.name, "manifest.json", f"{name} unit of {decimals} decimals")
    for source in dataset.sources:
        rows = sum(part.rows for part in dataset.parts if part.source == source.sha256)
        if rows != source.rows:
            yield Finding(dataset.name, source.file, f"{source.rows:,} rows were imported, the parts have {rows:,}")
    for part in dataset.parts:
        for what in _part_findings(folder, dataset, part):
            yield Finding(dataset.name, part.file, what)
    for before, after in pairwise(dataset.parts):
        if before.last_ns > after.first_ns:
            yield Finding(dataset.name, after.file, f"begins before {before.file} ends")


def strays(folder: Path, datasets: Iterable[Dataset]) -> list[Finding]:
    """Parquet files that the manifest does not name: left by an import that was killed. They are never read."""
    named = {part.file for dataset in datasets for part in dataset.parts}
    found = sorted(str(file.relative_to(folder).as_posix()) for file in folder.rglob("*.parquet"))
    return [
        Finding("", file, "is not in the manifest: remove it")
        for file in found
        if file not in named and not file.startswith(STAGING)
    ]


def _part_findings(folder: Path, dataset: Dataset, part: Part) -> Iterator[str]:
    file = folder / part.file
    if not file.is_file():
        yield "is not there"
        return
    try:
        digest = digest_of(file)
    except CatalogError as error:
        yield str(error)
        return
    # What was changed is not decoded: the decoders do not stand every damage.
    if digest != part.sha256:
        yield f"its SHA-256 is {digest[:16]}..., {part.sha256[:16]}... was written"
        return
    yield from _content_findings(file, dataset.kind, part)


def _content_findings(file: Path, kind: Kind, part: Part) -> Iterator[str]:
    import polars as pl  # noqa: PLC0415

    frame = pl.read_parquet(file)
    if frame.columns != list(DTYPES[kind].names or ()):
        yield f"columns {', '.join(frame.columns)}"
        return
    rows = rows_from(kind, frame)
    if not len(rows):
        yield "has no rows"
        return
    if (len(rows), int(rows["at_ns"][0]), int(rows["at_ns"][-1])) != (part.rows, part.first_ns, part.last_ns):
        yield f"has {len(rows):,} rows, the manifest says {part.rows:,}, or another first or last time"
    if (np.diff(rows["at_ns"]) < 0).any():
        yield f"row {int(np.argmax(np.diff(rows['at_ns']) < 0)) + 1} is earlier than the one before"
    yield from _number_findings(kind, rows)


def _number_findings(kind: Kind, rows: Rows) -> Iterator[str]:
    for name in rows.dtype.names or ():
        if rows.dtype[name] == np.int64 and name not in {"at_ns", "end_ns"} and (np.abs(rows[name]) >= MOST).any():
            yield f"{name} beyond 2^62"
    if kind == Kind.BARS and (rows["end_ns"] < rows["at_ns"]).any():
        yield "a bar ends before it begins"
