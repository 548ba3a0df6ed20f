"""`garraway exchange`: the exchange process. It enters Rust and stays there."""

import json

import typer

from garraway import _native
from garraway.cli.config import settled
from garraway.cli.failures import Failure
from garraway.cli.options import Config, Durability, OuchHost, OuchPort, OwnFolder, Parent, Resolved, exchange_options
from garraway.cli.parent import end_with


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(exchange)


def exchange(
    config: Config = None,
    folder: OwnFolder = None,
    durability: Durability = None,
    ouch_host: OuchHost = None,
    ouch_port: OuchPort = None,
    resolved: Resolved = False,
    parent: Parent = 0,
) -> None:
    """Run the exchange alone, until SIGTERM or SIGINT. Options stand over the environment, this over the file.

    It writes FOLDER/run/exchange.json once it is ready: pid, door, OUCH address, session, durability.
    """
    options = exchange_options(folder=folder, durability=durability, ouch_host=ouch_host, ouch_port=ouch_port)
    end_with(parent)
    settings = settled(config, options, resolved=resolved)
    try:
        print(json.dumps({"event": "exchange_stopped", **_native.run_exchange(settings.for_exchange())}))
    except (OSError, RuntimeError, ValueError) as error:
        raise Failure(str(error)) from error
