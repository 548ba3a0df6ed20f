"""Queries of drafts. Each takes the transaction in which it happens."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from garraway.store.tables.drafts import DRAFTS

OPEN: tuple[str, ...] = ("draft", "submitted")
"""States in which a draft can still be taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is prepared, by whom, and what became of it; `content` is canonical JSON."""

    draft_id: int
    kind: str
    number: int
    content: str
    version: int
    state: str
    author_id: int
    made_at_ns: int
    changed_at_ns: int
    expires_at_ns: int
    approval_id: int | None
    outbox_id: int | None
    reason: int | None
    published_event: int | None
    ended_at_ns: int | None


def insert_draft(
    connection: Connection, *, kind: str, number: int, content: str, author_id: int, at_ns: int, expires_at_ns: int
) -> int:
    """A new one, version 1; its id."""
    made = connection.execute(
        insert(DRAFTS)
        .values(
            kind=kind,
            number=number,
            content=content,
            version=1,
            state="draft",
            author_id=author_id,
            made_at_ns=at_ns,
            changed_at_ns=at_ns,
            expires_at_ns=expires_at_ns,
        )
        .returning(DRAFTS.c.draft_id)
    )
    return int(made.scalar_one())


def change(
    connection: Connection, draft_id: int, *, version: int, content: str, at_ns: int, expires_at_ns: int
) -> bool:
    """Gives version `version` other content, as the next one; False if it is not that, or no longer a draft."""
    wanted = (DRAFTS.c.draft_id == draft_id, DRAFTS.c.version == version, DRAFTS.c.state == "draft")
    values = {"content": content, "version": version + 1, "changed_at_ns": at_ns, "expires_at_ns": expires_at_ns}
    return connection.execute(update(DRAFTS).where(*wanted).values(**values)).rowcount == 1


def submit(connection: Connection, draft_id: int, *, version: int, approval_id: int) -> bool:
    """Has this version wait for an approval; False if it is not that, or no longer a draft."""
    wanted = (DRAFTS.c.draft_id == draft_id, DRAFTS.c.version == version, DRAFTS.c.state == "draft")
    values = {"state": "submitted", "approval_id": approval_id}
    return connection.execute(update(DRAFTS).where(*wanted).values(**values)).rowcount == 1


def approve(connection: Connection, draft_id: int, *, outbox_id: int) -> bool:
    """Its command is in the outbox; False if it waits for no approval."""
    wanted = (DRAFTS.c.draft_id == draft_id, DRAFTS.c.state == "submitted")
    values = {"state": "approved", "outbox_id": outbox_id}
    return connection.execute(update(DRAFTS).where(*wanted).values(**values)).rowcount == 1


def end_open(connection: Connection, draft_id: int, *, state: str, at_ns: int) -> bool:
    """Ends one that is not approved; False if it is none such."""
    wanted = (DRAFTS.c.draft_id == draft_id, DRAFTS.c.state.in_(OPEN))
    return connection.execute(update(DRAFTS).where(*wanted).values(state=state, ended_at_ns=at_ns)).rowcount == 1


def end_approved(connection: Connection, *, outbox_id: int, reason: int, first_event: int, at_ns: int) -> Draft | None:
    """Takes the engine's answer: published, or refused; None if no approved draft has this command."""
    values: dict[str, object] = {"reason": reason, "ended_at_ns": at_ns}
    values |= {"state": "refused"} if reason else {"state": "published", "published_event": first_event}
    row = (
        connection.execute(
            update(DRAFTS)
            .where(DRAFTS.c.outbox_id == outbox_id, DRAFTS.c.state == "approved")
            .values(**values)
            .returning(DRAFTS)
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else Draft(**row)


def expire(connection: Connection, at_ns: int) -> list[int]:
    """Ends those that were never submitted and lie too long; their ids."""
    rows = connection.execute(
        update(DRAFTS)
        .where(DRAFTS.c.state == "draft", DRAFTS.c.expires_at_ns <= at_ns)
        .values(state="expired", ended_at_ns=at_ns)
        .returning(DRAFTS.c.draft_id)
    )
    return sorted(int(row[0]) for row in rows)


def draft(connection: Connection, draft_id: int) -> Draft | None:
    """One of them."""
    row = connection.execute(select(DRAFTS).where(DRAFTS.c.draft_id == draft_id)).mappings().one_or_none()
    return None if row is None else Draft(**row)


def drafts(connection: Connection, *, state: str | None, before: int | None, limit: int) -> list[Draft]:
    """The latest, the latest first, with ids below `before`; in one state or all."""
    query = select(DRAFTS).order_by(DRAFTS.c.draft_id.desc()).limit(limit)
    if state is not None:
        query = query.where(DRAFTS.c.state == state)
    if before is not None:
        query = query.where(DRAFTS.c.draft_id < before)
    return [Draft(**row) for row in connection.execute(query).mappings()]
