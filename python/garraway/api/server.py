"""The server: uvicorn with limits on slow and many connections, stopped by draining. Touches sockets.

A connection that does not bring a whole request in time is closed, and so is one beyond what an address may
have: without that, a few slow clients could hold every descriptor.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

REQUEST_S: Final = 10.0
"""How long a request may take to come, head and body, from the connection or from its first byte on."""
IDLE_S: Final = 30
"""How long a connection is kept open between requests."""
CONNECTIONS_OF_ADDRESS: Final = 512
BACKLOG: Final = 2_048
GRACE_S: Final = 10
"""How long requests under way may take once the process stops."""


class Patience:
    """Connections of a server: how many of each address, and which it waits for. One timer for all of them."""

    def __init__(self, patience_s: float = REQUEST_S) -> None:
        """Knows no connection yet."""
        self.addresses: Counter[str] = Counter()
        self._patience_s = patience_s
        self._due_s: dict[PatientProtocol, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def wait_for(self, connection: "PatientProtocol") -> None:
        """Closes the connection unless its request is whole in time; it may be waited for already."""
        if connection in self._due_s:
            return
        loop = connection.loop
        self._due_s[connection] = loop.time() + self._patience_s
        if self._timer is None:
            self._timer = loop.call_later(self._patience_s, self._look, loop)

    def have(self, connection: "PatientProtocol") -> None:
        """Waits for it no more."""
        self._due_s.pop(connection, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Closes those whose time is over: the first ones, as all are given the same time."""
        now_s = loop.time()
        late = list(takewhile(lambda one: self._due_s[one] <= now_s, self._due_s))
        for connection in late:
            del self._due_s[connection]
            connection.transport.close()
        following = next(iter(self._due_s.values()), None)
        self._timer = loop.call_at(following, self._look, loop) if following is not None else None


class PatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 that waits for requests, but not for ever."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        patience: Patience,
    ) -> None:
        """A connection of the server whose `patience` it is."""
        super().__init__(config, server_state, app_state, _loop)
        self._patience = patience

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as the base class has it
        """Counts the connection, and begins to wait for a request."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self._patience.addresses[self._address] += 1
        self._patience.wait_for(self)
        if self._patience.addresses[self._address] > CONNECTIONS_OF_ADDRESS:
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Counts it no more."""
        self._patience.have(self)
        addresses = self._patience.addresses
        addresses[self._address] -= 1
        if addresses[self._address] <= 0:
            del addresses[self._address]
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._patience.wait_for(self)
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._patience.have(self)
        super().on_message_complete()


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
                http=partial(PatientProtocol, patience=Patience()),  # type: ignore[arg-type] # called like the class
                interface="asgi3",
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
