"""Where a venue may be restored to, and what becomes of what stands there."""

import asyncio
import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from tests.backup.house import SECRET, House, garraway, with_key, within_time

from garraway.backup import (
    BackupError,
    Made,
    Moment,
    PointOutside,
    RoomLacking,
    Shelf,
    Target,
    TargetTaken,
    VenueRuns,
    carry_out,
    make,
    plan,
    restoring,
)
from garraway.store import Database, DatabaseInUse, DatabaseTaken, upgrade, users


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    """A place where nothing stands."""
    database = Database.open(f"sqlite:///{tmp_path / 'again' / 'garraway.db'}")
    yield Target(folder=tmp_path / "again", database=database, key_folder=tmp_path / "again" / "keys", overwrite=False)
    database.close()


def overwriting(target: Target) -> Target:
    return Target(folder=target.folder, database=target.database, key_folder=target.key_folder, overwrite=True)


def restore(made: Made, target: Target, moment: Moment | None = None) -> restoring.Restored:
    return carry_out(plan(made.path, SECRET, target, moment or Moment()), now_ns=time.time_ns(), expires_ns=1)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_stands_there_is_kept_unless_told_and_then_moved_aside(small: dict[bool, Made], target: Target) -> None:
    target.folder.mkdir()
    (target.folder / "precious").write_text("mine")
    with pytest.raises(TargetTaken, match=r"not empty: name a new one with --folder, or add --overwrite"):
        restore(small[True], target)
    assert names(target.folder) == ["precious"]
    restored = restore(small[True], overwriting(target))
    (aside,) = restored.aside
    assert (names(aside), (aside / "precious").read_text()) == (["precious"], "mine")
    assert names(target.folder) == ["garraway.db", "journal", "keys", "lock", "settings-of-backup.toml"]
    again = restore(small[True], overwriting(target))
    assert (again.state_hash, len(again.aside)) == (restored.state_hash, 1)


@pytest.mark.parametrize(
    ("name", "says"),
    [("lock", "an exchange runs"), ("run/up.lock", "`garraway up` runs"), ("run/outbox.lock", "a service runs")],
)
def test_a_venue_that_runs_is_never_replaced(small: dict[bool, Made], target: Target, name: str, says: str) -> None:
    (target.folder / "run").mkdir(parents=True)
    handle = os.open(target.folder / name, os.O_RDWR | os.O_CREAT)
    with contextlib.closing(os.fdopen(handle, "rb")):
        fcntl.flock(handle, fcntl.LOCK_EX)
        for where in (target, overwriting(target)):
            with pytest.raises(VenueRuns, match=says):
                restore(small[True], where)
    assert names(target.folder.parent) == ["again"]


