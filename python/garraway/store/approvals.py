"""Queries of approvals. Each takes the transaction in which it happens."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, insert, select, update

from garraway.store.tables.approvals import APPROVALS


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What was asked for, by whom, and what was decided."""

    approval_id: int
    kind: str
    subject: str
    payload: str
    payload_hash: str
    maker_id: int
    made_at_ns: int
    expires_at_ns: int
    state: str
    checker_id: int | None
    decided_at_ns: int | None
    reason: str | None


def insert_approval(
    connection: Connection,
    *,
    kind: str,
    subject: str,
    payload: str,
    payload_hash: str,
    maker_id: int,
    at_ns: int,
    expires_at_ns: int,
) -> int:
    """Asks for one; its id. Raises: sqlalchemy IntegrityError: one of this kind and subject is pending."""
    made = connection.execute(
        insert(APPROVALS)
        .values(
            kind=kind,
            subject=subject,
            payload=payload,
            payload_hash=payload_hash,
            maker_id=maker_id,
            made_at_ns=at_ns,
            expires_at_ns=expires_at_ns,
            state="pending",
        )
        .returning(APPROVALS.c.approval_id)
    )
    return int(made.scalar_one())


def decide(
    connection: Connection,
    approval_id: int,
    *,
    state: str,
    checker_id: int | None,
    at_ns: int,
    reason: str | None,
    payload_hash: str | None = None,
) -> bool:
    """Ends a pending one that has not expired; False if there is none such: another was faster, or time was."""
    open_still: list[ColumnElement[bool]] = [
        APPROVALS.c.approval_id == approval_id,
        APPROVALS.c.state == "pending",
        APPROVALS.c.expires_at_ns > at_ns,
    ]
    if payload_hash is not None:
        open_still.append(APPROVALS.c.payload_hash == payload_hash)
    done = connection.execute(
        update(APPROVALS)
        .where(*open_still)
        .values(state=state, checker_id=checker_id, decided_at_ns=at_ns, reason=reason)
    )
    return done.rowcount == 1


def expire(connection: Connection, at_ns: int) -> list[int]:
    """Ends the pending ones whose time is over; their ids."""
    rows = connection.execute(
        update(APPROVALS)
        .where(APPROVALS.c.state == "pending", APPROVALS.c.expires_at_ns <= at_ns)
        .values(state="expired", decided_at_ns=at_ns)
        .returning(APPROVALS.c.approval_id)
    )
    return sorted(int(row[0]) for row in rows)


def approval(connection: Connection, approval_id: int) -> Approval | None:
    """One of them."""
    row = connection.execute(select(APPROVALS).where(APPROVALS.c.approval_id == approval_id)).mappings().one_or_none()
    return None if row is None else Approval(**row)


def approvals(connection: Connection, *, state: str | None, after: int, limit: int) -> list[Approval]:
    """Those with ids above `after`, in order; in one state or all."""
    query = select(APPROVALS).where(APPROVALS.c.approval_id > after).order_by(APPROVALS.c.approval_id).limit(limit)
    if state is not None:
        query = query.where(APPROVALS.c.state == state)
    return [Approval(**row) for row in connection.execute(query).mappings()]
