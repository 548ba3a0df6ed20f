"""Money that was asked to go in or out of an account, and what became of it. Amounts are ledger units of the asset."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table

from garraway.store.metadata import METADATA
from garraway.store.tables.columns import COUNTED

TRANSFERS: Final = Table(
    "transfers",
    METADATA,
    Column("transfer_id", COUNTED, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    Column("account", BigInteger, nullable=False),
    Column("asset", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("note", String(500), nullable=False),
    Column("state", String(16), nullable=False),
    Column("asked_by", BigInteger, ForeignKey("users.user_id"), nullable=False),
    Column("asked_at_ns", BigInteger, nullable=False),
    Column("approval_id", BigInteger, ForeignKey("approvals.approval_id")),
    Column("outbox_id", BigInteger, ForeignKey("outbox.outbox_id"), unique=True),
    Column("reason", Integer),
    Column("first_event", BigInteger),
    Column("ended_at_ns", BigInteger),
    Column("correlation_id", String(64), nullable=False),
    CheckConstraint("kind IN ('deposit', 'withdrawal', 'adjustment', 'credit')", name="kind"),
    CheckConstraint(
        "state IN ('pending', 'sent', 'done', 'refused', 'rejected', 'withdrawn', 'expired')", name="state"
    ),
    CheckConstraint("amount <> 0 AND (amount > 0 OR kind = 'adjustment')", name="amount"),
    Index(None, "account", "transfer_id"),
    Index(None, "state", "transfer_id"),
    Index(None, "approval_id"),
)
"""pending -> sent -> done | refused (by the engine); pending -> rejected | withdrawn | expired. `reason` is the code
of the engine's reject."""
