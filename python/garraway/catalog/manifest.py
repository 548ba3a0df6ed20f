"""What a catalog holds, as its file `manifest.json` says: datasets, their sources, their files. Touches that file.

    form       "garraway catalog"
    version    1
    sha256     of the datasets, as this module writes them
    datasets   see `Dataset`

A changed byte is refused: the digest stands for every value in it.
"""

import hashlib
from pathlib import Path
from typing import Final

import msgspec

from garraway.catalog.errors import ManifestDamaged
from garraway.catalog.kinds import Kind

FILE: Final = "manifest.json"
FORM: Final = "garraway catalog"
VERSION: Final = 1
IMPORTER: Final = "1"
"""Version of the importers and their rules: raised when the same file would come to other rows."""


class _Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record of the manifest."""


class Units(_Struct, frozen=True):
    """What the whole numbers of a dataset count."""

    price_decimals: int
    """A price counts 10 ** -price_decimals of `currency`."""
    quantity_decimals: int
    """A quantity counts 10 ** -quantity_decimals of the instrument."""
    currency: str
    """Of prices; empty where the source does not say it."""
    zone: str
    """Time zone of the source's local times; what is stored is UTC."""


class Tally(_Struct, frozen=True):
    """Rows of a source that had a problem, and what the rule for them did."""

    count: int
    rule: str
    """`keep`, `drop` or `mend`."""


class Source(_Struct, frozen=True):
    """A file that was imported into a dataset."""

    file: str
    """Its name, without folders."""
    sha256: str
    format: str
    importer: str
    rows_read: int
    rows: int
    first_ns: int
    last_ns: int
    problems: dict[str, Tally]
    bad: int = 0
    """Lines or records of the whole file that could not be read and were left out."""
    notes: dict[str, int] = {}
    """What the reader proved, or left out as no rows, in the whole file."""
    clock_behind_ns: int = 0
    """By how much the recorder's clock was behind the venue's at least; the times were put forward by it."""


class Part(_Struct, frozen=True):
    """A Parquet file of a dataset."""

    file: str
    """Relative to the catalog's folder, with slashes."""
    sha256: str
    size: int
    """Bytes."""
    rows: int
    first_ns: int
    last_ns: int
    source: str
    """SHA-256 of the source that its rows are from."""


class Dataset(_Struct, frozen=True):
    """Rows of one kind, of one instrument of one venue."""

    name: str
    venue: str
    symbol: str
    kind: Kind
    of: str
    """What bars are of: `trades`, `bid`, `ask` or `mid`; empty for other kinds."""
    period: str
    """Of bars: `1m` or what the bars are by; empty for other kinds."""
    partition: str
    """`day`, `month`, `year` or `all`, in UTC."""
    units: Units
    sources: list[Source]
    parts: list[Part]
    """In the order of time."""

    @property
    def rows(self) -> int:
        """Rows of all parts."""
        return sum(part.rows for part in self.parts)

    @property
    def first_ns(self) -> int:
        """Time of the first row; 0 without rows."""
        return min((part.first_ns for part in self.parts), default=0)

    @property
    def last_ns(self) -> int:
        """Time of the last row; 0 without rows."""
        return max((part.last_ns for part in self.parts), default=0)


class _Manifest(_Struct, frozen=True):
    form: str
    version: int
    sha256: str
    datasets: list[Dataset]


def load(folder: Path) -> dict[str, Dataset]:
    """The datasets by name; none where there is no manifest yet. Raises: ManifestDamaged."""
    file = folder / FILE
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ManifestDamaged(f"{file} cannot be read ({error.strerror}): give a catalog's folder") from error
    try:
        found = msgspec.json.decode(content, type=_Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ManifestDamaged(f"{file} is no manifest ({error}): {_REMEDY}") from error
    if (found.form, found.version) != (FORM, VERSION):
        what = f"{file} is of form {found.form!r}, version {found.version}, not {FORM!r}, version {VERSION}"
        raise ManifestDamaged(f"{what}: read it with the release that wrote it")
    # The whole text is compared, so that white space and the digest's own letters are proved, too.
    if content != encoded(found.datasets):
        raise ManifestDamaged(f"{file} is not as it was written, its SHA-256 differs: {_REMEDY}")
    return {dataset.name: dataset for dataset in found.datasets}


def encoded(datasets: list[Dataset]) -> bytes:
    """The manifest's text: the same datasets give the same bytes."""
    ordered = sorted(datasets, key=lambda dataset: dataset.name)
    digest = hashlib.sha256(msgspec.json.encode(ordered)).hexdigest()
    text = msgspec.json.encode(_Manifest(FORM, VERSION, digest, ordered))
    return msgspec.json.format(text, indent=1) + b"\n"


_REMEDY: Final = "take it from a backup, or import the sources into a new folder"
