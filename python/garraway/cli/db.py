"""`garraway db init | up | down | status | version`: the schema of the SQL database."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from garraway import store
from garraway.cli.database import opened
from garraway.cli.failures import UsageFailure
from garraway.cli.options import Config, DatabaseUrl, Json
from garraway.store import Database, SchemaStatus


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    db = typer.Typer(help="The schema of the SQL database.", no_args_is_help=True, rich_markup_mode=None)
    db.command()(init)
    db.command()(up)
    db.command()(down)
    db.command()(status)
    db.command()(version)
    app.add_typer(db, name="db")


def init(url: DatabaseUrl = None, config: Config = None, as_json: Json = False) -> None:
    """Give a new database the newest schema. Exit code 1 where it has one."""
    database = opened(url, config)
    _tell(database, store.initialise(database), as_json=as_json)


def up(url: DatabaseUrl = None, config: Config = None, as_json: Json = False) -> None:
    """Bring the schema up to this version's, in one transaction."""
    database = opened(url, config)
    _tell(database, store.upgrade(database), as_json=as_json)


def down(
    revision: Annotated[str, typer.Argument(help="A revision of `db status`, or `base` for none.")],
    url: DatabaseUrl = None,
    config: Config = None,
    yes: Annotated[bool, typer.Option("--yes", help="The rows of the tables that go are lost: yes.")] = False,
    as_json: Json = False,
) -> None:
    """Bring the schema back to an older revision, in one transaction."""
    if not yes:
        raise UsageFailure(f"going down to {revision} drops tables and their rows: make a backup, then add --yes")
    database = opened(url, config)
    _tell(database, store.downgrade(database, revision), as_json=as_json)


def status(url: DatabaseUrl = None, config: Config = None, as_json: Json = False) -> None:
    """Tell which revision the database has, and which are missing."""
    database = opened(url, config)
    _tell(database, store.status(database), as_json=as_json)


def version(url: DatabaseUrl = None, config: Config = None, as_json: Json = False) -> None:
    """Print the database's revision alone."""
    found = store.status(opened(url, config))
    print(json.dumps({"revision": found.revision}) if as_json else found.revision)


def _tell(database: Database, found: SchemaStatus, *, as_json: bool) -> None:
    said = {"database": database.shown, **asdict(found)}
    if as_json:
        print(json.dumps(said))
        return
    for name, value in said.items():
        print(f"{name:<10} {', '.join(value) or 'none' if isinstance(value, tuple) else value}")
