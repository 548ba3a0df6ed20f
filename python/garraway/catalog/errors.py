"""What can go wrong with recorded files.

    CatalogError
    ├── FileUnreadable    it is not there, or may not be read or written
    ├── FileDamaged       a line or a byte breaks the format, the order, or what was said before
    ├── BooksInvalid      the books given cannot go with the messages
    ├── SymbolInvalid     the file does not have the instrument, or others too
    ├── PricesInvalid     the file has prices that the engine does not know
    ├── CommandRefused    the engine refused a command of the replay
    ├── FormatUnknown     no importer reads it
    ├── OptionMissing     something must be told by an option
    ├── UnitsInvalid      a number does not fit its unit
    ├── ManifestDamaged   the catalog's manifest is not as it was written
    ├── DatasetUnknown    the catalog does not have it
    ├── Overlapping       two sources cover the same time
    └── BarsInvalid       bars that cannot be made

Each text names the file, the line or byte, the value and what to do.
"""

from pathlib import Path


class CatalogError(Exception):
    """A recorded file cannot be used."""


class FileUnreadable(CatalogError):
    """The file is not there, or may not be read or written."""


class FileDamaged(CatalogError):
    """A line or a message of the file is not what the format says."""

    def __init__(
        self,
        file: Path,
        line: int,
        what: str,
        remedy: str = "fetch the file again or correct it",
        *,
        unit: str = "line",
    ) -> None:
        """Damage in `line`, counted from 1, of `file`, or at a byte, counted from 0: `what` names value and rule."""
        super().__init__(f"{file}, {unit} {line}: {what}; {remedy}")
        self.file = file
        self.line = line


class BooksInvalid(CatalogError):
    """The books given cannot go with the messages."""


class SymbolInvalid(CatalogError):
    """The file does not have the instrument asked for, or has several and none was asked for."""


class PricesInvalid(CatalogError):
    """The file has prices that the engine does not know: it trades above 0 alone."""


class CommandRefused(CatalogError):
    """The engine refused a command that the replay needs."""


class FormatUnknown(CatalogError):
    """The content of a file is of no format that is read, or of several."""


class OptionMissing(CatalogError):
    """Neither the file nor the options say something that must be known, or an option is none."""


class UnitsInvalid(CatalogError):
    """A number is finer than its unit, or too large in it, or the units are not those of the dataset."""


class ManifestDamaged(CatalogError):
    """The catalog's manifest is not as it was written."""


class DatasetUnknown(CatalogError):
    """The catalog has no such dataset, or cannot do with its kind what was asked."""


class Overlapping(CatalogError):
    """A source covers a time for which the dataset already has rows of another source."""


class BarsInvalid(CatalogError):
    """The bars asked for are none, or cannot be made from the dataset."""
