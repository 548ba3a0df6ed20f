"""`garraway views rebuild | prune`: the tables of history, made again or shortened."""

import json
from typing import Annotated

import typer

from garraway.cli.database import opened
from garraway.cli.failures import UsageFailure
from garraway.cli.options import DEFAULT_FOLDER, Config, DatabaseUrl, Folder, Json
from garraway.store.partitions import drop_months, month_named
from garraway.views import collect_seldom
from garraway.views import rebuild as rebuild_views


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    views = typer.Typer(help="The tables of history.", no_args_is_help=True, rich_markup_mode=None)
    views.command()(rebuild)
    views.command()(prune)
    app.add_typer(views, name="views")


def rebuild(
    folder: Folder = DEFAULT_FOLDER, url: DatabaseUrl = None, config: Config = None, as_json: Json = False
) -> None:
    """Empty the view tables and make them again from the event log. Stop the projector first.

    Refused, without a change, where the log does not begin with the venue's first command.
    """
    collect_seldom()
    events = rebuild_views(opened(url, config), folder)
    print(json.dumps({"events": events}) if as_json else f"made again from {events} events")


def prune(
    before: Annotated[str, typer.Option(help="The first month that stays, yyyy-mm.")],
    url: DatabaseUrl = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Drop orders, executions and ledger entries from before a month; open orders stay."""
    try:
        month = month_named(before)
    except ValueError as error:
        raise UsageFailure(f"--before is {before!r}: give a month as yyyy-mm") from error
    with opened(url, config).writing() as connection:
        gone = drop_months(connection, month)
    if as_json:
        print(json.dumps(gone))
        return
    for name, rows in gone.items():
        print(f"{name:<22} {rows} rows dropped")
