"""People: users, their credentials, sessions and keys, the audit chain, the allow-list."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TABLES = (
    "change_counters",
    "allowed_networks",
    "audit_heads",
    "audit_entries",
    "oauth_clients",
    "api_keys",
    "refresh_tokens",
    "login_sessions",
    "throttles",
    "one_time_secrets",
    "recovery_codes",
    "passkeys",
    "totp_seeds",
    "passwords",
    "user_accounts",
    "user_groups",
    "user_roles",
    "users",
)
_COUNTED = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes the tables, the audit chain's triggers and the change counter."""
    _users()
    _credentials()
    _second_factors()
    _sessions()
    _clients()
    _audit()
    _rest()
    _append_only()


def downgrade() -> None:
    """Drops them all: people, their credentials and the audit chain are lost."""
    for table in _TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_entries_refuse()")


def _text(name: str, length: int, *, nullable: bool = False, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable and not key, primary_key=key)


def _number(name: str, *, nullable: bool = False, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable and not key, primary_key=key, autoincrement=False)


def _user(*, nullable: bool = False, key: bool = False) -> sa.Column[int]:
    return sa.Column(
        "user_id",
        sa.BigInteger,
        sa.ForeignKey("users.user_id"),
        nullable=nullable and not key,
        primary_key=key,
        autoincrement=False,
    )


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("user_id", _COUNTED, primary_key=True, autoincrement=True),
        sa.Column("login", sa.String(254), nullable=False, unique=True),
        _text("name", 200),
        _text("status", 16),
        sa.Column("service", sa.Boolean(create_constraint=False), nullable=False),
        _number("group_id"),
        _number("created_at_ns"),
        _number("version"),
        _number("changed"),
        sa.CheckConstraint("status IN ('active', 'disabled', 'deleted')", name="status"),
    )
    op.create_index("ix_users_changed", "users", ["changed"])
    op.create_index("ix_users_group_id", "users", ["group_id"])
    op.create_table("user_roles", _user(key=True), _text("role", 32, key=True))
    op.create_table("user_groups", _user(key=True), _number("group_id", key=True))
    op.create_table("user_accounts", _number("account", key=True), _user(), _number("assigned_at_ns"))
    op.create_index("ix_user_accounts_user_id", "user_accounts", ["user_id"])


def _credentials() -> None:
    op.create_table("passwords", _user(key=True), _text("hash", 255), _number("changed_at_ns"))
    op.create_table(
        "one_time_secrets",
        _text("hash", 64, key=True),
        _text("purpose", 32),
        _user(),
        sa.Column("content", sa.Text, nullable=False),
        _number("expires_at_ns"),
        _number("used_at_ns", nullable=True),
        _text("session_id", 64, nullable=True),
    )
    op.create_index("ix_one_time_secrets_expires_at_ns", "one_time_secrets", ["expires_at_ns"])
    op.create_table(
        "throttles",
        _text("name", 80, key=True),
        _number("failures"),
        _number("last_at_ns"),
        _number("locked_until_ns"),
    )
    op.create_index("ix_throttles_last_at_ns", "throttles", ["last_at_ns"])


