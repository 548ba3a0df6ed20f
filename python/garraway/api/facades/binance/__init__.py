"""The REST interface of Binance's spot market, mapped onto this venue. Not affiliated with Binance.

Source: Binance Spot API documentation, "REST API", "Error codes", "Filters"; what ccxt 4.5's class `binance` calls.
"""

from typing import Final

from garraway.api.facades.binance.preset import ccxt_preset
from garraway.api.facades.binance.refusals import worded
from garraway.api.facades.binance.routes import ENDPOINTS, answer
from garraway.api.facades.facade import Facade

PREFIX: Final = "/binance"
FACADE: Final = Facade(PREFIX, answer, worded)

__all__ = ["ENDPOINTS", "FACADE", "PREFIX", "ccxt_preset"]
