"""The SQL database: SQLite in a file (the default) or PostgreSQL. No SQL stands elsewhere. Touches SQLAlchemy, alembic.

Tables are in `tables/<noun>.py`, their queries in `<nouns>.py` beside this file: functions that take a `Connection`.
"""

from garraway.store.database import Database, Dialect, Password, Pool
from garraway.store.errors import (
    AlreadyInitialised,
    DatabaseAway,
    DatabaseInUse,
    DatabaseNewer,
    DatabaseOlder,
    DatabaseTaken,
    PostgresqlFailed,
    RevisionUnknown,
    StoreError,
    UrlInvalid,
)
from garraway.store.schema import BASE, SchemaStatus, downgrade, initialise, insist_current, revisions, status, upgrade
from garraway.store.tables import METADATA

__all__ = [
    "BASE",
    "METADATA",
    "AlreadyInitialised",
    "Database",
    "DatabaseAway",
    "DatabaseInUse",
    "DatabaseNewer",
    "DatabaseOlder",
    "DatabaseTaken",
    "Dialect",
    "Password",
    "Pool",
    "PostgresqlFailed",
    "RevisionUnknown",
    "SchemaStatus",
    "StoreError",
    "UrlInvalid",
    "downgrade",
    "initialise",
    "insist_current",
    "revisions",
    "status",
    "upgrade",
]
