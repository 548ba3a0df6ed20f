"""Which tables the database has, and how it gets others: migrations, each forwards and backwards. Touches alembic.

All migrations of one call are one transaction on either database: it ends with the schema that was asked for, or with
the one that it began with. The revision stands in the table `alembic_version`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from garraway.store.database import Database
from garraway.store.errors import AlreadyInitialised, DatabaseNewer, DatabaseOlder, RevisionUnknown

BASE: Final = "base"
"""The revision of a database without tables."""
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x6741_7272
"""Advisory lock on PostgreSQL, so that two `db up` at once do the work once."""


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """Where a database stands: its revision (`base` before the first), the code's newest, and what is between."""

    revision: str
    newest: str
    pending: tuple[str, ...]


def revisions() -> tuple[str, ...]:
    """The revisions of this Garraway, oldest first."""
    return tuple(script.revision for script in reversed(list(_scripts().walk_revisions())))


def status(database: Database) -> SchemaStatus:
    """Where the database stands. Raises: DatabaseNewer, DatabaseAway."""
    with database.reading() as connection:
        revision = revision_of(connection)
    known = revisions()
    done = 0 if revision == BASE else known.index(revision) + 1
    return SchemaStatus(revision, known[-1] if known else BASE, known[done:])


def insist_current(database: Database) -> None:
    """Refuses a database whose schema is not this Garraway's. Raises: DatabaseOlder, DatabaseNewer, DatabaseAway."""
    found = status(database)
    if found.pending:
        raise DatabaseOlder(
            f"database {database.shown} is at revision {found.revision}, this Garraway needs {found.newest}: "
            "run `garraway db up`"
        )


def initialise(database: Database) -> SchemaStatus:
    """Gives a database without tables the newest schema. Raises: AlreadyInitialised, DatabaseNewer, DatabaseAway."""
    with database.writing() as connection:
        _lock(connection)
        found = revision_of(connection)
        if found != BASE:
            raise AlreadyInitialised(f"database {database.shown} is at revision {found} already: run `garraway db up`")
        command.upgrade(_config(connection), "head")
    return status(database)


def upgrade(database: Database) -> SchemaStatus:
    """Brings the schema up to this Garraway's. Raises: DatabaseNewer, DatabaseAway."""
    with database.writing() as connection:
        _lock(connection)
        revision_of(connection)
        command.upgrade(_config(connection), "head")
    return status(database)


def downgrade(database: Database, revision: str) -> SchemaStatus:
    """Brings the schema back to an older revision, or to `base`; what only newer tables hold is lost.

    Raises: RevisionUnknown: no such revision, or a newer one; DatabaseNewer; DatabaseAway.
    """
    with database.writing() as connection:
        _lock(connection)
        older = (BASE, *revisions())
        older = older[: older.index(revision_of(connection)) + 1]
        if revision not in older:
            raise RevisionUnknown(
                f"revision {revision!r} is not at or below {older[-1]}: take one of {', '.join(older)}"
            )
        command.downgrade(_config(connection), revision)
    return status(database)


def revision_of(connection: Connection) -> str:
    """The database's revision, `base` before the first. Raises: DatabaseNewer."""
    found = MigrationContext.configure(connection).get_current_revision() or BASE
    known = revisions()
    if found != BASE and found not in known:
        raise DatabaseNewer(
            f"the database is at revision {found}, newer than {known[-1] if known else BASE}, the newest that this "
            "Garraway knows: start the newer Garraway, or restore the backup from before its `garraway db up`"
        )
    return found


def remake(connection: Connection, revision: str) -> None:
    """Takes all tables away and makes them as they were at a revision, in the caller's transaction.

    Raises: RevisionUnknown, DatabaseNewer.
    """
    insist_known(revision)
    _lock(connection)
    revision_of(connection)
    command.downgrade(_config(connection), BASE)
    command.upgrade(_config(connection), revision)


def upgrade_within(connection: Connection) -> None:
    """Brings the schema up to this Garraway's, in the caller's transaction. Raises: DatabaseNewer."""
    _lock(connection)
    revision_of(connection)
    command.upgrade(_config(connection), "head")


def insist_known(revision: str) -> None:
    """Refuses a revision that this Garraway does not have. Raises: RevisionUnknown."""
    if revision not in revisions():
        raise RevisionUnknown(
            f"revision {revision!r} is none of {', '.join(revisions())}: a newer Garraway has it, take that one"
        )


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_MIGRATIONS))


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
