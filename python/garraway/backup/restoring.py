"""Brings a venue back from a backup, whole or as it was at an earlier moment. Touches its folder and its database.

All of the backup is proved and all of the venue is made beside before anything is replaced. What stood there is moved
aside, never removed; a database of PostgreSQL is replaced in one transaction.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection

from garraway.backup.errors import BackupError, PointOutside, TargetTaken
from garraway.backup.making import JOURNAL, insist_room
from garraway.backup.manifest import Manifest, Part
from garraway.backup.parts import check_part, read_part
from garraway.backup.sealing import Key
from garraway.backup.shelf import alone, stamp, sync_folder
from garraway.backup.staging import insist_equal, insist_same_logic, reached, take_journal, write_file
from garraway.backup.target import Target
from garraway.broker import reopening
from garraway.broker.reopening import Decision
from garraway.identity import audit, audit_heads
from garraway.identity.audit import Act
from garraway.store import Database, giving_back, login_sessions, schema, views
from garraway.store.schema import insist_known
from garraway.store.snapshots import TableShape

SETTINGS: Final = "settings-of-backup.toml"
_ANY: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Moment:
    """The last command, or the last time, that is restored; without either, all of the backup."""

    seq: int | None = None
    at_ns: int | None = None

    @property
    def until(self) -> dict[str, int]:
        """As `journal_extent` takes it."""
        found = {"seq": self.seq, "at_ns": self.at_ns}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A restore that nothing speaks against."""

    backup: Path
    manifest: Manifest
    key: Key | None
    target: Target
    moment: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was restored: the last command, the state behind it, and what was done about SQL.

    `cut` tells whether the backup goes on behind it; `aside` is where what stood there is now; `decisions` are those
    whose commands were cut off.
    """

    seq: int
    at_ns: int
    state_hash: str | None
    cut: bool
    aside: tuple[Path, ...]
    sessions_ended: int
    decisions: tuple[Decision, ...]
    keys: int


def plan(
    backup: Path, secret: bytes | None, target: Target, moment: Moment, *, allow_unencrypted: bool = False
) -> Plan:
    """Looks at everything that can be refused before the backup's parts are read. Raises: BackupError, StoreError."""
    manifest, key = Manifest.read(backup, secret, allow_unencrypted=allow_unencrypted)
    insist_same_logic(backup, manifest)
    insist_known(manifest.sql.revision)
    if manifest.sql.dialect != target.database.dialect:
        raise TargetTaken(
            f"backup {backup} is of {manifest.sql.dialect}, the database {target.database.shown} is not: name one "
            "that is"
        )
    _insist_within(manifest, moment)
    target.insist_free()
    _insist_keys_free(manifest, target)
    _insist_room(manifest, target)
    return Plan(backup=backup, manifest=manifest, key=key, target=target, moment=moment)


def carry_out(plan: Plan, *, now_ns: int, expires_ns: int) -> Restored:
    """Restores.

    Args:
        plan: what, and where.
        now_ns: the time.
        expires_ns: how long an approval waits that is asked for again.

    Raises: BackupError, StoreError: nothing was changed.
    """
    for part in plan.manifest.parts:
        check_part(plan.backup, part)
    plan.target.folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _stage(plan.target.folder) as stage:
            found = _journal(plan, stage)
            _files(plan, stage)
            swap = _Swap(plan, stage, now_ns)
            if plan.target.sqlite is not None:
                settled = _sqlite(plan, stage, found, now_ns, expires_ns)
                swap.carry_out()
            else:
                settled = _postgresql(plan, found, swap, now_ns, expires_ns)
    except OSError as error:
        raise BackupError(f"{error.filename or plan.target.folder}: {error.strerror}; nothing was changed") from error
    return Restored(
        seq=found["last_seq"],
        at_ns=found["last_at_ns"],
        state_hash=found.get("state_hash"),
        cut=found["more"],
        aside=tuple(swap.aside),
        sessions_ended=settled.sessions_ended,
        decisions=settled.decisions,
        keys=len(plan.manifest.of_kind("key")),
    )


