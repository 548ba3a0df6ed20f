"""`garraway status`: how a running venue is."""

import asyncio
import json
from pathlib import Path
from typing import Any

import typer

from garraway.cli.options import DEFAULT_FOLDER, Folder, Json
from garraway.venues import ExchangeVenue, running

WAIT_S = 2.0


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(status)


def status(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Ask the running exchange how it is. Exit code 1 where none runs."""
    said = running(folder) | asyncio.run(_ask(folder))
    if as_json:
        print(json.dumps(said))
        return
    for name, value in _flat(said):
        print(f"{name:<28} {value}")


async def _ask(folder: Path) -> dict[str, Any]:
    async with await ExchangeVenue.connect(folder, source="operator", wait_s=WAIT_S) as venue:
        return await venue.status()


def _flat(said: dict[str, Any], prefix: str = "") -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = []
    for name, value in said.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{prefix}{name}.")
        else:
            rows.append((prefix + name, value))
    return rows
