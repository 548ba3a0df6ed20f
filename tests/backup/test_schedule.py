"""Backups that `garraway up` makes by itself: when one is due, and what is told."""

import asyncio
import contextlib
import io
import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from tests.backup.house import House, with_key, within_time

from garraway.backup import Shelf
from garraway.cli.up.backups import SECOND_NS, Schedule
from garraway.log import Log
from garraway.store import Database

HOUR_S = 3_600


def schedule(house: House, shelf: Shelf, now_ns: int, *, every_s: int = HOUR_S, folder: Path | None = None) -> Schedule:
    return Schedule(
        every_s=every_s,
        shelf=shelf,
        arguments=["--folder", str(folder or house.folder), "--to", str(shelf.folder)],
        log=house.folder.parent / "backup.log",
        now_ns=lambda: now_ns,
    )


async def told(one: Schedule, event: str) -> dict[str, Any]:
    """Keeps the schedule until it tells of the event."""
    stream = io.StringIO()
    task = asyncio.create_task(one.keep(Log(stream, time.time_ns)))
    try:
        while True:
            for line in stream.getvalue().splitlines():
                said: dict[str, Any] = json.loads(line)
                if said["event"] == event:
                    return said
            assert not task.done()
            await asyncio.sleep(0.05)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def test_a_backup_is_made_when_it_is_due_and_failures_are_told(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(sqlite_template, tmp_path / "garraway.db")
    database = Database.open(f"sqlite:///{tmp_path / 'garraway.db'}")
    house, shelf = House.found(tmp_path / "venue", database), Shelf(tmp_path / "backups")
    for name, value in with_key(database).items():
        monkeypatch.setenv(name, value)

    async def scenario() -> None:
        failed = await told(schedule(house, shelf, time.time_ns()), "backup_failed")
        assert (failed["level"], failed["exit_code"]) == ("error", 1)
        assert "holds no journal" in failed["reason"]
        async with house.exchange():
            await house.define()
            made = await told(schedule(house, shelf, time.time_ns()), "backup_made")
        assert made["folder"] == str(shelf.folder)
        (kept,) = shelf.kept()
        assert kept.manifest is not None
        made_at_ns = kept.manifest.made_at_ns
        assert schedule(house, shelf, made_at_ns + 10 * SECOND_NS).due_in_s() == HOUR_S - 10
        assert schedule(house, shelf, made_at_ns + 2 * HOUR_S * SECOND_NS).due_in_s() == 0

    within_time(scenario)
    database.close()


def test_without_a_time_none_is_made(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "garraway.db")
    database = Database.open(f"sqlite:///{tmp_path / 'garraway.db'}")
    house = House.found(tmp_path / "venue", database)
    asyncio.run(schedule(house, Shelf(tmp_path / "backups"), 0, every_s=0).keep(Log(io.StringIO(), time.time_ns)))
    assert not (tmp_path / "backups").exists()
    database.close()
