"""`garraway market`: the market process, which trades and keeps the schedule, so that the venue lives by itself."""

import asyncio
import signal
import time
from pathlib import Path
from typing import Annotated

import typer

from garraway.cli.config import settled
from garraway.cli.failures import Failure
from garraway.cli.logs import process_log
from garraway.cli.options import DEFAULT_FOLDER, Config, Folder, Pace, Parent, Resolved
from garraway.cli.parent import end_with
from garraway.cli.up.listings import LISTINGS
from garraway.log import Log
from garraway.market import SCHEDULER, SOURCE, Floor, Market, Participants, Scheduler, run_market, run_schedule
from garraway.venues import Directory, ExchangeVenue, Tape

RATE_AT_MOST = 5_000


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(market)


def market(
    folder: Folder = DEFAULT_FOLDER,
    seed: Annotated[int, typer.Option(help="Decisions follow from it and from what happens.")] = 7,
    rate: Annotated[int, typer.Option(min=1, max=RATE_AT_MOST, help="Commands a second, all instruments.")] = 200,
    pace: Pace = 1,
    config: Config = None,
    resolved: Resolved = False,
    parent: Parent = 0,
) -> None:
    """Trade through the door as source `market`, and keep the schedule as source `scheduler`.

    In each instrument a market maker and noise traders, seeded. Accounts and instruments must be there already;
    `garraway up` makes them.
    """
    end_with(parent)
    log = process_log(settled(config, resolved=resolved).log, room="market")
    asyncio.run(_until_stopped(folder, seed=seed, rate=rate, pace=pace, log=log))


async def _until_stopped(folder: Path, *, seed: int, rate: int, pace: int, log: Log) -> None:
    working = asyncio.ensure_future(_work(folder, seed=seed, rate=rate, pace=pace, log=log))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, working.cancel)
    try:
        await working
    except asyncio.CancelledError:
        log.info("market_stopped")


async def _work(folder: Path, *, seed: int, rate: int, pace: int, log: Log) -> None:
    """Trades and schedules until cancelled, or until one of the two fails."""
    parts = [
        asyncio.ensure_future(_trade(folder, seed=seed, rate=rate, log=log)),
        asyncio.ensure_future(_schedule(folder, pace=pace, log=log)),
    ]
    try:
        await asyncio.gather(*parts)
    finally:
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)


async def _trade(folder: Path, *, seed: int, rate: int, log: Log) -> None:
    async with await ExchangeVenue.connect(folder, source=SOURCE) as venue:
        directory = Directory()
        async for batch in venue.own_history(Tape(folder), 0):
            directory.apply(batch.events, batch.tails)
        markets = [
            Market(
                instrument=directory.instruments[listing.number],
                participants=Participants.of(listing.number),
                reference_price=listing.reference_price,
            )
            for listing in LISTINGS
            if listing.number in directory.instruments
        ]
        if not markets:
            raise Failure(f"nothing is listed in {folder}: `garraway up` lists what this trades")
        floor = Floor(seed=seed, source=venue.state.source, markets=markets)
        await run_market(venue, floor, orders_per_s=rate, monotonic_s=time.monotonic, log=log)


async def _schedule(folder: Path, *, pace: int, log: Log) -> None:
    async with await ExchangeVenue.connect(folder, source=SCHEDULER) as venue:
        plans = {listing.number: listing.plan for listing in LISTINGS}
        scheduler = Scheduler(plans, source=venue.state.source, pace=pace)
        await run_schedule(venue, scheduler, now_ns=time.time_ns, log=log)
