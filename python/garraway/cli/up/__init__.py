"""`garraway up`: the whole venue, started, watched and shown."""

import asyncio
import sys
import time
from typing import Annotated

import typer

from garraway.cli.options import DEFAULT_FOLDER, Folder, Pace
from garraway.cli.up.supervisor import Settings, Supervisor


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(up)


def up(
    folder: Folder = DEFAULT_FOLDER,
    durability: Annotated[
        str, typer.Option(help="When a command counts as kept: `os` (written) or `fsync` (on the disk).")
    ] = "os",
    ouch_host: Annotated[str, typer.Option(help="Address on which OUCH listens.")] = "127.0.0.1",
    ouch_port: Annotated[int, typer.Option(help="Port on which OUCH listens; 0 takes a free one.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the market.")] = 7,
    rate: Annotated[int, typer.Option(min=1, max=5_000, help="Commands a second of the market.")] = 200,
    pace: Pace = 1,
    plain: Annotated[bool, typer.Option("--plain", help="A line a second instead of the live terminal.")] = False,
) -> None:
    """Start the venue and watch it trade. SIGTERM or Ctrl-C stops it cleanly.

    The first start lists the instruments, opens and funds accounts and defines trading sessions; later starts resume
    what FOLDER holds. Without a terminal it prints a line a second.
    """
    if durability not in {"os", "fsync"}:
        raise typer.BadParameter(f"durability {durability!r} is neither os nor fsync: take one of them")
    settings = Settings(
        folder=folder.absolute(),
        durability=durability,
        ouch_host=ouch_host,
        ouch_port=ouch_port,
        seed=seed,
        rate=rate,
        pace=pace,
        plain=plain or not sys.stdout.isatty(),
    )
    supervisor = Supervisor(
        settings, monotonic_s=time.monotonic, now_ns=time.time_ns, screen=sys.stdout, keyboard=sys.stdin
    )
    asyncio.run(supervisor.run())
