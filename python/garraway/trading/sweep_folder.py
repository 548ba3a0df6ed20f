"""What is kept of runs: a line each in `runs.jsonl`, so that a sweep that was ended goes on. Touches that file."""

import json
import os
from pathlib import Path
from typing import Any, Final

from garraway.trading.sweep_errors import FolderUnusable

NAME: Final = "runs.jsonl"


class Kept:
    """The lines of a folder. Each is written at once, so that whatever ends the process tears the last one at most."""

    def __init__(self, folder: Path | None) -> None:
        """Opens the folder, which is made where it is not there; none keeps nothing.

        Raises: FolderUnusable.
        """
        self._file: int | None = None
        self.lines: dict[str, dict[str, Any]] = {}
        if folder is None:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            self._read(folder / NAME)
        except OSError as error:
            raise FolderUnusable(f"{folder}: {error.strerror}; give a folder that may be written") from error

    def add(self, key: str, line: dict[str, Any]) -> None:
        """Keeps one run."""
        self.lines[key] = line
        if self._file is not None:
            text = json.dumps({"key": key, **line}, sort_keys=True, allow_nan=False) + "\n"
            os.write(self._file, text.encode())

    def close(self) -> None:
        """Nothing is added any more."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _read(self, path: Path) -> None:
        raw = path.read_bytes()
        whole = raw.rfind(b"\n") + 1
        for number, text in enumerate(raw[:whole].splitlines(), start=1):
            try:
                line = json.loads(text)
                key = line.pop("key")
            except (ValueError, KeyError, AttributeError, TypeError) as error:
                raise FolderUnusable(f"{path}, line {number} is no line of a run: move the file away") from error
            if line.get("error") is None:
                self.lines[key] = line
        if whole < len(raw):
            assert self._file is not None
            os.ftruncate(self._file, whole)
