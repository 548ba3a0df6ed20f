"""What people prove themselves by: only hashes, sealed seeds and public keys; and how often they failed to."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, String, Table, Text

from garraway.store.metadata import METADATA

PASSWORDS: Final = Table(
    "passwords",
    METADATA,
    Column("user_id", BigInteger, ForeignKey("users.user_id"), primary_key=True, autoincrement=False),
    Column("hash", String(255), nullable=False),
    Column("changed_at_ns", BigInteger, nullable=False),
)

TOTP_SEEDS: Final = Table(
    "totp_seeds",
    METADATA,
    Column("user_id", BigInteger, ForeignKey("users.user_id"), primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("confirmed_at_ns", BigInteger),
    Column("last_step", BigInteger, nullable=False),
)
"""`last_step` is the last time step whose code was taken: none at or before it is taken again."""

PASSKEYS: Final = Table(
    "passkeys",
    METADATA,
    Column("credential_id", String(1400), primary_key=True),
    Column("user_id", BigInteger, ForeignKey("users.user_id"), nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("label", String(200), nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("used_at_ns", BigInteger),
    Index(None, "user_id"),
)

RECOVERY_CODES: Final = Table(
    "recovery_codes",
    METADATA,
    Column("user_id", BigInteger, ForeignKey("users.user_id"), primary_key=True),
    Column("hash", String(64), primary_key=True),
    Column("used_at_ns", BigInteger),
)

ONE_TIME_SECRETS: Final = Table(
    "one_time_secrets",
    METADATA,
    Column("hash", String(64), primary_key=True),
    Column("purpose", String(32), nullable=False),
    Column("user_id", BigInteger, ForeignKey("users.user_id"), nullable=False),
    Column("content", Text, nullable=False),
    Column("expires_at_ns", BigInteger, nullable=False),
    Column("used_at_ns", BigInteger),
    Column("session_id", String(64)),
    Index(None, "expires_at_ns"),
)
"""Challenges, authorization codes and password resets. `session_id`: what an authorization code was used for."""

THROTTLES: Final = Table(
    "throttles",
    METADATA,
    Column("name", String(80), primary_key=True),
    Column("failures", BigInteger, nullable=False),
    Column("last_at_ns", BigInteger, nullable=False),
    Column("locked_until_ns", BigInteger, nullable=False),
    Index(None, "last_at_ns"),
)
"""Wrong attempts by login, address or user. A login stands here as a hash, whether or not anybody has it."""
