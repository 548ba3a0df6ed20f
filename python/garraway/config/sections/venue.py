"""The venue's folder and what its files keep to."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from garraway.config.sections.base import Section


class Venue(Section):
    """Where the venue's files are and when a command counts as kept."""

    folder: Path = Path("var")
    """The venue's folder: journal, event log, streams, run files. Made with mode 0700 where it is missing."""
    durability: Literal["os", "fsync"] = "os"
    """When a command counts as kept: `os` written (survives the process), `fsync` on the disk (survives the host)."""
    segment_bytes: int = Field(default=64 << 20, ge=1 << 20, le=4 << 30)
    """Bytes of one file of the journal."""
    event_segment_bytes: int = Field(default=256 << 20, ge=1 << 20, le=4 << 30)
    """Bytes of one file of the event log."""
    reserve_orders: int = Field(default=0, ge=0, le=100_000_000)
    """Open orders whose memory is taken when the exchange starts, about 72 bytes each; 0: as they come."""
