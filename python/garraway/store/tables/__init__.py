"""The tables, one file per noun. Importing this room puts them all on `METADATA`."""

from garraway.store.metadata import METADATA
from garraway.store.tables import (
    api_keys,
    audit,
    changes,
    credentials,
    login_sessions,
    networks,
    oauth_clients,
    users,
    view_definitions,
    view_history,
    view_progress,
    view_standings,
)

__all__ = [
    "METADATA",
    "api_keys",
    "audit",
    "changes",
    "credentials",
    "login_sessions",
    "networks",
    "oauth_clients",
    "users",
    "view_definitions",
    "view_history",
    "view_progress",
    "view_standings",
]
