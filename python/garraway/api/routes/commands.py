"""What became of a command, as the routes that are no raw ones say it."""

from typing import Literal

from garraway.api.decimals import Id, Said
from garraway.api.desk import Told
from garraway.records import Reject, command_seq, reject
from garraway.venues import Outcome


class RejectSaid(Said):
    """Why the engine rejected it."""

    code: str
    detail: str
    remedy: str


class CommandSaid(Said):
    """What became of a command; `pending`: it is on its way and will be carried out once."""

    status: Literal["accepted", "rejected", "unknown", "pending"]
    order_ref: Id | None
    event_id: Id | None
    reason: RejectSaid | None
    seq: int


def command_said(told: Told) -> CommandSaid:
    """A command of the desk."""
    return CommandSaid(
        status=told.status,
        order_ref=str(told.client_ref) if told.client_ref else None,
        event_id=str(told.event_id) if told.event_id else None,
        reason=reject_said(told.reason) if told.reason is not None else None,
        seq=told.seq,
    )


def outcome_said(outcome: Outcome | None, seq: int) -> CommandSaid:
    """A command of the back office; `seq`: the last command known of, where it is on its way."""
    if outcome is None:
        return CommandSaid(status="pending", order_ref=None, event_id=None, reason=None, seq=seq)
    return CommandSaid(
        status="accepted" if outcome.done else "rejected",
        order_ref=None,
        event_id=str(outcome.first_event) if outcome.first_event else None,
        reason=None if outcome.done else reject_said(reject(outcome.reason)),
        seq=command_seq(outcome.first_event),
    )


def reject_said(reason: Reject) -> RejectSaid:
    """A reason of the engine."""
    return RejectSaid(code=reason.name, detail=reason.doc, remedy=reason.remedy)
