"""Commands on their way to the engine: queued in the transaction that decided them. Touches store."""

from sqlalchemy import Connection

from garraway.store import outbox


def queue(connection: Connection, record: bytes, *, purpose: str, at_ns: int) -> int:
    """Puts a command into the outbox, its source's number left out; the outbox's id of it.

    `purpose` is what it is for, as `noun:number`; the noun says who is told of the answer.
    """
    return outbox.insert_entry(connection, purpose=purpose, command=record, at_ns=at_ns)
