"""The views of the engine's things: tables `view_*`, written by the projector alone."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes the tables."""


def downgrade() -> None:
    """Drops them: the event log still has all that they held."""
