"""The server: uvicorn with limits on slow and many connections, stopped by draining. Touches sockets.

A connection that does not bring a whole request in time is closed, and so is one beyond what an address may
have: without that, a few slow clients could hold every descriptor.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

REQUEST_S: Final = 10.0
"""How long a request may take to come, head and body, from the connection or from its first byte on."""
IDLE_S: Final = 30
"""How long a connection is kept open between requests."""
CONNECTIONS_OF_ADDRESS: Final = 512
BACKLOG: Final = 2_048
MESSAGE_BYTES: Final = 65_536
"""What a message of a WebSocket's client may have."""
GRACE_S: Final = 10
"""How long requests under way may take once the process stops."""


class PatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 that waits for requests, but not for ever."""

    addresses: ClassVar[Counter[str]] = Counter()
    """Connections by address, in this process."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as the base class has it
        """Counts the connection, and begins to wait for a request."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self.addresses[self._address] += 1
        self._slow: asyncio.TimerHandle | None = self.loop.call_later(REQUEST_S, transport.close)
        if self.addresses[self._address] > CONNECTIONS_OF_ADDRESS:
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Counts it no more."""
        self._stop_waiting()
        self.forget(self._address)
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """Hands the connection over to a `StreamProtocol`, which counts it from now on."""
        self._stop_waiting()
        super().handle_websocket_upgrade()
        self.forget(self._address)

    @classmethod
    def forget(cls, address: str) -> None:
        """One connection of an address less."""
        cls.addresses[address] -= 1
        if cls.addresses[address] <= 0:
            del cls.addresses[address]

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        if self._slow is None:
            self._slow = self.loop.call_later(REQUEST_S, self.transport.close)
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._stop_waiting()
        super().on_message_complete()

    def _stop_waiting(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None


class StreamProtocol(WebSocketsSansIOProtocol):
    """A WebSocket whose application can cut it: `scope["garraway.abort"]` drops what is not sent and closes at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Counts the connection with those of HTTP."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        PatientProtocol.addresses[self._address] += 1

    def connection_lost(self, exc: Exception | None) -> None:
        """Counts it no more."""
        PatientProtocol.forget(self._address)
        super().connection_lost(exc)

    async def run_asgi(self) -> None:
        """Calls the application."""
        self.scope["garraway.abort"] = self.transport.abort  # type: ignore[typeddict-unknown-key] # an extension of ours
        await super().run_asgi()


class Server(uvicorn.Server):
    """uvicorn without its own handling of signals: the composition root drains first."""

    def __init__(
        self, app: ASGIApp, *, host: str, port: int, tls_cert: Path | None = None, tls_key: Path | None = None
    ) -> None:
        """Does not listen yet; with a certificate it speaks HTTPS alone, TLS 1.2 or newer."""
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                ssl_certfile=tls_cert,
                ssl_keyfile=tls_key,
                http=PatientProtocol,
                ws=StreamProtocol,
                ws_max_size=MESSAGE_BYTES,
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=IDLE_S,
                timeout_graceful_shutdown=GRACE_S,
                backlog=BACKLOG,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none: see the class."""
        yield

    @property
    def port(self) -> int:
        """The port that it listens on."""
        found: int = self.servers[0].sockets[0].getsockname()[1]
        return found
