"""API keys: an Ed25519 public key, or an HMAC secret sealed under the master key (it must be used again)."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, LargeBinary, String, Table, Text

from garraway.store.metadata import METADATA

API_KEYS: Final = Table(
    "api_keys",
    METADATA,
    Column("key_id", String(64), primary_key=True),
    Column("user_id", BigInteger, ForeignKey("users.user_id"), nullable=False),
    Column("label", String(200), nullable=False),
    Column("algorithm", String(16), nullable=False),
    Column("material", LargeBinary, nullable=False),
    Column("scopes", String(200), nullable=False),
    Column("networks", Text, nullable=False),
    Column("created_at_ns", BigInteger, nullable=False),
    Column("expires_at_ns", BigInteger, nullable=False),
    Column("revoked_at_ns", BigInteger),
    Column("changed", BigInteger, nullable=False),
    CheckConstraint("algorithm IN ('ed25519', 'hmac-sha256')", name="algorithm"),
    Index(None, "user_id"),
    Index(None, "changed"),
)
