"""Drafts of staff, and which command an event came from."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_STATES = "'draft', 'submitted', 'approved', 'published', 'refused', 'rejected', 'withdrawn', 'expired'"


def upgrade() -> None:
    """Makes the table and the index."""
    op.create_table(
        "drafts",
        sa.Column("draft_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("author_id", sa.BigInteger, sa.ForeignKey("users.user_id"), nullable=False),
        sa.Column("made_at_ns", sa.BigInteger, nullable=False),
        sa.Column("changed_at_ns", sa.BigInteger, nullable=False),
        sa.Column("expires_at_ns", sa.BigInteger, nullable=False),
        sa.Column("approval_id", sa.BigInteger, sa.ForeignKey("approvals.approval_id"), unique=True),
        sa.Column("outbox_id", sa.BigInteger, sa.ForeignKey("outbox.outbox_id"), unique=True),
        sa.Column("reason", sa.Integer),
        sa.Column("published_event", sa.BigInteger),
        sa.Column("ended_at_ns", sa.BigInteger),
        sa.CheckConstraint("kind IN ('group')", name="kind"),
        sa.CheckConstraint("version >= 1", name="version"),
        sa.CheckConstraint(f"state IN ({_STATES})", name="state"),
        sa.CheckConstraint("state NOT IN ('submitted', 'rejected') OR approval_id IS NOT NULL", name="submitted_asked"),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'published', 'refused') OR (approval_id IS NOT NULL AND outbox_id IS NOT NULL)",
            name="approved_sent",
        ),
        sa.CheckConstraint("(state = 'published') = (published_event IS NOT NULL)", name="published_by_event"),
    )
    op.create_index("ix_drafts_state_expires_at_ns", "drafts", ["state", "expires_at_ns"])
    op.create_index("ix_outbox_first_event", "outbox", ["first_event"])


def downgrade() -> None:
    """Drops them: what was prepared is lost; what was published stays so, and its approvals stay."""
    op.drop_index("ix_outbox_first_event", "outbox")
    op.drop_table("drafts")
