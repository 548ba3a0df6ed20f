"""Counters of changes, which readers in memory poll: one row says whether anything is new."""

from typing import Final

from sqlalchemy import BigInteger, Column, String, Table

from garraway.store.metadata import METADATA

CHANGE_COUNTERS: Final = Table(
    "change_counters",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
