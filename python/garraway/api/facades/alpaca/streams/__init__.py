"""The streams of this facade, served on the port of the API. Touches nothing but the rooms below.

Limits: connections in all and of a user, messages a second, bytes that wait, time to log in. Who logs out, or whose
key or user is ended, is cut at once.
"""

import asyncio
from collections import Counter
from typing import Final, Protocol

from starlette.types import Receive, Scope, Send

from garraway.api.facades.alpaca import symbols
from garraway.api.facades.alpaca.streams.bars import Bars
from garraway.api.facades.alpaca.streams.channels import Channels
from garraway.api.facades.alpaca.streams.codec import Codec, Frame
from garraway.api.facades.alpaca.streams.connection import Connection
from garraway.api.facades.alpaca.streams.data import Data
from garraway.api.facades.alpaca.streams.trading import Trading
from garraway.api.services import Services
from garraway.identity.gate import Cut
from garraway.records import EventArray

PATHS: Final = ("/alpaca/stream", "/alpaca/v2/iex", "/alpaca/v2/sip", "/alpaca/v1beta3/crypto/us")
CONNECTIONS: Final = 1_000
CONNECTIONS_OF_USER: Final = 20
LOG_IN_S: Final = 10.0
LOOK_S: Final = 0.5
"""How often it is looked whether those that are here may be here."""
PUBLISH_S: Final = 0.1
"""How often quotes and books are told at most."""
MESSAGE_PACK: Final = b"application/msgpack"


class Stream(Protocol):
    """What a path serves."""

    def open(self, connection: Connection) -> None:
        """A connection came."""
        ...

    def close(self, connection: Connection) -> None:
        """It has gone."""
        ...

    def take(self, connection: Connection, message: Frame) -> None:
        """It said something."""
        ...


class Streams:
    """All streams of one application. While nobody is connected nothing runs."""

    def __init__(self, services: Services) -> None:
        """Nobody is connected yet."""
        self._services = services
        self._channels = Channels(services)
        self._trading = Trading(services)
        self._bars = Bars(services, self._channels)
        shares = Data(services, self._channels, symbols.SHARE)
        pairs = Data(services, self._channels, symbols.CRYPTO)
        served: tuple[Stream, ...] = (self._trading, shares, shares, pairs)
        self._paths = dict(zip(PATHS, served, strict=True))
        self._connections: set[Connection] = set()
        self._since_s: dict[Connection, float] = {}
        self._working: list[asyncio.Task[None]] = []
        self._listens = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One WebSocket, until it ends."""
        stream = self._paths.get(scope["path"])
        await receive()  # that it wants to connect
        # Before everything in the log has been read, the feed would tell of what happened long ago.
        if stream is None or len(self._connections) >= CONNECTIONS or not self._services.health.started:
            await send({"type": "websocket.close", "code": 1008, "reason": "no such stream, not yet, or too many"})
            return
        await send({"type": "websocket.accept"})
        connection = Connection(scope, receive, send, self._codec(scope, stream))
        self._enter(connection)
        try:
            stream.open(connection)
            await connection.serve(lambda message: self._take(stream, connection, message))
        finally:
            stream.close(connection)
            self._leave(connection)
            user = connection.principal.user_id if connection.principal is not None else None
            log = self._services.log
            log.write("info", "stream_ended", path=scope["path"], user=user, reason=connection.reason)

    def _codec(self, scope: Scope, stream: Stream) -> Codec:
        if stream is self._trading:
            return Codec.BINARY_JSON
        asked = scope["garraway.headers"].get(b"content-type", b"")
        return Codec.MESSAGE_PACK if asked == MESSAGE_PACK else Codec.TEXT

    def _take(self, stream: Stream, connection: Connection, message: Frame) -> None:
        known = connection.principal is not None
        stream.take(connection, message)
        if connection.principal is not None and not known:
            users = Counter(one.principal.user_id for one in self._connections if one.principal is not None)
            if users[connection.principal.user_id] > CONNECTIONS_OF_USER:
                connection.cut("connection limit exceeded")

    def _enter(self, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        if not self._listens:  # the gate has no end to listening, so this is once
            self._listens = True

            def listener(cut: Cut) -> None:
                loop.call_soon_threadsafe(self._cut, cut)

            self._services.identity.gate.on_cut(listener)
        self._connections.add(connection)
        self._since_s[connection] = loop.time()
        if not self._working:
            self._services.feed.listen(self._tell)
            working = (self._look(), self._publish(), self._bars.run())
            self._working = [asyncio.ensure_future(one) for one in working]

    def _leave(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._since_s.pop(connection, None)
        if not self._connections and self._working:
            self._services.feed.leave(self._tell)
            for task in self._working:
                task.cancel()
            self._working = []

    def _tell(self, events: EventArray) -> None:
        """A batch of events; a fault of ours ends all connections, so that nobody goes on with a gap."""
        try:
            self._trading.tell(events)
            self._channels.take(events)
        except Exception as error:  # noqa: BLE001 - the feed goes on for others
            self._services.log.write("error", "stream_failed", error=type(error).__name__)
            for connection in tuple(self._connections):
                connection.cut("a fault of ours: connect again")

    def _cut(self, cut: Cut) -> None:
        """A key or a user has ended, or may less than before."""
        for connection in tuple(self._connections):
            principal = connection.principal
            if principal is None or principal.user_id != cut.user_id or cut.session_id is not None:
                continue
            if cut.key_id in {None, principal.key_id}:
                connection.cut(cut.reason or "revoked")

    async def _look(self) -> None:
        """Cuts who did not log in, and whose key ran out."""
        while True:
            await asyncio.sleep(LOOK_S)
            at_ns, now_s = self._services.clock(), asyncio.get_running_loop().time()
            for connection in tuple(self._connections):
                if connection.principal is None:
                    if now_s - self._since_s[connection] > LOG_IN_S:
                        connection.cut("auth timeout")
                elif not self._services.identity.gate.live(connection.principal, at_ns=at_ns):
                    connection.cut("revoked")

    async def _publish(self) -> None:
        while True:
            await asyncio.sleep(PUBLISH_S)
            self._channels.publish()
