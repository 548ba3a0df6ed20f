"""What a strategy at a venue leaves for its next start: its run, acknowledged limits, resets. Touches files.

LiveError
├── NotAcknowledged   nobody has said yes to these limits
├── StrategyLocked    an emergency stop or a breaker locked it
├── AlreadyRunning    another process trades with the same source
└── Untradable        the venue does not have what the strategy wants to trade
"""

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from garraway.trading.stop import FOLDER

RUN: Final = "run.json"
ACKNOWLEDGED: Final = "acknowledged.json"
LIMITS: Final = "limits.json"
RESETS: Final = "resets.jsonl"
INTENTS: Final = "intents"


class LiveError(Exception):
    """A strategy cannot trade."""


class NotAcknowledged(LiveError):
    """Nobody has said yes to these limits."""


class StrategyLocked(LiveError):
    """An emergency stop or a breaker locked it."""


class AlreadyRunning(LiveError):
    """Another process trades with the same source."""


class Untradable(LiveError):
    """The venue does not have what the strategy wants to trade."""


@dataclass(frozen=True, slots=True)
class StrategyFolder:
    """The folder of one strategy at one venue."""

    path: Path

    @classmethod
    def of(cls, folder: Path, name: str) -> Self:
        """That of the strategy with this name at the venue in `folder`; made with mode 0700 where it is missing."""
        if not name.replace("-", "").replace("_", "").isalnum():
            raise LiveError(f"{name!r} is no name of a strategy: take letters, digits, - and _")
        path = folder / FOLDER / name
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(path)

    @property
    def intents(self) -> Path:
        """The file of intents."""
        return self.path / INTENTS

    def read(self, name: str) -> dict[str, Any] | None:
        """A JSON file of the folder; None where there is none. Raises: LiveError: it is damaged."""
        path = self.path / name
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise LiveError(f"{path} is damaged ({error}): move it away and start again") from error
        if not isinstance(said, dict):
            raise LiveError(f"{path} holds no table: move it away and start again")
        return said

    def write(self, name: str, said: Mapping[str, Any]) -> None:
        """Writes a JSON file in one step."""
        new = self.path / f".{name}.{os.getpid()}"
        with new.open("w", encoding="utf-8") as stream:
            json.dump(said, stream, indent=1, sort_keys=True)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(self.path / name)

    def acknowledge(self, limits_hash: str, *, reason: str, at_ns: int) -> None:
        """Keeps that somebody said yes to limits with this hash."""
        self.write(ACKNOWLEDGED, {"hash": limits_hash, "reason": reason, "at_ns": at_ns})

    def acknowledged(self, limits_hash: str) -> bool:
        """Whether somebody said yes to limits with this hash, and they are the last that somebody said yes to."""
        said = self.read(ACKNOWLEDGED)
        return said is not None and said.get("hash") == limits_hash

    def reset(self, *, reason: str, at_ns: int) -> None:
        """Keeps that the breakers were reset. Raises: LiveError: without a reason."""
        if not reason.strip():
            raise LiveError("to reset a breaker needs a reason: give --reason TEXT")
        with (self.path / RESETS).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"at_ns": at_ns, "reason": reason}) + "\n")

    def last_reset_ns(self) -> int:
        """When the breakers were reset last; 0 for never."""
        try:
            lines = (self.path / RESETS).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return 0
        return max((int(json.loads(line)["at_ns"]) for line in lines if line.strip()), default=0)


class SourceLock:
    """Holds that one process alone trades with a source."""

    def __init__(self, folder: Path, source: str) -> None:
        """Takes it. Raises: AlreadyRunning."""
        path = folder / FOLDER / f"{source}.lock"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._handle)
            raise AlreadyRunning(
                f"another strategy trades with source {source} of {folder}: stop it, or take another --source"
            ) from error

    def close(self) -> None:
        """Lets it go."""
        os.close(self._handle)
