"""Orders over REST: CPU of the service for one, against a bare Starlette + msgspec echo, and delays in an open loop.

Both servers run under the same uvicorn, uvloop and httptools; rounds are interleaved; the CPU is that of all threads of
the server's process. The client signs its requests beforehand, so that it costs the servers nothing. The open loop is
benches/examples/orders.rs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from unittest.mock import patch

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.api.venue import ACCOUNT, START_S, Venue, running

from garraway.cli.up import people
from garraway.records import encode
from garraway.venues import ExchangeVenue

ROOT = Path(__file__).resolve().parent.parent
TARGET = "/api/v1/orders"
CONNECTIONS = 16
AMOUNT = 10**16
"""Ledger units of USD and of BTC that the account gets."""
OPEN_ORDERS = 500_000
"""So many the account may have: all that are placed here rest."""
WARM_S = 2
"""The generator's orders that are not counted."""
LIMIT_RATIO = 2.5
LIMIT_P99_MS = 20.0
ECHO = """
import sys, msgspec, uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
class Order(msgspec.Struct):
    symbol: str
    side: str
    quantity: str
    price: str
    type: str
    client_order_id: str
async def echo(request: Request) -> Response:
    order = msgspec.json.decode(await request.body(), type=Order)
    return Response(msgspec.json.encode(order), media_type="application/json")
app = Starlette(routes=[Route("/api/v1/orders", echo, methods=["POST"])])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), http="httptools", loop="uvloop", ws="none", lifespan="off",
            log_config=None, access_log=False)
"""


