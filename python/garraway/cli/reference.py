"""`garraway reference`: the reference, from the tables of the native module, of SQL, and the API. `make docs` calls it."""

from pathlib import Path
from typing import Annotated

import typer

from garraway import _native
from garraway.api.app import openapi_json
from garraway.store import reference as tables

REFERENCE = Path("docs/reference")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(hidden=True)(reference)


def reference(folder: Annotated[Path, typer.Option(help="Where the pages go.")] = REFERENCE) -> None:
    """Write the reference of commands, events, rejects, limits and view tables, and the OpenAPI document."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = _native.reference() | {tables.NAME: tables.page(), "openapi.json": openapi_json()}
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
        print(folder / name)
