"""The server with real sockets: heads, crowds, patience, and certificates."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
import trustme
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from garraway.api.server import Patience, PatientProtocol, Server, ServerSettings

HOST = "127.0.0.1"
DEADLINE_S = 60
PATIENCE_S = 0.05


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("hello")(scope, receive, send)


@contextlib.asynccontextmanager
async def serving(**bounds: Any) -> AsyncIterator[Server]:  # noqa: ANN401 - values of bounds
    server = Server(application, ServerSettings(host=HOST, port=0, **bounds))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody
        await asyncio.sleep(0.01)
    try:
        yield server
    finally:
        server.should_exit = True
        await task


def run(scenario: Callable[[Server], Awaitable[None]], **bounds: Any) -> None:  # noqa: ANN401 - values of bounds
    async def whole() -> None:
        async with serving(**bounds) as server:
            await scenario(server)

    asyncio.run(asyncio.wait_for(whole(), DEADLINE_S))


async def sent(server: Server, content: bytes, context: ssl.SSLContext | None = None) -> tuple[int, bytes]:
    """The status of the reply to these bytes, and its body; 0 where the connection was closed without one."""
    reader, writer = await asyncio.open_connection(
        HOST, server.port, ssl=context, server_hostname=HOST if context else None
    )
    writer.write(content)
    reply = b""
    with contextlib.suppress(ConnectionError):
        reply = await reader.read()
    writer.close()
    head, _, body = reply.partition(b"\r\n\r\n")
    return (int(head.split()[1]), body) if head else (0, b"")


def request(padding: int = 0, *, whole: bool = True) -> bytes:
    head = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Pad: " + b"x" * padding
    return head + b"\r\n\r\n" if whole else head


def test_a_head_beyond_the_limit_is_refused_whole_or_not() -> None:
    async def scenario(server: Server) -> None:
        assert (await sent(server, request(1_900)))[0] == 200
        for content in (request(2_040), request(2_100, whole=False)):
            status, body = await sent(server, content)
            assert (status, json.loads(body)["code"]) == (431, "HeadTooLarge")
        # What was not read when the connection ended can take the reply with it.
        assert (await sent(server, request(500_000, whole=False)))[0] in {0, 431}
        long_target = b"GET /" + b"a" * 2_100 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
        assert (await sent(server, long_target))[0] == 431
        status, body = await sent(server, b"no http at all\r\n\r\n")
        assert (status, json.loads(body)["code"]) == (400, "Malformed")

    run(scenario, head_bytes=2_048)


def test_many_requests_of_one_connection_each_have_a_head_of_their_own() -> None:
    async def scenario(server: Server) -> None:
        reader, writer = await asyncio.open_connection(HOST, server.port)
        for _ in range(5):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Pad: " + b"x" * 1_500 + b"\r\n\r\n")
            assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
        writer.close()

    run(scenario, head_bytes=2_048)


def test_one_connection_too_many_is_closed_and_a_place_is_given_back() -> None:
    async def scenario(server: Server) -> None:
        held = [await asyncio.open_connection(HOST, server.port) for _ in range(2)]
        for reader, writer in held:
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            await reader.readuntil(b"hello")
        assert (await sent(server, request()))[0] == 0
        held[0][1].close()
        await held[0][1].wait_closed()
        while (await sent(server, request()))[0] != 200:
            pass
        held[1][1].close()

    run(scenario, connections=2)


def test_idle_and_slow_connections_are_closed() -> None:
    async def scenario(server: Server) -> None:
        idle_reader, idle = await asyncio.open_connection(HOST, server.port)
        idle.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await idle_reader.readuntil(b"hello")
        slow_reader, slow = await asyncio.open_connection(HOST, server.port)
        slow.write(b"GET / HTTP/1.1\r\n")
        assert await idle_reader.read() == b""
        assert await slow_reader.read() == b""
        idle.close()
        slow.close()

    run(scenario, idle_s=1, request_s=1)


def test_a_renewed_certificate_is_shown_and_a_wrong_one_changes_nothing(tmp_path: Path) -> None:
    before, after = trustme.CA(), trustme.CA()
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"

    def write(authority: trustme.CA) -> None:
        made = authority.issue_cert(HOST)
        cert.write_bytes(made.cert_chain_pems[0].bytes())
        key.write_bytes(made.private_key_pem.bytes())

    def trusting(authority: trustme.CA) -> ssl.SSLContext:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        return context

    async def scenario(server: Server) -> None:
        assert (await sent(server, request(), trusting(before)))[0] == 200
        write(after)
        server.renew_certificate(cert, key)
        assert (await sent(server, request(), trusting(after)))[0] == 200
        with pytest.raises(ssl.SSLError):
            await sent(server, request(), trusting(before))
        cert.write_bytes(before.issue_cert(HOST).cert_chain_pems[0].bytes())
        with pytest.raises(ssl.SSLError):
            server.renew_certificate(cert, key)
        assert (await sent(server, request(), trusting(after)))[0] == 200

    write(before)
    run(scenario, tls_cert=cert, tls_key=key)


@dataclass(eq=False)
class Connection:
    """As much of a connection as patience needs; it is its own transport."""

    loop: asyncio.AbstractEventLoop
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def transport(self) -> "Connection":
        return self

    def close(self) -> None:
        self.closed.set()


def test_a_connection_that_brings_no_whole_request_in_time_is_closed() -> None:
    async def scenario() -> None:
        loop, patience = asyncio.get_running_loop(), Patience(PATIENCE_S)
        slow, quick, later = (Connection(loop) for _ in range(3))
        begun_s = loop.time()
        for one in (slow, quick):
            patience.wait_for(cast("PatientProtocol", one))
        patience.have(cast("PatientProtocol", quick))
        await slow.closed.wait()
        assert loop.time() - begun_s >= PATIENCE_S
        patience.wait_for(cast("PatientProtocol", later))
        patience.wait_for(cast("PatientProtocol", later))
        begun_s = loop.time()
        await later.closed.wait()
        assert loop.time() - begun_s >= PATIENCE_S
        assert not quick.closed.is_set()
        patience.have(cast("PatientProtocol", later))

    asyncio.run(asyncio.wait_for(scenario(), 10))
