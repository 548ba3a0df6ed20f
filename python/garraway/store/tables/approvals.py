"""What one person asked for and another must allow. The database itself refuses that they are the same."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, String, Table, Text, text

from garraway.store.metadata import METADATA
from garraway.store.tables.columns import COUNTED

APPROVALS: Final = Table(
    "approvals",
    METADATA,
    Column("approval_id", COUNTED, primary_key=True, autoincrement=True),
    Column("kind", String(32), nullable=False),
    Column("subject", String(80), nullable=False),
    Column("payload", Text, nullable=False),
    Column("payload_hash", String(64), nullable=False),
    Column("maker_id", BigInteger, ForeignKey("users.user_id"), nullable=False),
    Column("made_at_ns", BigInteger, nullable=False),
    Column("expires_at_ns", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("checker_id", BigInteger, ForeignKey("users.user_id")),
    Column("decided_at_ns", BigInteger),
    Column("reason", String(500)),
    CheckConstraint("checker_id IS NULL OR checker_id <> maker_id", name="maker_is_not_checker"),
    CheckConstraint("state IN ('pending', 'approved', 'rejected', 'withdrawn', 'expired')", name="state"),
    CheckConstraint("(state IN ('approved', 'rejected')) = (checker_id IS NOT NULL)", name="decided_by_checker"),
    Index(None, "state", "expires_at_ns"),
    Index(
        "uq_approvals_pending",
        "kind",
        "subject",
        unique=True,
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
)
"""`payload` is frozen, canonical JSON; a checker decides on the hash that was shown."""
