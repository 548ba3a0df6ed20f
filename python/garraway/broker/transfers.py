"""Money in and out of accounts: asked for, allowed, sent, done. Touches store and the audit chain.

The engine alone knows balances: a withdrawal that the account cannot pay is refused there (`FundsInsufficient`),
whatever was allowed here. A transfer's command stands in the outbox in the same transaction as the decision.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection

from garraway.broker import approvals, commands
from garraway.broker.approvals import Kind
from garraway.broker.errors import AmountInvalid, TransferMissing
from garraway.broker.hand import Hand, note
from garraway.broker.policy import MoneyPolicy
from garraway.identity.audit import Act, canonical
from garraway.records import encode
from garraway.store import notifications, transfers
from garraway.store.approvals import Approval
from garraway.store.outbox import OutboxEntry
from garraway.store.reach import EVERYTHING
from garraway.store.transfers import NewTransfer, Transfer

KIND: Final = "transfer"
AMOUNT_MOST: Final = 2**63 - 1
KINDS: Final = frozenset({"deposit", "withdrawal", "adjustment", "credit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked for; `amount` in ledger units, negative only for an adjustment that takes."""

    kind: str
    account: int
    asset: int
    amount: int
    note: str


def ask(connection: Connection, wish: Wish, hand: Hand, policy: MoneyPolicy, *, by_client: bool) -> int:
    """Notes what is asked for: it waits for an approval, or is sent at once where the policy lets one person alone.

    Returns: the transfer's id.
    Raises: AmountInvalid.
    """
    _insist(wish)
    new = NewTransfer(
        **asdict(wish), asked_by=hand.user_id, asked_at_ns=hand.at_ns, correlation_id=hand.origin.correlation_id
    )
    transfer_id = transfers.insert_transfer(connection, new)
    content = asdict(wish)
    note(connection, hand, Act(f"transfer.{wish.kind}", named(transfer_id), after=content))
    if policy.alone(kind=wish.kind, asset=wish.asset, amount=wish.amount, by_client=by_client):
        _send(connection, transfer_id, wish, hand.at_ns)
        return transfer_id
    approval_id = approvals.ask(
        connection,
        KIND,
        named(transfer_id),
        content | {"transfer_id": transfer_id},
        hand,
        expires_at_ns=hand.at_ns + policy.expires_ns,
    )
    transfers.set_approval(connection, transfer_id, approval_id)
    return transfer_id


def ended(connection: Connection, entry: OutboxEntry, at_ns: int) -> None:
    """Takes the engine's answer to a transfer's command: done or refused; tells who asked."""
    assert entry.reason is not None
    assert entry.first_event is not None
    transfer = transfers.end_sent(
        connection, outbox_id=entry.outbox_id, reason=entry.reason, first_event=entry.first_event, at_ns=at_ns
    )
    if transfer is not None:
        _tell(connection, transfer, at_ns)


def named(transfer_id: int) -> str:
    """A transfer as approvals, the outbox and the audit chain name it."""
    return f"transfer:{transfer_id}"


def _insist(wish: Wish) -> None:
    if wish.kind not in KINDS:
        raise AmountInvalid(f"transfer of kind {wish.kind!r}: take one of {', '.join(sorted(KINDS))}")
    if wish.amount == 0 or abs(wish.amount) > AMOUNT_MOST:
        raise AmountInvalid(f"amount of {wish.amount} ledger units: from 1 to {AMOUNT_MOST}")
    if wish.amount < 0 and wish.kind != "adjustment":
        raise AmountInvalid(f"amount of {wish.amount} ledger units: only an adjustment may take")


def _send(connection: Connection, transfer_id: int, wish: Wish, at_ns: int) -> None:
    takes = wish.kind == "withdrawal" or wish.amount < 0
    record = encode("Withdraw" if takes else "Deposit", account=wish.account, asset=wish.asset, amount=abs(wish.amount))
    outbox_id = commands.queue(connection, record, purpose=named(transfer_id), at_ns=at_ns)
    if not transfers.mark_sent(connection, transfer_id, outbox_id):
        raise TransferMissing(f"transfer {transfer_id} is no longer pending: look at it again")


def _carry_out(connection: Connection, approval: Approval, payload: dict[str, Any], hand: Hand) -> None:
    wish = Wish(**{name: payload[name] for name in ("kind", "account", "asset", "amount", "note")})
    assert approval.subject == named(payload["transfer_id"])
    _send(connection, payload["transfer_id"], wish, hand.at_ns)


def _drop(connection: Connection, approval: Approval, state: str, at_ns: int) -> None:
    transfer = transfers.of_approval(connection, approval.approval_id)
    assert transfer is not None
    if transfers.end_pending(connection, transfer.transfer_id, state=state, at_ns=at_ns):
        ended_now = transfers.transfer(connection, transfer.transfer_id, EVERYTHING)
        assert ended_now is not None
        _tell(connection, ended_now, at_ns)


def _tell(connection: Connection, transfer: Transfer, at_ns: int) -> None:
    content = {"transfer_id": transfer.transfer_id, "kind": transfer.kind, "state": transfer.state}
    notifications.notify(
        connection, user_id=transfer.asked_by, kind="transfer", content=canonical(content), at_ns=at_ns
    )


APPROVAL: Final = Kind(name=KIND, carry_out=_carry_out, drop=_drop)
"""How approvals of transfers are decided."""
