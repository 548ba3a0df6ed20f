"""Queries of notifications. Each takes the transaction in which it happens."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from garraway.store.tables.notifications import NOTIFICATIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What a user is told; `content` is canonical JSON."""

    notification_id: int
    user_id: int
    kind: str
    content: str
    made_at_ns: int
    read_at_ns: int | None


def notify(connection: Connection, *, user_id: int, kind: str, content: str, at_ns: int) -> None:
    """Tells a user."""
    connection.execute(insert(NOTIFICATIONS).values(user_id=user_id, kind=kind, content=content, made_at_ns=at_ns))


def notifications(connection: Connection, *, user_id: int, before: int | None, limit: int) -> list[Notification]:
    """A user's latest, with ids below `before`; the latest first."""
    query = (
        select(NOTIFICATIONS)
        .where(NOTIFICATIONS.c.user_id == user_id)
        .order_by(NOTIFICATIONS.c.notification_id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(NOTIFICATIONS.c.notification_id < before)
    return [Notification(**row) for row in connection.execute(query).mappings()]


def mark_read(connection: Connection, *, user_id: int, up_to: int, at_ns: int) -> int:
    """Marks a user's unread ones with ids up to this as read; how many."""
    done = connection.execute(
        update(NOTIFICATIONS)
        .where(
            NOTIFICATIONS.c.user_id == user_id,
            NOTIFICATIONS.c.notification_id <= up_to,
            NOTIFICATIONS.c.read_at_ns.is_(None),
        )
        .values(read_at_ns=at_ns)
    )
    return done.rowcount
