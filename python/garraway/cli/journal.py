"""`garraway journal verify | dump`: what the journal holds, and whether it is whole."""

import json
from pathlib import Path
from typing import Annotated

import typer

from garraway import _native
from garraway.cli.failures import Failure
from garraway.cli.options import DEFAULT_FOLDER, Folder, Json

LAST = 2**63 - 1
JOURNAL = "journal"


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    journal = typer.Typer(help="Look at the journal of a venue.", no_args_is_help=True, rich_markup_mode=None)
    journal.command()(verify)
    journal.command()(dump)
    app.add_typer(journal, name="journal")


def verify(
    folder: Folder = DEFAULT_FOLDER,
    replay: Annotated[
        bool, typer.Option(help="Also replay everything, compare with the event log, and tell the state hash.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Check every frame and chain mark of a venue that does not run. Changes nothing.

    Exit code 1 where anything is damaged or missing.
    """
    _insist(folder)
    try:
        found = _native.journal_verify(str(folder), replay=replay)
    except (OSError, RuntimeError, ValueError) as error:
        raise Failure(str(error)) from error
    if as_json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:<14} {'-' if value is None else value}")
    if not found["sound"]:
        raise Failure(
            f"journal of {folder} is not sound: {found['damage'] or found.get('broken') or found['event_log']}"
        )


def dump(
    folder: Folder = DEFAULT_FOLDER,
    first: Annotated[int, typer.Option("--from", min=1, help="First command_seq.")] = 1,
    last: Annotated[int, typer.Option("--to", help="Last command_seq.")] = LAST,
    as_json: Json = False,
) -> None:
    """Print the commands of the journal, one a line."""
    _insist(folder)
    try:
        for row in _native.journal_dump(str(folder), first, last):
            print(json.dumps(row, default=_plain) if as_json else _line(row))
    except (OSError, RuntimeError, ValueError) as error:
        raise Failure(str(error)) from error


def _insist(folder: Path) -> None:
    if not (folder / JOURNAL).is_dir():
        raise Failure(f"folder {folder} holds no journal: name a venue's folder with --folder")


def _line(row: dict[str, object]) -> str:
    rest = " ".join(f"{name}={_plain(value)}" for name, value in row.items() if name not in {"command_seq", "kind"})
    return f"{row.get('command_seq', ''):>10} {row.get('kind', ''):<16} {rest}"


def _plain(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value
