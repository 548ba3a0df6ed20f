"""Settings: one typed, frozen tree from TOML and environment, and what is wrong with it. Touches files and environment.

Secrets are in it by reference alone; the room `secrets` fetches their values.
"""

from garraway.config.findings import ConfigError, ConfigInvalid, Finding, MigrationRefused
from garraway.config.migration import migrate, version_of
from garraway.config.reading import Draft, load, parse, read
from garraway.config.references import Reference, ReferenceInvalid, Secret, SecretReference
from garraway.config.sections import (
    Backup,
    Database,
    Exchange,
    Identity,
    InstrumentSchedule,
    LogSettings,
    Money,
    Schedules,
    Secrets,
    Service,
    Venue,
)
from garraway.config.settings import VERSION, Settings

__all__ = [
    "VERSION",
    "Backup",
    "ConfigError",
    "ConfigInvalid",
    "Database",
    "Draft",
    "Exchange",
    "Finding",
    "Identity",
    "InstrumentSchedule",
    "LogSettings",
    "MigrationRefused",
    "Money",
    "Reference",
    "ReferenceInvalid",
    "Schedules",
    "Secret",
    "SecretReference",
    "Secrets",
    "Service",
    "Settings",
    "Venue",
    "load",
    "migrate",
    "parse",
    "read",
    "version_of",
]
