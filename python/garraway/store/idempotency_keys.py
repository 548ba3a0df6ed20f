"""Queries of answers to repeated requests. Each takes the transaction in which it happens."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from garraway.store.tables.idempotency_keys import IDEMPOTENCY_KEYS


@dataclass(frozen=True, slots=True)
class Answered:
    """A request that came before with the same key; without a status it is still under way."""

    request_hash: str
    made_at_ns: int
    status: int | None
    answer: str | None


def begin(connection: Connection, *, user_id: int, key: str, request_hash: str, at_ns: int) -> Answered | None:
    """Takes the key for this request; or what has it already."""
    try:
        with connection.begin_nested():
            connection.execute(
                insert(IDEMPOTENCY_KEYS).values(user_id=user_id, key=key, request_hash=request_hash, made_at_ns=at_ns)
            )
    except IntegrityError:
        row = connection.execute(
            select(
                IDEMPOTENCY_KEYS.c.request_hash,
                IDEMPOTENCY_KEYS.c.made_at_ns,
                IDEMPOTENCY_KEYS.c.status,
                IDEMPOTENCY_KEYS.c.answer,
            ).where(IDEMPOTENCY_KEYS.c.user_id == user_id, IDEMPOTENCY_KEYS.c.key == key)
        ).one()
        return Answered(*row)
    return None


def finish(connection: Connection, *, user_id: int, key: str, status: int, answer: str) -> None:
    """Keeps the answer."""
    connection.execute(
        update(IDEMPOTENCY_KEYS)
        .where(IDEMPOTENCY_KEYS.c.user_id == user_id, IDEMPOTENCY_KEYS.c.key == key)
        .values(status=status, answer=answer)
    )


def forget(connection: Connection, *, before_ns: int) -> int:
    """Drops those made earlier; how many."""
    return connection.execute(delete(IDEMPOTENCY_KEYS).where(IDEMPOTENCY_KEYS.c.made_at_ns < before_ns)).rowcount
