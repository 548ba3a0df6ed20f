"""Options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Option("--folder", help="The venue's folder: journal, event log, run files.")]
DatabaseUrl = Annotated[
    str,
    typer.Option(
        "--url",
        envvar="GARRAWAY_DATABASE_URL",
        help="sqlite:///PATH or postgresql://user:password@host/name.",
        show_envvar=True,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value instead of text.")]
Pace = Annotated[
    int, typer.Option(min=1, max=100, help="The venue's day of two and a half minutes goes by so many times as fast.")
]
Parent = Annotated[int, typer.Option("--parent", hidden=True, help="End when this process ends.")]

DEFAULT_FOLDER = Path("var")
DEFAULT_URL = "sqlite:///var/garraway.db"
