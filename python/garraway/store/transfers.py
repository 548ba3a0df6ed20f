"""Queries of transfers. Each takes the transaction in which it happens."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from garraway.store.reach import Reach
from garraway.store.tables.transfers import TRANSFERS
from garraway.store.tables.users import USER_ACCOUNTS, USERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Money asked to go in or out; `amount` in ledger units, negative for an adjustment that takes."""

    transfer_id: int
    kind: str
    account: int
    asset: int
    amount: int
    note: str
    state: str
    asked_by: int
    asked_at_ns: int
    approval_id: int | None
    outbox_id: int | None
    reason: int | None
    first_event: int | None
    ended_at_ns: int | None
    correlation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTransfer:
    """A transfer as it is asked for."""

    kind: str
    account: int
    asset: int
    amount: int
    note: str
    asked_by: int
    asked_at_ns: int
    correlation_id: str


def insert_transfer(connection: Connection, new: NewTransfer) -> int:
    """Notes what is asked for, as pending; its id."""
    made = connection.execute(
        insert(TRANSFERS).values(state="pending", **asdict(new)).returning(TRANSFERS.c.transfer_id)
    )
    return int(made.scalar_one())


def set_approval(connection: Connection, transfer_id: int, approval_id: int) -> None:
    """Says which approval it waits for."""
    connection.execute(update(TRANSFERS).where(TRANSFERS.c.transfer_id == transfer_id).values(approval_id=approval_id))


def mark_sent(connection: Connection, transfer_id: int, outbox_id: int) -> bool:
    """Notes the command that does it; False if it is no longer pending."""
    done = connection.execute(
        update(TRANSFERS)
        .where(TRANSFERS.c.transfer_id == transfer_id, TRANSFERS.c.state == "pending")
        .values(state="sent", outbox_id=outbox_id)
    )
    return done.rowcount == 1


def end_sent(connection: Connection, *, outbox_id: int, reason: int, first_event: int, at_ns: int) -> Transfer | None:
    """Notes what the engine said of it."""
    row = (
        connection.execute(
            update(TRANSFERS)
            .where(TRANSFERS.c.outbox_id == outbox_id, TRANSFERS.c.state == "sent")
            .values(state="refused" if reason else "done", reason=reason, first_event=first_event, ended_at_ns=at_ns)
            .returning(TRANSFERS)
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else Transfer(**row)


def of_outbox(connection: Connection, outbox_id: int) -> Transfer | None:
    """The one that a command of the outbox does."""
    row = connection.execute(select(TRANSFERS).where(TRANSFERS.c.outbox_id == outbox_id)).mappings().one_or_none()
    return None if row is None else Transfer(**row)


def undo_sent(connection: Connection, transfer_id: int) -> None:
    """Makes one that was sent, whatever became of it, pending again, without a command."""
    values = {"state": "pending", "outbox_id": None, "reason": None, "first_event": None, "ended_at_ns": None}
    connection.execute(update(TRANSFERS).where(TRANSFERS.c.transfer_id == transfer_id).values(**values))


def forget_command(connection: Connection, transfer_id: int) -> None:
    """Has one that was refused no longer name its command."""
    values = {"outbox_id": None, "first_event": None}
    connection.execute(update(TRANSFERS).where(TRANSFERS.c.transfer_id == transfer_id).values(**values))


def end_pending(connection: Connection, transfer_id: int, *, state: str, at_ns: int) -> bool:
    """Ends one that was never sent; False if it is no longer pending."""
    done = connection.execute(
        update(TRANSFERS)
        .where(TRANSFERS.c.transfer_id == transfer_id, TRANSFERS.c.state == "pending")
        .values(state=state, ended_at_ns=at_ns)
    )
    return done.rowcount == 1


def of_approval(connection: Connection, approval_id: int) -> Transfer | None:
    """The one that waits, or waited, for an approval."""
    row = connection.execute(select(TRANSFERS).where(TRANSFERS.c.approval_id == approval_id)).mappings().one_or_none()
    return None if row is None else Transfer(**row)


def transfer(connection: Connection, transfer_id: int, reach: Reach) -> Transfer | None:
    """One of them, if the reach allows."""
    found = connection.execute(_reached(reach).where(TRANSFERS.c.transfer_id == transfer_id)).mappings().one_or_none()
    return None if found is None else Transfer(**found)


def transfers(
    connection: Connection, reach: Reach, *, account: int | None, before: int | None, limit: int
) -> list[Transfer]:
    """The latest that the reach allows, of one account or all, with ids below `before`; the latest first."""
    query = _reached(reach).order_by(TRANSFERS.c.transfer_id.desc()).limit(limit)
    if account is not None:
        query = query.where(TRANSFERS.c.account == account)
    if before is not None:
        query = query.where(TRANSFERS.c.transfer_id < before)
    return [Transfer(**row) for row in connection.execute(query).mappings()]


def _reached(reach: Reach) -> Select[Any]:
    """Transfers whose account's user lies within the reach."""
    joined = TRANSFERS.outerjoin(USER_ACCOUNTS, USER_ACCOUNTS.c.account == TRANSFERS.c.account).outerjoin(
        USERS, USERS.c.user_id == USER_ACCOUNTS.c.user_id
    )
    allowed = reach.clause(user_id=USERS.c.user_id, group=USERS.c.group_id, account=TRANSFERS.c.account)
    return select(TRANSFERS).select_from(joined).where(allowed)
