"""`garraway reference`: the reference, from the tables of the native module, of SQL, and the API. `make docs` calls it."""

from pathlib import Path
from typing import Annotated

import typer

from garraway import _native
from garraway.api.app import openapi_json
from garraway.identity.reference import permissions_page
from garraway.store import reference as tables

REFERENCE = Path("docs/reference")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(hidden=True)(reference)


def reference(folder: Annotated[Path, typer.Option(help="Where the pages go.")] = REFERENCE) -> None:
    """Write the reference of commands, events, rejects, limits, tables and permissions, and the OpenAPI document."""
    folder.mkdir(parents=True, exist_ok=True)
    ours = {
        tables.NAME: tables.page(),
        "permissions.md": permissions_page(),
        "openapi.json": openapi_json(),
    }
    for name, text in (_native.reference() | ours).items():
        (folder / name).write_text(text, encoding="utf-8")
        print(folder / name)
