"""What a user keeps for the programs that it uses: layouts, favourites. The service itself reads none of it."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text

from garraway.store.metadata import METADATA
from garraway.store.tables.columns import number

USER_SETTINGS: Final = Table(
    "user_settings",
    METADATA,
    Column("user_id", BigInteger, ForeignKey("users.user_id"), primary_key=True, autoincrement=False),
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
    number("set_at_ns"),
)
"""`value` is canonical JSON."""