def _insist_within(manifest: Manifest, moment: Moment) -> None:
    journal = manifest.journal
    if moment.seq is not None and not 1 <= moment.seq <= journal.seq:
        raise PointOutside(f"command {moment.seq} is not in the backup: it holds 1 to {journal.seq}")
    if moment.at_ns is not None and not journal.first_at_ns <= moment.at_ns <= manifest.made_at_ns:
        first, last = (np.datetime64(at_ns, "ns") for at_ns in (journal.first_at_ns, manifest.made_at_ns))
        raise PointOutside(
            f"time {np.datetime64(moment.at_ns, 'ns')}Z is not in the backup: it holds {first}Z to {last}Z"
        )


def _insist_keys_free(manifest: Manifest, target: Target) -> None:
    if target.within(target.key_folder) or not manifest.of_kind("key") or target.overwrite:
        return
    if target.key_folder.is_dir() and any(target.key_folder.iterdir()):
        raise TargetTaken(
            f"key folder {target.key_folder} is not empty: name another, or add --overwrite, which moves it aside"
        )


def _insist_room(manifest: Manifest, target: Target) -> None:
    def there(path: Path) -> Path:
        return next(one for one in (path, *path.parents) if one.exists())

    journal = sum(part.segment_bytes for part in manifest.of_kind("journal"))
    needs = [(there(target.folder.parent), journal)]
    if target.sqlite is not None:
        needs.append((there(target.sqlite.parent), sum(part.size for part in manifest.of_kind("database"))))
    insist_room(needs)


