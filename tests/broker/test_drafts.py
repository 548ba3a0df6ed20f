"""Drafts on both databases: one writes, another approves, one command publishes; none goes twice or stale."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import IntegrityError
from tests.broker.desk import NOW_NS, Desk, hand

from garraway.broker import (
    ApprovalClosed,
    Approvals,
    DraftChanged,
    DraftClosed,
    DraftMissing,
    DraftStale,
    PayloadDiffers,
    SameHands,
    drafts,
    transfers,
)
from garraway.identity import Forbidden, Principal, Role, audit
from garraway.records import body, encode
from garraway.records.commands import HEAD_SIZE
from garraway.store import Database, downgrade, notifications, outbox, upgrade
from garraway.store import audit as audit_rows
from garraway.store import drafts as rows
from garraway.store.drafts import Draft
from garraway.store.tables.drafts import DRAFTS
from garraway.store.tables.outbox import OUTBOX

Act = Callable[[Connection], None]
DAY_NS = 86_400 * 10**9
GROUP = 7
CONTENT: dict[str, object] = {"name": "gold", "asset": None, "tiers": []}
RECORD = encode("DefineGroup", group=GROUP, name="gold")
EVENT_ID = 9 << 16


@dataclass
class Room:
    """Two who may approve, and what is published."""

    desk: Desk
    author: Principal
    checker: Principal
    published: dict[int, int] = field(default_factory=dict)

    @property
    def approvals(self) -> Approvals:
        kind = drafts.approval_kind(lambda _, number: self.published.get(number, 0))
        return Approvals(transfers.APPROVAL, kind)

    def created(self) -> int:
        with self.desk.database.writing() as connection:
            return drafts.create(connection, kind="group", number=GROUP, content=CONTENT, hand=hand(self.author))

    def submitted(self) -> int:
        draft_id = self.created()
        with self.desk.database.writing() as connection:
            self.submit(connection, draft_id, 1, self.author)
        return draft_id

    def submit(self, connection: Connection, draft_id: int, version: int, by: Principal) -> None:
        basis = self.published.get(GROUP, 0)
        drafts.submit(
            connection, draft_id, version=version, record=RECORD, basis=basis, hand=hand(by), expires_ns=DAY_NS
        )

    def approve(self, draft_id: int, *, by: Principal | None = None, shown: str | None = None) -> None:
        approval_id = self.draft(draft_id).approval_id
        assert approval_id is not None
        payload_hash = shown or self.desk.approval(approval_id).payload_hash
        with self.desk.database.writing() as connection:
            self.approvals.approve(connection, approval_id, payload_hash=payload_hash, hand=hand(by or self.checker))

    def draft(self, draft_id: int) -> Draft:
        with self.desk.database.reading() as connection:
            return drafts.found_one(connection, draft_id)

    def answered(self, draft_id: int, reason: int) -> None:
        """The engine's answer comes."""
        outbox_id = self.draft(draft_id).outbox_id
        assert outbox_id is not None
        with self.desk.database.writing() as connection:
            outbox.give_numbers(connection, [(outbox_id, 1)])
            entry = outbox.answer(connection, source_seq=1, reason=reason, first_event=EVENT_ID, at_ns=NOW_NS)
            assert entry is not None
            drafts.ended(connection, entry, NOW_NS)

    @property
    def queued(self) -> int:
        with self.desk.database.reading() as connection:
            return connection.execute(select(func.count()).select_from(OUTBOX)).scalar_one()


