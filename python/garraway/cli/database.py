"""Which database a command means: that of `--url`, else that of `--config`, its password fetched by reference."""

from pathlib import Path

from garraway.cli.config import settled
from garraway.cli.options import DEFAULT_URL
from garraway.cli.secrets import Held, fetched
from garraway.config import Settings
from garraway.store import Database, Pool


def opened(url: str | None, config: Path | None) -> Database:
    """The database. Raises: Failure: settings or password cannot be had; UrlInvalid."""
    if url is not None or config is None:
        return Database.open(url or DEFAULT_URL)
    return of_settings(settled(config))


def of_settings(settings: Settings, url: str | None = None, secrets: Held | None = None) -> Database:
    """The database that the settings name, or that of a whole address.

    A process hands in the secrets that it holds; a command has none, and its statements may take their time.
    Raises: Failure: the password cannot be had; UrlInvalid.
    """
    told = settings.database
    pool = Pool(
        size=told.pool_size,
        overflow=told.pool_overflow,
        timeout_s=told.pool_timeout_s,
        busy_s=told.busy_timeout_s,
        statement_s=0 if secrets is None else told.statement_timeout_s,
    )
    if url is not None:
        return Database.open(url, pool=pool)
    password = (secrets or fetched(settings)).password
    return Database.open(settings.database_url, password=password, pool=pool)
