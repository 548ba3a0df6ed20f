"""Futures that are given up after one and the same patience: one timer for all of them. Touches the event loop."""

import asyncio
from collections import deque
from typing import TypeVar

Answer = TypeVar("Answer")


class Deadlines:
    """Futures in the order of their deadlines; those whose time is over are cancelled."""

    def __init__(self, patience_s: float) -> None:
        """Waits for nothing yet."""
        self._patience_s = patience_s
        self._waiting: deque[tuple[float, asyncio.Future[object]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        """The one loop that it is used in."""

    async def within(self, answer: "asyncio.Future[Answer]") -> Answer | None:
        """What the future gives; None where it did not in time: it is cancelled then."""
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        while self._waiting and self._waiting[0][1].done():
            self._waiting.popleft()
        self._waiting.append((loop.time() + self._patience_s, answer))  # type: ignore[arg-type] # only cancelled
        if self._timer is None:
            self._timer = loop.call_later(self._patience_s, self._expire)
        try:
            return await answer
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return None

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        while self._waiting and (self._waiting[0][1].done() or self._waiting[0][0] <= now_s):
            self._waiting.popleft()[1].cancel()
        self._timer = None
        if self._waiting:
            self._timer = loop.call_at(self._waiting[0][0], self._expire)
