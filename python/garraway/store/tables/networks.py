"""Networks that the back office may be used from. None: from anywhere."""

from typing import Final

from sqlalchemy import BigInteger, Column, String, Table

from garraway.store.metadata import METADATA

ALLOWED_NETWORKS: Final = Table(
    "allowed_networks",
    METADATA,
    Column("network", String(64), primary_key=True),
    Column("note", String(200), nullable=False),
    Column("added_by", BigInteger, nullable=False),
    Column("added_at_ns", BigInteger, nullable=False),
)
