"""The WebSocket port with a certificate: who comes in, who does not, and a renewal that nobody notices."""

import asyncio
import json
import socket
import ssl
import warnings
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trustme
import websockets
from tests.views.special import RecordedEngine
from tests.views.written_log import WrittenLog

from garraway import _native
from garraway.views import LiveViews

DEADLINE_S = 60
HOST = "127.0.0.1"
UPGRADE = (
    "GET /ws HTTP/1.1",
    "Host: x",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
    "",
    "",
)
Scenario = Callable[[LiveViews, int], Awaitable[None]]


def pem(authority: trustme.CA) -> tuple[bytes, bytes]:
    """A chain and its key for the loopback address."""
    made = authority.issue_cert(HOST)
    return b"".join(one.bytes() for one in made.cert_chain_pems), made.private_key_pem.bytes()


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def served(folder: Path, authority: trustme.CA, scenario: Scenario, **config: object) -> None:
    """Runs a scenario with a port that speaks TLS over the log of a venue that has an instrument."""
    engine = RecordedEngine()
    WrittenLog(folder).append(engine.events[0], engine.tails)
    chain, key = pem(authority)

    async def run() -> None:
        live = LiveViews(folder, {"port": 0, "tls_cert": chain, "tls_key": key, **config})
        address = live.native.address
        assert address is not None
        try:
            await scenario(live, address[1])
        finally:
            live.close()

    asyncio.run(asyncio.wait_for(run(), DEADLINE_S))


async def heartbeat(socket: websockets.ClientConnection) -> None:
    """Waits for one: both sides have spoken by then."""
    while json.loads(await socket.recv())["type"] != "heartbeat":
        pass


def connect(port: int, context: ssl.SSLContext) -> websockets.connect:
    return websockets.connect(f"wss://{HOST}:{port}/ws", ssl=context, max_size=None)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_is_served_over_tls(tmp_path: Path, version: ssl.TLSVersion) -> None:
    authority = trustme.CA()
    context = trusting(authority)
    context.minimum_version = context.maximum_version = version

    async def scenario(live: LiveViews, port: int) -> None:
        async with connect(port, context) as client:
            await client.send(json.dumps({"op": "ping", "req_id": 7}))
            while (said := json.loads(await client.recv()))["type"] != "pong":
                pass
            assert said["req_id"] == 7
            # More than one TLS record at once.
            await client.send(json.dumps({"op": "ping", "req_id": 8, "pad": "x" * 40_000}))
            while json.loads(await client.recv())["type"] != "error":
                pass
        assert live.native.statistics()["accepted"] == 1

    served(tmp_path, authority, scenario)


def test_who_speaks_no_tls_or_an_old_one_is_not_served(tmp_path: Path) -> None:
    authority = trustme.CA()
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(old)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1

    async def scenario(live: LiveViews, port: int) -> None:
        with pytest.raises((websockets.InvalidMessage, websockets.InvalidHandshake, ConnectionError)):
            await websockets.connect(f"ws://{HOST}:{port}/ws")
        for context in (old, ssl.create_default_context()):
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await connect(port, context)
        async with connect(port, trusting(authority)) as client:
            await heartbeat(client)

    served(tmp_path, authority, scenario)


def test_a_handshake_that_goes_nowhere_holds_nobody_up_and_ends(tmp_path: Path) -> None:
    authority = trustme.CA()

    async def scenario(live: LiveViews, port: int) -> None:
        silent = [await asyncio.open_connection(HOST, port) for _ in range(20)]
        for number, (_, writer) in enumerate(silent):
            writer.write(b"\x16\x03\x01\x02\x00\x01"[: number % 7])
        async with connect(port, trusting(authority)) as client:
            await heartbeat(client)
            for reader, writer in silent:
                # What comes is an alert at most, then the end.
                assert len(await reader.read()) < 100
                writer.close()
            await heartbeat(client)

    served(tmp_path, authority, scenario, handshake_ms=500)


def test_a_renewed_certificate_is_shown_to_new_connections_and_old_ones_stay(tmp_path: Path) -> None:
    before, after = trustme.CA(), trustme.CA()

    async def scenario(live: LiveViews, port: int) -> None:
        async with connect(port, trusting(before)) as first:
            live.native.renew_certificate(*pem(after))
            with pytest.raises(ssl.SSLError):
                await connect(port, trusting(before))
            async with connect(port, trusting(after)) as second:
                await heartbeat(second)
            await heartbeat(first)
            chain, key = pem(after)[0], pem(after)[1]
            with pytest.raises(ValueError, match="certificate and key"):
                live.native.renew_certificate(chain, key)
            async with connect(port, trusting(after)) as third:
                await heartbeat(third)

    served(tmp_path, before, scenario)


def test_a_reader_that_stops_is_cut_over_tls_too(tmp_path: Path) -> None:
    authority = trustme.CA()

    async def scenario(live: LiveViews, port: int) -> None:
        plain = socket.create_connection((HOST, port))
        lazy = trusting(authority).wrap_socket(plain, server_hostname=HOST)
        lazy.sendall("\r\n".join(UPGRADE).encode())
        assert lazy.recv(12) == b"HTTP/1.1 101"
        while live.native.statistics()["cut_slow"] == 0:  # noqa: ASYNC110 - the hub's thread tells nobody
            await asyncio.sleep(0.05)
        lazy.close()

    served(tmp_path, authority, scenario, silence_ms=600)


def test_what_is_no_certificate_is_refused_at_the_start(tmp_path: Path) -> None:
    chain, key = pem(trustme.CA())
    for config, what in (
        ({"tls_cert": chain}, "both tls_cert and tls_key"),
        ({"tls_cert": b"", "tls_key": key}, "no certificate"),
        ({"tls_cert": chain, "tls_key": chain}, "no private key"),
        ({"tls_cert": chain, "tls_key": pem(trustme.CA())[1]}, "certificate and key"),
    ):
        with pytest.raises(ValueError, match=what):
            _native.Views.start(tmp_path, {"port": 0, **config})
    views = _native.Views.start(tmp_path, {"port": 0})
    with pytest.raises(ValueError, match="without TLS"):
        views.renew_certificate(chain, key)
    views.stop()
