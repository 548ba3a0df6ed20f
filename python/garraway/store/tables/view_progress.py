"""How far the projector is: written in the transaction that writes what it made of the events."""

from typing import Final

from sqlalchemy import Table

from garraway.store.metadata import METADATA
from garraway.store.tables.columns import number

PROGRESS: Final = Table(
    "view_progress",
    METADATA,
    number("projector", key=True),
    number("first_id"),
    number("last_id"),
    number("last_at_ns"),
    number("events"),
    number("business_date"),
    number("day_ended_id"),
    info={
        "doc": "One row, projector 1: the first event of which the tables are made, the last one, and how many. A "
        "`first_id` above 65536, the first event of a venue, says that older ones were pruned. "
        "`business_date` ended last, by event `day_ended_id`."
    },
    sqlite_with_rowid=False,
)
