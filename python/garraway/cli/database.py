"""Which database a command means: that of `--url`, else that of `--config`, its password fetched by reference."""

import os
from pathlib import Path

from garraway.cli.config import settled
from garraway.cli.failures import Failure
from garraway.cli.options import DEFAULT_URL
from garraway.config import Reference, SecretUnavailable, Settings
from garraway.secrets import providers
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
    password = _password(settings, reference) if reference is not None else None
    return Database.open(settings.database_url, password=password)


def _password(settings: Settings, reference: Reference) -> str:
    known = providers(settings.secrets, os.environ)
    if reference.provider not in known:
        raise Failure(f"database.password is {reference}: its provider is not set up in section secrets")
    try:
        return known[reference.provider].fetch(reference).reveal()
    except SecretUnavailable as error:
        raise Failure(f"database.password is {reference}: {error}") from error