@pytest.fixture
def room(migrated: Database) -> Room:
    desk = Desk.open(migrated)
    author, checker = (
        replace(one, roles=frozenset({role}), second_factor_at_s=NOW_NS // 10**9)
        for one, role in ((desk.finance, Role.ADMIN), (desk.second, Role.COMPLIANCE))
    )
    return Room(desk, author, checker)


def test_a_draft_is_published_by_one_command_that_another_approved(room: Room) -> None:
    draft_id = room.submitted()
    assert (room.draft(draft_id).state, room.queued) == ("submitted", 0)
    room.approve(draft_id)
    approved = room.draft(draft_id)
    assert (approved.state, room.queued) == ("approved", 1)
    with room.desk.database.reading() as connection:
        entry = outbox.entry(connection, approved.outbox_id or 0)
    assert entry is not None
    assert (entry.command, entry.purpose) == (RECORD, f"draft:{draft_id}")
    assert body("DefineGroup", entry.command[HEAD_SIZE:])["group"] == GROUP
    room.answered(draft_id, 0)
    published = room.draft(draft_id)
    assert (published.state, published.published_event, published.ended_at_ns) == ("published", EVENT_ID, NOW_NS)
    with room.desk.database.reading() as connection:
        told = notifications.notifications(connection, user_id=room.author.user_id, before=None, limit=9)
        assert outbox.done(connection, [EVENT_ID, 1]) == {EVENT_ID: RECORD}
        audit.verify(connection)
        actions = [one.action for one in audit_rows.list_audit_entries(connection, "admin")]
    assert [one.content for one in told] == [
        f'{{"draft_id":{draft_id},"kind":"group","number":{GROUP},"state":"published"}}'
    ]
    assert actions == ["draft.create", "approval.ask", "approval.approved"]


def test_what_the_engine_refuses_is_refused(room: Room) -> None:
    draft_id = room.submitted()
    room.approve(draft_id)
    room.answered(draft_id, 12)
    refused = room.draft(draft_id)
    assert (refused.state, refused.reason, refused.published_event) == ("refused", 12, None)


def test_the_author_never_approves_and_the_database_holds_it(room: Room) -> None:
    draft_id = room.submitted()
    with pytest.raises(SameHands, match="another must decide it"):
        room.approve(draft_id, by=room.author)
    change = text("UPDATE approvals SET state = 'approved', checker_id = maker_id WHERE approval_id = :which")
    with pytest.raises(IntegrityError, match="maker_is_not_checker"), room.desk.database.writing() as connection:
        connection.execute(change, {"which": room.draft(draft_id).approval_id})
    assert room.queued == 0


def test_who_decides_on_money_alone_decides_on_no_draft(room: Room) -> None:
    draft_id = room.submitted()
    with pytest.raises(Forbidden, match="decide drafts is not among what you may do"):
        room.approve(draft_id, by=room.desk.second)
    assert (room.draft(draft_id).state, room.queued) == ("submitted", 0)


def test_an_approval_is_of_what_was_shown(room: Room) -> None:
    draft_id = room.submitted()
    with pytest.raises(PayloadDiffers):
        room.approve(draft_id, shown="0" * 64)
    assert room.queued == 0


def test_nobody_publishes_over_what_was_changed_meanwhile(room: Room) -> None:
    room.published[GROUP] = 3 << 16
    draft_id = room.submitted()
    room.published[GROUP] = 4 << 16
    with pytest.raises(DraftStale, match="group 7 was defined anew since draft:1 was submitted: reject it"):
        room.approve(draft_id)
    assert (room.draft(draft_id).state, room.queued) == ("submitted", 0)
    room.published[GROUP] = 3 << 16
    room.approve(draft_id)


def test_a_version_is_changed_once_and_a_submitted_one_never(room: Room) -> None:
    draft_id = room.created()
    other = CONTENT | {"name": "silver"}

    def changed(version: int) -> None:
        with room.desk.database.writing() as connection:
            drafts.change(connection, draft_id, version=version, content=other, hand=hand(room.author))

    changed(1)
    assert (room.draft(draft_id).version, room.draft(draft_id).content) == (
        2,
        '{"asset":null,"name":"silver","tiers":[]}',
    )
    with pytest.raises(DraftChanged, match="draft 1 is version 2, not 1: look at it again"):
        changed(1)
    with pytest.raises(DraftChanged), room.desk.database.writing() as connection:
        room.submit(connection, draft_id, 1, room.author)
    with room.desk.database.writing() as connection:
        room.submit(connection, draft_id, 2, room.author)
    with pytest.raises(DraftClosed, match="draft 1 is submitted: prepare another"):
        changed(2)


def test_only_its_author_changes_submits_and_takes_back(room: Room) -> None:
    draft_id = room.created()
    acts: tuple[Act, ...] = (
        lambda one: drafts.change(one, draft_id, version=1, content=CONTENT, hand=hand(room.checker)),
        lambda one: room.submit(one, draft_id, 1, room.checker),
        lambda one: drafts.withdraw(one, draft_id, room.approvals, hand=hand(room.checker)),
        lambda one: drafts.withdraw(one, 99, room.approvals, hand=hand(room.author)),
    )
    for act in acts:
        with pytest.raises(DraftMissing), room.desk.database.writing() as connection:
            act(connection)
    assert room.draft(draft_id).state == "draft"


@pytest.mark.parametrize("submitted", [False, True])
def test_what_was_taken_back_or_rejected_is_over(room: Room, submitted: bool) -> None:
    draft_id = room.submitted() if submitted else room.created()
    with room.desk.database.writing() as connection:
        drafts.withdraw(connection, draft_id, room.approvals, hand=hand(room.author))
    assert room.draft(draft_id).state == "withdrawn"
    with pytest.raises((DraftClosed, ApprovalClosed)), room.desk.database.writing() as connection:
        drafts.withdraw(connection, draft_id, room.approvals, hand=hand(room.author))
    again = room.submitted()
    approval_id = room.draft(again).approval_id
    assert approval_id is not None
    with room.desk.database.writing() as connection:
        room.approvals.reject(connection, approval_id, hand=hand(room.checker))
    assert room.draft(again).state == "rejected"
    with pytest.raises(ApprovalClosed):
        room.approve(again)
    assert room.queued == 0


def test_drafts_end_with_their_time(room: Room) -> None:
    left, asked = room.created(), room.submitted()
    with room.desk.database.writing() as connection:
        assert room.approvals.expire(connection, NOW_NS + DAY_NS) == [room.draft(asked).approval_id]
        assert rows.expire(connection, NOW_NS + drafts.LIFE_NS - 1) == []
        assert rows.expire(connection, NOW_NS + drafts.LIFE_NS) == [left]
    assert {room.draft(one).state for one in (left, asked)} == {"expired"}


def test_of_many_approvals_at_once_one_takes_effect(room: Room) -> None:
    draft_id = room.submitted()

    def approve(_: int) -> bool:
        try:
            room.approve(draft_id)
        except ApprovalClosed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(approve, range(16))) == 1
    assert (room.draft(draft_id).state, room.queued) == ("approved", 1)


def test_the_schema_goes_down_and_up_with_drafts_of_every_state(room: Room) -> None:
    room.created()
    room.approve(room.submitted())
    database = room.desk.database
    downgrade(database, "0004")
    assert upgrade(database).revision != "0004"
    with database.reading() as connection:
        assert connection.execute(select(DRAFTS)).all() == []
    assert room.queued == 1, "what was approved is still sent"
    assert room.draft(room.submitted()).state == "submitted"