@contextlib.contextmanager
def _stage(folder: Path) -> Iterator[Path]:
    """A folder beside, in which the venue is made. Its `lock` is the exchange's own: nobody starts in it meanwhile."""
    stage = folder.with_name(f".{folder.name}.restoring")
    stage.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(stage / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        with alone(handle, f"another restore makes {folder}: wait for it"):
            for left in stage.iterdir():  # by one that was killed
                if left.name != "lock":
                    shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
            try:
                yield stage
            finally:
                shutil.rmtree(stage, ignore_errors=True)
    finally:
        os.close(handle)


def _journal(plan: Plan, stage: Path) -> dict[str, Any]:
    """The journal up to the moment, replayed."""
    take_journal(plan.backup, plan.manifest, plan.key, stage)
    found = reached(stage, source=(plan.manifest.journal.source, _ANY), **plan.moment.until)
    if not found["more"]:
        insist_equal(plan.backup, plan.manifest, found)
        return found
    kept = {name: (taken, size) for name, taken, size in found["segments"]}
    for path in (stage / JOURNAL).iterdir():
        if path.name not in kept:
            path.unlink()
            continue
        _cut(path, *kept[path.name])
    return found


def _cut(path: Path, taken: int, size: int) -> None:
    """Leaves the first bytes of a segment, and zeros behind them."""
    with path.open("r+b") as stream:
        stream.truncate(taken)
        os.posix_fallocate(stream.fileno(), 0, size)
        os.fsync(stream.fileno())


def _files(plan: Plan, stage: Path) -> None:
    """Settings, signed heads of the audit chain, keys; a key folder elsewhere is made beside itself."""
    for part in plan.manifest.of_kind("settings"):
        write_file(stage / SETTINGS, read_part(plan.backup, part, plan.key))
    parts, target = plan.manifest.of_kind("key"), plan.target
    if parts:
        folder = stage / _relative(target, target.key_folder)
        if not target.within(target.key_folder):
            folder = _beside(target.key_folder)
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        for part in parts:
            write_file(folder / part.target, read_part(plan.backup, part, plan.key))
        sync_folder(folder)
    for part in plan.manifest.of_kind("heads"):
        write_file(stage / audit_heads.FILE, read_part(plan.backup, part, plan.key))
    for folder in (stage / JOURNAL, stage):
        sync_folder(folder)


def _relative(target: Target, path: Path) -> Path:
    return path.absolute().relative_to(target.folder) if target.within(path) else Path(path.name)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.restoring")


@dataclass(frozen=True, slots=True)
class _Settled:
    sessions_ended: int
    decisions: tuple[Decision, ...]


def _sqlite(plan: Plan, stage: Path, found: dict[str, Any], now_ns: int, expires_ns: int) -> _Settled:
    path = plan.target.sqlite
    assert path is not None
    made = stage / _relative(plan.target, path) if plan.target.within(path) else _beside(path)
    made.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not plan.target.within(path):
        made.unlink(missing_ok=True)
    (part,) = plan.manifest.of_kind("database")
    write_file(made, read_part(plan.backup, part, plan.key))
    giving_back.insist_sqlite_whole(made)
    database = Database.open(f"sqlite:///{made}")
    try:
        schema.upgrade(database)
        with database.writing() as connection:
            settled = _settle(connection, plan, found, now_ns, expires_ns)
    finally:
        database.close()
    with made.open("rb") as stream:
        os.fsync(stream.fileno())
    sync_folder(made.parent)
    return settled


def _postgresql(plan: Plan, found: dict[str, Any], swap: "_Swap", now_ns: int, expires_ns: int) -> _Settled:
    """The folder takes its place in the last moment of the transaction; one that fails to commit puts it back."""
    database = plan.target.database
    try:
        with database.writing() as connection:
            giving_back.insist_postgresql_free(connection, database.shown)
            giving_back.empty_postgresql(connection, plan.manifest.sql.revision)
            for part in plan.manifest.of_kind("table"):
                giving_back.append_rows(connection, _shape(part), read_part(plan.backup, part, plan.key))
            giving_back.set_sequences(connection, plan.manifest.sql.sequences)
            schema.upgrade_within(connection)
            settled = _settle(connection, plan, found, now_ns, expires_ns)
            swap.carry_out()
    except BaseException:
        swap.undo()
        raise
    return settled


def _shape(part: Part) -> TableShape:
    return TableShape(part.target, part.columns, part.months)


def _settle(connection: Connection, plan: Plan, found: dict[str, Any], now_ns: int, expires_ns: int) -> _Settled:
    """What SQL must know of its having been restored: all in the audit chain."""
    ended = login_sessions.revoke_all_sessions(connection, at_ns=now_ns, reason="restored")
    decisions: list[Decision] = []
    after = {"backup": plan.backup.name, "seq": found["last_seq"], "state_hash": found.get("state_hash")}
    act = Act("venue.restore", "venue", after=after | {"cut": found["more"]}, reason="restored from a backup")
    audit.record(connection, act, at_ns=now_ns, by=reopening.OPERATOR, origin=reopening.HERE)
    if found["more"]:
        views.clear(connection)
        decisions = reopening.reopen(connection, source_seq=found["source_seq"], at_ns=now_ns, expires_ns=expires_ns)
    return _Settled(ended, tuple(decisions))


class _Swap:
    """Puts what was made where it belongs; what stood there lies beside it afterwards."""

    def __init__(self, plan: Plan, stage: Path, now_ns: int) -> None:
        """Does nothing yet."""
        self._plan = plan
        self._stage = stage
        self._suffix = f".before-{stamp(now_ns)}"
        self._moved: list[tuple[Path, Path]] = []
        self.aside: list[Path] = []

    def carry_out(self) -> None:
        """Moves. Raises: VenueRuns: somebody started it meanwhile; OSError: everything is back where it was."""
        target = self._plan.target
        target.insist_files_free()
        with target.locked():
            try:
                self._put(self._stage, target.folder)
                if target.sqlite is not None and not target.within(target.sqlite):
                    self._put(_beside(target.sqlite), target.sqlite)
                if self._plan.manifest.of_kind("key") and not target.within(target.key_folder):
                    self._put(_beside(target.key_folder), target.key_folder)
            except BaseException:
                self.undo()
                raise

    def undo(self) -> None:
        """Moves everything back."""
        while self._moved:
            now, before = self._moved.pop()
            now.rename(before)
        self.aside.clear()

    def _put(self, made: Path, place: Path) -> None:
        if place.is_dir() and not any(place.iterdir()):
            place.rmdir()
        elif place.exists():
            aside = place.with_name(f"{place.name}{self._suffix}")
            self._move(place, aside)
            self.aside.append(aside)
        self._move(made, place)
        sync_folder(place.parent)

    def _move(self, before: Path, now: Path) -> None:
        before.rename(now)
        self._moved.append((now, before))
