"""The tree of settings: typed, frozen, one section for each part of the service. Touches nothing.

Paths that are left out lie below the venue's folder; ask the properties here, not the sections.
"""

from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field

from garraway.config.sections import (
    Backup,
    Database,
    Exchange,
    Identity,
    LogSettings,
    Money,
    Schedules,
    Secrets,
    Section,
    Service,
    Venue,
)

VERSION: Final = 1
"""The version of the schema that this release reads; see `migration.py`."""


class Settings(Section):
    """All settings of a venue and its service."""

    version: Literal[1] = 1
    """Version of the schema that the file is written in; `garraway config migrate` brings older files here."""
    environment: Literal["dev", "staging", "production"] = "dev"
    """What the installation is for; staging and production are checked more strictly."""
    venue: Venue = Field(default_factory=Venue)
    """Files of the venue."""
    exchange: Exchange = Field(default_factory=Exchange)
    """The exchange process."""
    database: Database = Field(default_factory=Database)
    """The SQL database."""
    service: Service = Field(default_factory=Service)
    """REST and WebSocket."""
    identity: Identity = Field(default_factory=Identity)
    """People, tokens, keys."""
    money: Money = Field(default_factory=Money)
    """Approval of money requests."""
    schedules: Schedules = Field(default_factory=Schedules)
    """When instruments open and close."""
    log: LogSettings = Field(default_factory=LogSettings)
    """Logs."""
    backup: Backup = Field(default_factory=Backup)
    """Backups."""
    secrets: Secrets = Field(default_factory=Secrets)
    """Providers of secrets."""

    @property
    def strict(self) -> bool:
        """Whether what is only unwise in development is an error here."""
        return self.environment != "dev"

    @property
    def folder(self) -> Path:
        """The venue's folder, absolute."""
        return self.venue.folder.absolute()

    @property
    def door_path(self) -> Path:
        """The command door's socket."""
        return self.exchange.door or self.folder / "run" / "door.sock"

    @property
    def database_url(self) -> str:
        """The database's address, without its password."""
        return self.database.url or f"sqlite:///{self.folder / 'garraway.db'}"

    @property
    def log_folder(self) -> Path:
        """Where log files are."""
        return self.log.folder or self.folder / "log"

    @property
    def key_folder(self) -> Path:
        """Where the tokens' signing keys are."""
        return self.identity.key_folder or self.folder / "keys"

    @property
    def backup_folder(self) -> Path:
        """Where backups are."""
        return self.backup.folder or self.folder / "backup"

    def for_exchange(self) -> dict[str, Any]:
        """What the exchange process is told: the keys that `garraway._native.run_exchange` takes."""
        told = self.exchange.model_dump(mode="json", exclude={"door"})
        told |= self.venue.model_dump(mode="json", exclude={"folder"})
        return {"folder": str(self.folder), "door": str(self.door_path), **told}

    def shown(self) -> dict[str, Any]:
        """The whole tree as JSON values: of secrets it holds references alone."""
        return self.model_dump(mode="json")
