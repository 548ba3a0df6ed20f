"""`garraway up`: the whole venue, started, watched and shown."""

import asyncio
import resource
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from garraway import config as config_room
from garraway.cli.config import settled
from garraway.cli.failures import Failure, UsageFailure
from garraway.cli.options import Config, Durability, OuchHost, OuchPort, OwnFolder, Pace, exchange_options
from garraway.cli.up.listings import LISTINGS
from garraway.cli.up.own_postgresql import PROJECTOR, SERVICE, OwnPostgresql
from garraway.cli.up.supervisor import Settings, Supervisor


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(up)


def up(  # noqa: PLR0913, PLR0917 -- each is an option of the command line
    config: Config = None,
    folder: OwnFolder = None,
    durability: Durability = None,
    ouch_host: OuchHost = None,
    ouch_port: OuchPort = None,
    seed: Annotated[int, typer.Option(help="Seed of the market.")] = 7,
    rate: Annotated[int, typer.Option(min=1, max=5_000, help="Commands a second of the market.")] = 200,
    pace: Pace = 1,
    plain: Annotated[bool, typer.Option("--plain", help="A line a second instead of the live terminal.")] = False,
    postgres: Annotated[
        bool, typer.Option("--postgres", help="Keep people and history in a PostgreSQL of its own, not in SQLite.")
    ] = False,
    postgres_folder: Annotated[
        Path | None, typer.Option(help="Folder of that PostgreSQL; FOLDER-postgresql, if none is said.")
    ] = None,
) -> None:
    """Start the venue and watch it trade. SIGTERM or Ctrl-C stops it cleanly.

    The first start lists the instruments, opens and funds accounts and defines trading sessions; later starts resume
    what FOLDER holds. Options stand over the environment, this over the file of settings. Without a terminal it prints
    a line a second.
    """
    options = exchange_options(folder=folder, durability=durability, ouch_host=ouch_host, ouch_port=ouch_port)
    own = OwnPostgresql.of(settled(config, options), postgres_folder) if postgres else None
    if own is None and postgres_folder is not None:
        raise UsageFailure("--postgres-folder is of no use without --postgres: add it")
    told = settled(config, options | (own.options(SERVICE) if own else {}), host=True)
    _leave_the_clock_alone(told)
    settings = Settings(
        config=told,
        postgresql=own,
        projector=settled(config, options | own.options(PROJECTOR)) if own else told,
        folder=told.folder,
        durability=told.venue.durability,
        seed=seed,
        rate=rate,
        pace=pace,
        plain=plain or not sys.stdout.isatty(),
    )
    _take_open_files()
    supervisor = Supervisor(
        settings, monotonic_s=time.monotonic, now_ns=time.time_ns, screen=sys.stdout, keyboard=sys.stdin
    )
    asyncio.run(supervisor.run())


def _leave_the_clock_alone(told: config_room.Settings) -> None:
    """Refuses schedules for what the demonstration's fast clock opens and closes."""
    clocked = {listing.terms.symbol for listing in LISTINGS if listing.day} & set(told.schedules.instruments)
    if clocked:
        names = ", ".join(sorted(clocked))
        raise Failure(f"{names} follow the fast clock of `garraway up`: take them out of [schedules.instruments]")


def _take_open_files() -> None:
    """Takes as many open files as the host gives, for the processes that are started from here too."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
