"""Settings: one typed, frozen tree from TOML and environment, and what is wrong with it. Touches files and environment.

Secrets are in it by reference alone; the room `secrets` fetches their values.
"""

from garraway.config.checks import Host, check
from garraway.config.findings import ConfigError, ConfigInvalid, Finding, MigrationRefused
from garraway.config.migration import migrate, version_of
from garraway.config.reading import Draft, load, parse, read
from garraway.config.references import Reference, ReferenceInvalid, Secret, SecretReference, SecretUnavailable
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
from garraway.config.writing import resolved_text, toml_text

__all__ = [
    "VERSION",
    "Backup",
    "ConfigError",
    "ConfigInvalid",
    "Database",
    "Draft",
    "Exchange",
    "Finding",
    "Host",
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
    "SecretUnavailable",
    "Secrets",
    "Service",
    "Settings",
    "Venue",
    "check",
    "load",
    "migrate",
    "parse",
    "read",
    "resolved_text",
    "toml_text",
    "version_of",
]
