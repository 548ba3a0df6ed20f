"""kill -9 of each process at random moments under load: nothing acknowledged is lost, nothing is done twice.

`GARRAWAY_KILLS` says how often each process is killed (3 without it; 20 for the figure in docs/performance.md),
`GARRAWAY_DURABILITY` with which durability (`os` without it).
"""

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from tests.e2e.venue_process import VenueProcess, stopped_with, verified, whole_log

from garraway.cli.up import people
from garraway.cli.up.listings import EQUITY_LISTING, GARR, USD
from garraway.market import SCHEDULER_NUMBER, SOURCE_NUMBER
from garraway.records import EVENTS, EventArray, OrderType, Rights, Side, TimeInForce, encode
from garraway.venues import ExchangeVenue, Outcome

KILLS = int(os.environ.get("GARRAWAY_KILLS", "3"))
OPTIONS = ("--rate", "500", "--pace", "10", "--durability", os.environ.get("GARRAWAY_DURABILITY", "os"))
TARGETS = ("exchange", "market", "supervisor")
SEED = 2
RECOVERY_S = 60
LOADER, LOADER_NUMBER, ACCOUNT = "loader", 10, 300
BATCH = 50


@dataclass
class Load:
    """A client that never stops: orders that rest or trade, and cancels. It keeps every outcome that it is told."""

    venue: ExchangeVenue
    random: Random
    last_ref: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    progress: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def run(self) -> None:
        while True:
            outcomes = await self.venue.submit([self.order() for _ in range(BATCH)])
            self.outcomes += outcomes
            async with self.progress:
                self.progress.notify_all()

    async def until_acknowledged(self, more: int) -> None:
        """Waits until so many more outcomes have come."""
        goal = len(self.outcomes) + more
        async with asyncio.timeout(RECOVERY_S), self.progress:
            await self.progress.wait_for(lambda: len(self.outcomes) >= goal)

    def order(self) -> bytes:
        if self.last_ref > 100 and self.random.randrange(2):
            target = self.last_ref - self.random.randrange(100)
            return encode("CancelOrder", account=ACCOUNT, instrument=EQUITY_LISTING.number, client_ref=target)
        self.last_ref += 1
        side = self.random.choice((Side.BUY, Side.SELL))
        away = self.random.randint(-5, 40) * EQUITY_LISTING.terms.tick
        return encode(
            "PlaceOrder",
            account=ACCOUNT,
            instrument=EQUITY_LISTING.number,
            client_ref=self.last_ref,
            side=side,
            order_type=OrderType.LIMIT,
            time_in_force=self.random.choice(list(TimeInForce)),
            price=1_000_000 + (-away if side is Side.BUY else away),
            quantity=self.random.randint(1, 20),
        )


async def define_loader(folder: Path) -> None:
    limits: dict[str, Any] = {"max_quantity": 999_999, "max_notional": 10**17, "max_open_orders": 100_000}
    commands = [
        encode("DefineSource", defined=LOADER_NUMBER, name=LOADER, rights=Rights.TRADE),
        encode("OpenAccount", account=ACCOUNT, firm=9, **limits),
        encode("Deposit", account=ACCOUNT, asset=USD, amount=10**17),
        encode("Deposit", account=ACCOUNT, asset=GARR, amount=10**9),
    ]
    async with await ExchangeVenue.connect(folder, source="operator") as operator:
        assert all(outcome.done for outcome in await operator.submit(commands))


async def kill_again_and_again(folder: Path, kills: int) -> tuple[set[int], list[Outcome]]:
    """Runs a venue under load, kills its processes, and stops it cleanly.

    Returns: the pids that were killed, and all outcomes that the load was told.
    """
    random = Random(SEED)
    killed: set[int] = set()
    supervisor = await VenueProcess.start(folder, *OPTIONS)
    await supervisor.trades()
    await define_loader(folder)
    venue = await ExchangeVenue.connect(folder, source=LOADER)
    load = Load(venue, random)
    loading = asyncio.ensure_future(load.run())
    reading = asyncio.ensure_future(supervisor.line(lambda _: False))
    for round_ in range(kills * len(TARGETS)):
        target = TARGETS[round_ % len(TARGETS)]
        await load.until_acknowledged(random.randint(1, 2_000))
        if target == "supervisor":
            reading.cancel()
            killed.add(supervisor.process.pid)
            await supervisor.kill()
            supervisor = await VenueProcess.start(folder, *OPTIONS)
            reading = asyncio.ensure_future(supervisor.line(lambda _: False))
        else:
            pid = await living(supervisor, target, load)
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)
        assert not loading.done(), loading.exception()
    await load.until_acknowledged(100)
    loading.cancel()
    reading.cancel()
    await asyncio.gather(loading, reading, return_exceptions=True)
    await venue.close()
    await supervisor.trades()
    assert await supervisor.stop() == 0
    return killed, load.outcomes


async def living(supervisor: VenueProcess, name: str, load: Load) -> int:
    """The pid of a child, once the supervisor has it."""
    async with asyncio.timeout(RECOVERY_S):
        while True:
            with contextlib.suppress(OSError):
                if (pid := supervisor.child(name)) is not None:
                    return pid
            await load.until_acknowledged(1)


def commands_of(events: EventArray, source: int) -> dict[int, set[int]]:
    """source_seq -> the commands that were executed under this number."""
    found: dict[int, set[int]] = {}
    own = events[events["source"] == source]
    for source_seq, event_id in zip(own["source_seq"].tolist(), own["event_id"].tolist(), strict=True):
        found.setdefault(source_seq, set()).add(event_id >> 16)
    return found


@pytest.mark.timeout(120 + 60 * KILLS)
def test_kills_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    killed, outcomes = asyncio.run(kill_again_and_again(tmp_path, KILLS))
    assert len(killed) == KILLS * len(TARGETS)

    found = verified(tmp_path)
    assert (found["sound"], found["clean"], found["event_log"]) == (True, True, "equal")
    assert found["state_hash"] == stopped_with(tmp_path)["state_hash"]

    events, directory = whole_log(tmp_path)
    for source in (LOADER_NUMBER, SOURCE_NUMBER, SCHEDULER_NUMBER):
        executed = commands_of(events, source)
        assert sorted(executed) == list(range(1, max(executed) + 1)), "no number is missing"
        assert {len(commands) for commands in executed.values()} == {1}, "no command was executed twice"

    acknowledged = {outcome.source_seq: outcome for outcome in outcomes}
    assert len(acknowledged) == len(outcomes) > 100
    first_events = dict(zip(events["event_id"].tolist(), events, strict=True))
    print(f"{len(killed)} kills, {len(outcomes)} outcomes, {sum(one.kind == 'repeat' for one in outcomes)} repeats")
    lost = [seq for seq, outcome in acknowledged.items() if outcome.first_event not in first_events]
    assert lost == []
    for seq, outcome in acknowledged.items():
        event = first_events[outcome.first_event]
        assert (int(event["source"]), int(event["source_seq"])) == (LOADER_NUMBER, seq)
        rejected = int(event["kind"]) == EVENTS["Rejected"]
        assert outcome.reason == (int(event["detail"]) if rejected else 0)

    accepted = events[events["kind"] == EVENTS["Accepted"]]
    orders = np.stack([accepted["account"].astype(np.uint64), accepted["client_ref"]], axis=1)
    assert len(np.unique(orders, axis=0)) == len(orders), "no order was placed twice"
    funded = {key: amount for key, amount in directory.deposited.items() if key[0] != ACCOUNT}
    assert funded == people.funds(), "nobody is funded twice"
