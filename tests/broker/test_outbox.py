"""The outbox against a door with an exchange's manners and accidents: each command has one effect and one answer."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.broker.desk import APPROVALS, NOW_NS, Desk
from tests.venues.fake_door import FakeDoor

from garraway import _native
from garraway.broker import Outbox, OutboxTaken, transfers
from garraway.log import Log
from garraway.records import KINDS, head
from garraway.store import Database, notifications
from garraway.store.tables.outbox import OUTBOX

DEADLINE_S = 120


@pytest.fixture
def desk(migrated: Database) -> Desk:
    return Desk.open(migrated)


def sender(desk: Desk, folder: Path) -> Outbox:
    return Outbox(
        desk.database,
        folder,
        source="backoffice",
        clock=lambda: NOW_NS,
        log=Log(io.StringIO(), lambda: NOW_NS),
        follows={"transfer": transfers.ended},
        chores=APPROVALS.expire,
    )


@contextlib.asynccontextmanager
async def running(outbox: Outbox) -> AsyncIterator[Outbox]:
    task = asyncio.create_task(outbox.run())
    try:
        yield outbox
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def within_time(scenario: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(scenario(), DEADLINE_S)

    asyncio.run(bounded())


async def answered(outbox: Outbox, outbox_id: int | None) -> int | None:
    assert outbox_id is not None
    entry = await outbox.outcome(outbox_id, within_s=DEADLINE_S)
    return None if entry is None else entry.reason


def test_a_transfer_reaches_the_engine_and_its_asker_is_told(desk: Desk, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeDoor(tmp_path, name="backoffice").open() as door, running(sender(desk, tmp_path)) as outbox:
            sent = desk.ask("withdrawal", 700)
            assert await answered(outbox, sent.outbox_id) == 0
        assert [KINDS[head(record)["kind"]] for record in door.applied] == ["Withdraw"]
        done = desk.transfer(sent.transfer_id)
        assert (done.state, done.reason, done.first_event, done.ended_at_ns) == ("done", 0, 1 << 16, NOW_NS)
        with desk.database.reading() as connection:
            told = notifications.notifications(connection, user_id=desk.client.user_id, before=None, limit=9)
        assert [one.content for one in told] == [
            f'{{"kind":"withdrawal","state":"done","transfer_id":{sent.transfer_id}}}'
        ]

    within_time(scenario)


def test_what_the_engine_refuses_is_refused(desk: Desk, tmp_path: Path) -> None:
    async def scenario() -> None:
        reason = int(_native.REJECTS["FundsInsufficient"]["code"])
        door = FakeDoor(tmp_path, name="backoffice", reasons={1: reason})
        async with door.open(), running(sender(desk, tmp_path)) as outbox:
            sent = desk.ask("withdrawal", 700)
            assert await answered(outbox, sent.outbox_id) == reason
        assert (desk.transfer(sent.transfer_id).state, desk.transfer(sent.transfer_id).reason) == ("refused", reason)

    within_time(scenario)


def test_broken_connections_double_and_lose_nothing(desk: Desk, tmp_path: Path) -> None:
    async def scenario() -> None:
        sent = [desk.ask("withdrawal", amount) for amount in range(1, 301)]
        door = FakeDoor(tmp_path, name="backoffice", break_after={1, 100, 129, 299})
        async with door.open(), running(sender(desk, tmp_path)) as outbox:
            for one in sent:
                assert await answered(outbox, one.outbox_id) == 0
        assert len(door.applied) == len(sent)
        assert {desk.transfer(one.transfer_id).state for one in sent} == {"done"}

    within_time(scenario)


def test_a_sender_that_dies_anywhere_is_followed_by_one_that_goes_on(desk: Desk, tmp_path: Path) -> None:
    async def scenario() -> None:
        sent = [desk.ask("withdrawal", amount) for amount in range(1, 101)]
        async with FakeDoor(tmp_path, name="backoffice").open() as door:
            for deaths in range(100):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(deaths / 2_000), running(sender(desk, tmp_path)) as outbox:
                        await answered(outbox, sent[-1].outbox_id)
            async with running(sender(desk, tmp_path)) as outbox:
                for one in sent:
                    assert await answered(outbox, one.outbox_id) == 0
        assert [record[64:72] for record in door.applied] == [amount.to_bytes(8, "little") for amount in range(1, 101)]

    within_time(scenario)


def test_a_number_is_given_once(desk: Desk, tmp_path: Path) -> None:
    async def scenario() -> None:
        for amount in range(1, 6):
            desk.ask("withdrawal", amount)
        door = FakeDoor(tmp_path, name="backoffice", hold=asyncio.Event())
        async with door.open():
            for _ in range(3):
                async with running(sender(desk, tmp_path)):
                    await until(lambda: len(numbers(desk)) == 5)
        assert numbers(desk) == [1, 2, 3, 4, 5]

    within_time(scenario)


def test_one_process_alone_sends(desk: Desk, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(sender(desk, tmp_path)):
            await asyncio.sleep(0)
            with pytest.raises(OutboxTaken, match="stop it first"):
                await sender(desk, tmp_path).run()

    within_time(scenario)


def numbers(desk: Desk) -> list[int]:
    with desk.database.reading() as connection:
        given = select(OUTBOX.c.source_seq).where(OUTBOX.c.source_seq.is_not(None)).order_by(OUTBOX.c.outbox_id)
        return list(connection.execute(given).scalars())


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 - it changes in another thread
        await asyncio.sleep(0.005)
