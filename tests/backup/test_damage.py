"""A backup that is not what was written is refused, whatever was done to it, and nothing is changed by trying."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.backup.house import SECRET

from garraway import _native
from garraway.backup import (
    BackupDamaged,
    BackupError,
    BackupMissing,
    BackupNewer,
    KeyWrong,
    Made,
    Moment,
    NotEncrypted,
    Target,
    carry_out,
    check,
    plan,
)
from garraway.store import Database, RevisionUnknown

NOW_NS = 1_800_000_000_000_000_000
SAMPLES = 12
"""Bits flipped, and ends cut off, of each file."""


@pytest.fixture(params=[True, False], ids=["encrypted", "plain"])
def copy(request: pytest.FixtureRequest, small: dict[bool, Made], tmp_path: Path) -> tuple[Path, bytes | None]:
    """A backup to be damaged, and its key."""
    encrypted = bool(request.param)
    path = tmp_path / "backup"
    shutil.copytree(small[encrypted].path, path)
    return path, SECRET if encrypted else None


@pytest.fixture
def plain(small: dict[bool, Made], tmp_path: Path) -> Path:
    """One that is not encrypted, to be damaged."""
    path = tmp_path / "backup"
    shutil.copytree(small[False].path, path)
    return path


def refused(path: Path, secret: bytes | None, place: Path) -> BackupError:
    """What both reading and restoring say; nothing is there afterwards."""
    with pytest.raises(BackupError) as read:
        check(path, secret, replay=False)
    with pytest.raises(BackupError) as brought:
        restored(path, secret, place)
    assert type(read.value) is type(brought.value)
    assert not place.exists()
    return read.value


def restored(path: Path, secret: bytes | None, place: Path) -> None:
    database = Database.open(f"sqlite:///{place / 'venue' / 'garraway.db'}")
    target = Target(folder=place / "venue", database=database, key_folder=place / "venue" / "keys", overwrite=False)
    place.mkdir()
    try:
        carry_out(plan(path, secret, target, Moment()), now_ns=NOW_NS, expires_ns=1)
    except BaseException:
        assert list(place.iterdir()) == []
        place.rmdir()
        raise
    finally:
        database.close()


def rewritten(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """The manifest changed by somebody who knows how its digest is made."""
    manifest = path / "manifest.json"
    said = json.loads(manifest.read_bytes())
    change(said)
    text = json.dumps(said).encode()
    manifest.write_bytes(text)
    (path / "manifest.digest").write_text(f"sha256 {hashlib.sha256(text).hexdigest()}\n")


def test_every_flipped_bit_and_every_missing_end_is_refused(copy: tuple[Path, bytes | None], tmp_path: Path) -> None:
    path, secret = copy
    random, tried = Random(11), 0
    for file in sorted(path.iterdir()):
        whole = file.read_bytes()
        for _ in range(SAMPLES):
            bit = random.randrange(8 * len(whole))
            flipped = bytearray(whole)
            flipped[bit // 8] ^= 1 << bit % 8
            for changed in (bytes(flipped), whole[: random.randrange(len(whole))], whole + b"\0"):
                if file.name == "manifest.digest" and changed.strip() == whole.strip():
                    continue  # the end of its line is not part of it
                file.write_bytes(changed)
                refused(path, secret, tmp_path / "place")
                tried += 1
        file.write_bytes(whole)
    assert tried > 150
    assert check(path, secret, replay=False).manifest.parts


def test_every_missing_file_is_told_by_name(copy: tuple[Path, bytes | None], tmp_path: Path) -> None:
    path, secret = copy
    for file in sorted(path.iterdir()):
        whole = file.read_bytes()
        file.unlink()
        assert file.name in str(refused(path, secret, tmp_path / "place"))
        file.write_bytes(whole)


def test_links_are_not_followed(copy: tuple[Path, bytes | None], tmp_path: Path) -> None:
    path, secret = copy
    for file in sorted(path.iterdir()):
        elsewhere = tmp_path / file.name
        file.rename(elsewhere)
        file.symlink_to(elsewhere)
        assert isinstance(refused(path, secret, tmp_path / "place"), BackupDamaged)
        file.unlink()
        elsewhere.rename(file)


def test_two_parts_that_changed_places_are_refused(copy: tuple[Path, bytes | None], tmp_path: Path) -> None:
    path, secret = copy
    first, second = sorted(path.glob("*.part"))[:2]
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    assert isinstance(refused(path, secret, tmp_path / "place"), BackupDamaged)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("name", bad) for bad in ("../../etc/passwd", "/etc/passwd", "a/b.part", "key-..\\b.part", "x.part")),
        *(("target", bad) for bad in ("../00000000000000000001.journal", "1.journal", "/tmp/x", "")),
        ("size", -1),
        ("segment_bytes", -1),
        ("sha256", 7),
        ("kind", "program"),
        ("surprise", 1),
    ],
)
def test_no_name_leads_out_of_the_folder(plain: Path, tmp_path: Path, field: str, value: object) -> None:
    def change(said: dict[str, Any]) -> None:
        part = next(part for part in said["parts"] if part["kind"] == "journal")
        part[field] = value

    rewritten(plain, change)
    assert isinstance(refused(plain, None, tmp_path / "place"), BackupDamaged)


def test_a_part_that_holds_more_than_it_says_fills_no_disk(plain: Path, tmp_path: Path) -> None:
    def change(said: dict[str, Any]) -> None:
        next(part for part in said["parts"] if part["kind"] == "database")["size"] = 10

    rewritten(plain, change)
    with pytest.raises(BackupDamaged, match="more than the 10 bytes"):
        check(plain, None, replay=False)
    with pytest.raises(BackupDamaged, match="more than the 10 bytes"):
        restored(plain, None, tmp_path / "place")


def test_a_journal_that_leads_elsewhere_than_the_manifest_says_is_refused(plain: Path, tmp_path: Path) -> None:
    rewritten(plain, lambda said: said["journal"].update(state_hash="0" * 16))
    with pytest.raises(BackupDamaged, match="the backup says"):
        check(plain, None, replay=True)
    with pytest.raises(BackupDamaged, match="the backup says"):
        restored(plain, None, tmp_path / "place")
    assert not (tmp_path / "place").exists()


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (lambda said: said.update(format=2, unheard_of=1), BackupNewer, "format 2, this Garraway reads 1"),
        (lambda said: said["journal"].update(logic_version=_native.LOGIC_VERSION + 1), BackupNewer, "engine logic"),
        (lambda said: said["sql"].update(revision="9999"), RevisionUnknown, "a newer Garraway has it"),
    ],
)
def test_what_a_newer_garraway_made_is_left_to_it(
    plain: Path, tmp_path: Path, change: Callable[[dict[str, Any]], None], error: type[Exception], says: str
) -> None:
    rewritten(plain, change)
    with pytest.raises(error, match=says):
        restored(plain, None, tmp_path / "place")


def test_keys_are_asked_for_by_name(small: dict[bool, Made], tmp_path: Path) -> None:
    encrypted, plain = small[True].path, small[False].path
    assert isinstance(refused(encrypted, None, tmp_path / "place"), KeyWrong)
    wrong = refused(encrypted, b"x" * 32, tmp_path / "place")
    assert isinstance(wrong, KeyWrong)
    assert f"its name is {small[True].manifest.key}" in str(wrong)
    assert isinstance(refused(plain, SECRET, tmp_path / "place"), NotEncrypted)
    assert check(plain, SECRET, replay=True, allow_unencrypted=True).state_hash is not None


def test_no_backup_is_told_as_none(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(BackupMissing):
            check(path, None, replay=False)


def test_an_encrypted_backup_shows_nothing_of_what_it_holds(small: dict[bool, Made]) -> None:
    made = small[True]
    for part in made.manifest.parts:
        content = (made.path / part.name).read_bytes()
        assert b"m" * 32 not in content
        assert content[:4] != b"\x28\xb5\x2f\xfd", "no frame of zstandard in the open"
    assert {part.kind for part in made.manifest.parts} == {"database", "journal", "settings", "key"}
    assert {part.kind for part in small[False].manifest.parts} == {"database", "journal", "settings"}
    assert any(text.startswith("keys:") for text in small[False].manifest.left_out)
    for one in small.values():
        assert {path.stat().st_mode & 0o777 for path in one.path.iterdir()} == {0o600}
        assert one.path.stat().st_mode & 0o777 == 0o700