def test_a_database_that_is_used_is_never_replaced(small: dict[bool, Made], tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.db"
    database = Database.open(f"sqlite:///{path}")
    upgrade(database)
    where = Target(folder=tmp_path / "again", database=database, key_folder=tmp_path / "again/keys", overwrite=True)
    with database.reading() as connection:
        connection.execute(text("SELECT count(*) FROM users")).scalar_one()
        with pytest.raises(DatabaseInUse, match="stop what uses it"):
            restore(small[True], where)
    database.close()
    with pytest.raises(DatabaseTaken, match="add --overwrite"):
        restore(
            small[True], Target(folder=where.folder, database=database, key_folder=where.key_folder, overwrite=False)
        )
    (aside,) = restore(small[True], where).aside
    assert aside.name.startswith("elsewhere.db.before-")
    assert names(tmp_path) == ["again", "elsewhere.db", aside.name]
    database.close()


def logins(database: Database) -> list[str]:
    with database.reading() as connection:
        return sorted(connection.execute(text("SELECT login FROM users")).scalars())


def test_postgresql_is_replaced_whole_or_not_at_all(
    small: dict[bool, Made], postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database.open(postgresql_url)
    upgrade(database)
    house = House.found(tmp_path / "venue", database)

    async def scenario() -> None:
        async with house.exchange():
            await house.define()

    within_time(scenario)
    made = make(house.source, Shelf(tmp_path / "backups"), SECRET, retention_days=7, replay=True, now_ns=time.time_ns)
    with database.writing() as connection:
        users.insert_user(connection, login="later@example.com", name="", roles=[], group_id=0, at_ns=1)
    later, folder = logins(database), names(house.folder)
    assert len(later) == 4
    where = Target(folder=house.folder, database=database, key_folder=house.folder / "keys", overwrite=False)
    with pytest.raises(TargetTaken, match="is of sqlite"):
        restore(small[True], overwriting(where))
    elsewhere = Target(folder=tmp_path / "new", database=database, key_folder=tmp_path / "new/keys", overwrite=False)
    with pytest.raises(DatabaseTaken, match="holds tables"):
        restore(made, elsewhere)
    with psycopg.connect(postgresql_url), pytest.raises(DatabaseInUse, match="in use by 1 connections"):
        restore(made, overwriting(where))

    def fails(swap: restoring._Swap, made: Path, place: Path) -> None:
        raise OSError(5, "Input/output error", str(place))

    monkeypatch.setattr(restoring._Swap, "_put", fails)
    with pytest.raises(BackupError, match="nothing was changed"):
        restore(made, overwriting(where))
    assert (logins(database), names(house.folder)) == (later, folder)
    monkeypatch.undo()
    (aside,) = restore(made, overwriting(where)).aside
    assert (len(logins(database)), names(aside)) == (3, folder)
    database.close()


@pytest.mark.parametrize("moment", [Moment(seq=10**9), Moment(at_ns=0), Moment(at_ns=2**62)])
def test_a_moment_outside_the_backup_is_refused(small: dict[bool, Made], target: Target, moment: Moment) -> None:
    with pytest.raises(PointOutside, match="it holds"):
        restore(small[True], target, moment)
    assert not target.folder.exists()


def test_a_disk_that_is_too_small_is_told_before(
    small: dict[bool, Made], target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1_000}))
    with pytest.raises(RoomLacking, match="make room"):
        restore(small[True], target)
    assert not target.folder.exists()


def test_a_move_that_fails_puts_everything_back(
    small: dict[bool, Made], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "again"
    folder.mkdir()
    (folder / "precious").write_text("mine")
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "old.key").write_text("old")
    database = Database.open(f"sqlite:///{folder / 'garraway.db'}")
    where = Target(folder=folder, database=database, key_folder=keys, overwrite=True)
    put = restoring._Swap._put

    def fails_at_keys(swap: restoring._Swap, made: Path, place: Path) -> None:
        if place == keys:
            raise OSError(5, "Input/output error", str(place))
        put(swap, made, place)

    monkeypatch.setattr(restoring._Swap, "_put", fails_at_keys)
    with pytest.raises(Exception, match="nothing was changed"):
        restore(small[True], where)
    assert (names(folder), (folder / "precious").read_text(), names(keys)) == (["precious"], "mine", ["old.key"])
    monkeypatch.undo()
    restored = restore(small[True], where)
    assert (keys / "master.key").read_bytes() == b"m" * 32
    assert sorted(path.name.partition(".before-")[0] for path in restored.aside) == ["again", "keys"]
    database.close()


def test_the_command_asks_and_takes_one_moment(small: dict[bool, Made], target: Target) -> None:
    known = with_key(target.database)
    asked = ("restore", str(small[True].path), "--folder", str(target.folder))

    async def scenario() -> None:
        said = await garraway(*asked, environment=known, status=1)
        assert "nobody is there to be asked: add --yes" in said
        for more, says in (
            (("--to-seq", "5", "--to-time", "2027-01-01T00:00:00Z"), "take one of them"),
            (("--to-time", "yesterday"), "write it as"),
            (("--to-time", "2027-01-01T00:00:00"), "has no zone"),
        ):
            assert says in await garraway(*asked, *more, "--yes", environment=known, status=2)
        assert not target.folder.exists()
        wrong = known | {"KEY_OF_BACKUPS": "A" * 43 + "="}
        assert "another key" in await garraway(*asked, "--yes", environment=wrong, status=1)
        told = await garraway(*asked, "--yes", "--json", environment=known)
        assert (told["seq"], told["cut"]) == (small[True].manifest.journal.seq, False)

    asyncio.run(asyncio.wait_for(scenario(), 120))
