"""The change counter of people, sessions and keys: raised in each change's transaction, polled by readers."""

from typing import Final

from sqlalchemy import Connection, select, update

from garraway.store.tables.changes import CHANGE_COUNTERS

PEOPLE: Final = "people"


def next_change(connection: Connection) -> int:
    """The next value, for the rows that this transaction changes.

    The counter's row stays locked until the transaction ends, so values become visible in their order.
    """
    statement = (
        update(CHANGE_COUNTERS)
        .where(CHANGE_COUNTERS.c.name == PEOPLE)
        .values(value=CHANGE_COUNTERS.c.value + 1)
        .returning(CHANGE_COUNTERS.c.value)
    )
    return int(connection.execute(statement).scalar_one())


def last_change(connection: Connection) -> int:
    """The value of the last change that was committed."""
    return int(connection.execute(select(CHANGE_COUNTERS.c.value).where(CHANGE_COUNTERS.c.name == PEOPLE)).scalar_one())
