"""What the command line says when something cannot be done."""

import sys
from typing import Final

ROOMS: Final = {
    "garraway.analytics": "AnalyticsError",
    "garraway.backup": "BackupError",
    "garraway.broker": "BrokerError",
    "garraway.catalog": "CatalogError",
    "garraway.config": "ConfigError",
    "garraway.config.references": "SecretUnavailable",
    "garraway.identity": "IdentityError",
    "garraway.records": "RecordsError",
    "garraway.store": "StoreError",
    "garraway.trading.errors": "TradingError",
    "garraway.trading.limits": "LimitsError",
    "garraway.trading.live_state": "LiveError",
    "garraway.trading.reconcile": "ReconcileError",
    "garraway.trading.stop": "StopError",
    "garraway.trading.sweep_errors": "SweepError",
    "garraway.units": "UnitsError",
    "garraway.venues.errors": "VenueError",
    "garraway.views": "ViewsError",
}
"""Errors of other rooms whose texts say value, limit and remedy by themselves."""


class Failure(Exception):
    """A command cannot do what was asked; the text names the value, the limit and what to do."""

    exit_code = 1


class UsageFailure(Failure):
    """The command was given something it cannot take."""

    exit_code = 2


def known() -> tuple[type[Exception], ...]:
    """Those errors, of the rooms that were imported: no other can have been raised."""
    return tuple(getattr(sys.modules[room], name) for room, name in ROOMS.items() if room in sys.modules)
