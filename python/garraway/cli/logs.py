"""Logs as the settings want them. Touches stderr."""

import sys
import time

from garraway.config import LogSettings
from garraway.log import Log, Retention


def process_log(settings: LogSettings, *, room: str) -> Log:
    """The log of a process on stderr, which its supervisor keeps in a file; for people where a terminal is."""
    pretty = settings.pretty and sys.stderr.isatty()
    return Log(sys.stderr, time.time_ns, level=settings.level, pretty=pretty).bind(room=room)


def retention(settings: LogSettings) -> Retention:
    """When log files are rotated and removed."""
    return Retention(rotate_bytes=settings.rotate_bytes, days=settings.retention_days, files=settings.files)
