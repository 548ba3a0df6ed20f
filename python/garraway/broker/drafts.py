"""Drafts: what staff prepare is published by one command, once another has approved it. Touches store and audit chain.

What is submitted is frozen: its content, the command that publishes it, and which definition it changes. Was that
defined anew meanwhile, nobody can approve it any more: another is prepared.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Connection

from garraway.broker import approvals, commands
from garraway.broker.approvals import Approvals, Kind
from garraway.broker.errors import DraftChanged, DraftClosed, DraftMissing, DraftStale
from garraway.broker.hand import Hand, note
from garraway.identity import Permission
from garraway.identity.audit import Act, canonical
from garraway.store import drafts as rows
from garraway.store import notifications
from garraway.store.approvals import Approval
from garraway.store.drafts import Draft
from garraway.store.outbox import OutboxEntry

KIND: Final = "draft"
GROUP: Final = "group"
LIFE_NS: Final = 30 * 86_400 * 10**9
"""How long a draft that nobody changes lives before it is submitted."""
DECIDE: Final = Permission("decide", "drafts")
Basis = Callable[[str, int], int]
"""Id of the event that defined a kind's number as it stands; 0: it was never defined."""


def create(connection: Connection, *, kind: str, number: int, content: Mapping[str, object], hand: Hand) -> int:
    """A new draft of the hand's own; its id."""
    draft_id = rows.insert_draft(
        connection,
        kind=kind,
        number=number,
        content=canonical(content),
        author_id=hand.user_id,
        at_ns=hand.at_ns,
        expires_at_ns=hand.at_ns + LIFE_NS,
    )
    after = {"kind": kind, "number": number, "version": 1, "content": dict(content)}
    note(connection, hand, Act("draft.create", named(draft_id), after=after))
    return draft_id


def change(connection: Connection, draft_id: int, *, version: int, content: Mapping[str, object], hand: Hand) -> None:
    """Its author gives it other content: the next version.

    Raises: DraftMissing: also of another's; DraftClosed, DraftChanged.
    """
    found = _own(connection, draft_id, hand)
    changed = rows.change(
        connection,
        draft_id,
        version=version,
        content=canonical(content),
        at_ns=hand.at_ns,
        expires_at_ns=hand.at_ns + LIFE_NS,
    )
    if not changed:
        raise _moved(found, version)
    before = {"version": version, "content": json.loads(found.content)}
    after = {"version": version + 1, "content": dict(content)}
    note(connection, hand, Act("draft.change", named(draft_id), before=before, after=after))


def submit(
    connection: Connection, draft_id: int, *, version: int, record: bytes, basis: int, hand: Hand, expires_ns: int
) -> int:
    """Its author asks another to approve this version; the approval's id.

    Args:
        connection: the transaction.
        draft_id: which.
        version: the one that was looked at.
        record: the command that publishes it.
        basis: the event that defined what it changes; 0: it is new.
        hand: the author's.
        expires_ns: how long the approval waits.

    Raises: DraftMissing, DraftClosed, DraftChanged.
    """
    found = _own(connection, draft_id, hand)
    if (found.state, found.version) != ("draft", version):
        raise _moved(found, version)
    payload = {
        "draft_id": draft_id,
        "kind": found.kind,
        "number": found.number,
        "version": version,
        "content": json.loads(found.content),
        "basis": str(basis),
        "command": record.hex(),
    }
    expires_at_ns = hand.at_ns + expires_ns
    approval_id = approvals.ask(connection, KIND, named(draft_id), payload, hand, expires_at_ns=expires_at_ns)
    if not rows.submit(connection, draft_id, version=version, approval_id=approval_id):
        raise _moved(found, version)
    return approval_id


def withdraw(connection: Connection, draft_id: int, decided: Approvals, *, hand: Hand) -> None:
    """Its author takes it back, submitted or not. Raises: DraftMissing: also of another's; DraftClosed."""
    found = _own(connection, draft_id, hand)
    if found.state == "submitted" and found.approval_id is not None:
        decided.withdraw(connection, found.approval_id, hand=hand)
    elif rows.end_open(connection, draft_id, state="withdrawn", at_ns=hand.at_ns):
        note(connection, hand, Act("draft.withdraw", named(draft_id), before={"state": found.state}))
    else:
        raise _moved(found, found.version)


def approval_kind(basis: Basis) -> Kind:
    """How approvals of drafts are decided."""

    def carry_out(connection: Connection, approval: Approval, payload: dict[str, Any], hand: Hand) -> None:
        assert approval.subject == named(payload["draft_id"])
        kind, number = payload["kind"], payload["number"]
        if basis(kind, number) != int(payload["basis"]):
            raise DraftStale(
                f"{kind} {number} was defined anew since {approval.subject} was submitted: reject it, look at the "
                "difference, and prepare another"
            )
        record = bytes.fromhex(payload["command"])
        outbox_id = commands.queue(connection, record, purpose=approval.subject, at_ns=hand.at_ns)
        if not rows.approve(connection, payload["draft_id"], outbox_id=outbox_id):
            raise DraftClosed(f"{approval.subject} waits for no approval any more: look at it again")

    return Kind(name=KIND, carry_out=carry_out, drop=_drop, permission=DECIDE)


def ended(connection: Connection, entry: OutboxEntry, at_ns: int) -> None:
    """Takes the engine's answer to a draft's command: published or refused; tells the author."""
    assert entry.reason is not None
    assert entry.first_event is not None
    found = rows.end_approved(
        connection, outbox_id=entry.outbox_id, reason=entry.reason, first_event=entry.first_event, at_ns=at_ns
    )
    if found is not None:
        _tell(connection, found, at_ns)


def found_one(connection: Connection, draft_id: int) -> Draft:
    """One of them. Raises: DraftMissing."""
    found = rows.draft(connection, draft_id)
    if found is None:
        raise _missing(draft_id)
    return found


def named(draft_id: int) -> str:
    """A draft as approvals, the outbox and the audit chain name it."""
    return f"draft:{draft_id}"


def _own(connection: Connection, draft_id: int, hand: Hand) -> Draft:
    found = found_one(connection, draft_id)
    if found.author_id != hand.user_id:
        raise _missing(draft_id)
    return found


def _missing(draft_id: int) -> DraftMissing:
    return DraftMissing(f"there is no draft {draft_id} among those that you may see or change")


def _moved(found: Draft, version: int) -> DraftClosed | DraftChanged:
    if found.state != "draft":
        return DraftClosed(f"draft {found.draft_id} is {found.state}: prepare another")
    return DraftChanged(f"draft {found.draft_id} is version {found.version}, not {version}: look at it again")


def _drop(connection: Connection, approval: Approval, state: str, at_ns: int) -> None:
    draft_id = int(approval.subject.partition(":")[2])
    if rows.end_open(connection, draft_id, state=state, at_ns=at_ns):
        _tell(connection, found_one(connection, draft_id), at_ns)


def _tell(connection: Connection, found: Draft, at_ns: int) -> None:
    content = {"draft_id": found.draft_id, "kind": found.kind, "number": found.number, "state": found.state}
    notifications.notify(connection, user_id=found.author_id, kind=KIND, content=canonical(content), at_ns=at_ns)
