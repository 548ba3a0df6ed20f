"""Makes a backup of a venue that may be running: SQL first, then the journal. Touches both, and the folder of backups.

All of a backup belongs to one moment, the one behind command `seq`. SQL is taken as one transaction sees it. The
journal is taken after it, so it holds every command whose answer SQL knows; it ends before the first command of the
outbox that SQL does not know, so it holds no decision of which SQL knows nothing. What SQL has decided and the journal
has not is in the outbox, and is sent when the restored venue runs.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from garraway import __version__, _native
from garraway.backup.errors import BackupError, RoomLacking, SourceUnfit
from garraway.backup.manifest import FORMAT, JournalPoint, Manifest, Part, SqlPoint
from garraway.backup.parts import BLOCK, write_part
from garraway.backup.sealing import Key, drawn_salt
from garraway.backup.shelf import Shelf, alone
from garraway.identity import audit_heads
from garraway.records import command_seq
from garraway.store import Database, insist_current, snapshots
from garraway.store.database import sqlite_path
from garraway.store.snapshots import Standing

JOURNAL: Final = "journal"
MIB: Final = 1 << 20
PACKED_TO: Final = 2
"""What is backed up becomes at most one part in so many, as long as no backup says otherwise."""
SPARE: Final = 1.25
"""How much more than the last backup's share is asked for."""
SNAPSHOT: Final = ".snapshot"
"""How the name of the copy of a SQLite file ends, which lies beside it for a moment."""
_KEYS_LEFT_OUT: Final = (
    "keys: the key folder is in encrypted backups alone; without a copy of it second factors and HMAC API keys are lost"
)
_NEVER_IN: Final = (
    "events and streams: made again from the journal when the exchange starts",
    "session: a restored venue draws a new name, so that no client resumes a stream that it does not have",
    "run, log, secrets behind references: of the host, not of the venue",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is backed up.

    `outbox_source` is the number of the outbox's source at the door; `sync` has the journal on the venue's disk before
    it counts, as the venue's own durability does; `settings` is their text, with references in the place of secrets.
    """

    folder: Path
    database: Database
    key_folder: Path
    outbox_source: int
    sync: bool
    settings: str


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made, and the older ones that were removed."""

    path: Path
    manifest: Manifest
    removed: list[Path]


def make(
    source: Source,
    shelf: Shelf,
    secret: bytes | None,
    *,
    retention_days: int,
    replay: bool,
    now_ns: Callable[[], int],
) -> Made:
    """Makes a backup, and removes those that are too old.

    Args:
        source: the venue, which may run.
        shelf: where it goes.
        secret: 32 bytes; None: it is not encrypted.
        retention_days: see `Shelf.prune`.
        replay: whether the journal is replayed, so that the backup tells the state's hash.
        now_ns: the clock.

    Raises: BackupError, StoreError: nothing that looks like a backup is left.
    """
    insist_current(source.database)
    with _alone(source.folder), shelf.writing():
        _insist_room(source, shelf)
        began_ns = now_ns()
        partial = shelf.begin(began_ns)
        try:
            manifest = _written(source, partial, secret, began_ns, replay=replay)
            path = shelf.finish(partial, manifest)
        except OSError as error:
            raise BackupError(f"the backup in {shelf.folder} cannot be written ({error.strerror})") from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return Made(path, manifest, shelf.prune(days=retention_days, now_ns=now_ns()))


def _written(source: Source, partial: Path, secret: bytes | None, began_ns: int, *, replay: bool) -> Manifest:
    began_s = time.perf_counter()
    salt = drawn_salt()
    key = None if secret is None else Key.of(secret, salt)
    heads = _heads(source.folder)  # before SQL: what is signed later is of entries that this backup has not
    sql, parts = _sql(source, partial, key)
    journal, segments = _journal(source, partial, key, sql, replay=replay)
    parts += segments
    parts.append(write_part(partial, "settings", "settings.toml", [source.settings.encode()], key))
    if key is not None:
        parts += _keys(source.key_folder, partial, key)
        parts += [write_part(partial, "heads", audit_heads.FILE, [heads], key)] if heads else []
    manifest = Manifest(
        format=FORMAT,
        garraway=__version__,
        made_at_ns=began_ns,
        took_ms=round((time.perf_counter() - began_s) * 1000),
        salt=salt,
        key=None if key is None else key.name,
        journal=journal,
        sql=sql,
        parts=tuple(parts),
        left_out=(*_NEVER_IN, *(() if key is not None else (_KEYS_LEFT_OUT,))),
    )
    manifest.write(partial, key)
    return manifest


def _sql(source: Source, partial: Path, key: Key | None) -> tuple[SqlPoint, list[Part]]:
    if source.database.dialect == "postgresql":
        return _postgresql(source.database, partial, key)
    path = sqlite_path(source.database.url)
    copy = path.with_name(f"{path.name}{SNAPSHOT}")
    copy.unlink(missing_ok=True)
    try:
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        found = snapshots.copy_sqlite(source.database, copy)
        part = write_part(partial, "database", "garraway.db", _blocks(copy, copy.stat().st_size), key)
    finally:
        for ending in ("", "-journal", "-wal", "-shm"):
            copy.with_name(f"{copy.name}{ending}").unlink(missing_ok=True)
    return _sql_point("sqlite", found, {}), [part]


def _postgresql(database: Database, partial: Path, key: Key | None) -> tuple[SqlPoint, list[Part]]:
    with snapshots.postgresql_rows(database) as rows:
        parts = [
            write_part(partial, "table", table.name, rows.of(table), key, columns=table.columns, months=table.months)
            for table in rows.tables
        ]
        return _sql_point("postgresql", rows.standing, rows.sequences), parts


def _sql_point(dialect: Any, found: Standing, sequences: dict[str, int]) -> SqlPoint:  # noqa: ANN401 - one of two words
    return SqlPoint(
        dialect=dialect,
        revision=found.revision,
        views_at=found.views_at,
        answered=found.answered,
        source_seq=found.source_seq,
        sequences=sequences,
        audit={chain: (head.seq, head.hash) for chain, head in found.audit.items()},
    )


def _journal(
    source: Source, partial: Path, key: Key | None, sql: SqlPoint, *, replay: bool
) -> tuple[JournalPoint, list[Part]]:
    """The journal up to the moment of SQL's snapshot, or a little later."""
    found = extent(source.folder, source=(source.outbox_source, sql.source_seq), replay=replay)
    _insist_fit(found, sql)
    parts = [
        write_part(
            partial,
            "journal",
            name,
            _blocks(source.folder / JOURNAL / name, taken, sync=source.sync),
            key,
            segment_bytes=segment_bytes,
        )
        for name, taken, segment_bytes in found["segments"]
    ]
    point = JournalPoint(
        seq=found["last_seq"],
        at_ns=found["last_at_ns"],
        first_at_ns=found["first_at_ns"],
        commands=found["commands"],
        logic_version=found["logic_version"],
        source=source.outbox_source,
        source_seq=found["source_seq"],
        state_hash=found.get("state_hash"),
        last_event_id=found.get("last_event_id"),
    )
    return point, parts


def extent(folder: Path, **until: Any) -> dict[str, Any]:  # noqa: ANN401 - as the native function takes them
    """How far a journal goes. Raises: SourceUnfit: it is damaged, or the engine's invariants do not hold."""
    try:
        found = _native.journal_extent(folder, **until)
    except (RuntimeError, OSError) as error:
        raise SourceUnfit(f"the journal in {folder} cannot be taken: {error}") from error
    if found.get("broken"):
        raise SourceUnfit(f"the journal in {folder} leads to a state that is not sound: {found['broken']}")
    return found


def _insist_fit(found: dict[str, Any], sql: SqlPoint) -> None:
    seq = found["last_seq"]
    if not found["commands"]:
        raise SourceUnfit("the journal holds no command yet: there is nothing to back up")
    known = max(command_seq(sql.views_at), command_seq(sql.answered))
    if known > seq:
        raise SourceUnfit(
            f"the database knows command {known}, the journal ends at {seq}: are they of one venue? "
            "Run `garraway journal verify`"
        )


def _keys(folder: Path, partial: Path, key: Key) -> list[Part]:
    """The plain files of the key folder."""
    if not folder.is_dir():
        return []
    paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.is_symlink())
    return [write_part(partial, "key", path.name, [path.read_bytes()], key) for path in paths if path.suffix != ".new"]


