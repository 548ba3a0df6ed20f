"""Backups of a folder: none that looks whole is not, old ones go, the last good one stays; disks that are too small."""

import asyncio
import base64
import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from tests.backup.house import SECRET, House, garraway, with_key, within_time

from garraway.backup import (
    BackupError,
    BackupMissing,
    BackupUnderWay,
    Made,
    RoomLacking,
    Shelf,
    SourceUnfit,
    check,
    make,
)
from garraway.store import Database, StoreError, outbox

DAY_NS = 86_400 * 10**9
KILLS = 8
NOW_NS = 1_800_000_000_000_000_000


@pytest.fixture
def house(tmp_path: Path, sqlite_template: Path) -> Iterator[House]:
    """A venue of a few orders that stands still."""
    shutil.copy(sqlite_template, tmp_path / "garraway.db")
    database = Database.open(f"sqlite:///{tmp_path / 'garraway.db'}")
    found = House.found(tmp_path / "venue", database)

    async def scenario() -> None:
        async with found.exchange():
            await found.define()

    within_time(scenario)
    yield found
    database.close()


def made(house: House, shelf: Shelf, at_ns: int, *, days: int = 7) -> Made:
    return make(house.source, shelf, SECRET, retention_days=days, replay=False, now_ns=lambda: at_ns)


def names(shelf: Shelf) -> list[str]:
    return [one.path.name for one in shelf.kept()]


def test_old_backups_go_and_the_last_good_one_stays(house: House, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "backups")
    paths = [made(house, shelf, NOW_NS + day * DAY_NS).path for day in range(10)]
    # A day's backup lives seven days; on the tenth day the first two are gone.
    assert names(shelf) == [path.name for path in paths[2:]]
    spoilt = paths[-1] / "settings-settings.toml.part"
    spoilt.write_bytes(b"x" * spoilt.stat().st_size)
    assert shelf.prune(days=1, now_ns=NOW_NS + 100 * DAY_NS) == [*paths[2:-2], paths[-1]]
    assert names(shelf) == [paths[-2].name]
    assert shelf.prune(days=1, now_ns=NOW_NS + 200 * DAY_NS) == []
    spoilt = paths[-2] / "settings-settings.toml.part"
    spoilt.write_bytes(b"x" * spoilt.stat().st_size)
    assert shelf.prune(days=1, now_ns=NOW_NS + 200 * DAY_NS) == [], "where none is good, none goes"


def test_other_things_in_the_folder_are_left_alone(house: House, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "backups")
    shelf.folder.mkdir()
    (shelf.folder / "notes.txt").write_text("mine")
    (shelf.folder / "20200101").mkdir()
    (shelf.folder / "20200101T000000000Z-000000000001").symlink_to(house.folder)
    made(house, shelf, NOW_NS)
    made(house, shelf, NOW_NS + 100 * DAY_NS)
    assert (house.folder / "journal").is_dir()
    assert {"notes.txt", "20200101"} <= {path.name for path in shelf.folder.iterdir()}


def test_a_killed_backup_leaves_none_that_looks_whole(house: House, tmp_path: Path) -> None:
    shelf, random = Shelf(tmp_path / "backups"), Random(5)
    asked = ("backup", "--folder", str(house.folder), "--to", str(shelf.folder), "--json")
    command = [sys.executable, "-m", "garraway.cli", *asked]
    began_s = time.monotonic()
    subprocess.run(command, env=os.environ | with_key(house.database), check=True, capture_output=True)
    took_s = time.monotonic() - began_s
    for _ in range(KILLS):
        process = subprocess.Popen(command, env=os.environ | with_key(house.database), stdout=subprocess.DEVNULL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(took_s * random.uniform(0.5, 1.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        for one in shelf.kept():
            assert check(one.path, SECRET, replay=True).manifest.journal.seq > 0
    subprocess.run(command, env=os.environ | with_key(house.database), check=True, capture_output=True)
    assert not list(shelf.folder.glob("*.partial")), "the next one cleans up"
    assert not list(tmp_path.glob("garraway.db.snapshot*"))


def test_a_disk_that_is_full_in_the_middle_leaves_no_backup(house: House, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "backups")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    was = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    house.database.close()
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))  # no file may grow beyond this
        with pytest.raises((BackupError, StoreError), match="cannot be"):
            make(house.source, shelf, SECRET, retention_days=7, replay=False, now_ns=lambda: NOW_NS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, was)
    assert [path.name for path in shelf.folder.iterdir()] == [".lock"]
    assert not list(tmp_path.glob("garraway.db.snapshot*"))


def test_a_disk_that_is_too_small_is_told_before(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(tmp_path / "backups")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9 - 1_000, 1_000))
    with pytest.raises(RoomLacking, match=r"MiB free, .* MiB are needed: make room"):
        made(house, shelf, NOW_NS)
    assert [path.name for path in shelf.folder.iterdir()] == [".lock"]


def test_one_backup_at_a_time(house: House, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "backups")
    with shelf.writing(), pytest.raises(BackupUnderWay, match="wait for it"):
        made(house, shelf, NOW_NS)
    with Shelf(tmp_path / "others").writing(), pytest.raises(BackupMissing):
        Shelf(tmp_path / "nowhere").kept()


def test_a_folder_without_a_venue_and_another_venues_database_are_refused(house: House, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "backups")
    journal = house.folder / "journal"
    journal.rename(tmp_path / "kept")
    with pytest.raises(SourceUnfit, match="holds no journal"):
        made(house, shelf, NOW_NS)
    journal.mkdir()
    with pytest.raises(SourceUnfit, match="no command yet"):
        made(house, shelf, NOW_NS)
    journal.rmdir()
    (tmp_path / "kept").rename(journal)
    with house.projector():
        pass
    from_elsewhere = house.queue(b"\0" * 96, "test:1")
    with house.database.writing() as connection:
        outbox.give_numbers(connection, [(from_elsewhere, 1)])
        outbox.answer(connection, source_seq=1, reason=0, first_event=10**9 << 16, at_ns=NOW_NS)
    with pytest.raises(SourceUnfit, match="the database knows command 1000000000"):
        made(house, shelf, NOW_NS)
    assert shelf.kept() == []


def test_the_command_line_tells_what_there_is(house: House, tmp_path: Path) -> None:
    known = with_key(house.database)

    async def scenario() -> None:
        shelf = str(tmp_path / "backups")
        told = await garraway("backup", "--folder", str(house.folder), "--to", shelf, "--json", environment=known)
        assert told["sizes"]["all"]["parts"] == 4
        assert told["sizes"]["all"]["takes_bytes"] < told["sizes"]["all"]["holds_bytes"]
        listed = await garraway("backup", "list", "--to", shelf, "--json", environment=known)
        assert [(one["path"], one["seq"], one["damage"]) for one in listed] == [(told["path"], told["seq"], None)]
        (Path(told["path"]) / "manifest.digest").unlink()
        failed = await garraway("backup", "verify", told["path"], environment=known, status=1)
        assert "holds no manifest.digest" in failed
        short = known | {"KEY_OF_BACKUPS": base64.b64encode(b"short").decode()}
        said = await garraway("backup", "--folder", str(house.folder), "--to", shelf, environment=short, status=1)
        assert "not 32 bytes in base64" in said
        assert known["KEY_OF_BACKUPS"] not in said

    asyncio.run(asyncio.wait_for(scenario(), 120))
