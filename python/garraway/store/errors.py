"""What can be wrong with the database, as texts that name the remedy. Touches nothing.

StoreError
├── UrlInvalid          the address names no database that is supported
├── DatabaseAway        it cannot be reached, or its file cannot be opened
├── DatabaseNewer       a newer Garraway wrote its schema
├── DatabaseOlder       its schema lacks migrations that this Garraway has
├── AlreadyInitialised  `init` of a database that has a schema
├── RevisionUnknown     a revision that this Garraway does not have
├── DatabaseInUse       somebody is connected to it who should not be
├── DatabaseTaken       something else is where it should come
└── PostgresqlFailed    the PostgreSQL of our own launcher cannot be started
"""


class StoreError(Exception):
    """Something about the database; the text names what to do."""


class UrlInvalid(StoreError):
    """The address names no database that is supported."""


class DatabaseAway(StoreError):
    """The database cannot be reached, or its file cannot be opened."""


class DatabaseNewer(StoreError):
    """A newer Garraway wrote the schema."""


class DatabaseOlder(StoreError):
    """The schema lacks migrations that this Garraway has."""


class AlreadyInitialised(StoreError):
    """The database has a schema already."""


class RevisionUnknown(StoreError):
    """This Garraway has no such revision."""


class DatabaseInUse(StoreError):
    """Somebody is connected to the database who should not be."""


class DatabaseTaken(StoreError):
    """Something else is where the database should come."""


class PostgresqlFailed(StoreError):
    """The PostgreSQL that our launcher starts does not come up."""
