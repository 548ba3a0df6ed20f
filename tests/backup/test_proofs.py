"""What is noted of proofs, and what `/metrics` tells of a folder of backups."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from tests.backup.house import House, garraway, with_key, within_time
from tests.backup.test_shelf import NOW_NS, made

from garraway.backup import BackupError, Proof, Shelf, last_proof, note_proof
from garraway.backup.proofs import FILE
from garraway.cli.backup_meters import BackupMeters
from garraway.store import Database

SECOND_NS = 10**9


@pytest.fixture
def house(tmp_path: Path, sqlite_template: Path) -> Iterator[House]:
    shutil.copy(sqlite_template, tmp_path / "garraway.db")
    database = Database.open(f"sqlite:///{tmp_path / 'garraway.db'}")
    found = House.found(tmp_path / "venue", database)

    async def scenario() -> None:
        async with found.exchange():
            await found.define()

    within_time(scenario)
    yield found
    database.close()


def figures(shelf: Shelf) -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(BackupMeters(shelf))
    return {one.name: one.value for family in registry.collect() for one in family.samples if one.labels}


def test_metrics_tell_of_the_newest_whole_backup_and_of_the_last_proof(house: House, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "backups")
    assert set(figures(shelf).values()) == {0}
    first = made(house, shelf, NOW_NS)
    second = made(house, shelf, NOW_NS + 60 * SECOND_NS)
    note_proof(first.path, seq=3, at_ns=NOW_NS + 90 * SECOND_NS, how="verify")
    assert figures(shelf) == {
        "backup_last_success_timestamp_seconds": NOW_NS / SECOND_NS + 60,
        "backup_last_size_bytes": second.manifest.stored,
        "backup_last_verified_restore_timestamp_seconds": NOW_NS / SECOND_NS + 90,
    }
    (second.path / second.manifest.parts[0].name).unlink()
    assert figures(shelf)["backup_last_success_timestamp_seconds"] == NOW_NS / SECOND_NS, (
        "one that is not whole is none"
    )


def test_a_verification_with_its_replay_and_a_restore_are_proofs(house: House, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "backups")
    backup = str(made(house, shelf, NOW_NS).path)
    key = with_key(house.database)

    async def scenario() -> None:
        await garraway("backup", "verify", backup, "--no-replay", "--json", environment=key)
        assert last_proof(shelf.folder) is None, "checksums alone prove no restore"
        verified = await garraway("backup", "verify", backup, "--json", environment=key)
        proof = last_proof(shelf.folder)
        assert proof is not None
        assert proof == Proof(backup=Path(backup).name, seq=verified["seq"], at_ns=proof.at_ns, how="verify")
        again = ("--folder", str(tmp_path / "again"), "--url", f"sqlite:///{tmp_path / 'again.db'}", "--yes", "--json")
        await garraway("restore", backup, *again, environment=key)
        restored = last_proof(shelf.folder)
        assert restored is not None
        assert (restored.how, restored.backup) == ("restore", Path(backup).name)
        there = ("--folder", str(house.folder), "--to", str(shelf.folder))
        assert (await garraway("backup", *there, "--json", environment=key))["last_proof"]["how"] == "restore"

    within_time(scenario)


NO_NOTES = [
    *("", "{", "[]", "null", '{"backup": "b", "seq": 1}'),
    '{"backup": 1, "seq": 1, "at_ns": 1, "how": "verify"}',
    '{"backup": "b", "seq": true, "at_ns": 1, "how": "verify"}',
    '{"backup": "b", "seq": 1, "at_ns": 1, "how": "x"}',
]


@pytest.mark.parametrize("said", NO_NOTES)
def test_a_note_that_is_none_proves_nothing(tmp_path: Path, said: str) -> None:
    (tmp_path / FILE).write_text(said)
    assert last_proof(tmp_path) is None


def test_a_note_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"cannot be written .*: the proof holds, but /metrics does not tell of it"):
        note_proof(tmp_path / "nowhere" / "backup", seq=1, at_ns=1, how="verify")
