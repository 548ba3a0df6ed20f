"""A real exchange, and senders killed at any moment: every transfer counts once, no balance goes below zero."""

import asyncio
import contextlib
import os
import random
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.broker.desk import ACCOUNT, USD, Desk

from garraway.broker import MoneyPolicy
from garraway.cli.up.child import Child
from garraway.records import EVENTS, Rights, encode
from garraway.store import Database, outbox
from garraway.venues import ExchangeVenue, Tape

DEADLINE_S = 240
KILLS = int(os.environ.get("GARRAWAY_KILLS", "4"))
ALONE = MoneyPolicy(alone_up_to={USD: 10**9})


@contextlib.asynccontextmanager
async def exchange(folder: Path) -> AsyncIterator[None]:
    """A running exchange with a source for the outbox, one asset and one account."""
    child = Child("exchange", ["exchange", "--folder", str(folder)], folder.with_suffix(".log"), loop_s)
    keeping = asyncio.ensure_future(child.keep())
    try:
        async with await ExchangeVenue.connect(folder, wait_s=DEADLINE_S) as operator:
            rights = Rights.MONEY | Rights.DEFINE | Rights.OPERATE
            outcomes = await operator.submit(
                [
                    encode("DefineSource", defined=5, name="backoffice", rights=rights),
                    encode("DefineAsset", asset=USD, code="USD", scale=8, display=2),
                    encode("OpenAccount", account=ACCOUNT, firm=1, max_quantity=1, max_notional=1, max_open_orders=1),
                ]
            )
            assert all(one.done for one in outcomes)
        yield
    finally:
        assert await child.stop(DEADLINE_S) == 0, child.last_words()
        await keeping


@contextlib.asynccontextmanager
async def sender(folder: Path, url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A sender that is killed at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.broker.sender", str(folder), url, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"sending\n"
        yield process
    finally:
        process.kill()
        await process.wait()


def loop_s() -> float:
    return asyncio.get_running_loop().time()


async def all_answered(database: Database) -> None:
    def waiting() -> int:
        with database.reading() as connection:
            return outbox.waiting(connection)[0]

    while await asyncio.to_thread(waiting):  # noqa: ASYNC110 - it changes in another process
        await asyncio.sleep(0.02)


def postings(folder: Path) -> list[int]:
    """What was posted to the account, in order, as the event log tells it."""
    tape, found = Tape(folder), list[int]()
    while len((batch := tape.read()).events):
        own = batch.events[(batch.events["kind"] == EVENTS["Posted"]) & (batch.events["account"] == ACCOUNT)]
        found += own["value"].tolist()
    return found


@pytest.mark.timeout(DEADLINE_S + 30)
def test_killed_senders_double_and_lose_no_transfer(migrated: Database, tmp_path: Path) -> None:
    desk, folder, draw = Desk.open(migrated), tmp_path / "venue", random.Random(7)
    url = migrated.url.render_as_string(hide_password=False)

    async def scenario() -> None:
        sent = list[int]()
        async with exchange(folder):
            for _ in range(KILLS):
                async with sender(folder, url):
                    for _ in range(draw.randrange(1, 30)):
                        asked = desk.ask("deposit", len(sent) + 1, by=desk.finance, policy=ALONE)
                        sent.append(asked.transfer_id)
                        await asyncio.sleep(0)
                    await asyncio.sleep(draw.random() * 0.05)  # killed anywhere
            async with sender(folder, url):
                await all_answered(migrated)
            assert postings(folder) == list(range(1, len(sent) + 1))
        assert {desk.transfer(one).state for one in sent} == {"done"}

    asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))


@pytest.mark.timeout(DEADLINE_S + 30)
def test_a_thousand_withdrawals_of_one_balance_take_no_more_than_it_holds(migrated: Database, tmp_path: Path) -> None:
    desk, folder = Desk.open(migrated), tmp_path / "venue"
    url = migrated.url.render_as_string(hide_password=False)

    async def scenario() -> None:
        async with exchange(folder), sender(folder, url):
            desk.ask("deposit", 250, by=desk.finance, policy=ALONE)
            await all_answered(migrated)
            sent = [desk.ask("withdrawal", 1, by=desk.finance, policy=ALONE) for _ in range(1_000)]
            await all_answered(migrated)
            assert postings(folder) == [250] + [-1] * 250
        states = [desk.transfer(one.transfer_id).state for one in sent]
        assert (states.count("done"), states.count("refused")) == (250, 750)

    asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))
