"""`garraway projector`: the process that brings the event log into the SQL database."""

import signal
import threading

import typer

from garraway.cli.config import settled
from garraway.cli.database import of_settings
from garraway.cli.logs import process_log
from garraway.cli.options import Config, DatabaseUrl, OwnFolder, Parent, Resolved, service_options
from garraway.cli.parent import end_with
from garraway.cli.secrets import held
from garraway.views import collect_seldom, run


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(projector)


def projector(
    config: Config = None,
    folder: OwnFolder = None,
    url: DatabaseUrl = None,
    resolved: Resolved = False,
    parent: Parent = 0,
) -> None:
    """Tail the event log into the view tables until stopped. One at a time for a database.

    The database has its schema already: `garraway db init`.
    """
    end_with(parent)
    settings = settled(config, service_options(folder=folder), resolved=resolved)
    collect_seldom()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    log = process_log(settings.log, room="projector")
    with held(settings) as secrets:
        run(of_settings(settings, url, secrets), settings.folder, stopped=stop.wait, log=log)
