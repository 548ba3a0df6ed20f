"""`garraway ccxt-config`: the preset with which a class of ccxt trades here. Touches nothing."""

import json
from pprint import pformat
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

import typer

from garraway.api.facades import alpaca, binance

WIDTH = 100
STREAM_PORT = 8081


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(name="ccxt-config")(ccxt_config)


def ccxt_config(
    url: Annotated[str, typer.Option(help="Where `garraway service` serves the API.")] = "http://127.0.0.1:8080",
    venue: Annotated[Literal["binance", "alpaca"], typer.Option(help="Whose interface: ccxt's class of this name.")] = (
        "binance"
    ),
    streams: Annotated[
        str | None,
        typer.Option(help="Where it serves Binance's WebSockets; port 8081 of the same host if none is said."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of Python.")] = False,
) -> None:
    """Print a preset for ccxt, pro or not, that overrides each URL of its class: no call reaches the real venue.

    Add the id and secret of an API key of kind hmac as `apiKey` and `secret`. Not affiliated with Binance, Alpaca or
    ccxt.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise typer.BadParameter(f"{url!r} is no URL of a service: write it like http://127.0.0.1:8080")
    preset = binance.ccxt_preset(url, _streams_url(parts, streams)) if venue == "binance" else alpaca.ccxt_preset(url)
    if as_json:
        print(json.dumps(preset, indent=1))
    else:
        print(f"PRESET = {pformat(preset, width=WIDTH, sort_dicts=False)}")


def _streams_url(api: SplitResult, streams: str | None) -> str:
    """Where WebSockets are. Raises: BadParameter."""
    if streams is None:
        host = f"[{api.hostname}]" if ":" in (api.hostname or "") else api.hostname
        return f"{'wss' if api.scheme == 'https' else 'ws'}://{host}:{STREAM_PORT}"
    parts = urlsplit(streams)
    if parts.scheme not in {"ws", "wss"} or not parts.netloc:
        raise typer.BadParameter(f"{streams!r} is no URL of WebSockets: write it like ws://127.0.0.1:8081")
    return streams
