"""Drafts: what staff prepare, have approved by another, and publish by one command. From SQL."""

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from garraway.api.decimals import Asked, Id, Said
from garraway.api.groups import GroupContent, GroupNumber, group_record, group_said, told_by_view
from garraway.api.hands import Reason, hand_of
from garraway.api.permits import Caller, needs
from garraway.api.reading import Cursor, Limit, cursor_of, key_of, queried
from garraway.api.rendering import At, at_text
from garraway.api.routes.commands import RejectSaid, reject_said
from garraway.api.serving import Served
from garraway.broker import DraftClosed
from garraway.records import reject
from garraway.store import history
from garraway.store.drafts import Draft

routes = APIRouter(prefix="/api/v1/admin/drafts", tags=["back office"])
StateSaid = Literal["draft", "submitted", "approved", "published", "refused", "rejected", "withdrawn", "expired"]
DraftNamed = Annotated[int, Path(ge=1, le=2**63 - 1)]
Viewer = Annotated[Caller, needs("view", "drafts")]
Author = Annotated[Caller, needs("change", "drafts")]
Checker = Annotated[Caller, needs("decide", "drafts")]
Version = Annotated[int, Field(ge=1, le=2**31 - 1, description="The version that was looked at.")]


class DraftCreateAsked(Asked):
    """What is prepared: a group by its number, and what it is to be."""

    kind: Literal["group"]
    number: GroupNumber
    content: GroupContent
    reason: Reason


class DraftChangeAsked(Asked):
    """Other content for a version."""

    version: Version
    content: GroupContent
    reason: Reason


class DraftSubmitAsked(Asked):
    """Which version is to be approved, and why."""

    version: Version
    reason: Reason


class DraftApproveAsked(Asked):
    """What is approved: the hash of what was shown; and why."""

    payload_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    reason: Reason


class DraftEndAsked(Asked):
    """Why it is rejected or taken back."""

    reason: Reason


class DraftSaid(Said):
    """A draft: by whom, until when it waits, and what became of it."""

    draft_id: int
    kind: Literal["group"]
    number: int
    content: dict[str, Any]
    version: int
    state: StateSaid
    author: int
    made_at: At
    changed_at: At
    expires_at: At
    approval_id: int | None
    payload_hash: str | None
    """What its approval names, once it is submitted."""
    published_event: Id | None
    refused: RejectSaid | None
    """Why the engine refused it."""
    ended_at: At | None


class DraftsSaid(Said):
    """A page of drafts, the latest first."""

    items: list[DraftSaid]
    next_cursor: str | None


class ChangeSaid(Said):
    """One field that differs; `published` is null where it is not there, or not known."""

    field: str
    published: Any
    draft: Any


class DiffSaid(Said):
    """A draft beside what is published: nothing, where it is new; tiers that another defined are not known."""

    draft_id: int
    version: int
    published: dict[str, Any] | None
    published_event: Id | None
    changes: list[ChangeSaid]


@routes.post("", status_code=201)
async def create_draft(asked: DraftCreateAsked, services: Served, caller: Author) -> DraftSaid:
    """Begins a draft of one's own. Nothing of it is published before another approved it."""
    group_record(asked.number, asked.content, services.directory)
    hand, content = hand_of(caller, asked.reason), asked.content.said()
    made = await run_in_threadpool(services.back_office.create_draft, asked.kind, asked.number, content, hand)
    return await _said(services, made)


