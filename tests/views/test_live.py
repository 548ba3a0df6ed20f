"""Waiting for a command, and what the views say of a log that grows, ends or is damaged."""

import asyncio
from pathlib import Path

import pytest
from tests.venues.told import event
from tests.views.written_log import WrittenLog

from garraway.views import LiveViews, NotYet, ViewsStopped

DEADLINE_S = 30


def ticked(seq: int) -> dict[str, int]:
    return {"event_id": seq << 16, "at_ns": seq}


def run(folder: Path, scenario: object) -> None:
    asyncio.run(asyncio.wait_for(scenario(folder), DEADLINE_S))  # type: ignore[operator]


def test_a_wait_ends_when_its_command_is_in_the_views(tmp_path: Path) -> None:
    async def scenario(folder: Path) -> None:
        live = LiveViews(folder)
        assert live.seq == 0
        waits = [asyncio.create_task(live.wait_for(seq, timeout_s=DEADLINE_S)) for seq in (3, 1, 2)]
        log = WrittenLog(folder)
        log.append(event("Ticked", **ticked(1)))
        await waits[1]
        assert not waits[0].done()
        log.append(event("Ticked", **ticked(2)))
        log.append(event("Ticked", **ticked(3)))
        assert await waits[0] == 3
        assert await waits[2] >= 2
        assert await live.wait_for(3) == 3
        live.close()

    run(tmp_path, scenario)


def test_a_wait_that_lasts_too_long_is_not_yet(tmp_path: Path) -> None:
    async def scenario(folder: Path) -> None:
        live = LiveViews(folder)
        with pytest.raises(NotYet, match="command 7 is not in the views, which are at 0"):
            await live.wait_for(7, timeout_s=0.01)
        WrittenLog(folder).append(event("Ticked", **ticked(8)))
        assert await live.wait_for(8, timeout_s=DEADLINE_S) == 8
        live.close()

    run(tmp_path, scenario)


def test_who_waits_hears_of_the_end(tmp_path: Path) -> None:
    async def scenario(folder: Path) -> None:
        live = LiveViews(folder)
        wait = asyncio.create_task(live.wait_for(1, timeout_s=DEADLINE_S))
        await asyncio.sleep(0)
        live.close()
        with pytest.raises(ViewsStopped):
            await wait
        with pytest.raises(ViewsStopped):
            await live.wait_for(0)

    run(tmp_path, scenario)


def test_a_damaged_log_stops_the_views_and_says_where(tmp_path: Path) -> None:
    async def scenario(folder: Path) -> None:
        log = WrittenLog(folder)
        log.append(event("Ticked", **ticked(2)))
        log.append(event("Ticked", **ticked(1)))
        live = LiveViews(folder)
        with pytest.raises(ViewsStopped, match="a number that is not above the one before"):
            await live.wait_for(5, timeout_s=DEADLINE_S)
        with pytest.raises(RuntimeError, match="the views stopped"):
            live.native.book(1)
        assert live.native.statistics()["failure"] is not None
        live.close()

    run(tmp_path, scenario)
