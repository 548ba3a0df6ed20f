"""`garraway ccxt-config`: the preset with which a class of ccxt trades here. Touches nothing."""

import json
from pprint import pformat
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import typer

from garraway.api.facades import alpaca, binance

WIDTH = 100
PRESETS: Final = {"binance": binance.ccxt_preset, "alpaca": alpaca.ccxt_preset}


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(name="ccxt-config")(ccxt_config)


def ccxt_config(
    url: Annotated[str, typer.Option(help="Where `garraway service` serves the API.")] = "http://127.0.0.1:8080",
    venue: Annotated[Literal["binance", "alpaca"], typer.Option(help="Whose interface: ccxt's class of this name.")] = (
        "binance"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of Python.")] = False,
) -> None:
    """Print a preset for ccxt that overrides each URL of its class, so that no call reaches the real venue.

    Add the id and secret of an API key of kind hmac as `apiKey` and `secret`. Not affiliated with Binance, Alpaca or
    ccxt.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise typer.BadParameter(f"{url!r} is no URL of a service: write it like http://127.0.0.1:8080")
    preset = PRESETS[venue](url)
    if as_json:
        print(json.dumps(preset, indent=1))
    else:
        print(f"PRESET = {pformat(preset, width=WIDTH, sort_dicts=False)}")