def _second_factors() -> None:
    op.create_table(
        "totp_seeds",
        _user(key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        _number("confirmed_at_ns", nullable=True),
        _number("last_step"),
    )
    op.create_table(
        "passkeys",
        _text("credential_id", 1400, key=True),
        _user(),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        _number("sign_count"),
        _text("label", 200),
        _number("created_at_ns"),
        _number("used_at_ns", nullable=True),
    )
    op.create_index("ix_passkeys_user_id", "passkeys", ["user_id"])
    op.create_table(
        "recovery_codes", _user(key=True), _text("hash", 64, key=True), _number("used_at_ns", nullable=True)
    )


def _sessions() -> None:
    op.create_table(
        "login_sessions",
        _text("session_id", 64, key=True),
        _user(),
        _text("client_id", 64),
        _text("scopes", 200),
        _text("address", 64),
        _text("user_agent", 200),
        _number("created_at_ns"),
        _number("authenticated_at_ns"),
        _number("second_factor_at_ns", nullable=True),
        _number("seen_at_ns"),
        _number("expires_at_ns"),
        _number("revoked_at_ns", nullable=True),
        _text("revoked_for", 64, nullable=True),
        _number("changed"),
    )
    op.create_index("ix_login_sessions_user_id", "login_sessions", ["user_id"])
    op.create_index("ix_login_sessions_changed", "login_sessions", ["changed"])
    op.create_table(
        "refresh_tokens",
        _text("hash", 64, key=True),
        sa.Column("session_id", sa.String(64), sa.ForeignKey("login_sessions.session_id"), nullable=False),
        _number("issued_at_ns"),
        _number("used_at_ns", nullable=True),
    )
    op.create_index("ix_refresh_tokens_session_id", "refresh_tokens", ["session_id"])


def _clients() -> None:
    op.create_table(
        "api_keys",
        _text("key_id", 64, key=True),
        _user(),
        _text("label", 200),
        _text("algorithm", 16),
        sa.Column("material", sa.LargeBinary, nullable=False),
        _text("scopes", 200),
        sa.Column("networks", sa.Text, nullable=False),
        _number("created_at_ns"),
        _number("expires_at_ns"),
        _number("revoked_at_ns", nullable=True),
        _number("changed"),
        sa.CheckConstraint("algorithm IN ('ed25519', 'hmac-sha256')", name="algorithm"),
    )
    op.create_index("ix_api_keys_user_id", "api_keys", ["user_id"])
    op.create_index("ix_api_keys_changed", "api_keys", ["changed"])
    op.create_table(
        "oauth_clients",
        _text("client_id", 64, key=True),
        _text("name", 200),
        _text("secret_hash", 64, nullable=True),
        sa.Column("redirect_uris", sa.Text, nullable=False),
        _text("scopes", 200),
        _user(nullable=True),
        _number("created_at_ns"),
        _number("disabled_at_ns", nullable=True),
    )


def _audit() -> None:
    op.create_table(
        "audit_entries",
        _text("chain", 16, key=True),
        _number("seq", key=True),
        _number("at_ns"),
        _number("actor_id", nullable=True),
        _text("actor", 254),
        _text("proof", 80),
        _text("address", 64),
        _text("user_agent", 200),
        _text("action", 64),
        _text("object", 200),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        _text("reason", 500),
        _text("correlation_id", 64),
        _text("prev_hash", 64),
        _text("hash", 64),
    )
    for column in ("at_ns", "actor_id", "object"):
        op.create_index(f"ix_audit_entries_{column}", "audit_entries", [column])
    heads = op.create_table("audit_heads", _text("chain", 16, key=True), _number("seq"), _text("hash", 64))
    op.bulk_insert(heads, [{"chain": chain, "seq": 0, "hash": "0" * 64} for chain in ("admin", "security")])


def _rest() -> None:
    op.create_table(
        "allowed_networks",
        _text("network", 64, key=True),
        _text("note", 200),
        _number("added_by"),
        _number("added_at_ns"),
    )
    op.create_table("change_counters", _text("name", 32, key=True), _number("value"))
    op.execute("INSERT INTO change_counters (name, value) VALUES ('people', 0)")


def _append_only() -> None:
    """Nobody changes an entry of the audit chain, whatever SQL is sent."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_entries_no_{verb.lower()} BEFORE {verb} ON audit_entries "
                "BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END"
            )
        op.execute(
            "CREATE TRIGGER audit_entries_no_replace BEFORE INSERT ON audit_entries "
            "WHEN EXISTS (SELECT 1 FROM audit_entries WHERE chain = NEW.chain AND seq = NEW.seq) "
            "BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION audit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'audit entries are append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries "
        "FOR EACH ROW EXECUTE FUNCTION audit_entries_refuse()"
    )
    op.execute(
        "CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_refuse()"
    )
