"""Who did what, when, from where and why: append-only, each entry hashed over the one before.

Triggers of the migration refuse UPDATE, DELETE and (PostgreSQL) TRUNCATE of the entries.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from garraway.store.metadata import METADATA

AUDIT_ENTRIES: Final = Table(
    "audit_entries",
    METADATA,
    Column("chain", String(16), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("actor_id", BigInteger),
    Column("actor", String(254), nullable=False),
    Column("proof", String(80), nullable=False),
    Column("address", String(64), nullable=False),
    Column("user_agent", String(200), nullable=False),
    Column("action", String(64), nullable=False),
    Column("object", String(200), nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("reason", String(500), nullable=False),
    Column("correlation_id", String(64), nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index(None, "at_ns"),
    Index(None, "actor_id"),
    Index(None, "object"),
)

AUDIT_HEADS: Final = Table(
    "audit_heads",
    METADATA,
    Column("chain", String(16), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)
"""The last entry of each chain: its row is locked while the next is appended, so numbers have no gaps."""
