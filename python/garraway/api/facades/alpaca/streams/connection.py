"""One WebSocket: what waits to be sent, who writes it, how it ends. Touches nothing.

Nothing that was put in is dropped: a connection that does not take it in time, or lets too much pile up, is cut.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from starlette.types import Receive, Scope, Send

from garraway.api.facades.alpaca.streams.codec import Codec, Frame, Shared

if TYPE_CHECKING:
    from garraway.identity import Principal

QUEUE_BYTES: Final = 1 << 20
STALL_S: Final = 4.0
"""How long one message may wait for a reader that takes nothing."""
CLOSE_S: Final = 0.25
"""How long the last message may take; then the connection is gone without."""
MESSAGES_PER_SECOND: Final = 50
POLICY: Final = 1008
DISCONNECT: Final = "websocket.disconnect"


class Connection:
    """A WebSocket that was accepted; its invariant: `_bytes` are those of what waits in the queue."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, codec: Codec) -> None:
        """Writes as `codec` has it."""
        self.scope = scope
        self.codec = codec
        self.principal: Principal | None = None
        """Who it is, once that was proved."""
        self._receive = receive
        self._send = send
        self._queue: deque[tuple[Frame, int]] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()
        self._ending: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._last: str | None = None
        self._window_s = 0.0
        self._count = 0

    @property
    def reason(self) -> str | None:
        """Why it ended; None while it has not."""
        return self._ending.result() if self._ending.done() else None

    def say(self, said: object) -> None:
        """Puts in a message to it alone."""
        self.put(Shared(said))

    def put(self, shared: Shared) -> None:
        """Puts in a message."""
        if self._ending.done():
            return
        frame = shared.frame(self.codec)
        self._queue.append(frame)
        self._bytes += frame[1]
        if self._bytes > QUEUE_BYTES:
            self.cut("slow client: too much waited")
        self._filled.set()

    def cut(self, reason: str) -> None:
        """Ends it: nothing that waits is sent any more."""
        if not self._ending.done():
            self._ending.set_result(reason)

    def finish(self, reason: str) -> None:
        """Ends it once all that waits now is sent."""
        self._last = reason
        self._filled.set()

    async def serve(self, take: Callable[[Frame], None]) -> None:
        """Sends what is put in and calls `take` with what comes, until either side ends it."""
        tasks: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(self._read(take)),
            asyncio.ensure_future(self._write()),
            self._ending,
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks[:2]:
                task.cancel()
            results = await asyncio.gather(*tasks[:2], return_exceptions=True)
            await self._close(results)

    async def _read(self, take: Callable[[Frame], None]) -> None:
        while True:
            message = await self._receive()
            if message["type"] == DISCONNECT:
                return
            if self._too_many():
                self.cut("too many messages")
                return
            take(dict(message))

    def _too_many(self) -> bool:
        now_s = asyncio.get_running_loop().time()
        if now_s - self._window_s >= 1.0:
            self._window_s, self._count = now_s, 0
        self._count += 1
        return self._count > MESSAGES_PER_SECOND

    async def _write(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._queue:
                frame, size = self._queue.popleft()
                self._bytes -= size
                if not await self._sent(frame, STALL_S):
                    return
            if self._last is not None:
                self.cut(self._last)

    async def _sent(self, message: Frame, within_s: float) -> bool:
        """Whether it went out."""
        try:
            async with asyncio.timeout(within_s):
                await self._send(message)
        except TimeoutError:
            self.cut("slow client: it took nothing")
            return False
        except OSError:  # the peer has gone; ASGI has no other word for it
            return False
        return True

    async def _close(self, results: list[Any]) -> None:
        """Says why, where somebody still listens; a peer that takes nothing is cut without."""
        self.cut("closed")
        reason = self._ending.result()
        faults = [one for one in results if isinstance(one, Exception)]
        close = {"type": "websocket.close", "code": POLICY, "reason": reason[:120]}
        if faults or not await self._sent(close, CLOSE_S):
            abort = self.scope.get("garraway.abort")
            if abort is not None:
                abort()
        for fault in faults:
            raise fault
