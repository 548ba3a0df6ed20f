"""Log events from what libraries log by Python's own `logging`. Touches nothing of it but as a handler."""

import logging
from typing import Final

from garraway.log.events import Log

AT_LEAST: Final = ((logging.ERROR, "error"), (logging.WARNING, "warning"), (logging.INFO, "info"))


class LibraryHandler(logging.Handler):
    """Writes each record as an event `library_said`: which logger, what, and the kind of an exception."""

    def __init__(self, log: Log) -> None:
        """Hands records to this log."""
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """One record. Texts of exceptions are told, their frames are not: they may hold anything."""
        try:
            fields: dict[str, object] = {"logger": record.name, "text": record.getMessage()}
            if record.exc_info and record.exc_info[0] is not None:
                fields["exception"] = f"{record.exc_info[0].__name__}: {record.exc_info[1]}"
        except (TypeError, ValueError):
            self.handleError(record)
            return
        name = next((name for level, name in AT_LEAST if record.levelno >= level), "debug")
        {"error": self._log.error, "warning": self._log.warning, "info": self._log.info}.get(name, self._log.debug)(
            "library_said", **fields
        )
