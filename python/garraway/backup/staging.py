"""Takes parts out of a backup, into a folder where nobody looks yet. Touches both folders."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from garraway import _native
from garraway.backup.errors import BackupDamaged, BackupNewer
from garraway.backup.making import JOURNAL
from garraway.backup.manifest import Manifest
from garraway.backup.parts import read_part
from garraway.backup.sealing import Key


def insist_same_logic(backup: Path, manifest: Manifest) -> None:
    """Refuses a journal that this engine would replay to another state. Raises: BackupNewer."""
    ours, theirs = _native.LOGIC_VERSION, manifest.journal.logic_version
    if ours != theirs:
        raise BackupNewer(
            f"backup {backup} is of engine logic {theirs}, this Garraway's is {ours}: restore it with "
            f"Garraway {manifest.garraway}"
        )


def write_file(path: Path, blocks: Iterable[bytes], *, size: int = 0) -> None:
    """Writes a new file, mode 0600, filled up with zeros to `size`, and has it on the disk."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.writelines(blocks)
        stream.flush()
        if size:  # taken from the disk now, not when the exchange writes there
            os.posix_fallocate(handle, 0, size)
        os.fsync(handle)


def take_journal(backup: Path, manifest: Manifest, key: Key | None, folder: Path) -> None:
    """Writes the segments of the journal below `folder`. Raises: BackupDamaged."""
    (folder / JOURNAL).mkdir(mode=0o700)
    for part in manifest.of_kind("journal"):
        if part.segment_bytes < part.size:
            raise BackupDamaged(f"part {backup / part.name} holds more than a segment: take another backup")
        write_file(folder / JOURNAL / part.target, read_part(backup, part, key), size=part.segment_bytes)


def reached(folder: Path, **until: Any) -> dict[str, Any]:  # noqa: ANN401 - as the native function takes them
    """Replays a journal that was taken out of a backup. Raises: BackupDamaged."""
    try:
        found = _native.journal_extent(folder, replay=True, **until)
    except (RuntimeError, OSError) as error:
        raise BackupDamaged(f"the journal in the backup is damaged ({error}): take another backup") from error
    if found.get("broken"):
        raise BackupDamaged(f"the journal in the backup leads to a state that is not sound: {found['broken']}")
    return found


def insist_equal(backup: Path, manifest: Manifest, found: dict[str, Any]) -> None:
    """Refuses a journal that ends elsewhere, or in another state, than the backup says. Raises: BackupDamaged."""
    said, have = manifest.journal, (found["last_seq"], found.get("state_hash"))
    if have != (said.seq, said.state_hash if said.state_hash is not None else have[1]):
        raise BackupDamaged(
            f"the journal in backup {backup} leads to command {have[0]} and state {have[1]}, the backup says "
            f"{said.seq} and {said.state_hash}: take another backup"
        )
