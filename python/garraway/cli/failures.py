"""What the command line tells as one line instead of a traceback. Touches nothing."""

from typing import Final

from garraway.catalog import CatalogError
from garraway.config import ConfigError, SecretUnavailable
from garraway.identity import IdentityError
from garraway.records import RecordsError
from garraway.store import StoreError
from garraway.units import UnitsError
from garraway.venues import VenueError
from garraway.views import ViewsError


class Failure(Exception):
    """A command cannot do what was asked; the text names the value, the limit and what to do."""

    exit_code = 1


class UsageFailure(Failure):
    """The command was given something it cannot take."""

    exit_code = 2


FAILURES: Final = (
    CatalogError,
    ConfigError,
    IdentityError,
    RecordsError,
    SecretUnavailable,
    StoreError,
    UnitsError,
    VenueError,
    ViewsError,
)
"""Errors of other rooms whose texts say value, limit and remedy by themselves."""
