"""Approvals: what waits for a second person, and what was decided. From SQL."""

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from garraway.api.decimals import Asked, Said
from garraway.api.hands import Reason, hand_of
from garraway.api.permits import Caller, needs
from garraway.api.reading import Cursor, Limit, cursor_of, key_of
from garraway.api.rendering import At, at_text
from garraway.api.serving import Served
from garraway.store.approvals import Approval

routes = APIRouter(prefix="/api/v1/admin/approvals", tags=["back office"])
StateSaid = Literal["pending", "approved", "rejected", "withdrawn", "expired"]
ApprovalNamed = Annotated[int, Path(ge=1, le=2**63 - 1)]


class ApproveAsked(Asked):
    """What is allowed: the hash of what was shown; and why."""

    payload_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    reason: Reason


class RejectAsked(Asked):
    """Why it is refused."""

    reason: Reason


class ApprovalSaid(Said):
    """What was asked for, frozen, with its hash; by whom, until when; and what was decided."""

    approval_id: int
    kind: str
    subject: str
    payload: dict[str, Any]
    payload_hash: str
    maker: int
    made_at: At
    expires_at: At
    state: StateSaid
    checker: int | None
    decided_at: At | None
    reason: str | None


class ApprovalsSaid(Said):
    """A page of approvals, the oldest first."""

    items: list[ApprovalSaid]
    next_cursor: str | None


@routes.get("")
async def list_approvals(
    services: Served,
    caller: Annotated[Caller, needs("view", "approvals")],
    state: Annotated[StateSaid | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> ApprovalsSaid:
    """What waits, or was decided."""
    del caller
    key = key_of(cursor, 1)
    found = await run_in_threadpool(
        lambda: services.back_office.pending(state=state, after=key[0] if key is not None else 0, limit=limit)
    )
    following = cursor_of(found[-1].approval_id) if len(found) == limit else None
    return ApprovalsSaid(items=[_said(one) for one in found], next_cursor=following)


@routes.get("/{approval_id}")
async def get_approval(
    approval_id: ApprovalNamed, services: Served, caller: Annotated[Caller, needs("view", "approvals")]
) -> ApprovalSaid:
    """One of them."""
    del caller
    return _said(await run_in_threadpool(services.back_office.approval, approval_id))


@routes.post("/{approval_id}/approve")
async def approve(
    approval_id: ApprovalNamed,
    asked: ApproveAsked,
    services: Served,
    caller: Annotated[Caller, needs("decide", "approvals")],
) -> ApprovalSaid:
    """Allows it; never one's own. What was asked for is done in the same transaction."""
    hand = hand_of(caller, asked.reason)
    return _said(await run_in_threadpool(services.back_office.approve, approval_id, asked.payload_hash, hand))


@routes.post("/{approval_id}/reject")
async def reject(
    approval_id: ApprovalNamed,
    asked: RejectAsked,
    services: Served,
    caller: Annotated[Caller, needs("decide", "approvals")],
) -> ApprovalSaid:
    """Refuses it; never one's own."""
    hand = hand_of(caller, asked.reason)
    return _said(await run_in_threadpool(services.back_office.reject, approval_id, hand))


def _said(one: Approval) -> ApprovalSaid:
    return ApprovalSaid(
        approval_id=one.approval_id,
        kind=one.kind,
        subject=one.subject,
        payload=json.loads(one.payload),
        payload_hash=one.payload_hash,
        maker=one.maker_id,
        made_at=at_text(one.made_at_ns),
        expires_at=at_text(one.expires_at_ns),
        state=one.state,  # type: ignore[arg-type] # a word of StateSaid: the table holds no other
        checker=one.checker_id,
        decided_at=at_text(one.decided_at_ns) if one.decided_at_ns is not None else None,
        reason=one.reason,
    )
