"""`garraway planner`: the process that tells the venue days ahead when its instruments open and close."""

import asyncio
import json
import os
import signal
import time
from dataclasses import asdict
from pathlib import Path
from typing import Final

import typer

from garraway.cli.config import settled
from garraway.cli.failures import Failure
from garraway.cli.logs import process_log
from garraway.cli.options import Config, OwnFolder, Parent, Resolved
from garraway.cli.parent import end_with
from garraway.config import Settings
from garraway.log import Log
from garraway.market import PLANNER, Planner, Told, run_planner
from garraway.venues import Change, ExchangeVenue

MEMORY: Final = "planner.json"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(planner)


def planner(config: Config = None, folder: OwnFolder = None, resolved: Resolved = False, parent: Parent = 0) -> None:
    """Tell the schedules of [schedules] ahead, as source `planner`, until SIGTERM or SIGINT.

    What it told last and how far that reaches stands in FOLDER/run/planner.json. The venue opens and closes without it
    until that horizon.
    """
    end_with(parent)
    settings = settled(config, {} if folder is None else {"venue.folder": ("--folder", str(folder))}, resolved=resolved)
    if not settings.schedules.instruments:
        raise Failure("no instrument has a schedule: write a table [schedules.instruments.SYMBOL] in the settings")
    asyncio.run(_until_stopped(settings, process_log(settings.log, room="planner")))


async def _until_stopped(settings: Settings, log: Log) -> None:
    working = asyncio.ensure_future(_plan(settings, log))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, working.cancel)
    try:
        await working
    except asyncio.CancelledError:
        log.info("planner_stopped")


async def _plan(settings: Settings, log: Log) -> None:
    file = settings.folder / "run" / MEMORY
    async with await ExchangeVenue.connect(settings.folder, source=PLANNER) as venue:
        found = Planner(settings.schedules, source=venue.state.source, remembered=remembered(file))
        await run_planner(
            venue, found, now_ns=time.time_ns, remember=lambda one, at_ns: remember(file, one, at_ns), log=log
        )


def remembered(file: Path) -> dict[int, Told]:
    """What an earlier planner told; nothing where the file is missing or holds none: then it is told once more."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))["told"]
        return {
            int(number): Told(one["source"], one["source_seq"], one["count"], tuple(Change(*c) for c in one["changes"]))
            for number, one in said.items()
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def remember(file: Path, planner: Planner, at_ns: int) -> None:
    """Writes in one step what was told and how far it reaches."""
    told = {
        number: asdict(one) | {"changes": [(change.at_ns, int(change.phase)) for change in one.changes]}
        for number, one in planner.remembered.items()
    }
    new = file.with_suffix(".new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump({"at_ns": at_ns, "horizon_ns": planner.horizons(at_ns), "told": told}, stream)
    new.replace(file)
