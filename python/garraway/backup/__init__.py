"""Backups of a venue: made while it runs, proved, brought back. Touches the venue's folder, its database, the backups.

What a backup means stands in `docs/operating/backup.md`; its layout in `manifest.py`.
"""

from garraway.backup.checking import Checked, check
from garraway.backup.errors import (
    BackupDamaged,
    BackupError,
    BackupMissing,
    BackupNewer,
    BackupUnderWay,
    KeyWrong,
    NotEncrypted,
    PointOutside,
    RoomLacking,
    SourceUnfit,
    TargetTaken,
    VenueRuns,
)
from garraway.backup.making import Made, Source, make
from garraway.backup.manifest import Manifest
from garraway.backup.proofs import Proof, last_proof, note_proof
from garraway.backup.restoring import Moment, Plan, Restored, carry_out, plan
from garraway.backup.sealing import KEY_BYTES
from garraway.backup.shelf import Kept, Shelf
from garraway.backup.target import Target

__all__ = [
    "KEY_BYTES",
    "BackupDamaged",
    "BackupError",
    "BackupMissing",
    "BackupNewer",
    "BackupUnderWay",
    "Checked",
    "Kept",
    "KeyWrong",
    "Made",
    "Manifest",
    "Moment",
    "NotEncrypted",
    "Plan",
    "PointOutside",
    "Proof",
    "Restored",
    "RoomLacking",
    "Shelf",
    "Source",
    "SourceUnfit",
    "Target",
    "TargetTaken",
    "VenueRuns",
    "carry_out",
    "check",
    "last_proof",
    "make",
    "note_proof",
    "plan",
]
