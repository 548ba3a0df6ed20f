"""Logs of the processes."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from garraway.config.sections.base import Section


class LogSettings(Section):
    """What is logged, where, and how long it is kept."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least level that is written."""
    folder: Path | None = None
    """Folder of the log files, mode 0700; left out: `FOLDER/log`."""
    rotate_bytes: int = Field(default=16 << 20, ge=64 << 10, le=4 << 30)
    """Bytes of a log file, after which a new one is begun."""
    retention_days: int = Field(default=14, ge=1, le=3_650)
    """Days after which a closed log file is removed."""
    files: int = Field(default=20, ge=1, le=10_000)
    """Closed files of one process that are kept at most."""
    pretty: bool = False
    """Lines for people instead of JSON, on a terminal; files are always JSON."""
