"""What a user is to be told: written with the change that it tells of."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text

from garraway.store.metadata import METADATA
from garraway.store.tables.columns import COUNTED

NOTIFICATIONS: Final = Table(
    "notifications",
    METADATA,
    Column("notification_id", COUNTED, primary_key=True, autoincrement=True),
    Column("user_id", BigInteger, ForeignKey("users.user_id"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("content", Text, nullable=False),
    Column("made_at_ns", BigInteger, nullable=False),
    Column("read_at_ns", BigInteger),
    Index(None, "user_id", "notification_id"),
)
"""`content` is canonical JSON."""
