"""`garraway reference`: the reference, written from the native module's tables, the API and the settings.

`make docs` calls it.
"""

from pathlib import Path
from typing import Annotated

import typer

from garraway import _native
from garraway.api.app import openapi_json
from garraway.config import reference as settings

REFERENCE = Path("docs/reference")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(hidden=True)(reference)


def reference(folder: Annotated[Path, typer.Option(help="Where the pages go.")] = REFERENCE) -> None:
    """Write the reference of commands, events, rejects, limits and settings, and the OpenAPI document."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (*_native.reference().items(), ("openapi.json", openapi_json())):
        (folder / name).write_text(text, encoding="utf-8")
        print(folder / name)
    page = folder.parent / "operating" / "configuration.md"
    if not page.exists():  # only the repository has it
        return
    page.write_text(settings.page(page.read_text(encoding="utf-8")), encoding="utf-8")
    print(page)
