"""The sections of the settings, one file each. Touch nothing."""

from garraway.config.sections.backup import Backup
from garraway.config.sections.base import Section
from garraway.config.sections.database import Database
from garraway.config.sections.exchange import Exchange
from garraway.config.sections.identity import Identity
from garraway.config.sections.log import LogSettings
from garraway.config.sections.money import Money
from garraway.config.sections.schedules import InstrumentSchedule, Schedules
from garraway.config.sections.secrets import Secrets
from garraway.config.sections.service import Service
from garraway.config.sections.venue import Venue

__all__ = [
    "Backup",
    "Database",
    "Exchange",
    "Identity",
    "InstrumentSchedule",
    "LogSettings",
    "Money",
    "Schedules",
    "Secrets",
    "Section",
    "Service",
    "Venue",
]
