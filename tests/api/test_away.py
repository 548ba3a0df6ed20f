"""When the exchange is away, and when the service stops: every order has one end, and the reply says which."""

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.api.venue import START_S, Venue, running, stopped, until

from garraway.cli import service
from garraway.cli.config import settled
from garraway.cli.options import service_options
from garraway.records import EVENTS, EventArray
from garraway.venues import Directory, Tape

ORDER = {"symbol": "BTC-USD", "side": "buy", "quantity": "0.01", "price": "58000"}


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Venue]:
    """A venue that the test may stop."""
    with running(tmp_path / "v", rate=1_000_000) as venue:
        yield venue


def accepted(folder: Path) -> int:
    """Orders that the event log tells of."""
    tape, count = Tape(folder), 0
    while len((batch := tape.read()).events):
        count += int((batch.events["kind"] == EVENTS["Accepted"]).sum())
    return count


def test_an_order_that_cannot_go_out_is_told_so_in_time_and_was_not_done(own: Venue) -> None:
    assert own.exchange is not None
    stopped(own.exchange)
    own.exchange = None
    with own.client() as client:
        own.until(lambda: client.get("/health/ready").status_code == 503)
        began_s = time.monotonic()
        reply = client.post("/api/v1/orders", json=ORDER)
        took_s = time.monotonic() - began_s
        assert (reply.status_code, reply.json()["code"], reply.json()["retryable"]) == (503, "ExchangeAway", True)
        assert int(reply.headers["retry-after"]) >= 1
        assert took_s < 4
        assert client.get("/api/v1/instruments").status_code == 200, "reads go on"
        assert client.get("/health/live").status_code == 200, "it is alive all the same"
    own.start_exchange()
    with own.client() as client:
        own.until(lambda: client.get("/health/ready").status_code == 200)
        assert client.post("/api/v1/orders", json=ORDER).json()["status"] == "accepted"
    assert accepted(own.folder) == 1


def test_an_order_whose_outcome_does_not_come_is_unknown_and_done_once(own: Venue) -> None:
    assert own.exchange is not None
    order = ORDER | {"client_order_id": "perhaps"}
    with own.client() as client:
        own.exchange.send_signal(signal.SIGSTOP)
        reply = client.post("/api/v1/orders", json=order)
        said = reply.json()
        assert (reply.status_code, said["status"], said["client_order_id"]) == (202, "unknown", "perhaps")
        again = client.post("/api/v1/orders", json=order)
        assert (again.status_code, again.json()["code"]) == (409, "ClientOrderIdTaken")
        own.exchange.send_signal(signal.SIGCONT)
        own.until(lambda: client.get("/api/v1/orders/by-client-id/perhaps").status_code == 200)
        found = client.get("/api/v1/orders/by-client-id/perhaps").json()["order"]
    assert (found["order_ref"], found["status"]) == (said["order_ref"], "open")
    assert accepted(own.folder) == 1


def test_it_drains_before_it_stops(own: Venue) -> None:
    """Not ready at once, still answering; what is under way is finished; then the process ends cleanly."""
    assert own.service is not None
    assert own.exchange is not None
    service, exchange = own.service, own.exchange

    async def scenario() -> None:
        headers = {"Authorization": f"Bearer {own.tokens['trader']}"}
        async with httpx2.AsyncClient(base_url=own.url, headers=headers, timeout=START_S) as client:
            exchange.send_signal(signal.SIGSTOP)
            under_way = asyncio.create_task(client.post("/api/v1/orders", json=ORDER))
            await until_in_flight(client, 2)
            service.send_signal(signal.SIGTERM)

            async def draining() -> bool:
                reply = await client.get("/health/ready")
                return (reply.status_code, reply.json()["state"]) == (503, "draining")

            async with asyncio.timeout(START_S):
                while not await draining():
                    pass
            reply = await under_way
            exchange.send_signal(signal.SIGCONT)
            assert reply.status_code == 202

    asyncio.run(scenario())
    assert service.wait(START_S) == 0
    asyncio.run(until(lambda: not (own.folder / "run" / "service.json").exists(), Venue(own.folder)))
    own.service = None


def test_a_service_that_follows_the_log_no_more_ends_and_says_why(own: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    class Torn(Directory):
        def apply(self, events: EventArray, tails: list[bytes]) -> None:
            raise RuntimeError("torn")

    assert own.service is not None
    stopped(own.service)
    own.service = None
    monkeypatch.setattr(service, "Directory", Torn)
    options = service_options(folder=own.folder, port=0, stream_port=0)
    with pytest.raises(RuntimeError, match="torn"):
        asyncio.run(service.run(service.Settings(config=settled(None, options), url=own.database)))


async def until_in_flight(client: httpx2.AsyncClient, count: int) -> None:
    """Waits until so many requests are under way, the one that asks among them."""
    async with asyncio.timeout(START_S):
        while f"http_requests_in_flight {count}.0" not in (await client.get("/metrics")).text:
            pass


def test_a_client_that_sends_slowly_is_cut_and_others_are_served(own: Venue) -> None:
    port = int(own.url.rpartition(":")[2])

    async def scenario() -> None:
        slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(50)]
        for _, writer in slow:
            writer.write(b"GET /api/v1/instruments HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        async with httpx2.AsyncClient(base_url=own.url) as client:
            assert (await client.get("/api/v1/instruments")).status_code == 200
        async with asyncio.timeout(START_S):
            for reader, writer in slow:
                assert await reader.read() == b""
                writer.close()

    asyncio.run(scenario())
