"""Strategies: what they are made of, runs over recorded data, limits, what runs them live. Touches files and venues.

from garraway.trading import Strategy, backtest
"""

from garraway.trading.backtesting import Plan, Settings, backtest, plan_of
from garraway.trading.compiled import Compiled, compiled
from garraway.trading.errors import (
    BadRow,
    ClockForbidden,
    HandlerFailed,
    SettingUnknown,
    SourceInvalid,
    StrategyInvalid,
    TradingError,
)
from garraway.trading.loading import configured, load
from garraway.trading.lookahead import Lookahead, lookahead
from garraway.trading.orders import Order
from garraway.trading.result import Result
from garraway.trading.strategy import On, Strategy, every
from garraway.venues.simulated import Fills, Instrument, SimulatedVenue

__all__ = [
    "BadRow",
    "ClockForbidden",
    "Compiled",
    "Fills",
    "HandlerFailed",
    "Instrument",
    "Lookahead",
    "On",
    "Order",
    "Plan",
    "Result",
    "SettingUnknown",
    "Settings",
    "SimulatedVenue",
    "SourceInvalid",
    "Strategy",
    "StrategyInvalid",
    "TradingError",
    "backtest",
    "compiled",
    "configured",
    "every",
    "load",
    "lookahead",
    "plan_of",
]