def _heads(folder: Path) -> bytes:
    """The whole lines of signed heads of the audit chain; they go with the key that signs them."""
    path = folder / audit_heads.FILE
    lines, newline, _ = path.read_bytes().rpartition(b"\n") if path.exists() else (b"", b"", b"")
    return lines + newline


def _blocks(path: Path, size: int, *, sync: bool = False) -> Iterator[bytes]:
    """The first bytes of a file, so many."""
    with path.open("rb", buffering=0) as stream:
        if sync:
            os.fsync(stream.fileno())
        rest = size
        while rest:
            block = stream.read(min(BLOCK, rest))
            if not block:
                raise SourceUnfit(f"file {path} ends {rest} bytes too early: it was changed meanwhile, try again")
            rest -= len(block)
            yield block


def _insist_room(source: Source, shelf: Shelf) -> None:
    """Refuses before anything is written where the disk would be full at the end."""
    sql = snapshots.size_of(source.database)
    journal = sum(path.stat().st_size for path in (source.folder / JOURNAL).glob("*.journal"))
    last = shelf.newest()
    share = last.stored / max(last.size, 1) * SPARE if last is not None else 1 / PACKED_TO
    needs = [(shelf.folder, int((sql + journal) * share))]
    if source.database.dialect == "sqlite":
        needs.append((sqlite_path(source.database.url).absolute().parent, sql))
    insist_room(needs)


def insist_room(needs: Sequence[tuple[Path, int]]) -> None:
    """Refuses where a disk has not the room for all that goes to it. Raises: RoomLacking."""
    by_disk: dict[int, tuple[Path, int]] = {}
    for folder, size in needs:
        disk = folder.stat().st_dev
        by_disk[disk] = (folder, size + by_disk.get(disk, (folder, 0))[1])
    for folder, size in by_disk.values():
        free = shutil.disk_usage(folder).free
        if free < size:
            raise RoomLacking(
                f"the disk of {folder} has {free / MIB:.0f} MiB free, {size / MIB:.0f} MiB are needed: make room"
            )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One backup of a venue at a time: on SQLite the copy of the file has one name."""
    if not (folder / JOURNAL).is_dir():
        raise SourceUnfit(f"folder {folder} holds no journal: name a venue's folder with --folder")
    (folder / "run").mkdir(mode=0o700, exist_ok=True)
    handle = os.open(folder / "run" / "backup.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with alone(handle, f"another backup of {folder} is being made: wait for it"):
            yield
    finally:
        os.close(handle)
