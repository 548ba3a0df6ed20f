"""What becomes of decisions whose commands a restored journal lacks. Touches store and the audit chain.

The journal was cut at an earlier moment than SQL's. Nothing of what it lost is sent again by itself: money waits for a
second person's approval as if it had just been asked for, every other command is held until somebody releases or drops
it. What the engine had refused is over, as it was.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final, Literal

from sqlalchemy import Connection

from garraway.broker import approvals, transfers
from garraway.broker.errors import CommandNotHeld
from garraway.identity import Origin, audit
from garraway.identity.audit import Act, canonical
from garraway.records import KINDS, head
from garraway.store import approvals as approval_rows
from garraway.store import notifications, outbox
from garraway.store import transfers as rows
from garraway.store.outbox import OutboxEntry
from garraway.store.transfers import Transfer

HERE: Final = Origin("local", "garraway", "restore")
OPERATOR: Final = "operator"

Became = Literal["reopened", "held", "over"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision whose command is not in the journal, and what became of it: `purpose` as `noun:number`."""

    outbox_id: int
    purpose: str
    command: str
    became: Became


def reopen(connection: Connection, *, source_seq: int, at_ns: int, expires_ns: int) -> list[Decision]:
    """Takes back every decision whose command has a number above `source_seq`, or none yet.

    Args:
        connection: a transaction of nobody but the restore.
        source_seq: the outbox's last number that the journal has.
        at_ns: now.
        expires_ns: how long an approval waits.
    """
    found = outbox.beyond(connection, source_seq)
    return [_reopened(connection, entry, at_ns, at_ns + expires_ns) for entry in found]


def held(connection: Connection) -> list[Decision]:
    """The commands that wait for somebody to release or to drop them."""
    return [_decision(entry, "held") for entry in outbox.held(connection)]


def release(connection: Connection, outbox_id: int, *, at_ns: int, by: str, reason: str) -> Decision:
    """Has a held command sent, behind all that wait now. Raises: CommandNotHeld."""
    return _decided(connection, outbox_id, outbox.release, "release", at_ns=at_ns, by=by, reason=reason)


def drop(connection: Connection, outbox_id: int, *, at_ns: int, by: str, reason: str) -> Decision:
    """Forgets a held command. Raises: CommandNotHeld."""
    return _decided(connection, outbox_id, outbox.remove, "drop", at_ns=at_ns, by=by, reason=reason)


def _decided(
    connection: Connection,
    outbox_id: int,
    effect: Callable[[Connection, int], object],
    verb: str,
    *,
    at_ns: int,
    by: str,
    reason: str,
) -> Decision:
    waiting = {one.outbox_id: one for one in held(connection)}
    if outbox_id not in waiting:
        known = ", ".join(map(str, waiting)) or "none"
        raise CommandNotHeld(f"command {outbox_id} of the outbox is not held: those that are: {known}")
    effect(connection, outbox_id)
    _note(connection, waiting[outbox_id], f"outbox.{verb}", at_ns, by=by, reason=reason)
    return waiting[outbox_id]


def _reopened(connection: Connection, entry: OutboxEntry, at_ns: int, expires_at_ns: int) -> Decision:
    transfer = rows.of_outbox(connection, entry.outbox_id)
    if entry.reason:
        became = _over(connection, entry, transfer)
    elif transfer is None:
        outbox.hold(connection, entry.outbox_id)
        became = _decision(entry, "held")
    else:
        became = _asked_again(connection, entry, transfer, at_ns, expires_at_ns)
    _note(connection, became, f"outbox.{became.became}", at_ns, by=OPERATOR, reason="the restored journal lacks it")
    return became


def _over(connection: Connection, entry: OutboxEntry, transfer: Transfer | None) -> Decision:
    """The engine had refused it: nothing was done then, and nothing is now."""
    if transfer is not None:
        rows.forget_command(connection, transfer.transfer_id)
    outbox.remove(connection, entry.outbox_id)
    return _decision(entry, "over")


def _asked_again(
    connection: Connection, entry: OutboxEntry, transfer: Transfer, at_ns: int, expires_at_ns: int
) -> Decision:
    """Its asker is the maker again; somebody else decides."""
    rows.undo_sent(connection, transfer.transfer_id)
    outbox.remove(connection, entry.outbox_id)
    wish = transfers.Wish(**{name: getattr(transfer, name) for name in transfers.Wish.__dataclass_fields__})
    frozen = canonical(asdict(wish) | {"transfer_id": transfer.transfer_id})
    approval_id = approval_rows.insert_approval(
        connection,
        kind=transfers.KIND,
        subject=transfers.named(transfer.transfer_id),
        payload=frozen,
        payload_hash=approvals.digest(frozen),
        maker_id=transfer.asked_by,
        at_ns=at_ns,
        expires_at_ns=expires_at_ns,
    )
    rows.set_approval(connection, transfer.transfer_id, approval_id)
    content = {"transfer_id": transfer.transfer_id, "kind": transfer.kind, "state": "pending"}
    notifications.notify(
        connection, user_id=transfer.asked_by, kind="transfer", content=canonical(content), at_ns=at_ns
    )
    return _decision(entry, "reopened")


def _decision(entry: OutboxEntry, became: Became) -> Decision:
    command = KINDS[head(entry.command)["kind"]]
    return Decision(outbox_id=entry.outbox_id, purpose=entry.purpose, command=command, became=became)


def _note(connection: Connection, decision: Decision, action: str, at_ns: int, *, by: str, reason: str) -> None:
    act = Act(action, f"outbox:{decision.outbox_id}", after=asdict(decision), reason=reason)
    audit.record(connection, act, at_ns=at_ns, by=by, origin=HERE)