@routes.get("")
async def list_drafts(
    services: Served,
    caller: Viewer,
    state: Annotated[StateSaid | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> DraftsSaid:
    """All drafts, one's own and others'."""
    del caller
    key = key_of(cursor, 1)
    before = key[0] if key is not None else None
    found = await run_in_threadpool(lambda: services.back_office.drafts(state=state, before=before, limit=limit))
    following = cursor_of(found[-1].draft_id) if len(found) == limit else None
    return DraftsSaid(items=[await _said(services, one) for one in found], next_cursor=following)


@routes.get("/{draft_id}")
async def get_draft(draft_id: DraftNamed, services: Served, caller: Viewer) -> DraftSaid:
    """One of them."""
    del caller
    return await _said(services, await run_in_threadpool(services.back_office.draft, draft_id))


@routes.get("/{draft_id}/diff")
async def get_draft_diff(draft_id: DraftNamed, services: Served, caller: Viewer) -> DiffSaid:
    """What it would change of what is published."""
    del caller
    found = await run_in_threadpool(services.back_office.draft, draft_id)
    event_id, published = await _published(services, found.number)
    content = json.loads(found.content)
    changes = [
        ChangeSaid(field=name, published=published[name] if published is not None else None, draft=value)
        for name, value in content.items()
        if published is None or published[name] != value
    ]
    return DiffSaid(
        draft_id=draft_id,
        version=found.version,
        published=published,
        published_event=str(event_id) if event_id else None,
        changes=changes,
    )


@routes.put("/{draft_id}")
async def change_draft(draft_id: DraftNamed, asked: DraftChangeAsked, services: Served, caller: Author) -> DraftSaid:
    """Its author writes the next version."""
    hand, content = hand_of(caller, asked.reason), asked.content.said()
    found = await run_in_threadpool(services.back_office.draft, draft_id)
    group_record(found.number, asked.content, services.directory)
    changed = await run_in_threadpool(services.back_office.change_draft, draft_id, asked.version, content, hand)
    return await _said(services, changed)


@routes.post("/{draft_id}/submit")
async def submit_draft(draft_id: DraftNamed, asked: DraftSubmitAsked, services: Served, caller: Author) -> DraftSaid:
    """Its author asks another to approve it; from then on it is frozen."""
    found = await run_in_threadpool(services.back_office.draft, draft_id)
    content = GroupContent.model_validate_json(found.content)
    record = group_record(found.number, content, services.directory)
    basis = services.directory.groups.get(found.number, 0)
    hand = hand_of(caller, asked.reason)
    submitted = await run_in_threadpool(services.back_office.submit_draft, draft_id, asked.version, record, basis, hand)
    return await _said(services, submitted)


@routes.post("/{draft_id}/approve")
async def approve_draft(draft_id: DraftNamed, asked: DraftApproveAsked, services: Served, caller: Checker) -> DraftSaid:
    """Publishes it; never one's own. The command goes out in the same transaction."""
    approval_id = _approval(await run_in_threadpool(services.back_office.draft, draft_id))
    hand = hand_of(caller, asked.reason)
    await run_in_threadpool(services.back_office.approve, approval_id, asked.payload_hash, hand)
    approved = await run_in_threadpool(services.back_office.draft, draft_id)
    if approved.outbox_id is not None:
        await services.back_office.answered(approved.outbox_id)
    return await _said(services, await run_in_threadpool(services.back_office.draft, draft_id))


@routes.post("/{draft_id}/reject")
async def reject_draft(draft_id: DraftNamed, asked: DraftEndAsked, services: Served, caller: Checker) -> DraftSaid:
    """Refuses it; never one's own."""
    approval_id = _approval(await run_in_threadpool(services.back_office.draft, draft_id))
    await run_in_threadpool(services.back_office.reject, approval_id, hand_of(caller, asked.reason))
    return await _said(services, await run_in_threadpool(services.back_office.draft, draft_id))


@routes.post("/{draft_id}/withdraw")
async def withdraw_draft(draft_id: DraftNamed, asked: DraftEndAsked, services: Served, caller: Author) -> DraftSaid:
    """Its author takes it back."""
    hand = hand_of(caller, asked.reason)
    return await _said(services, await run_in_threadpool(services.back_office.withdraw_draft, draft_id, hand))


def _approval(found: Draft) -> int:
    """The approval that it waits for. Raises: DraftClosed."""
    if found.approval_id is None:
        raise DraftClosed(f"draft {found.draft_id} is {found.state}: nothing of it waits for an approval")
    return found.approval_id


async def _published(services: Served, number: int) -> tuple[int, dict[str, Any] | None]:
    """The event that defined a group as it stands, and what it said; 0 and nothing, where there is none."""
    event_id = services.directory.groups.get(number, 0)
    if not event_id:
        return 0, None
    records = await run_in_threadpool(services.back_office.published, [event_id])
    if event_id in records:
        return event_id, group_said(records[event_id], services.directory)
    _, rows = await queried(services, history.groups)
    row = next((one for one in rows if one["group_id"] == number), None)
    return event_id, told_by_view(row, services.directory) if row is not None else None


async def _said(services: Served, one: Draft) -> DraftSaid:
    shown = None
    if one.approval_id is not None:
        shown = (await run_in_threadpool(services.back_office.approval, one.approval_id)).payload_hash
    return DraftSaid(
        draft_id=one.draft_id,
        kind="group",
        number=one.number,
        content=json.loads(one.content),
        version=one.version,
        state=one.state,  # type: ignore[arg-type] # a word of StateSaid: the table holds no other
        author=one.author_id,
        made_at=at_text(one.made_at_ns),
        changed_at=at_text(one.changed_at_ns),
        expires_at=at_text(one.expires_at_ns),
        approval_id=one.approval_id,
        payload_hash=shown,
        published_event=str(one.published_event) if one.published_event is not None else None,
        refused=reject_said(reject(one.reason)) if one.reason else None,
        ended_at=at_text(one.ended_at_ns) if one.ended_at_ns is not None else None,
    )
