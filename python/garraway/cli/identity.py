"""The room of people as the settings want it: policy, keys, what they are kept under. Touches the key folder."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import Connection

from garraway.cli.secrets import Held
from garraway.config import Settings
from garraway.identity import Breached, Identity, Policy, RelyingParty, assembly, no_trading_sessions
from garraway.store import Database

NAME = "Garraway"


def identity_of(
    settings: Settings,
    database: Database,
    secrets: Held,
    *,
    cut_trading_sessions: Callable[[Connection, int], None] = no_trading_sessions,
) -> AbstractContextManager[Identity]:
    """The room, to be entered. Raises: as `assembly.opened`."""
    told = settings.identity
    return assembly.opened(
        database,
        settings.key_folder,
        time.time_ns,
        relying_party=RelyingParty(told.relying_party, NAME, told.webauthn_origins),
        breached=Breached(told.breached_passwords),
        policy=Policy.of_settings(told),
        secrets=secrets.keys,
        cut_trading_sessions=cut_trading_sessions,
    )
