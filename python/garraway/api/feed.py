"""The venue's events as they come, for streams that are served from this process. Touches nothing.

The composition root follows the event log anyway, to know what is defined; while somebody listens it tells each batch
here as well, once the fold knows of it: who hears of an event can read what it led to.
"""

from collections.abc import Callable
from typing import Final

from garraway.api.ports import Arrivals
from garraway.records import EventArray, command_seq
from garraway.views import NotYet

Listener = Callable[[EventArray], None]
WAIT_S: Final = 1.0


class Feed:
    """Tells batches of events, in order and without a gap, to all that listen."""

    def __init__(self, arrivals: Arrivals) -> None:
        """Nobody listens yet."""
        self._arrivals = arrivals
        self._listeners: list[Listener] = []

    @property
    def listening(self) -> bool:
        """Whether anybody does."""
        return bool(self._listeners)

    def listen(self, listener: Listener) -> None:
        """Calls `listener` in the event loop with each batch from now on. It must not raise nor wait."""
        self._listeners.append(listener)

    def leave(self, listener: Listener) -> None:
        """No more."""
        self._listeners.remove(listener)

    async def tell(self, events: EventArray) -> None:
        """Tells a batch, not empty, once the fold knows of it. Raises: ViewsStopped."""
        seq = command_seq(int(events["event_id"][-1]))
        while self._listeners:
            try:
                await self._arrivals.wait_for(seq, timeout_s=WAIT_S)
                break
            except NotYet:
                continue
        for listener in tuple(self._listeners):
            listener(events)
