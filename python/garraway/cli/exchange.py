"""`garraway exchange`: the exchange process. It enters Rust and stays there."""

import json
from typing import Annotated

import typer

from garraway import _native
from garraway.cli.config import settled
from garraway.cli.failures import Failure
from garraway.cli.options import Config, Durability, OuchHost, OuchPort, OwnFolder, Parent, exchange_options
from garraway.cli.parent import end_with
from garraway.config import load


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(exchange)


def exchange(
    config: Config = None,
    folder: OwnFolder = None,
    durability: Durability = None,
    ouch_host: OuchHost = None,
    ouch_port: OuchPort = None,
    resolved: Annotated[bool, typer.Option("--resolved", hidden=True, help="The file holds all there is.")] = False,
    parent: Parent = 0,
) -> None:
    """Run the exchange alone, until SIGTERM or SIGINT. Options stand over the environment, this over the file.

    It writes FOLDER/run/exchange.json once it is ready: pid, door, OUCH address, session, durability.
    """
    options = exchange_options(folder=folder, durability=durability, ouch_host=ouch_host, ouch_port=ouch_port)
    end_with(parent)
    # The supervisor has checked the settings that it hands on; the environment is in them already.
    settings = load(config, {}, options) if resolved else settled(config, options)
    try:
        print(json.dumps({"event": "exchange_stopped", **_native.run_exchange(settings.for_exchange())}))
    except (OSError, RuntimeError, ValueError) as error:
        raise Failure(str(error)) from error
