"""Answers to requests that move money, so that a repeated request gets the same answer and has one effect."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from garraway.store.metadata import METADATA

IDEMPOTENCY_KEYS: Final = Table(
    "idempotency_keys",
    METADATA,
    Column("user_id", BigInteger, ForeignKey("users.user_id"), primary_key=True, autoincrement=False),
    Column("key", String(64), primary_key=True),
    Column("request_hash", String(64), nullable=False),
    Column("made_at_ns", BigInteger, nullable=False),
    Column("status", Integer),
    Column("answer", Text),
    Index(None, "made_at_ns"),
)
"""`status` is empty while the first request is under way."""
