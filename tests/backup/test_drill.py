"""The drill: a venue that trades is backed up, destroyed, restored, and goes on from the same state."""

import asyncio
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select
from tests.backup.house import ACCOUNT, FUNDED, SECRET, House, garraway, with_key, within_time
from tests.broker.desk import USD
from tests.e2e.venue_process import whole_log
from tests.support.event_log import write_log
from tests.views.shown import differences, project, rows_of

from garraway import _native
from garraway.backup import Made, Moment, Restored, Shelf, Target, carry_out, check, make, plan
from garraway.broker import Outbox, reopening
from garraway.cli.up.plan import BACK_OFFICE_NUMBER
from garraway.identity import audit, audit_heads
from garraway.identity.audit_heads import HeadFile
from garraway.records import Rights, command_seq, encode
from garraway.store import Database, outbox, snapshots, upgrade
from garraway.store.snapshots import Standing
from garraway.store.tables.outbox import OUTBOX
from garraway.store.tables.transfers import TRANSFERS
from garraway.store.tables.view_standings import BALANCES
from garraway.store.transfers import Transfer

BATCH = 4_096
NOW_NS = 1_800_000_000_000_000_000
HOUR_NS = 3_600 * 10**9


def state_at(folder: Path, seq: int) -> str:
    """The hash of the state behind a command, as the venue's own journal gives it."""
    return str(_native.journal_extent(folder, seq=seq, replay=True)["state_hash"])


def views_at(folder: Path, seq: int, place: Path) -> dict[str, Any]:
    """The tables that the events of a venue up to a command make."""
    events, _ = whole_log(folder)
    kept = events[events["event_id"] >> 16 <= seq]
    tails: list[bytes] = []
    reader = _native.EventReader(folder)
    while len(tails) < len(kept):
        tails += reader.read()[1]
    write_log(place, kept, tails[: len(kept)])
    database = Database.open(f"sqlite:///{place / 'views.db'}")
    upgrade(database)
    project(database, place, BATCH)
    rows = rows_of(database)
    database.close()
    return rows


def balance(database: Database, account: int, asset: int) -> int:
    with database.reading() as connection:
        where = (BALANCES.c.account == account, BALANCES.c.asset == asset)
        return int(connection.execute(select(BALANCES.c.balance).where(*where)).scalar_one())


def states(database: Database) -> dict[str, int]:
    """How many transfers are in which state."""
    found: dict[str, int] = {}
    with database.reading() as connection:
        for state in connection.execute(select(TRANSFERS.c.state)).scalars():
            found[state] = found.get(state, 0) + 1
    return found


def restore(made: Made, folder: Path, database: Database, moment: Moment, secret: bytes | None = SECRET) -> Restored:
    target = Target(folder=folder, database=database, key_folder=folder / "keys", overwrite=False)
    return carry_out(plan(made.path, secret, target, moment), now_ns=NOW_NS, expires_ns=HOUR_NS)


async def backed_up(house: House, shelf: Path) -> dict[str, Any]:
    """What `garraway backup` says of a venue that goes on trading and moving money."""
    async with house.exchange():
        await house.define()
        await house.trade(100)
        signed(house)
        with house.projector():
            async with house.outbox(), house.busy():
                await house.until_traded(100)
                asked = ("backup", "--folder", str(house.folder), "--to", str(shelf), "--json")
                made: dict[str, Any] = await garraway(*asked, environment=with_key(house.database))
                await house.until_traded(100)
    return made


def signed(house: House) -> HeadFile:
    """The heads of the audit chain as they are now, signed."""
    heads = HeadFile.open(house.folder, house.folder / "keys")
    assert heads.sign(house.database, at_ns=NOW_NS) is not None
    return heads


async def goes_on(again: House) -> None:
    """What had been decided is sent, once; what had been done is not done again."""
    async with again.exchange(), again.outbox() as sender:
        assert await again.answered(sender, again.move(11).outbox_id) == 0
        with again.database.reading() as connection:
            assert outbox.waiting(connection) == (0, None)
    done = states(again.database)
    assert set(done) == {"done"}
    project(again.database, again.folder, BATCH)
    assert balance(again.database, ACCOUNT, USD) == FUNDED - 7 * (done["done"] - 1) - 11
    lines = audit_heads.read(again.folder / audit_heads.FILE, signed(again).public_key)
    assert len(lines) == 2, "one signed before the backup, one now"
    with again.database.reading() as connection:
        audit.verify(connection, noted=audit_heads.noted(lines))


