"""Which database a command means: that of `--url`, else that of `--config`, its password fetched by reference."""

from pathlib import Path

from garraway.cli.config import settled
from garraway.cli.options import DEFAULT_URL
from garraway.cli.references import fetched
from garraway.config import Settings
from garraway.store import Database


def opened(url: str | None, config: Path | None) -> Database:
    """The database. Raises: Failure: settings or password cannot be had; UrlInvalid."""
    if url is not None or config is None:
        return Database.open(url or DEFAULT_URL)
    return of_settings(settled(config))


def of_settings(settings: Settings, url: str | None = None) -> Database:
    """The database that the settings name, or that of a whole address. Raises: Failure, UrlInvalid."""
    if url is not None:
        return Database.open(url)
    reference = settings.database.password
    password = fetched(settings, "database.password", reference).reveal() if reference is not None else None
    return Database.open(settings.database_url, password=password)
