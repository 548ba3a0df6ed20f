"""Commands that were decided here and must reach the engine, each with exactly one effect."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, String, Table

from garraway.store.metadata import METADATA
from garraway.store.tables.columns import COUNTED

OUTBOX: Final = Table(
    "outbox",
    METADATA,
    Column("outbox_id", COUNTED, primary_key=True, autoincrement=True),
    Column("purpose", String(80), nullable=False),
    Column("command", LargeBinary, nullable=False),
    Column("queued_at_ns", BigInteger, nullable=False),
    Column("source_seq", BigInteger, unique=True),
    Column("reason", Integer),
    Column("first_event", BigInteger),
    Column("answered_at_ns", BigInteger),
    CheckConstraint("answered_at_ns IS NULL OR source_seq IS NOT NULL", name="answered_numbered"),
    Index(None, "answered_at_ns", "outbox_id"),
    Index(None, "first_event"),
)
"""`command` is the record without its source's number; `source_seq` is given once, before it is first sent, so that
whatever crashes the exchange sees the same bytes under the same number. `reason` 0: it was carried out."""
