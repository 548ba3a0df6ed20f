"""Log-ins of trading protocols as the back office defined them: the terms, never a secret or its verifier."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table

from garraway.store.metadata import METADATA

TRADING_SESSIONS: Final = Table(
    "trading_sessions",
    METADATA,
    Column("session", Integer, primary_key=True, autoincrement=False),
    Column("name", String(16), nullable=False, unique=True),
    Column("account", BigInteger, nullable=False),
    Column("command", LargeBinary, nullable=False),
    Column("defined_at_ns", BigInteger, nullable=False),
    Column("closed_at_ns", BigInteger),
    Index(None, "account"),
)
"""`command` is the last definition with salt and verifier blanked; closed: it was redefined with a verifier that no
secret fits."""
