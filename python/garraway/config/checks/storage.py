"""Rules of durability, database, folders, logs and backups, across sections. Touch nothing."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from garraway.config.checks.fault import Fault, error, warning
from garraway.config.settings import Settings

LOCAL_HOSTS: Final = frozenset({None, "", "localhost", "127.0.0.1", "::1"})
OWN_FOLDERS: Final = ("journal", "events", "streams", "run")
"""Folders below the venue's that the exchange alone writes."""


def durability(settings: Settings) -> Iterator[Fault]:
    """What is acknowledged should survive the machine."""
    if settings.environment == "production" and settings.venue.durability == "os":
        what = "os: what was acknowledged last is lost when the machine dies"
        yield warning("durability", "venue.durability", what, "take fsync")
    if settings.strict and not settings.venue.folder.is_absolute():
        what = f"{settings.venue.folder} depends on where the process is started"
        yield error("folder-relative", "venue.folder", what, "write the whole path")


def database(settings: Settings) -> Iterator[Fault]:
    """The database suits the environment and its password stands where it belongs."""
    said = settings.database
    if settings.database_url.startswith("sqlite"):
        if settings.environment == "production":
            what = "SQLite takes one writer, on this host"
            yield warning("database-small", "database.url", what, "take postgresql://USER@HOST/NAME")
        if said.password is not None:
            what = "SQLite has no password"
            yield warning("database-password", "database.password", what, "leave it out")
        return
    address = urlsplit(said.url)
    if not address.username or not address.path.strip("/"):
        yield error("database-url", "database.url", "names no user or no database", "write postgresql://USER@HOST/NAME")
    if said.password is None and address.hostname not in LOCAL_HOSTS:
        what = f"no password for the database at {address.hostname}"
        yield error("database-password", "database.password", what, "name it by reference, such as env:NAME")


def folders(settings: Settings) -> Iterator[Fault]:
    """Folders do not lie in each other's way."""
    own = {settings.folder / name for name in OWN_FOLDERS}
    named = {
        "log.folder": settings.log_folder.absolute(),
        "backup.folder": settings.backup_folder.absolute(),
        "identity.key_folder": settings.key_folder.absolute(),
    }
    seen = {settings.folder: "venue.folder"}
    for key, folder in named.items():
        if folder in own or own & set(folder.parents):
            yield error("folder-shared", key, f"{folder} belongs to the exchange", "name a folder of its own")
        elif folder in seen:
            yield error("folder-shared", key, f"{folder} is also {seen[folder]}", "name a folder of its own")
        seen.setdefault(folder, key)


def backups(settings: Settings) -> Iterator[Fault]:
    """Backups are made, and elsewhere."""
    if settings.environment != "production":
        return
    if settings.backup.every_s == 0:
        yield warning(
            "backup-none", "backup.every_s", "0: no backup is made by itself", "take 900, or run `garraway backup`"
        )
    if settings.folder in settings.backup_folder.absolute().parents:
        what = f"{settings.backup_folder} lies in the venue's folder and is lost with it"
        yield warning("backup-beside", "backup.folder", what, "name a folder on another disk")


def logs(settings: Settings) -> Iterator[Fault]:
    """Logs say enough and not too much."""
    if settings.environment == "production" and settings.log.level == "debug":
        yield warning("log-debug", "log.level", "debug fills the disk in production", "take info")
    if settings.environment == "production" and settings.log.level == "error":
        yield warning("log-quiet", "log.level", "error leaves out warnings and what happened before them", "take info")


RULES: Final = (durability, database, folders, backups, logs)
