"""The back office as the API asks for it: each change a transaction of its own. Touches store and the outbox."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from garraway.broker import commands, drafts, idempotency, trading_sessions, transfers
from garraway.broker.accounts import AccountTerms, open_account
from garraway.broker.approvals import Approvals
from garraway.broker.errors import ApprovalMissing, TransferMissing
from garraway.broker.hand import Hand, note
from garraway.broker.idempotency import Answer
from garraway.broker.outbox import Outbox
from garraway.broker.policy import MoneyPolicy
from garraway.broker.trading_sessions import SessionTerms
from garraway.broker.transfers import Wish
from garraway.identity.audit import Act
from garraway.store import Database
from garraway.store import approvals as approval_rows
from garraway.store import drafts as draft_rows
from garraway.store import outbox as outbox_rows
from garraway.store import transfers as transfer_rows
from garraway.store.approvals import Approval
from garraway.store.drafts import Draft
from garraway.store.reach import EVERYTHING, Reach
from garraway.store.transfers import Transfer
from garraway.venues import Outcome

OUTCOME_S: Final = 2.0
"""How long the engine's answer is waited for."""


@dataclass(frozen=True, slots=True)
class BackOffice:
    """The room's resources. Its functions block, but for those that wait for the engine's answer."""

    database: Database
    outbox: Outbox
    approvals: Approvals
    policy: MoneyPolicy
    terms: AccountTerms

    def ask(
        self,
        wish: Wish,
        hand: Hand,
        *,
        by_client: bool,
        key: str,
        request: bytes,
        render: Callable[[Transfer], Answer],
    ) -> tuple[Answer, bool]:
        """Asks for a transfer, once whatever is repeated; the answer, and whether an earlier request got it.

        Raises: AmountInvalid, KeyReused, RequestUnderWay.
        """

        def carry_out(connection: Connection) -> Answer:
            transfer_id = transfers.ask(connection, wish, hand, self.policy, by_client=by_client)
            return render(_transfer(connection, transfer_id, EVERYTHING))

        with self.database.writing() as connection:
            return idempotency.once(
                connection,
                user_id=hand.user_id,
                key=key,
                request=request,
                at_ns=hand.at_ns,
                carry_out=carry_out,
            )

    def transfer(self, transfer_id: int, reach: Reach) -> Transfer:
        """One transfer. Raises: TransferMissing."""
        with self.database.reading() as connection:
            return _transfer(connection, transfer_id, reach)

    def transfers(self, reach: Reach, *, account: int | None, before: int | None, limit: int) -> list[Transfer]:
        """The latest transfers, the latest first."""
        with self.database.reading() as connection:
            return transfer_rows.transfers(connection, reach, account=account, before=before, limit=limit)

    def take_back(self, transfer_id: int, reach: Reach, hand: Hand) -> Transfer:
        """Its asker takes a pending transfer back.

        Raises: TransferMissing: also of one that another asked for; ApprovalMissing: it was sent; ApprovalClosed.
        """
        with self.database.writing() as connection:
            found = _transfer(connection, transfer_id, reach)
            if found.asked_by != hand.user_id:
                raise _missing(transfer_id)
            if found.approval_id is None:
                raise ApprovalMissing(f"transfer {transfer_id} waits for no approval: it was sent")
            self.approvals.withdraw(connection, found.approval_id, hand=hand)
            return _transfer(connection, transfer_id, reach)

    def approval(self, approval_id: int) -> Approval:
        """One approval. Raises: ApprovalMissing."""
        with self.database.reading() as connection:
            return _approval(connection, approval_id)

    def pending(self, *, state: str | None, after: int, limit: int) -> list[Approval]:
        """Approvals in one state or all, the oldest first."""
        with self.database.reading() as connection:
            return approval_rows.approvals(connection, state=state, after=after, limit=limit)

    def approve(self, approval_id: int, payload_hash: str, hand: Hand) -> Approval:
        """Allows it. Raises: ApprovalMissing, ApprovalClosed, SameHands, PayloadDiffers."""
        with self.database.writing() as connection:
            self.approvals.approve(connection, approval_id, payload_hash=payload_hash, hand=hand)
            decided = _approval(connection, approval_id)
        self.outbox.wake()
        return decided

    def reject(self, approval_id: int, hand: Hand) -> Approval:
        """Refuses it. Raises: ApprovalMissing, ApprovalClosed, SameHands."""
        with self.database.writing() as connection:
            self.approvals.reject(connection, approval_id, hand=hand)
            return _approval(connection, approval_id)

    def create_draft(self, kind: str, number: int, content: Mapping[str, object], hand: Hand) -> Draft:
        """A new draft of the hand's own."""
        with self.database.writing() as connection:
            draft_id = drafts.create(connection, kind=kind, number=number, content=content, hand=hand)
            return drafts.found_one(connection, draft_id)

    def change_draft(self, draft_id: int, version: int, content: Mapping[str, object], hand: Hand) -> Draft:
        """Its author gives it other content. Raises: DraftMissing, DraftClosed, DraftChanged."""
        with self.database.writing() as connection:
            drafts.change(connection, draft_id, version=version, content=content, hand=hand)
            return drafts.found_one(connection, draft_id)

    def submit_draft(self, draft_id: int, version: int, record: bytes, basis: int, hand: Hand) -> Draft:
        """Its author asks another to approve it. Raises: DraftMissing, DraftClosed, DraftChanged."""
        with self.database.writing() as connection:
            drafts.submit(
                connection,
                draft_id,
                version=version,
                record=record,
                basis=basis,
                hand=hand,
                expires_ns=self.policy.expires_ns,
            )
            return drafts.found_one(connection, draft_id)

    def withdraw_draft(self, draft_id: int, hand: Hand) -> Draft:
        """Its author takes it back. Raises: DraftMissing, DraftClosed, ApprovalClosed."""
        with self.database.writing() as connection:
            drafts.withdraw(connection, draft_id, self.approvals, hand=hand)
            return drafts.found_one(connection, draft_id)

    def draft(self, draft_id: int) -> Draft:
        """One draft. Raises: DraftMissing."""
        with self.database.reading() as connection:
            return drafts.found_one(connection, draft_id)

    def drafts(self, *, state: str | None, before: int | None, limit: int) -> list[Draft]:
        """The latest drafts, the latest first."""
        with self.database.reading() as connection:
            return draft_rows.drafts(connection, state=state, before=before, limit=limit)

    def published(self, first_events: Sequence[int]) -> dict[int, bytes]:
        """Records of commands that the outbox had carried out, by the first event of each."""
        with self.database.reading() as connection:
            return outbox_rows.done(connection, first_events)

    def open_account(self, hand: Hand) -> int:
        """Opens an account of the asker's own; its number. Raises: AccountsFull."""
        with self.database.writing() as connection:
            account = open_account(connection, hand.user_id, self.terms, hand)
        self.outbox.wake()
        return account

    def define_session(self, session: int, terms: SessionTerms, hand: Hand) -> tuple[int, str]:
        """Defines a trading session, or defines it anew; its command in the outbox, and its secret.

        Raises: SessionInvalid.
        """
        with self.database.writing() as connection:
            return trading_sessions.define(connection, session, terms, hand)

    def close_session(self, session: int, hand: Hand) -> int:
        """Closes a trading session; its command in the outbox. Raises: SessionMissing."""
        with self.database.writing() as connection:
            return trading_sessions.close(connection, session, hand)

    def note(self, act: Act, hand: Hand) -> None:
        """Notes in the audit chain what was done another way."""
        with self.database.writing() as connection:
            note(connection, hand, act)

    async def carry_out(self, record: bytes, act: Act, hand: Hand) -> Outcome | None:
        """Has a command carried out once, whatever crashes; None: it is on its way, and its outcome shows later."""
        return await self.answered(await asyncio.to_thread(self._queue, record, act, hand))

    async def answered(self, outbox_id: int) -> Outcome | None:
        """The engine's answer to a command of the outbox, if it comes within a moment."""
        entry = await self.outbox.outcome(outbox_id, within_s=OUTCOME_S)
        if entry is None or entry.reason is None:
            return None
        assert entry.source_seq is not None
        assert entry.first_event is not None
        return Outcome(entry.source_seq, "new", entry.reason, entry.first_event)

    def _queue(self, record: bytes, act: Act, hand: Hand) -> int:
        with self.database.writing() as connection:
            note(connection, hand, act)
            return commands.queue(connection, record, purpose=act.thing, at_ns=hand.at_ns)

    async def settled(self, transfer: Transfer) -> bool:
        """Waits a moment for the engine's answer to a transfer that was sent; whether there is one now."""
        if transfer.state != "sent" or transfer.outbox_id is None:
            return False
        return await self.answered(transfer.outbox_id) is not None


def _transfer(connection: Connection, transfer_id: int, reach: Reach) -> Transfer:
    found = transfer_rows.transfer(connection, transfer_id, reach)
    if found is None:
        raise _missing(transfer_id)
    return found


def _missing(transfer_id: int) -> TransferMissing:
    """The same for one that is not there, that the asker may not see, and that is not the asker's to change."""
    return TransferMissing(f"there is no transfer {transfer_id} among those that you may see or change")


def _approval(connection: Connection, approval_id: int) -> Approval:
    found = approval_rows.approval(connection, approval_id)
    if found is None:
        raise ApprovalMissing(f"there is no approval {approval_id}")
    return found
