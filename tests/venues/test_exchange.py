"""The client of the door, against a door with an exchange's manners and accidents."""

import asyncio
from pathlib import Path

import pytest
from tests.venues.fake_door import FakeDoor

from garraway.records import encode, head
from garraway.venues import (
    ConnectionLost,
    ExchangeVenue,
    LoginRefused,
    NoVenue,
    OutcomeMissing,
    SourceShared,
    VenueClosed,
)

DEADLINE_S = 20


def orders(count: int) -> list[bytes]:
    return [encode("PlaceOrder", account=100, client_ref=ref) for ref in range(1, count + 1)]


def refs(records: list[bytes]) -> list[int]:
    return [head(record)["client_ref"] for record in records]


def test_commands_are_numbered_from_where_the_source_stands(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeDoor(tmp_path, last_seq=41).open() as door:
            async with await ExchangeVenue.connect(tmp_path, source="tester") as venue:
                outcomes = await venue.submit(orders(3))
            assert [outcome.source_seq for outcome in outcomes] == [42, 43, 44]
            assert [outcome.first_event for outcome in outcomes] == [1 << 16, 2 << 16, 3 << 16]
            assert all(outcome.done and outcome.kind == "new" for outcome in outcomes)
            assert {head(record)["source"] for record in door.applied} == {5}

    asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))


def test_a_source_that_keeps_its_numbers_sends_what_was_unanswered_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeDoor(tmp_path).open() as door:
            async with await ExchangeVenue.connect(tmp_path, source="tester") as venue:
                first = await venue.submit(orders(5))
            async with await ExchangeVenue.connect(tmp_path, source="tester", resume_from=4) as venue:
                again = await venue.submit(orders(7)[3:])
        assert [(one.source_seq, one.kind) for one in again] == [(4, "repeat"), (5, "repeat"), (6, "new"), (7, "new")]
        assert [one.first_event for one in again[:2]] == [one.first_event for one in first[3:]]
        assert refs(door.applied) == [1, 2, 3, 4, 5, 6, 7]

    asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))


def test_a_source_is_told_when_the_exchange_knows_fewer_of_its_commands(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeDoor(tmp_path, last_seq=41).open():
            with pytest.raises(OutcomeMissing, match="acknowledged up to 49, the exchange knows 41"):
                await ExchangeVenue.connect(tmp_path, source="tester", resume_from=50)

    asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))


def test_no_more_commands_are_unanswered_than_the_window_allows(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeDoor(tmp_path, window=16).open() as door:
            async with await ExchangeVenue.connect(tmp_path, source="tester") as venue:
                await venue.submit(orders(500))
            assert refs(door.applied) == list(range(1, 501))
            assert 1 < door.most_unanswered <= 16

    asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))


def test_commands_have_one_effect_each_through_broken_connections(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeDoor(tmp_path, break_after={1, 100, 101, 399}).open() as door:
            async with await ExchangeVenue.connect(tmp_path, source="tester") as venue:
                outcomes = await venue.submit(orders(400))
                assert venue.reconnects == door.log_ins - 1 == 4
            assert refs(door.applied) == list(range(1, 401))
            assert [outcome.source_seq for outcome in outcomes] == list(range(1, 401))
            assert {outcome.kind for outcome in outcomes} == {"new", "repeat"}

    asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))


def test_a_venue_that_starts_late_is_waited_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        connecting = asyncio.ensure_future(ExchangeVenue.connect(tmp_path, source="tester"))
        await asyncio.sleep(0)
        async with FakeDoor(tmp_path).open(), await connecting as venue:
            assert await venue.status() == {"commands": 0}

    asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))


def test_without_an_exchange_the_error_names_the_folder_and_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(NoVenue, match="garraway up") as refusal:
        asyncio.run(ExchangeVenue.connect(tmp_path, source="tester", wait_s=0.1))
    assert str(tmp_path) in str(refusal.value)


def test_an_unknown_source_is_told_so(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeDoor(tmp_path).open():
            with pytest.raises(LoginRefused, match=r"'nobody'.*DefineSource"):
                await ExchangeVenue.connect(tmp_path, source="nobody")

    asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))


def test_an_exchange_that_forgot_an_acknowledged_command_is_not_trusted(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            FakeDoor(tmp_path).open() as door,
            await ExchangeVenue.connect(tmp_path, source="tester") as venue,
        ):
            await venue.submit(orders(10))
            door.forget, door.break_after = 2, {11}
            with pytest.raises(OutcomeMissing, match=r"acknowledged up to 10.*knows 9"):
                await venue.submit(orders(1))

    asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))


def test_a_second_user_of_the_source_is_noticed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            FakeDoor(tmp_path).open() as door,
            await ExchangeVenue.connect(tmp_path, source="tester") as venue,
        ):
            door.last_seq = 7
            await asyncio.gather(venue.submit(orders(1)), return_exceptions=True)
            with pytest.raises(SourceShared, match="one process alone"):
                await venue.submit(orders(1))

    asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))


def test_closing_ends_what_is_waited_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with FakeDoor(tmp_path, hold=asyncio.Event()).open():
            venue = await ExchangeVenue.connect(tmp_path, source="tester")
            waiting = asyncio.ensure_future(venue.submit(orders(1)))
            asking = asyncio.ensure_future(venue.status())
            await asyncio.sleep(0)
            await venue.close()
            with pytest.raises(VenueClosed):
                await waiting
            with pytest.raises(ConnectionLost):
                await asking

    asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))
