"""Options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Option("--folder", help="The venue's folder: journal, event log, run files.")]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="GARRAWAY_DATABASE_URL",
        help="sqlite:///PATH or postgresql://user:password@host/name; stands over --config.",
        show_envvar=True,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value instead of text.")]
Pace = Annotated[
    int, typer.Option(min=1, max=100, help="The venue's day of two and a half minutes goes by so many times as fast.")
]
Parent = Annotated[int, typer.Option("--parent", hidden=True, help="End when this process ends.")]

Config = Annotated[
    Path | None,
    typer.Option("--config", envvar="GARRAWAY_CONFIG", help="File of settings (TOML); without it the defaults."),
]
Resolved = Annotated[bool, typer.Option("--resolved", hidden=True, help="The file of settings holds all there is.")]
Durability = Annotated[
    str | None, typer.Option(help="When a command counts as kept: `os` (written) or `fsync` (on the disk).")
]
OuchHost = Annotated[str | None, typer.Option(help="Address on which OUCH listens.")]
OuchPort = Annotated[int | None, typer.Option(help="Port on which OUCH listens; 0 takes a free one.")]
OwnFolder = Annotated[Path | None, typer.Option("--folder", help="The venue's folder: journal, event log, run files.")]

DEFAULT_FOLDER = Path("var")
DEFAULT_URL = "sqlite:///var/garraway.db"


def exchange_options(
    *, folder: Path | None, durability: str | None, ouch_host: str | None, ouch_port: int | None
) -> dict[str, tuple[str, str]]:
    """The settings that these options give: setting -> (option, text)."""
    if durability not in {None, "os", "fsync"}:
        raise typer.BadParameter(f"durability {durability!r} is neither os nor fsync: take one of them")
    given = {
        "venue.folder": ("--folder", folder),
        "venue.durability": ("--durability", durability),
        "exchange.ouch_host": ("--ouch-host", ouch_host),
        "exchange.ouch_port": ("--ouch-port", ouch_port),
    }
    return {key: (option, str(value)) for key, (option, value) in given.items() if value is not None}


def service_options(
    *,
    folder: Path | None = None,
    host: str | None = None,
    port: int | None = None,
    stream_port: int | None = None,
) -> dict[str, tuple[str, str]]:
    """The settings that these options give: setting -> (option, text)."""
    given = {
        "venue.folder": ("--folder", folder),
        "service.host": ("--host", host),
        "service.port": ("--port", port),
        "service.ws_port": ("--stream-port", stream_port),
    }
    return {key: (option, str(value)) for key, (option, value) in given.items() if value is not None}
