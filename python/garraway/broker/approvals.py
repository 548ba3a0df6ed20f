"""Four eyes: what one asks for takes effect when another allows it, once. Touches store and the audit chain.

What is asked for is frozen as canonical JSON; the checker names the hash of what was shown. Deciding, the effect's
command in the outbox and the entry of the audit chain are one transaction. Nobody is exempt: the database itself
refuses a checker who is the maker.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from garraway.broker.errors import ApprovalClosed, ApprovalMissing, ApprovalPending, PayloadDiffers, SameHands
from garraway.broker.hand import Hand, note
from garraway.identity import Forbidden, Permission, permitted
from garraway.identity.audit import Act, canonical
from garraway.store import approvals as rows
from garraway.store.approvals import Approval

Effect = Callable[[Connection, Approval, dict[str, Any], Hand], None]
"""What is done with what was asked for, in the transaction that decided it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of approval: what follows when it is allowed, and when it is not."""

    name: str
    carry_out: Effect
    drop: Callable[[Connection, Approval, str, int], None]
    """Told the state that it ended in and when (ns)."""
    permission: Permission | None = None
    """What who decides needs beyond the right to decide on approvals at all."""


def ask(
    connection: Connection, kind: str, subject: str, payload: Mapping[str, object], hand: Hand, *, expires_at_ns: int
) -> int:
    """Asks another to allow something.

    Of one `kind` (the name of a `Kind`) and subject one is pending at a time; `payload` is everything that the checker
    decides on and that the effect is made of.

    Returns: its id.
    Raises: ApprovalPending.
    """
    frozen = canonical(payload)
    try:
        with connection.begin_nested():
            approval_id = rows.insert_approval(
                connection,
                kind=kind,
                subject=subject,
                payload=frozen,
                payload_hash=digest(frozen),
                maker_id=hand.user_id,
                at_ns=hand.at_ns,
                expires_at_ns=expires_at_ns,
            )
    except IntegrityError as error:
        raise ApprovalPending(f"{kind} of {subject} waits for approval already: decide that one first") from error
    note(connection, hand, Act("approval.ask", f"approval:{approval_id}", after={"kind": kind, "subject": subject}))
    return approval_id


class Approvals:
    """The kinds of approval there are, and how they are decided."""

    def __init__(self, *kinds: Kind) -> None:
        """Over these kinds."""
        self._kinds: Final = {kind.name: kind for kind in kinds}

    def approve(self, connection: Connection, approval_id: int, *, payload_hash: str, hand: Hand) -> Approval:
        """Allows it, if what the checker was shown has this hash, and does what follows.

        Raises: ApprovalMissing, ApprovalClosed, SameHands, PayloadDiffers, Forbidden; as the kind's effect.
        """
        approval = self._decided(connection, approval_id, "approved", hand, payload_hash)
        self._kinds[approval.kind].carry_out(connection, approval, json.loads(approval.payload), hand)
        return approval

    def reject(self, connection: Connection, approval_id: int, *, hand: Hand) -> Approval:
        """Refuses it. Raises: ApprovalMissing, ApprovalClosed, SameHands, Forbidden."""
        approval = self._decided(connection, approval_id, "rejected", hand, None)
        self._kinds[approval.kind].drop(connection, approval, "rejected", hand.at_ns)
        return approval

    def withdraw(self, connection: Connection, approval_id: int, *, hand: Hand) -> Approval:
        """Its maker takes it back. Raises: ApprovalMissing: also of another's; ApprovalClosed."""
        approval = _found(connection, approval_id)
        if approval.maker_id != hand.user_id:
            raise ApprovalMissing(f"approval {approval_id} is not yours to take back")
        _end(connection, approval, "withdrawn", hand, None)
        self._kinds[approval.kind].drop(connection, approval, "withdrawn", hand.at_ns)
        return approval

    def expire(self, connection: Connection, at_ns: int) -> list[int]:
        """Ends those whose time is over; their ids."""
        ended = rows.expire(connection, at_ns)
        for approval_id in ended:
            approval = _found(connection, approval_id)
            self._kinds[approval.kind].drop(connection, approval, "expired", at_ns)
        return ended

    def _decided(
        self, connection: Connection, approval_id: int, state: str, hand: Hand, payload_hash: str | None
    ) -> Approval:
        approval = _found(connection, approval_id)
        if approval.maker_id == hand.user_id:
            raise SameHands(f"approval {approval_id} was asked for by you: another must decide it")
        needed = self._kinds[approval.kind].permission
        if needed is not None and not permitted(hand.principal, needed):
            raise Forbidden(f"{needed.action} {needed.resource} is not among what you may do")
        if payload_hash is not None and payload_hash != approval.payload_hash:
            raise PayloadDiffers(f"approval {approval_id} is of {approval.payload_hash}: look at it again")
        _end(connection, approval, state, hand, payload_hash)
        return approval


def digest(text: str) -> str:
    """SHA-256 of a text, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _found(connection: Connection, approval_id: int) -> Approval:
    approval = rows.approval(connection, approval_id)
    if approval is None:
        raise ApprovalMissing(f"there is no approval {approval_id}")
    return approval


def _end(connection: Connection, approval: Approval, state: str, hand: Hand, payload_hash: str | None) -> None:
    checked = state in {"approved", "rejected"}
    ended = rows.decide(
        connection,
        approval.approval_id,
        state=state,
        checker_id=hand.user_id if checked else None,
        at_ns=hand.at_ns,
        reason=hand.reason,
        payload_hash=payload_hash,
    )
    if not ended:
        raise ApprovalClosed(f"approval {approval.approval_id} is decided, or its time is over")
    after = {"state": state, "kind": approval.kind, "subject": approval.subject, "hash": approval.payload_hash}
    thing = f"approval:{approval.approval_id}"
    note(connection, hand, Act(f"approval.{state}", thing, before={"state": "pending"}, after=after))
