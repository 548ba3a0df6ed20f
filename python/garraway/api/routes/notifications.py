"""Notifications: what a user was told. From SQL."""

import json
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from garraway.api.decimals import Asked, Said
from garraway.api.permits import Caller, needs
from garraway.api.reading import Cursor, Limit, cursor_of, key_of
from garraway.api.rendering import At, at_text
from garraway.api.serving import Served
from garraway.store import notifications as rows

routes = APIRouter(prefix="/api/v1/notifications", tags=["account"])


class NotificationSaid(Said):
    """What happened: its kind and its facts."""

    notification_id: int
    kind: str
    content: dict[str, Any]
    at: At
    read_at: At | None


class NotificationsSaid(Said):
    """A page of notifications, the latest first."""

    items: list[NotificationSaid]
    next_cursor: str | None


class ReadAsked(Asked):
    """The latest that was read, and with it all before."""

    up_to: Annotated[int, Field(ge=1, le=2**63 - 1)]


class ReadSaid(Said):
    """How many were unread."""

    marked: int


@routes.get("")
async def list_notifications(
    services: Served,
    caller: Annotated[Caller, needs("view", "notifications")],
    cursor: Cursor = None,
    limit: Limit = 100,
) -> NotificationsSaid:
    """The caller's own."""
    key = key_of(cursor, 1)

    def found() -> list[rows.Notification]:
        with services.database.reading() as connection:
            before = key[0] if key is not None else None
            return rows.notifications(connection, user_id=caller.principal.user_id, before=before, limit=limit)

    page = await run_in_threadpool(found)
    following = cursor_of(page[-1].notification_id) if len(page) == limit else None
    return NotificationsSaid(items=[_said(one) for one in page], next_cursor=following)


@routes.post("/read")
async def mark_read(
    asked: ReadAsked, services: Served, caller: Annotated[Caller, needs("update", "notifications")]
) -> ReadSaid:
    """Marks the caller's own as read."""

    def mark() -> int:
        with services.database.writing() as connection:
            return rows.mark_read(
                connection, user_id=caller.principal.user_id, up_to=asked.up_to, at_ns=services.clock()
            )

    return ReadSaid(marked=await run_in_threadpool(mark))


def _said(one: rows.Notification) -> NotificationSaid:
    return NotificationSaid(
        notification_id=one.notification_id,
        kind=one.kind,
        content=json.loads(one.content),
        at=at_text(one.made_at_ns),
        read_at=at_text(one.read_at_ns) if one.read_at_ns is not None else None,
    )
