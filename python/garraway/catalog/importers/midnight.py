"""Times since a day's midnight in a zone, as ns UTC. Touches nothing."""

from datetime import date, datetime
from typing import Final

from garraway.catalog.importers.tables import zone_of

NEW_YORK: Final = "America/New_York"


def midnight_ns(day: date, zone: str) -> int:
    """The day's midnight in ns since 1970. Raises: OptionMissing: there is no such zone."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone_of(zone)).timestamp()) * 10**9
