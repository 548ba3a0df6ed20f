"""Alpaca's trading and market data interfaces, REST and streams, mapped onto this venue. Not affiliated with Alpaca.

Source: Alpaca's API documentation ("Trading API", "Market Data API", "WebSocket streaming"); what alpaca-py 0.44 and
ccxt 4.5's class `alpaca` send and read.
"""

from typing import Final

from garraway.api.facades.alpaca.preset import ccxt_preset
from garraway.api.facades.alpaca.refusals import worded
from garraway.api.facades.alpaca.routes import ENDPOINTS, answer
from garraway.api.facades.alpaca.streams import PATHS, Streams
from garraway.api.facades.facade import Facade

PREFIX: Final = "/alpaca"
_OPERATIONS: Final = (
    *(f"{one.method} {PREFIX}{one.path}" for one in ENDPOINTS),
    *(f"STREAM {path}" for path in PATHS),
)
FACADE: Final = Facade(PREFIX, answer, worded, _OPERATIONS, Streams)

__all__ = ["ENDPOINTS", "FACADE", "PREFIX", "ccxt_preset"]
