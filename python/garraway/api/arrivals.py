"""Waiting for the views to know of a command, without asking again and again. Touches an eventfd of theirs.

The views ring once they are as far as the nearest command that is waited for; whoever waits for later ones arms anew.
"""

import asyncio
import heapq
from typing import Protocol


class Bell(Protocol):
    """What this needs of `garraway._native.Views`."""

    @property
    def seq(self) -> int:
        """The last command that is known of."""
        ...

    @property
    def reached(self) -> int:
        """The eventfd."""
        ...

    def arm(self, seq: int) -> bool:
        """Asks for the bell at this command; whether it is known of already."""
        ...

    def answer_reached(self) -> None:
        """Makes the eventfd unreadable."""
        ...


class Arrivals:
    """Those who wait, by the command that they wait for. Lives in one event loop; close it before the loop ends."""

    def __init__(self, views: Bell) -> None:
        """Listens from now on."""
        self._views = views
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._count = 0
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(views.reached, self._rung)

    async def until(self, seq: int, timeout_s: float) -> bool:
        """Waits until the views know of this command; False: it did not come in time."""
        if self._views.seq >= seq:
            return True
        came: asyncio.Future[None] = self._loop.create_future()
        self._count += 1
        heapq.heappush(self._waiting, (seq, self._count, came))
        self._arm()
        try:
            async with asyncio.timeout(timeout_s):
                await came
        except TimeoutError:
            return self._views.seq >= seq
        return True

    def close(self) -> None:
        """Listens no more."""
        self._loop.remove_reader(self._views.reached)

    def _rung(self) -> None:
        self._views.answer_reached()
        self._arm()

    def _arm(self) -> None:
        """Wakes those whose command has come, and arms for the nearest of the others."""
        while self._waiting:
            seq, _, came = self._waiting[0]
            if not came.done() and not self._views.arm(seq):
                return
            heapq.heappop(self._waiting)
            if not came.done():
                came.set_result(None)