@pytest.mark.timeout(600)
def test_a_venue_backed_up_while_it_trades_comes_back_and_goes_on(
    migrated: Database, empty: Database, tmp_path: Path
) -> None:
    house = House.found(tmp_path / "venue", migrated)
    again = house.restored(tmp_path / "again", empty)

    async def scenario() -> None:
        made = await backed_up(house, tmp_path / "backups")
        seq, backup = made["seq"], made["path"]
        assert (made["encrypted"], made["state_hash"]) == (True, state_at(house.folder, seq))
        wanted = views_at(house.folder, seq, tmp_path)
        noted = (house.folder / audit_heads.FILE).read_bytes()
        shutil.rmtree(house.folder)  # destroyed

        assert check(Path(backup), SECRET, replay=True).state_hash == made["state_hash"]
        asked = ("restore", backup, "--folder", str(again.folder), "--yes", "--json")
        restored = await garraway(*asked, environment=with_key(empty))
        assert {name: restored[name] for name in ("seq", "state_hash", "cut", "decisions", "keys", "aside")} == {
            "seq": seq, "state_hash": made["state_hash"], "cut": False, "decisions": [], "keys": 2, "aside": [],
        }  # fmt: skip
        assert (again.folder / "keys" / "master.key").read_bytes() == b"m" * 32
        assert (again.folder / audit_heads.FILE).read_bytes() == noted
        async with again.exchange():
            pass  # makes event log and streams again
        assert _native.journal_verify(again.folder)["sound"]
        assert state_at(again.folder, seq) == made["state_hash"]
        assert differences(wanted, views_at(again.folder, seq, tmp_path / "restored")) == []
        with empty.reading() as connection:
            assert command_seq(snapshots.standing(connection).views_at) <= seq
        await goes_on(again)

    within_time(scenario)


async def while_another_decides(house: House, sender: Outbox, monkeypatch: pytest.MonkeyPatch, shelf: Shelf) -> Made:
    """A backup; once SQL's moment is fixed, a transfer is decided and done, and orders come before and after it."""
    loop, standing = asyncio.get_running_loop(), snapshots.standing

    async def meanwhile() -> None:
        await house.trade(5)
        assert await house.answered(sender, house.move(9).outbox_id) == 0
        await house.trade(5)

    def then(connection: Connection) -> Standing:
        found = standing(connection)
        asyncio.run_coroutine_threadsafe(meanwhile(), loop).result(60)
        return found

    monkeypatch.setattr(snapshots, "standing", then)
    made = await asyncio.to_thread(
        make, house.source, shelf, SECRET, retention_days=7, replay=True, now_ns=time.time_ns
    )
    monkeypatch.undo()
    return made


