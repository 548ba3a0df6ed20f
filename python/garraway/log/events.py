"""The one writer of log events."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, Literal, Protocol

from garraway.log.redaction import redacted

Level = Literal["debug", "info", "warning", "error"]
LEVELS: Final = {"debug": 0, "info": 1, "warning": 2, "error": 3}


class Stream(Protocol):
    """Where lines go."""

    def write(self, text: str, /) -> object:
        """Takes a line."""

    def flush(self) -> object:
        """Hands it on."""


@dataclass(frozen=True, slots=True)
class Log:
    """Writes log events to `stream`, stamped by `now_ns` (ns since the Unix epoch), without what may be secret."""

    stream: Stream
    now_ns: Callable[[], int]
    fields: Mapping[str, object] = field(default_factory=dict)
    level: Level = "info"
    """The least level that is written."""
    pretty: bool = False
    """Lines for people instead of JSON."""

    def bind(self, **fields: object) -> "Log":
        """The same log, each of whose events also carries `fields`."""
        return replace(self, fields={**self.fields, **fields})

    def debug(self, event: str, **fields: object) -> None:
        """Something that helps to find a fault."""
        self._write("debug", event, fields)

    def info(self, event: str, **fields: object) -> None:
        """Something happened as it should."""
        self._write("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Something happened that the process can deal with."""
        self._write("warning", event, fields)

    def error(self, event: str, **fields: object) -> None:
        """Something happened that a person should look at."""
        self._write("error", event, fields)

    def _write(self, level: Level, event: str, fields: Mapping[str, object]) -> None:
        if LEVELS[level] < LEVELS[self.level]:
            return
        at_ns, told = self.now_ns(), redacted({**self.fields, **fields})
        if self.pretty:
            self.stream.write(_for_people(at_ns, level, event, told))
        else:
            self.stream.write(json.dumps({"at_ns": at_ns, "level": level, "event": event, **told}) + "\n")
        self.stream.flush()


def _for_people(at_ns: int, level: Level, event: str, fields: Mapping[str, object]) -> str:
    at = datetime.fromtimestamp(at_ns // 1_000_000_000, UTC).strftime("%H:%M:%S")
    said = " ".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value)}".replace("\n", "\\n")
        for name, value in fields.items()
    )
    return f"{at}.{at_ns // 1_000_000 % 1_000:03} {level:<7} {event:<24} {said}".rstrip() + "\n"
