"""Options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Option("--folder", help="The venue's folder: journal, event log, run files.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value instead of text.")]
Parent = Annotated[int, typer.Option("--parent", hidden=True, help="End when this process ends.")]

DEFAULT_FOLDER = Path("var")
