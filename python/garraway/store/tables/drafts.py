"""What staff prepare before it is published: one person writes it, another approves it, one command publishes it."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text

from garraway.store.metadata import METADATA
from garraway.store.tables.columns import COUNTED

DRAFTS: Final = Table(
    "drafts",
    METADATA,
    Column("draft_id", COUNTED, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("content", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("author_id", BigInteger, ForeignKey("users.user_id"), nullable=False),
    Column("made_at_ns", BigInteger, nullable=False),
    Column("changed_at_ns", BigInteger, nullable=False),
    Column("expires_at_ns", BigInteger, nullable=False),
    Column("approval_id", BigInteger, ForeignKey("approvals.approval_id"), unique=True),
    Column("outbox_id", BigInteger, ForeignKey("outbox.outbox_id"), unique=True),
    Column("reason", Integer),
    Column("published_event", BigInteger),
    Column("ended_at_ns", BigInteger),
    CheckConstraint("kind IN ('group')", name="kind"),
    CheckConstraint("version >= 1", name="version"),
    CheckConstraint(
        "state IN ('draft', 'submitted', 'approved', 'published', 'refused', 'rejected', 'withdrawn', 'expired')",
        name="state",
    ),
    CheckConstraint("state NOT IN ('submitted', 'rejected') OR approval_id IS NOT NULL", name="submitted_asked"),
    CheckConstraint(
        "state NOT IN ('approved', 'published', 'refused') OR (approval_id IS NOT NULL AND outbox_id IS NOT NULL)",
        name="approved_sent",
    ),
    CheckConstraint("(state = 'published') = (published_event IS NOT NULL)", name="published_by_event"),
    Index(None, "state", "expires_at_ns"),
)
"""draft -> submitted -> approved -> published | refused (by the engine); submitted -> rejected; draft and submitted ->
withdrawn | expired. `number` is that of what is drafted, `content` canonical JSON. That another than the author
approves is held by the table of approvals: the author is the maker there."""
