"""The event log read as it grows. Touches the log's files through `_native.EventReader`."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from garraway import _native
from garraway.records import EVENT, EventArray

POLL_S: Final = 0.02
"""How long a follower waits before it looks again at a log that had nothing new."""
BATCH: Final = 65_536
"""Events of one batch at most."""
LOG_FOLDER: Final = "events"


@dataclass(frozen=True, slots=True)
class Batch:
    """Events in order, and the tail of each (empty bytes where there is none)."""

    events: EventArray
    tails: list[bytes]


class Tape:
    """A place in a venue's event log, which moves on as it is read. The log need not be there yet."""

    def __init__(self, folder: Path, from_event_id: int = 0) -> None:
        """A place before the first event with this id or a later one."""
        self.folder = folder
        self._from_event_id = from_event_id
        self._reader: _native.EventReader | None = None

    def read(self, limit: int = BATCH) -> Batch:
        """The events from here on that are whole by now, perhaps none; the place moves behind them."""
        if self._reader is None:
            if not (self.folder / LOG_FOLDER).is_dir():
                return Batch(np.zeros(0, dtype=EVENT), [])
            self._reader = _native.EventReader(str(self.folder), self._from_event_id)
        return Batch(*self._reader.read(limit))

    async def follow(self, *, poll_s: float = POLL_S) -> AsyncIterator[Batch]:
        """Batches without end, each with at least one event."""
        while True:
            batch = self.read()
            if len(batch.events):
                yield batch
            else:
                await asyncio.sleep(poll_s)
