"""Queries of the audit chain: append, read. Nothing here changes an entry."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

from sqlalchemy import Connection, RowMapping, insert, select, update

from garraway.store.tables.audit import AUDIT_ENTRIES, AUDIT_HEADS

PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An entry as kept. `before` and `after`: canonical JSON."""

    chain: str
    seq: int
    at_ns: int
    actor_id: int | None
    actor: str
    proof: str
    address: str
    user_agent: str
    action: str
    object: str
    before: str | None
    after: str | None
    reason: str
    correlation_id: str
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The last entry of a chain."""

    seq: int
    hash: str


def lock_audit_head(connection: Connection, chain: str) -> AuditHead:
    """The chain's head, locked until the transaction ends; number 0 before the first entry."""
    columns = (AUDIT_HEADS.c.seq, AUDIT_HEADS.c.hash)
    row = connection.execute(select(*columns).where(AUDIT_HEADS.c.chain == chain).with_for_update()).one()
    return AuditHead(row.seq, row.hash)


def audit_heads(connection: Connection) -> dict[str, AuditHead]:
    """The heads of all chains."""
    return {row.chain: AuditHead(row.seq, row.hash) for row in connection.execute(select(AUDIT_HEADS))}


def append_audit_entry(connection: Connection, entry: AuditEntry) -> None:
    """Adds an entry and moves the head to it."""
    connection.execute(insert(AUDIT_ENTRIES).values({one.name: getattr(entry, one.name) for one in fields(entry)}))
    head = update(AUDIT_HEADS).where(AUDIT_HEADS.c.chain == entry.chain)
    connection.execute(head.values(seq=entry.seq, hash=entry.hash))


def audit_chains(connection: Connection) -> list[str]:
    """Names of the chains that have entries."""
    return list(connection.execute(select(AUDIT_ENTRIES.c.chain).distinct().order_by(AUDIT_ENTRIES.c.chain)).scalars())


def audit_entries(connection: Connection, chain: str, *, after_seq: int = 0) -> Iterator[AuditEntry]:
    """All entries of a chain after a number, in order; read page by page."""
    while page := list_audit_entries(connection, chain, after_seq=after_seq, limit=PAGE):
        yield from page
        after_seq = page[-1].seq


def list_audit_entries(
    connection: Connection,
    chain: str,
    *,
    after_seq: int = 0,
    limit: int = PAGE,
    actor_id: int | None = None,
    thing: str | None = None,
    action: str | None = None,
) -> list[AuditEntry]:
    """Entries of a chain after a number, in order, by actor, object or action where given."""
    columns = AUDIT_ENTRIES.c
    statement = select(AUDIT_ENTRIES).where(columns.chain == chain, columns.seq > after_seq).order_by(columns.seq)
    for column, wanted in ((columns.actor_id, actor_id), (columns.object, thing), (columns.action, action)):
        if wanted is not None:
            statement = statement.where(column == wanted)
    return [_entry(row) for row in connection.execute(statement.limit(min(limit, PAGE))).mappings()]


def _entry(row: RowMapping) -> AuditEntry:
    return AuditEntry(**{one.name: row[one.name] for one in fields(AuditEntry)})
