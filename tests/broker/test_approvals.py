"""Four eyes: who may decide, once, on what was shown, in time."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from tests.broker.desk import APPROVALS, NOW_NS, POLICY, Desk, hand

from garraway.broker import ApprovalClosed, ApprovalMissing, ApprovalPending, PayloadDiffers, SameHands, approvals
from garraway.identity import audit
from garraway.store import Database
from garraway.store import audit as audit_rows
from garraway.store.tables.outbox import OUTBOX


@pytest.fixture
def desk(migrated: Database) -> Desk:
    return Desk.open(migrated)


def queued(desk: Desk) -> int:
    with desk.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(OUTBOX)).scalar_one()


def test_a_deposit_that_a_client_claims_waits_for_another_and_is_then_sent(desk: Desk) -> None:
    asked = desk.ask("deposit", 500)
    assert (asked.state, queued(desk)) == ("pending", 0)
    desk.approve(asked, by=desk.finance)
    assert (desk.transfer(asked.transfer_id).state, queued(desk)) == ("sent", 1)


def test_small_amounts_go_without_a_second_person_and_large_ones_do_not(desk: Desk) -> None:
    kinds = ("deposit", "withdrawal", "credit", "adjustment")
    small = [desk.ask(kind, 1_000, by=desk.finance).state for kind in kinds]
    large = [desk.ask(kind, 1_001, by=desk.finance).state for kind in kinds]
    assert (small, large) == (["sent"] * 4, ["pending"] * 4)
    assert desk.ask("adjustment", -1_001, by=desk.finance).state == "pending"


def test_the_maker_is_never_the_checker(desk: Desk) -> None:
    asked = desk.ask("deposit", 5_000, by=desk.finance)
    with pytest.raises(SameHands, match="another must decide"):
        desk.approve(asked, by=desk.finance)
    assert (desk.transfer(asked.transfer_id).state, queued(desk)) == ("pending", 0)


def test_the_database_itself_refuses_a_checker_who_is_the_maker(desk: Desk) -> None:
    asked = desk.ask("deposit", 5_000, by=desk.finance)
    change = text("UPDATE approvals SET state = 'approved', checker_id = maker_id WHERE approval_id = :which")
    with pytest.raises(IntegrityError, match="maker_is_not_checker"), desk.database.writing() as connection:
        connection.execute(change, {"which": asked.approval_id})


def test_an_approval_is_of_what_was_shown(desk: Desk) -> None:
    asked = desk.ask("deposit", 5_000)
    assert asked.approval_id is not None
    with pytest.raises(PayloadDiffers, match="look at it again"), desk.database.writing() as connection:
        APPROVALS.approve(connection, asked.approval_id, payload_hash="0" * 64, hand=hand(desk.finance))
    assert queued(desk) == 0


def test_an_approval_ends_with_its_time(desk: Desk) -> None:
    asked = desk.ask("deposit", 5_000)
    assert asked.approval_id is not None
    late_ns = NOW_NS + POLICY.expires_ns
    with pytest.raises(ApprovalClosed, match="its time is over"):
        desk.approve(asked, by=desk.finance, at_ns=late_ns)
    with desk.database.writing() as connection:
        assert APPROVALS.expire(connection, late_ns - 1) == []
        assert APPROVALS.expire(connection, late_ns) == [asked.approval_id]
        assert APPROVALS.expire(connection, late_ns) == []
    assert desk.transfer(asked.transfer_id).state == "expired"


def test_a_rejected_one_moves_nothing(desk: Desk) -> None:
    asked = desk.ask("withdrawal", 5_000)
    assert asked.approval_id is not None
    with desk.database.writing() as connection:
        APPROVALS.reject(connection, asked.approval_id, hand=hand(desk.finance, reason="unknown payee"))
    decided = desk.approval(asked.approval_id)
    assert (decided.state, decided.reason, decided.checker_id) == ("rejected", "unknown payee", desk.finance.user_id)
    assert (desk.transfer(asked.transfer_id).state, queued(desk)) == ("rejected", 0)
    with pytest.raises(ApprovalClosed):
        desk.approve(asked, by=desk.second)


def test_only_its_maker_takes_one_back(desk: Desk) -> None:
    asked = desk.ask("deposit", 5_000)
    assert asked.approval_id is not None
    with pytest.raises(ApprovalMissing), desk.database.writing() as connection:
        APPROVALS.withdraw(connection, asked.approval_id, hand=hand(desk.finance))
    with desk.database.writing() as connection:
        APPROVALS.withdraw(connection, asked.approval_id, hand=hand(desk.client))
    assert desk.transfer(asked.transfer_id).state == "withdrawn"


def test_one_of_a_kind_and_subject_is_pending_at_a_time(desk: Desk) -> None:
    asked = desk.ask("deposit", 5_000)
    with pytest.raises(ApprovalPending, match="decide that one first"), desk.database.writing() as connection:
        approvals.ask(
            connection, "transfer", f"transfer:{asked.transfer_id}", {}, hand(desk.finance), expires_at_ns=NOW_NS + 1
        )


def test_a_thousand_approvals_at_once_have_one_effect(desk: Desk) -> None:
    asked = desk.ask("withdrawal", 5_000)

    def attempt(number: int) -> bool:
        try:
            desk.approve(asked, by=desk.finance if number % 2 else desk.second)
        except ApprovalClosed:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        allowed = sum(pool.map(attempt, range(1_000)))
    assert (allowed, queued(desk), desk.transfer(asked.transfer_id).state) == (1, 1, "sent")


def test_asking_and_deciding_stand_in_the_audit_chain(desk: Desk) -> None:
    desk.approve(desk.ask("deposit", 5_000), by=desk.finance)
    with desk.database.reading() as connection:
        audit.verify(connection)
        entries = audit_rows.list_audit_entries(connection, "admin")
    assert [(one.action, one.actor_id) for one in entries] == [
        ("transfer.deposit", desk.client.user_id),
        ("approval.ask", desk.client.user_id),
        ("approval.approved", desk.finance.user_id),
    ]
