"""`garraway exchange`: the exchange process. It enters Rust and stays there."""

import json
from typing import Annotated

import typer

from garraway import _native
from garraway.cli.failures import Failure
from garraway.cli.options import DEFAULT_FOLDER, Folder, Parent
from garraway.cli.parent import end_with


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(exchange)


def exchange(
    folder: Folder = DEFAULT_FOLDER,
    durability: Annotated[
        str, typer.Option(help="When a command counts as kept: `os` (written) or `fsync` (on the disk).")
    ] = "os",
    ouch_host: Annotated[str, typer.Option(help="Address on which OUCH listens.")] = "127.0.0.1",
    ouch_port: Annotated[int, typer.Option(help="Port on which OUCH listens; 0 takes a free one.")] = 0,
    parent: Parent = 0,
) -> None:
    """Run the exchange alone, until SIGTERM or SIGINT.

    It writes FOLDER/run/exchange.json once it is ready: pid, door, OUCH address, session, durability.
    """
    if durability not in {"os", "fsync"}:
        raise typer.BadParameter(f"durability {durability!r} is neither os nor fsync: take one of them")
    end_with(parent)
    config = {
        "folder": str(folder.absolute()),
        "durability": durability,
        "ouch_host": ouch_host,
        "ouch_port": ouch_port,
    }
    try:
        print(json.dumps({"event": "exchange_stopped", **_native.run_exchange(config)}))
    except (OSError, RuntimeError, ValueError) as error:
        raise Failure(str(error)) from error
