"""The one writer of log events."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TextIO

from garraway.log.redaction import redacted


@dataclass(frozen=True, slots=True)
class Log:
    """Writes log events to `stream`, stamped by `now_ns` (ns since the Unix epoch)."""

    stream: TextIO
    now_ns: Callable[[], int]
    fields: Mapping[str, object] = field(default_factory=dict)

    def bind(self, **fields: object) -> "Log":
        """The same log, each of whose events also carries `fields`."""
        return Log(self.stream, self.now_ns, {**self.fields, **fields})

    def info(self, event: str, **fields: object) -> None:
        """Something happened as it should."""
        self._write("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Something happened that the process can deal with."""
        self._write("warning", event, fields)

    def error(self, event: str, **fields: object) -> None:
        """Something happened that a person should look at."""
        self._write("error", event, fields)

    def _write(self, level: str, event: str, fields: Mapping[str, object]) -> None:
        line = {"at_ns": self.now_ns(), "level": level, "event": event, **self.fields, **fields}
        self.stream.write(json.dumps(redacted(line), default=_shown) + "\n")
        self.stream.flush()


def _shown(value: object) -> object:
    """The text of what JSON has no form for, an exception for instance, without secrets."""
    return redacted(str(value))
