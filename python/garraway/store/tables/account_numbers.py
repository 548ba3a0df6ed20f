"""Numbers for accounts of users: counted up by the database, never used twice."""

from typing import Final

from sqlalchemy import BigInteger, Column, Table

from garraway.store.metadata import METADATA
from garraway.store.tables.columns import COUNTED

ACCOUNT_NUMBERS: Final = Table(
    "account_numbers",
    METADATA,
    Column("number", COUNTED, primary_key=True, autoincrement=True),
    Column("given_at_ns", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
