"""`garraway outbox held | release | drop`: commands that wait for a person, since a restored journal lacks them."""

import getpass
import json
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

import typer

from garraway.broker import reopening
from garraway.broker.reopening import Decision
from garraway.cli.database import opened
from garraway.cli.options import Config, DatabaseUrl, Json
from garraway.store import insist_current

Number = Annotated[int, typer.Argument(min=1, help="The command's number in the outbox, as `outbox held` shows it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept in the audit chain.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(help="Commands that are held.", no_args_is_help=True, rich_markup_mode=None)
    group.command()(held)
    group.command()(release)
    group.command()(drop)
    app.add_typer(group, name="outbox")


def held(url: DatabaseUrl = None, config: Config = None, as_json: Json = False) -> None:
    """List the commands that are held: a restore to an earlier moment left them behind, nobody sends them."""
    database = opened(url, config)
    insist_current(database)
    with database.reading() as connection:
        found = reopening.held(connection)
    database.close()
    if as_json:
        print(json.dumps([asdict(one) for one in found]))
        return
    for one in found:
        print(_line(one))
    print(f"{len(found)} commands are held")


def release(
    number: Number, reason: Reason, url: DatabaseUrl = None, config: Config = None, as_json: Json = False
) -> None:
    """Have a held command sent to the exchange after all, as the decision that it was."""
    _decide(reopening.release, number, reason, url, config, as_json=as_json)


def drop(number: Number, reason: Reason, url: DatabaseUrl = None, config: Config = None, as_json: Json = False) -> None:
    """Forget a held command; the audit chain keeps that it was there."""
    _decide(reopening.drop, number, reason, url, config, as_json=as_json)


def _decide(
    decide: Callable[..., Decision],
    number: int,
    reason: str,
    url: DatabaseUrl,
    config: Config,
    *,
    as_json: bool,
) -> None:
    database = opened(url, config)
    insist_current(database)
    with database.writing() as connection:
        found = decide(connection, number, at_ns=time.time_ns(), by=f"operator {getpass.getuser()}", reason=reason)
    database.close()
    print(json.dumps(asdict(found)) if as_json else _line(found))


def _line(one: Decision) -> str:
    return f"{one.outbox_id:>8} {one.command:<18} {one.purpose}"
