"""Numbers for accounts of users. Takes the transaction in which it happens."""

from sqlalchemy import Connection, insert

from garraway.store.tables.account_numbers import ACCOUNT_NUMBERS


def next_number(connection: Connection, at_ns: int) -> int:
    """A number that nobody else gets, from 1 on; gaps are left by transactions that failed."""
    made = connection.execute(insert(ACCOUNT_NUMBERS).values(given_at_ns=at_ns).returning(ACCOUNT_NUMBERS.c.number))
    return int(made.scalar_one())
