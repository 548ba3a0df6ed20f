"""The server: uvicorn with limits on slow, large and many connections, stopped by draining. Touches sockets.

A connection that does not bring a whole request in time is closed, and so is one beyond what there may be, or what an
address may have: without that, a few slow clients could hold every descriptor.
"""

import asyncio
import contextlib
import ssl
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

import httptools
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from garraway.api.problems import Problem

CONNECTIONS_OF_ADDRESS: Final = 512
BACKLOG: Final = 2_048
MESSAGE_BYTES: Final = 65_536
"""What a message of a WebSocket's client may have."""
_LINE: Final = 4
"""Bytes around a header: colon, space, line end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Where it listens and what it bears."""

    host: str
    port: int
    tls_cert: Path | None = None
    """With a certificate it speaks HTTPS alone, TLS 1.2 or newer."""
    tls_key: Path | None = None
    connections: int = 1_024
    head_bytes: int = 16_384
    request_s: float = 30
    """How long a request may take to come, head and body, from the connection or from its first byte on."""
    idle_s: int = 15
    """How long a connection is kept open between requests."""
    drain_s: int = 10
    """How long requests under way may take once the process stops."""


@dataclass(slots=True)
class Crowd:
    """Connections of a server, by address."""

    most: int
    of_address: Counter[str] = field(default_factory=Counter)

    def enter(self, address: str) -> bool:
        """Counts a connection; whether there is room for it."""
        self.of_address[address] += 1
        return self.of_address[address] <= CONNECTIONS_OF_ADDRESS and self.of_address.total() <= self.most

    def leave(self, address: str) -> None:
        """Counts it no more."""
        self.of_address[address] -= 1
        if self.of_address[address] <= 0:
            del self.of_address[address]


class Patience:
    """Connections of a server that it waits for. One timer for all of them."""

    def __init__(self, patience_s: float) -> None:
        """Waits for nobody yet."""
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


class HeadTooLarge(httptools.HttpParserError):
    """A request's head is larger than is read."""


class PatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 that waits for requests, but not for ever, and reads heads, but not of any size."""

    def __init__(
        self,
        *arguments: Any,  # noqa: ANN401 - uvicorn's
        bounds: ServerSettings,
        crowd: Crowd,
        patience: Patience,
        **named: Any,  # noqa: ANN401 - uvicorn's
    ) -> None:
        """As uvicorn makes it, within bounds."""
        super().__init__(*arguments, **named)
        self._bounds = bounds
        self._crowd = crowd
        self._patience = patience
        self._address = ""
        self._head_bytes = 0
        self._in_head = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as the base class has it
        """Counts the connection, and begins to wait for a request."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self._patience.wait_for(self)
        if not self._crowd.enter(self._address):
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Counts it no more."""
        self._patience.have(self)
        self._crowd.leave(self._address)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads; a head that does not end is not collected for ever."""
        super().data_received(data)
        if self._in_head and self.parser is not None:
            self._head_bytes += len(data)
            if self._head_bytes > self._bounds.head_bytes:
                self._refuse_head()

    def handle_websocket_upgrade(self) -> None:
        """Hands the connection over to a `StreamProtocol`, which counts it from now on."""
        self._patience.have(self)
        super().handle_websocket_upgrade()
        self._crowd.leave(self._address)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._in_head, self._head_bytes = True, 0
        self._patience.wait_for(self)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole. Raises: HeadTooLarge."""
        self._in_head = False
        size = len(self.url) + sum(len(name) + len(value) + _LINE for name, value in self.headers)
        if size > self._bounds.head_bytes:
            self._head_bytes = size
            raise HeadTooLarge
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._patience.have(self)
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answers what is no HTTP, or too much of it."""
        if self._head_bytes > self._bounds.head_bytes:
            self._refuse_head()
        else:
            self._answer(Problem(400, "Malformed", msg))

    def _refuse_head(self) -> None:
        most = self._bounds.head_bytes
        self._answer(Problem(431, "HeadTooLarge", f"a request's head holds at most {most} bytes"))

    def _answer(self, problem: Problem) -> None:
        """A reply to what never became a request, and the end."""
        if self.transport.is_closing():
            return
        body = problem.body("none")
        head = f"HTTP/1.1 {problem.status} {problem.phrase}\r\ncontent-type: {problem.media_type}\r\n"
        end = f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        self.transport.write((head + end).encode() + body)
        self.transport.close()


class StreamProtocol(WebSocketsSansIOProtocol):
    """A WebSocket whose application can cut it: `scope["garraway.abort"]` drops what is not sent and closes at once."""

    def __init__(self, *arguments: Any, crowd: Crowd, **named: Any) -> None:  # noqa: ANN401 - uvicorn's
        """As uvicorn makes it, in the crowd of its server."""
        super().__init__(*arguments, **named)
        self._crowd = crowd
        self._address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Counts the connection with those of HTTP."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self._crowd.enter(self._address)

    def connection_lost(self, exc: Exception | None) -> None:
        """Counts it no more."""
        self._crowd.leave(self._address)
        super().connection_lost(exc)

    async def run_asgi(self) -> None:
        """Calls the application."""
        self.scope["garraway.abort"] = self.transport.abort  # type: ignore[typeddict-unknown-key] # an extension of ours
        await super().run_asgi()


class Server(uvicorn.Server):
    """uvicorn without its own handling of signals: the composition root drains first."""

    def __init__(self, app: ASGIApp, bounds: ServerSettings) -> None:
        """Does not listen yet."""
        crowd = Crowd(bounds.connections)
        protocol = partial(PatientProtocol, bounds=bounds, crowd=crowd, patience=Patience(bounds.request_s))
        super().__init__(
            uvicorn.Config(
                app,
                host=bounds.host,
                port=bounds.port,
                ssl_certfile=bounds.tls_cert,
                ssl_keyfile=bounds.tls_key,
                http=protocol,  # type: ignore[arg-type] # called as a class is
                interface="asgi3",
                ws=partial(StreamProtocol, crowd=crowd),  # type: ignore[arg-type] # called as a class is
                ws_max_size=MESSAGE_BYTES,
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=bounds.idle_s,
                timeout_graceful_shutdown=bounds.drain_s,
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

    def renew_certificate(self, cert: Path, key: Path) -> None:
        """Connections from now on are shown what these files hold. Raises: ssl.SSLError, OSError; nothing changed."""
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)
        if self.config.loaded and self.config.ssl is not None:
            self.config.ssl.load_cert_chain(cert, key)
