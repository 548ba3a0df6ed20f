"""Queries of the outbox. Each takes the transaction in which it happens."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update

from garraway.store.tables.outbox import OUTBOX


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A command on its way; `reason` and `first_event` once it was answered."""

    outbox_id: int
    purpose: str
    command: bytes
    source_seq: int | None
    reason: int | None = None
    first_event: int | None = None


def insert_entry(connection: Connection, *, purpose: str, command: bytes, at_ns: int) -> int:
    """Queues a command; its id."""
    made = connection.execute(
        insert(OUTBOX).values(purpose=purpose, command=command, queued_at_ns=at_ns).returning(OUTBOX.c.outbox_id)
    )
    return int(made.scalar_one())


def unanswered(connection: Connection, limit: int) -> list[OutboxEntry]:
    """What waits for an answer: those that have a number first, in the order of their numbers, then the others."""
    rows = connection.execute(
        select(OUTBOX.c.outbox_id, OUTBOX.c.purpose, OUTBOX.c.command, OUTBOX.c.source_seq)
        .where(OUTBOX.c.answered_at_ns.is_(None))
        .order_by(OUTBOX.c.source_seq.is_(None), OUTBOX.c.source_seq, OUTBOX.c.outbox_id)
        .limit(limit)
    )
    return [OutboxEntry(*row) for row in rows]


def last_number(connection: Connection) -> int:
    """The highest number that was given; 0 before the first."""
    return int(connection.execute(select(func.coalesce(func.max(OUTBOX.c.source_seq), 0))).scalar_one())


def give_numbers(connection: Connection, numbers: Sequence[tuple[int, int]]) -> None:
    """(outbox_id, source_seq) each; an entry that has one keeps it."""
    for outbox_id, source_seq in numbers:
        connection.execute(
            update(OUTBOX)
            .where(OUTBOX.c.outbox_id == outbox_id, OUTBOX.c.source_seq.is_(None))
            .values(source_seq=source_seq)
        )


def answer(connection: Connection, *, source_seq: int, reason: int, first_event: int, at_ns: int) -> OutboxEntry | None:
    """Notes what became of a command; None if that was noted before."""
    row = connection.execute(
        update(OUTBOX)
        .where(OUTBOX.c.source_seq == source_seq, OUTBOX.c.answered_at_ns.is_(None))
        .values(reason=reason, first_event=first_event, answered_at_ns=at_ns)
        .returning(OUTBOX.c.outbox_id, OUTBOX.c.purpose, OUTBOX.c.command)
    ).one_or_none()
    return (
        None if row is None else OutboxEntry(row.outbox_id, row.purpose, row.command, source_seq, reason, first_event)
    )


def entry(connection: Connection, outbox_id: int) -> OutboxEntry | None:
    """One entry."""
    row = connection.execute(
        select(
            OUTBOX.c.outbox_id,
            OUTBOX.c.purpose,
            OUTBOX.c.command,
            OUTBOX.c.source_seq,
            OUTBOX.c.reason,
            OUTBOX.c.first_event,
        ).where(OUTBOX.c.outbox_id == outbox_id)
    ).one_or_none()
    return None if row is None else OutboxEntry(*row)


def waiting(connection: Connection) -> tuple[int, int | None]:
    """How many commands wait for an answer, and since when the oldest does (ns)."""
    row = connection.execute(
        select(func.count(), func.min(OUTBOX.c.queued_at_ns)).where(OUTBOX.c.answered_at_ns.is_(None))
    ).one()
    return int(row[0]), row[1]
