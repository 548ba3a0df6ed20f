"""`garraway up` with schedules in its settings: the planner tells them, once, and remembers over a restart."""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.e2e.venue_process import VenueProcess

from garraway.records import EVENTS
from garraway.venues import Directory, Tape

PLANS = """
[log]
rotate_bytes = 65536
[schedules]
look_every_s = 1
[schedules.instruments.EUR-USD]
calendar = "UTC"
open = 00:00:00
close = 23:59:59
weekdays = [0, 1, 2, 3, 4, 5, 6]
[schedules.instruments.BTC-USD]
calendar = "ALWAYS"
"""


def told(folder: Path) -> list[int]:
    """Instruments whose schedule the planner has told, in order."""
    tape, found = Tape(folder), []
    while len((batch := tape.read()).events):
        mine = batch.events[(batch.events["kind"] == EVENTS["ScheduleSet"]) & (batch.events["source"] == 7)]
        found += mine["instrument"].tolist()
    return found


def horizon(folder: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((folder / "run" / "planner.json").read_text())
    return said


async def planned(folder: Path, settings: Path) -> None:
    venue = await VenueProcess.start(folder, "--config", str(settings))
    try:
        await venue.line(lambda _: (folder / "run" / "planner.json").exists())
        before = horizon(folder)["at_ns"]
        await venue.line(lambda _: horizon(folder)["at_ns"] > before)
    finally:
        await venue.stop()


def test_up_plans_ahead_and_tells_nothing_twice(tmp_path: Path) -> None:
    settings, folder = tmp_path / "a.toml", tmp_path / "venue"
    settings.write_text(PLANS)
    (folder / "log").mkdir(parents=True)
    (folder / "log" / "exchange.log").write_text("of before\n" * 7_000)
    asyncio.run(planned(folder, settings))
    assert told(folder) == [3]
    said = horizon(folder)
    assert list(said["horizon_ns"]) == ["EUR-USD"]
    assert said["horizon_ns"]["EUR-USD"] - said["at_ns"] > 8 * 86_400 * 10**9
    asyncio.run(planned(folder, settings))
    assert told(folder) == [3], "nothing has changed"
    directory = Directory()
    batch = Tape(folder).read()
    directory.apply(batch.events, batch.tails)
    assert directory.sources[7] == "planner"
    (rotated,) = (folder / "log").glob("exchange.log.*Z")
    assert rotated.read_text().startswith("of before\n" * 7_000), "the log was closed, and the exchange wrote on"
    assert "of before" not in (folder / "log" / "exchange.log").read_text()
    assert "exchange_stopped" in (folder / "log" / "exchange.log").read_text()
