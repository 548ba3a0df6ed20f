"""`garraway postgresql`: the process that is the PostgreSQL server of `garraway up --postgres`."""

import signal
from pathlib import Path
from typing import Annotated

import typer

from garraway.cli.options import Parent
from garraway.cli.parent import end_with
from garraway.store.postgresql_server import PostgresqlServer


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(postgresql)


def postgresql(
    folder: Annotated[Path, typer.Option(help="Holds the cluster, its socket and its password.")],
    parent: Parent = 0,
) -> None:
    """Run PostgreSQL on the cluster in FOLDER, made first where there is none; SIGINT stops it.

    It listens on a Unix socket in FOLDER alone. Its log goes to stderr. Run by root it becomes `postgres` or `nobody`.
    """
    end_with(parent)
    server = PostgresqlServer.prepare(folder)
    # SIGINT: PostgreSQL waits for nobody. After SIGTERM it would wait until the last client has gone.
    server.become(lambda: end_with(parent, signal.SIGINT))
