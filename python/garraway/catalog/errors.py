"""What can go wrong with recorded files.

    CatalogError
    ├── FileUnreadable    it is not there, or may not be read or written
    ├── FileDamaged       a line breaks the format, the order, or what earlier lines said
    ├── BooksInvalid      the books given cannot go with the messages
    └── CommandRefused    the engine refused a command of the replay

Each text names the file, the line, the value and what to do.
"""

from pathlib import Path


class CatalogError(Exception):
    """A recorded file cannot be used."""


class FileUnreadable(CatalogError):
    """The file is not there, or may not be read or written."""


class FileDamaged(CatalogError):
    """A line of the file is not what the format says."""

    def __init__(self, file: Path, line: int, what: str, remedy: str = "fetch the file again or correct it") -> None:
        """Damage in `line`, counted from 1, of `file`: `what` names the value and the rule."""
        super().__init__(f"{file}, line {line}: {what}; {remedy}")
        self.file = file
        self.line = line


class BooksInvalid(CatalogError):
    """The books given cannot go with the messages."""


class CommandRefused(CatalogError):
    """The engine refused a command that the replay needs."""
