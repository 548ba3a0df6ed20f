"""The native views in an asyncio program: waiting for a command, and answering what the hub asks. Touches `_native`."""

import asyncio
import heapq
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from garraway import _native
from garraway.views.errors import NotYet, ViewsStopped

WAIT_S: Final = 1.0
"""How long a reader waits for a command at most, if it does not say otherwise."""


class LiveViews:
    """Views that are followed in this event loop.

    Reads are those of `native`, which need no waiting; `wait_for` waits for a command first. Close it in the loop
    that it was opened in.
    """

    def __init__(
        self,
        folder: Path,
        config: dict[str, Any] | None = None,
        *,
        on_request: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        """Starts the views of the venue in `folder`; needs a running loop.

        Args:
            folder: the venue's folder.
            config: as of `_native.Views.start`.
            on_request: called in the loop with each request of the hub; see `_native.Views.take_requests`.
        """
        self._loop = asyncio.get_running_loop()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._count = 0
        self._closed = False
        self._on_request = on_request
        self.native = _native.Views.start(folder, config)
        self._loop.add_reader(self.native.reached, self._reached)
        self._loop.add_reader(self.native.asked, self._asked)

    @property
    def seq(self) -> int:
        """Number of the last command that the views know of. Raises: ViewsStopped."""
        try:
            return self.native.seq
        except RuntimeError as error:
            raise ViewsStopped(str(error)) from error

    async def wait_for(self, seq: int, *, timeout_s: float = WAIT_S) -> int:
        """Waits until the views know of command `seq`; the number of the last one that they know of.

        Raises:
            NotYet: they did not come so far in time.
            ViewsStopped: they ended.
        """
        if self._closed:
            raise ViewsStopped("the views were closed")
        if self.seq >= seq:
            return self.seq
        future = self._loop.create_future()
        self._count += 1
        heapq.heappush(self._waiting, (seq, self._count, future))
        self._arm()
        try:
            async with asyncio.timeout(timeout_s):
                await future
        except TimeoutError:
            raise NotYet(f"command {seq} is not in the views, which are at {self.seq}: ask again") from None
        return self.seq

    def close(self) -> None:
        """Closes every connection of the hub and ends the views; who waits gets ViewsStopped."""
        if self._closed:
            return
        self._closed = True
        self._loop.remove_reader(self.native.reached)
        self._loop.remove_reader(self.native.asked)
        self.native.stop()
        self._fail(ViewsStopped("the views were closed"))

    def _arm(self) -> None:
        while self._waiting and self._waiting[0][2].done():
            heapq.heappop(self._waiting)
        if self._waiting:
            self.native.arm(self._waiting[0][0])

    def _reached(self) -> None:
        self.native.answer_reached()
        try:
            seq = self.seq
            while self._waiting and self._waiting[0][0] <= seq:
                _, _, future = heapq.heappop(self._waiting)
                if not future.done():
                    future.set_result(None)
            self._arm()
        except ViewsStopped as error:
            self._fail(error)

    def _asked(self) -> None:
        for request in self.native.take_requests():
            if self._on_request is not None:
                self._on_request(request)

    def _fail(self, error: ViewsStopped) -> None:
        waiting, self._waiting = self._waiting, []
        for _, _, future in waiting:
            if not future.done():
                future.set_exception(ViewsStopped(str(error)))
