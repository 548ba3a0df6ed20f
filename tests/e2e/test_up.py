"""`garraway up` in an empty folder: it trades, stops cleanly, and a second start resumes what the first one left."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from tests.e2e.venue_process import VenueProcess, stopped_with, trades_in, verified, whole_log

from garraway.cli.up import plan
from garraway.records import EVENTS, of_kind
from garraway.venues import ExchangeVenue


async def first_day(folder: Path) -> None:
    async with await VenueProcess.start(folder) as venue:
        await venue.trades(more_than=20)
        async with await ExchangeVenue.connect(folder, source="operator") as operator:
            status = await operator.status()
        assert status["trades"] > 20
        assert [session["name"] for session in status["sessions"]] == list(plan.CLIENTS)
        assert await venue.stop() == 0


async def second_day(folder: Path, *, trades: int) -> str:
    """The first line that shows the book again."""
    async with await VenueProcess.start(folder) as venue:
        first = await venue.line(lambda text: " last " in text)
        await venue.trades(more_than=trades + 20)
        assert await venue.stop() == 0
    return first


def test_it_trades_stops_cleanly_and_resumes(tmp_path: Path) -> None:
    asyncio.run(first_day(tmp_path))
    found = verified(tmp_path)
    assert (found["sound"], found["clean"], found["event_log"]) == (True, True, "equal")
    assert found["state_hash"] == stopped_with(tmp_path)["state_hash"]

    before, directory = whole_log(tmp_path)
    trades = of_kind(before, "Traded")
    assert dict(directory.deposited) == plan.funds()
    assert set(directory.accounts) == set(plan.accounts())

    first = asyncio.run(second_day(tmp_path, trades=len(trades)))
    assert trades_in(first) == len(trades)
    last = f"{int(trades['price'][-1]) / 10_000:.2f}"
    assert f" last {last} " in first

    found = verified(tmp_path)
    assert (found["sound"], found["clean"], found["event_log"]) == (True, True, "equal")
    after, resumed = whole_log(tmp_path)
    assert after[: len(before)].tobytes() == before.tobytes()
    assert dict(resumed.deposited) == plan.funds(), "nobody is funded twice"
    defining = EVENTS["Posted"]
    assert (after["kind"][len(before) :] > defining).all(), "nothing is defined twice"


def test_credentials_are_for_their_owner_alone_and_stay(tmp_path: Path) -> None:
    asyncio.run(first_day(tmp_path))
    path = tmp_path / "run" / "credentials.json"
    kept = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert tmp_path.stat().st_mode & 0o077 == 0
    assert {len(secret["text"]) for secret in json.loads(kept).values()} == {10}
    assert all(secret["defined"] for secret in json.loads(kept).values())
    asyncio.run(second_day(tmp_path, trades=0))
    assert path.read_text() == kept


def test_a_second_supervisor_of_a_folder_is_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with await VenueProcess.start(tmp_path) as venue:
            await venue.trades()
            command = [sys.executable, "-m", "garraway.cli", "up", "--plain", "--folder", str(tmp_path)]
            second = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
            assert second.returncode == 1
            assert second.stderr.count("\n") == 1
            assert "another `garraway up`" in second.stderr

    asyncio.run(scenario())
