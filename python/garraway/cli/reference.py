"""`garraway reference`: the reference, written from the native module's tables, SQL's, the API and the settings.

`make docs` calls it.
"""

from pathlib import Path
from typing import Annotated

import typer

from garraway import _native
from garraway.api.app import openapi_json
from garraway.config import reference as settings
from garraway.identity.reference import permissions_page
from garraway.signals import reference as indicators
from garraway.store import reference as tables

REFERENCE = Path("docs/reference")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(hidden=True)(reference)


def reference(folder: Annotated[Path, typer.Option(help="Where the pages go.")] = REFERENCE) -> None:
    """Write the reference: of commands, events, tables, permissions, indicators, settings and the API."""
    folder.mkdir(parents=True, exist_ok=True)
    ours = {
        tables.NAME: tables.page(),
        indicators.NAME: indicators.page(),
        "permissions.md": permissions_page(),
        "openapi.json": openapi_json(),
    }
    for name, text in (_native.reference() | ours).items():
        (folder / name).write_text(text, encoding="utf-8")
        print(folder / name)
    page = folder.parent / "operating" / "configuration.md"
    if not page.exists():  # only the repository has it
        return
    page.write_text(settings.page(page.read_text(encoding="utf-8")), encoding="utf-8")
    print(page)
