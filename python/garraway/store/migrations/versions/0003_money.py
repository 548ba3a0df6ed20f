"""Money: approvals, transfers, the outbox, answers to repeated requests, notifications, trading sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_TABLES = (
    "trading_sessions",
    "account_numbers",
    "notifications",
    "idempotency_keys",
    "transfers",
    "outbox",
    "approvals",
)
_COUNTED = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes the tables."""
    _approvals()
    _outbox()
    _transfers()
    _rest()


def downgrade() -> None:
    """Drops them: what was asked for, decided and sent is lost; what reached the engine stays there."""
    for table in _TABLES:
        op.drop_table(table)


def _number(name: str, *, nullable: bool = False, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable and not key, primary_key=key, autoincrement=False)


def _text(name: str, length: int, *, nullable: bool = False, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable and not key, primary_key=key)


def _user(name: str, *, nullable: bool = False, key: bool = False) -> sa.Column[int]:
    return sa.Column(
        name,
        sa.BigInteger,
        sa.ForeignKey("users.user_id"),
        nullable=nullable and not key,
        primary_key=key,
        autoincrement=False,
    )


def _approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("approval_id", _COUNTED, primary_key=True, autoincrement=True),
        _text("kind", 32),
        _text("subject", 80),
        sa.Column("payload", sa.Text, nullable=False),
        _text("payload_hash", 64),
        _user("maker_id"),
        _number("made_at_ns"),
        _number("expires_at_ns"),
        _text("state", 16),
        _user("checker_id", nullable=True),
        _number("decided_at_ns", nullable=True),
        _text("reason", 500, nullable=True),
        sa.CheckConstraint("checker_id IS NULL OR checker_id <> maker_id", name="maker_is_not_checker"),
        sa.CheckConstraint("state IN ('pending', 'approved', 'rejected', 'withdrawn', 'expired')", name="state"),
        sa.CheckConstraint("(state IN ('approved', 'rejected')) = (checker_id IS NOT NULL)", name="decided_by_checker"),
    )
    op.create_index("ix_approvals_state_expires_at_ns", "approvals", ["state", "expires_at_ns"])
    op.create_index(
        "uq_approvals_pending",
        "approvals",
        ["kind", "subject"],
        unique=True,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("outbox_id", _COUNTED, primary_key=True, autoincrement=True),
        _text("purpose", 80),
        sa.Column("command", sa.LargeBinary, nullable=False),
        _number("queued_at_ns"),
        sa.Column("source_seq", sa.BigInteger, unique=True),
        sa.Column("reason", sa.Integer),
        _number("first_event", nullable=True),
        _number("answered_at_ns", nullable=True),
        sa.CheckConstraint("answered_at_ns IS NULL OR source_seq IS NOT NULL", name="answered_numbered"),
    )
    op.create_index("ix_outbox_answered_at_ns_outbox_id", "outbox", ["answered_at_ns", "outbox_id"])


def _transfers() -> None:
    op.create_table(
        "transfers",
        sa.Column("transfer_id", _COUNTED, primary_key=True, autoincrement=True),
        _text("kind", 16),
        _number("account"),
        sa.Column("asset", sa.Integer, nullable=False),
        _number("amount"),
        _text("note", 500),
        _text("state", 16),
        _user("asked_by"),
        _number("asked_at_ns"),
        sa.Column("approval_id", sa.BigInteger, sa.ForeignKey("approvals.approval_id")),
        sa.Column("outbox_id", sa.BigInteger, sa.ForeignKey("outbox.outbox_id"), unique=True),
        sa.Column("reason", sa.Integer),
        _number("first_event", nullable=True),
        _number("ended_at_ns", nullable=True),
        _text("correlation_id", 64),
        sa.CheckConstraint("kind IN ('deposit', 'withdrawal', 'adjustment', 'credit')", name="kind"),
        sa.CheckConstraint(
            "state IN ('pending', 'sent', 'done', 'refused', 'rejected', 'withdrawn', 'expired')", name="state"
        ),
        sa.CheckConstraint("amount <> 0 AND (amount > 0 OR kind = 'adjustment')", name="amount"),
    )
    for columns in (["account", "transfer_id"], ["state", "transfer_id"], ["approval_id"]):
        op.create_index(f"ix_transfers_{'_'.join(columns)}", "transfers", columns)


def _rest() -> None:
    op.create_table(
        "idempotency_keys",
        _user("user_id", key=True),
        _text("key", 64, key=True),
        _text("request_hash", 64),
        _number("made_at_ns"),
        sa.Column("status", sa.Integer),
        sa.Column("answer", sa.Text),
    )
    op.create_index("ix_idempotency_keys_made_at_ns", "idempotency_keys", ["made_at_ns"])
    op.create_table(
        "notifications",
        sa.Column("notification_id", _COUNTED, primary_key=True, autoincrement=True),
        _user("user_id"),
        _text("kind", 32),
        sa.Column("content", sa.Text, nullable=False),
        _number("made_at_ns"),
        _number("read_at_ns", nullable=True),
    )
    op.create_index("ix_notifications_user_id_notification_id", "notifications", ["user_id", "notification_id"])
    op.create_table(
        "account_numbers",
        sa.Column("number", _COUNTED, primary_key=True, autoincrement=True),
        _number("given_at_ns"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "trading_sessions",
        sa.Column("session", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(16), nullable=False, unique=True),
        _number("account"),
        sa.Column("command", sa.LargeBinary, nullable=False),
        _number("defined_at_ns"),
        _number("closed_at_ns", nullable=True),
    )
    op.create_index("ix_trading_sessions_account", "trading_sessions", ["account"])
