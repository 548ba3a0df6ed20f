"""People and service accounts: who they are here, and which accounts are theirs."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table

from garraway.store.metadata import METADATA

USERS: Final = Table(
    "users",
    METADATA,
    Column("user_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("login", String(254), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("status", String(16), nullable=False),
    Column("service", Boolean(create_constraint=False), nullable=False),
    Column("group_id", BigInteger, nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    CheckConstraint("status IN ('active', 'disabled', 'deleted')", name="status"),
    Index(None, "changed"),
    Index(None, "group_id"),
)
"""`changed` is the value of the change counter at the row's last change; `version` guards against lost updates."""

USER_ROLES: Final = Table(
    "user_roles",
    METADATA,
    Column("user_id", BigInteger, ForeignKey("users.user_id"), primary_key=True),
    Column("role", String(32), primary_key=True),
)

USER_GROUPS: Final = Table(
    "user_groups",
    METADATA,
    Column("user_id", BigInteger, ForeignKey("users.user_id"), primary_key=True),
    Column("group_id", BigInteger, primary_key=True),
)
"""Groups of clients that a member of staff looks after."""

USER_ACCOUNTS: Final = Table(
    "user_accounts",
    METADATA,
    Column("account", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, ForeignKey("users.user_id"), nullable=False),
    Column("assigned_at_ns", BigInteger, nullable=False),
    Index(None, "user_id"),
)
"""Whose an account of the engine is: one user's."""