def test_a_decision_made_while_the_backup_is_made_is_in_both_or_in_neither(
    migrated: Database, empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is done between SQL's snapshot and the journal's end would otherwise be in the journal alone."""
    house = House.found(tmp_path / "venue", migrated)

    async def scenario() -> None:
        async with house.exchange():
            await house.define()
            async with house.outbox() as sender:
                assert await house.answered(sender, house.move(7).outbox_id) == 0
                made = await while_another_decides(house, sender, monkeypatch, Shelf(tmp_path / "backups"))
        journal, sql = made.manifest.journal, made.manifest.sql
        assert (journal.source_seq, sql.source_seq) == (1, 1)
        later = _native.journal_extent(house.folder, source=(BACK_OFFICE_NUMBER, 99))
        before_it = _native.journal_extent(house.folder, source=(BACK_OFFICE_NUMBER, 1))
        assert (later["source_seq"], journal.seq) == (2, before_it["last_seq"])
        assert journal.seq < later["last_seq"]
        restored = restore(made, tmp_path / "again", empty, Moment())
        assert (restored.seq, restored.cut, restored.decisions) == (journal.seq, False, ())
        assert states(empty) == {"done": 1}

    within_time(scenario)


@dataclass
class Late:
    """A venue of which the last part was not to be: what was decided before and behind `cut`."""

    made: Made
    cut: int
    early: Transfer
    late: Transfer
    second: Transfer
    unsent: Transfer
    held: int


async def lived(house: House, shelf: Path) -> Late:
    """Decisions before and behind a moment, all but the last of them answered; then a backup."""
    async with house.exchange():
        await house.define()
        async with house.outbox() as sender:
            early = house.move(100)
            assert await house.answered(sender, early.outbox_id) == 0
            await house.trade(30)
            cut = int(_native.journal_extent(house.folder)["last_seq"])
            late, second = house.move(200), house.move(900)
            for one in (late, second):
                assert await house.answered(sender, one.outbox_id) == 0
            source = encode("DefineSource", defined=30, name="later", rights=Rights.TRADE)
            held = house.queue(source, "source:30")
            refused = house.queue(encode("Deposit", account=4, asset=99, amount=1), "test:1")
            assert await house.answered(sender, held) == 0
            assert await house.answered(sender, refused) not in {0, None}
            await house.trade(30)
    unsent = house.move(300)
    made = make(house.source, Shelf(shelf), SECRET, retention_days=7, replay=True, now_ns=time.time_ns)
    return Late(made, cut, early, late, second, unsent, held)


async def decided_again(again: House, was: Late) -> None:
    """Money waits for a second person, the rest for somebody at the machine; each then happens once."""
    desk, known = again.desk, with_key(again.database)
    async with again.exchange(), again.outbox() as sender:
        await asyncio.to_thread(project, again.database, again.folder, BATCH)
        assert balance(again.database, ACCOUNT, USD) == FUNDED - 100
        found = [desk.transfer(one.transfer_id).state for one in (was.early, was.late, was.second, was.unsent)]
        assert found == ["done", "pending", "pending", "pending"]
        desk.approve(desk.transfer(was.late.transfer_id), by=desk.second)
        sent = desk.transfer(was.late.transfer_id)
        assert await again.answered(sender, sent.outbox_id) == 0
        with again.database.reading() as connection:
            waiting = reopening.held(connection)
        assert [(one.outbox_id, one.purpose) for one in waiting] == [(was.held, "source:30")]
        said = ("outbox", "release", str(was.held), "--reason", "still wanted", "--json")
        assert (await garraway(*said, environment=known))["purpose"] == "source:30"
        assert await again.answered(sender, was.held) == 0
        assert "not held: those that are: none" in await garraway(*said, environment=known, status=1)
    project(again.database, again.folder, BATCH)
    assert balance(again.database, ACCOUNT, USD) == FUNDED - 100 - 200


def test_restored_to_an_earlier_moment_nothing_behind_it_happens_without_a_person(
    migrated: Database, empty: Database, tmp_path: Path
) -> None:
    house = House.found(tmp_path / "venue", migrated)
    again = house.restored(tmp_path / "again", empty)

    async def scenario() -> None:
        was = await lived(house, tmp_path / "backups")
        found = restore(was.made, again.folder, empty, Moment(seq=was.cut))
        assert (found.seq, found.cut, found.state_hash) == (was.cut, True, state_at(house.folder, was.cut))
        assert {one.purpose: (one.command, one.became) for one in found.decisions} == {
            **{f"transfer:{one.transfer_id}": ("Withdraw", "reopened") for one in (was.late, was.second, was.unsent)},
            "source:30": ("DefineSource", "held"),
            "test:1": ("Deposit", "over"),
        }
        await decided_again(again, was)
        with empty.reading() as connection:
            audit.verify(connection)
            given = select(OUTBOX.c.source_seq).where(OUTBOX.c.source_seq.is_not(None)).order_by(OUTBOX.c.source_seq)
            assert list(connection.execute(given).scalars()) == [1, 2, 3]
        assert _native.journal_verify(again.folder)["sound"]

    within_time(scenario)


def test_restored_to_a_time_it_ends_with_the_last_command_of_then(
    migrated: Database, empty: Database, tmp_path: Path
) -> None:
    house = House.found(tmp_path / "venue", migrated)
    again = house.restored(tmp_path / "again", empty)

    async def scenario() -> None:
        async with house.exchange():
            await house.define()
            await house.trade(50)
            between_ns = time.time_ns()
            await house.trade(50)
        made = make(house.source, Shelf(tmp_path / "b"), None, retention_days=7, replay=True, now_ns=time.time_ns)
        wanted = _native.journal_extent(house.folder, at_ns=between_ns)
        assert 0 < wanted["last_seq"] < made.manifest.journal.seq
        found = restore(made, again.folder, empty, Moment(at_ns=between_ns), secret=None)
        assert (found.seq, found.at_ns, found.cut) == (wanted["last_seq"], wanted["last_at_ns"], True)
        assert found.state_hash == state_at(house.folder, found.seq)
        assert not (again.folder / "keys").exists(), "keys are in encrypted backups alone"
        async with again.exchange():
            pass
        assert _native.journal_verify(again.folder)["sound"]

    within_time(scenario)
