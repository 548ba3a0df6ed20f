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

REQUEST_S: Final = 10.0
"""How long a request may take to come, head and body, from the connection or from its first byte on."""
IDLE_S: Final = 30
"""How long a connection is kept open between requests."""
CONNECTIONS_OF_ADDRESS: Final = 512
BACKLOG: Final = 2_048
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
        self.addresses[self._address] -= 1
        if self.addresses[self._address] <= 0:
            del self.addresses[self._address]
        super().connection_lost(exc)

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
                ws="none",
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