@dataclass
class Orders:
    """Prepares requests: every second order is opposite, far from it, so that nothing trades."""

    venue: Venue
    count: int = 0

    def make(self, amount: int, port: int) -> list[bytes]:
        return [self._one(port) for _ in range(amount)]

    def _one(self, port: int) -> bytes:
        self.count += 1
        side, price = (("buy", "59000"), ("sell", "61000"))[self.count % 2]
        order = {
            "symbol": "BTC-USD",
            "side": side,
            "quantity": "0.001",
            "price": price,
            "type": "limit",
            "client_order_id": f"bench-{os.getpid()}-{self.count}",
        }
        body = json.dumps(order, separators=(",", ":")).encode()
        headers = self.venue.key.headers("POST", TARGET, body, window_ms=60_000)
        headers |= {"host": f"127.0.0.1:{port}", "content-type": "application/json", "content-length": str(len(body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST {TARGET} HTTP/1.1\r\n{lines}\r\n".encode() + body


class Connection(asyncio.Protocol):
    """A connection that sends what it is given and tells when the reply is whole."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.reply: asyncio.Future[bytes] | None = None
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, separator, body = self._heard.partition(b"\r\n\r\n")
        if separator and len(body) >= length_of(head) and self.reply is not None:
            heard, self._heard = self._heard, b""
            self.reply.set_result(heard)

    async def ask(self, request: bytes) -> bytes:
        assert self.transport is not None
        self.reply = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self.reply


def length_of(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return int(line[15:])
    return 0


async def closed_loop(port: int, requests: list[bytes], *, connections: int, wanted: bytes) -> None:
    """All requests, each connection one at a time."""
    waiting = iter(requests)

    async def work() -> None:
        _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
        for request in waiting:
            reply = await connection.ask(request)
            assert reply.startswith(wanted), reply[:400]
            assert b'"rejected"' not in reply, reply[-400:]
        assert connection.transport is not None
        connection.transport.close()

    await asyncio.gather(*(work() for _ in range(connections)))


def open_loop(venue: Venue, port: int, *, per_s: int, seconds: int, connections: int) -> dict[str, int]:
    """Orders at their appointed times, whatever the replies do, from a generator of its own: counts, delays in us."""
    command = ["cargo", "run", "--quiet", "--release", "--package", "garraway-benches", "--example", "orders", "--"]
    words = [f"127.0.0.1:{port}", "BTC-USD", *map(str, (per_s, seconds, connections))]
    key = f"{venue.key.key_id} {venue.key.secret}\n"
    done = subprocess.run([*command, *words], input=key, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    said: dict[str, int] = json.loads(done.stdout)
    return said


async def fund(venue: Venue) -> None:
    """So much that no order is rejected for want of it, however many rest."""
    async with await ExchangeVenue.connect(venue.folder) as operator:
        outcomes = await operator.submit(
            [encode("Deposit", account=ACCOUNT, asset=asset, amount=AMOUNT) for asset in (people.USD, people.BTC)]
        )
    assert all(outcome.done for outcome in outcomes), outcomes


def free_port() -> int:
    """A port on which nobody listens at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found: int = taken.getsockname()[1]
    return found


def until_listening(process: subprocess.Popen[bytes], port: int) -> None:
    """Waits until a process listens there."""
    end_s = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert process.poll() is None, f"the process for port {port} ended"
            assert time.monotonic() < end_s, f"nobody listens on port {port}"
            time.sleep(0.05)
        else:
            return


def cpu_ns(pid: int) -> int:
    """CPU of all threads of a process."""
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))


def measured(pid: int, port: int, requests: list[bytes], wanted: bytes) -> float:
    """CPU of the server for a request, in microseconds."""
    before = cpu_ns(pid)
    uvloop.run(closed_loop(port, requests, connections=CONNECTIONS, wanted=wanted))
    return (cpu_ns(pid) - before) / len(requests) / 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=4_000)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--per-second", type=int, default=2_000)
    parser.add_argument("--connections", type=int, default=200)
    options = parser.parse_args()
    with (
        patch.object(people, "OPEN_ORDERS", OPEN_ORDERS),
        patch.object(people, "limits", dict),  # none: of orders in a second, above all
        tempfile.TemporaryDirectory() as place,
        running(Path(place) / "venue", rate=100_000_000) as venue,
    ):
        assert venue.service is not None
        service_port = int(venue.url.rpartition(":")[2])
        echo_port = free_port()
        echo = subprocess.Popen([sys.executable, "-c", ECHO, str(echo_port)])
        try:
            asyncio.run(fund(venue))
            orders = Orders(venue)
            until_listening(echo, echo_port)
            rounds = []
            for number in range(options.rounds + 1):
                theirs = measured(echo.pid, echo_port, orders.make(options.requests, echo_port), b"HTTP/1.1 200")
                requests = orders.make(options.requests, service_port)
                ours = measured(venue.service.pid, service_port, requests, b"HTTP/1.1 201")
                if number:  # the first one warms up
                    rounds.append((ours, theirs))
            ratio = statistics.median(ours / theirs for ours, theirs in rounds)
            ours, theirs = (statistics.median(column) for column in zip(*rounds, strict=True))
            before = cpu_ns(venue.service.pid)
            said = open_loop(
                venue, service_port, per_s=options.per_second, seconds=options.seconds, connections=options.connections
            )
            busy = (cpu_ns(venue.service.pid) - before) / 1e9 / (options.seconds + WARM_S)
        finally:
            echo.send_signal(signal.SIGTERM)
            echo.wait()
    p50, p99, p999 = (said[name] / 1_000 for name in ("p50_us", "p99_us", "p999_us"))
    print(f"CPU of an order {ours:.1f} us, of an echo {theirs:.1f} us: ratio {ratio:.2f} (limit {LIMIT_RATIO})")
    print(f"of each round: {', '.join(f'{ours / theirs:.2f}' for ours, theirs in rounds)}")
    print(f"open loop of {options.per_second}/s, {options.connections} connections: p50 {p50:.2f} ms, "
          f"p99 {p99:.2f} ms, p99.9 {p999:.2f} ms (limit of p99 {LIMIT_P99_MS:.0f} ms); {said['accepted']} accepted, "
          f"{said['rejected']} rejected, {said['held']} found no free connection; "
          f"service {busy:.0%} of a core")  # fmt: skip
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    sys.exit(ratio > LIMIT_RATIO or p99 > LIMIT_P99_MS)


if __name__ == "__main__":
    main()
