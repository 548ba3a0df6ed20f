"""Log-in sessions, and the refresh tokens of each: one family."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table

from garraway.store.metadata import METADATA

LOGIN_SESSIONS: Final = Table(
    "login_sessions",
    METADATA,
    Column("session_id", String(64), primary_key=True),
    Column("user_id", BigInteger, ForeignKey("users.user_id"), nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("scopes", String(200), nullable=False),
    Column("address", String(64), nullable=False),
    Column("user_agent", String(200), nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("authenticated_at_ns", BigInteger, nullable=False),
    Column("second_factor_at_ns", BigInteger),
    Column("seen_at_ns", BigInteger, nullable=False),
    Column("expires_at_ns", BigInteger, nullable=False),
    Column("revoked_at_ns", BigInteger),
    Column("revoked_for", String(64)),
    Column("changed", BigInteger, nullable=False),
    Index(None, "user_id"),
    Index(None, "changed"),
)

REFRESH_TOKENS: Final = Table(
    "refresh_tokens",
    METADATA,
    Column("hash", String(64), primary_key=True),
    Column("session_id", String(64), ForeignKey("login_sessions.session_id"), nullable=False),
    Column("issued_at_ns", BigInteger, nullable=False),
    Column("used_at_ns", BigInteger),
    Index(None, "session_id"),
)
"""Used ones stay as long as their session, so that a second use is seen."""
