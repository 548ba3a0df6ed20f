"""Backups."""

from pathlib import Path

from pydantic import Field

from garraway.config.references import SecretReference
from garraway.config.sections.base import Section


class Backup(Section):
    """Where backups go, how often, how long they are kept, what they are encrypted with."""

    folder: Path | None = None
    """Folder of the backups, mode 0700, best on another disk; left out: `FOLDER/backup`."""
    every_s: int = Field(default=0, ge=0, le=7 * 86_400)
    """Seconds between backups that `garraway up` makes by itself; 0: none."""
    retention_days: int = Field(default=7, ge=1, le=3_650)
    """Days after which a backup is removed; the newest one that is whole stays."""
    encryption_key: SecretReference | None = None
    """Reference to the key: 32 bytes in base64. Without it backups are not encrypted."""
