"""Queries of the outbox. Each takes the transaction in which it happens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from garraway.store.tables.outbox import OUTBOX

HELD: Final = "held:"
"""How the purpose of a command begins that a person must decide on: it is not sent."""
_SENT: Final = ~OUTBOX.c.purpose.startswith(HELD, autoescape=True)


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
        .where(OUTBOX.c.answered_at_ns.is_(None), _SENT)
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
    row = connection.execute(_entries().where(OUTBOX.c.outbox_id == outbox_id)).one_or_none()
    return None if row is None else OutboxEntry(*row)


def done(connection: Connection, first_events: Sequence[int]) -> dict[int, bytes]:
    """Records of commands that were carried out, by the first event of each."""
    wanted = (OUTBOX.c.first_event.in_(first_events), OUTBOX.c.reason == 0)
    rows = connection.execute(select(OUTBOX.c.first_event, OUTBOX.c.command).where(*wanted))
    return {row.first_event: row.command for row in rows}


def waiting(connection: Connection) -> tuple[int, int | None]:
    """How many commands wait for an answer, and since when the oldest does (ns)."""
    row = connection.execute(
        select(func.count(), func.min(OUTBOX.c.queued_at_ns)).where(OUTBOX.c.answered_at_ns.is_(None), _SENT)
    ).one()
    return int(row[0]), row[1]


def beyond(connection: Connection, source_seq: int) -> list[OutboxEntry]:
    """What has a number above this one, or none yet; what is held left out. In the order of its queueing."""
    rows = connection.execute(
        _entries()
        .where(OUTBOX.c.source_seq.is_(None) | (OUTBOX.c.source_seq > source_seq), _SENT)
        .order_by(OUTBOX.c.outbox_id)
    )
    return [OutboxEntry(*row) for row in rows]


def held(connection: Connection) -> list[OutboxEntry]:
    """What waits for a person's decision; the purpose is as it was."""
    rows = connection.execute(_entries().where(~_SENT).order_by(OUTBOX.c.outbox_id))
    return [OutboxEntry(row.outbox_id, row.purpose.removeprefix(HELD), row.command, row.source_seq) for row in rows]


def hold(connection: Connection, outbox_id: int) -> None:
    """Has a command wait for a person's decision; it has no number and no answer then."""
    cleared = {"source_seq": None, "reason": None, "first_event": None, "answered_at_ns": None}
    statement = update(OUTBOX).where(OUTBOX.c.outbox_id == outbox_id, _SENT)
    connection.execute(statement.values(purpose=HELD + OUTBOX.c.purpose, **cleared))


def release(connection: Connection, outbox_id: int) -> bool:
    """Lets a held command be sent; False if there is none such."""
    purpose = func.substr(OUTBOX.c.purpose, len(HELD) + 1)
    done = connection.execute(update(OUTBOX).where(OUTBOX.c.outbox_id == outbox_id, ~_SENT).values(purpose=purpose))
    return done.rowcount == 1


def remove(connection: Connection, outbox_id: int) -> None:
    """Forgets a command that no transfer names."""
    connection.execute(delete(OUTBOX).where(OUTBOX.c.outbox_id == outbox_id))


def _entries() -> Select[Any]:
    columns = OUTBOX.c
    names = (columns.outbox_id, columns.purpose, columns.command, columns.source_seq, columns.reason)
    return select(*names, columns.first_event)
