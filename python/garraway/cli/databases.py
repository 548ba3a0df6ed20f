"""The database that the settings name. Touches the providers of secrets."""

import os

from garraway.config import Settings
from garraway.secrets import providers
from garraway.store import Database


def database_of(settings: Settings, url: str | None = None) -> Database:
    """The database, its password fetched by reference; or the one of a whole address, as the command line gives it.

    Raises: StoreError, SecretUnavailable.
    """
    if url is not None:
        return Database.open(url)
    reference = settings.database.password
    if reference is None:
        return Database.open(settings.database_url)
    secret = providers(settings.secrets, os.environ)[reference.provider].fetch(reference)
    return Database.open(settings.database_url, password=secret.reveal())
