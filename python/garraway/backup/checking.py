"""Proves a backup: every part read whole, decrypted, unpacked; the journal replayed.

Touches the backup, and a folder of the system's for what passes by for a moment.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from garraway.backup.making import insist_room
from garraway.backup.manifest import Manifest
from garraway.backup.parts import read_part
from garraway.backup.staging import insist_equal, insist_same_logic, reached, take_journal


@dataclass(frozen=True, slots=True)
class Checked:
    """A whole backup, and the state that its journal leads to, where it was replayed."""

    manifest: Manifest
    state_hash: str | None


def check(backup: Path, secret: bytes | None, *, replay: bool, allow_unencrypted: bool = False) -> Checked:
    """Proves a backup.

    Args:
        backup: its folder.
        secret: 32 bytes, where it is encrypted.
        replay: whether the journal is taken out into a folder of the system's (TMPDIR), and replayed.
        allow_unencrypted: take one that is not encrypted though there is a secret.

    Raises: BackupError: what is wrong with it.
    """
    manifest, key = Manifest.read(backup, secret, allow_unencrypted=allow_unencrypted)
    for part in manifest.parts:
        if not replay or part.kind != "journal":
            for _ in read_part(backup, part, key):
                pass
    if not replay:
        return Checked(manifest, None)
    insist_same_logic(backup, manifest)
    with tempfile.TemporaryDirectory(prefix="garraway-backup-") as name:
        folder = Path(name)
        insist_room([(folder, sum(part.segment_bytes for part in manifest.of_kind("journal")))])
        take_journal(backup, manifest, key, folder)
        found = reached(folder)
        insist_equal(backup, manifest, found)
    return Checked(manifest, str(found["state_hash"]))
