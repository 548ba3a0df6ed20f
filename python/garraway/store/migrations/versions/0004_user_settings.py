"""What users keep for the programs that they use."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "user_settings",
        sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.user_id"), primary_key=True, autoincrement=False),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("set_at_ns", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drops it: what users kept is lost."""
    op.drop_table("user_settings")
