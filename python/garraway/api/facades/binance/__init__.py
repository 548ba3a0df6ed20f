"""Binance's spot market, REST and WebSocket API, mapped onto this venue. Not affiliated with Binance.

Market streams and the user data stream are the hub's: `crates/views/src/hub/binance`.

Source: Binance Spot API documentation, "REST API", "WebSocket API", "Error codes", "Filters"; what ccxt 4.5's classes
`binance` call.
"""

from typing import Final

from garraway.api.facades.binance.calls import Calls
from garraway.api.facades.binance.endpoints import ENDPOINTS, ROOT
from garraway.api.facades.binance.preset import ccxt_preset
from garraway.api.facades.binance.refusals import worded
from garraway.api.facades.binance.requests import METHODS
from garraway.api.facades.binance.routes import answer
from garraway.api.facades.facade import Facade

PREFIX: Final = "/binance"
_OPERATIONS: Final = (
    *(f"{one.method} {PREFIX}{ROOT}{one.path}" for one in ENDPOINTS),
    *(f"CALL {method}" for method in METHODS),
)
FACADE: Final = Facade(PREFIX, answer, worded, _OPERATIONS)

__all__ = ["ENDPOINTS", "FACADE", "METHODS", "PREFIX", "Calls", "ccxt_preset"]
