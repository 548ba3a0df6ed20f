"""`garraway projector`: the process that brings the event log into the SQL database."""

import signal
import sys
import threading
import time

import typer

from garraway.cli.database import opened
from garraway.cli.options import DEFAULT_FOLDER, Config, DatabaseUrl, Folder, Parent
from garraway.cli.parent import end_with
from garraway.log import Log
from garraway.views import collect_seldom, run


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(projector)


def projector(
    folder: Folder = DEFAULT_FOLDER, url: DatabaseUrl = None, config: Config = None, parent: Parent = 0
) -> None:
    """Tail the event log into the view tables until stopped. One at a time for a database.

    The database has its schema already: `garraway db init`.
    """
    end_with(parent)
    collect_seldom()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    log = Log(sys.stderr, time.time_ns).bind(room="projector")
    run(opened(url, config), folder, stopped=stop.wait, log=log)
