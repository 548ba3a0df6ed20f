"""When a backup of a folder was last proved, by a replay or a restore, and which. Touches one file of the folder.

A backup that was never brought back is a hope: `garraway backup verify` and `garraway restore` note here that one was.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from garraway.backup.errors import BackupError

FILE: Final = "last-proof.json"
LARGEST: Final = 4_096
How = Literal["verify", "restore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The backup that was proved, how and when."""

    backup: str
    """Its name within the folder."""
    seq: int
    at_ns: int
    how: How


def note_proof(backup: Path, *, seq: int, at_ns: int, how: How) -> None:
    """Notes that a backup was proved. Raises: BackupError: its folder cannot be written."""
    backup = backup.absolute()
    proof = Proof(backup=backup.name, seq=seq, at_ns=at_ns, how=how)
    path = backup.parent / FILE
    beside = path.with_name(f".{FILE}.{os.getpid()}")
    try:
        beside.write_text(json.dumps(asdict(proof)) + "\n", encoding="utf-8")
        beside.chmod(0o600)
        beside.replace(path)
    except OSError as error:
        raise BackupError(
            f"{path} cannot be written ({error.strerror}): the proof holds, but /metrics does not tell of it"
        ) from error


def last_proof(folder: Path) -> Proof | None:
    """The last one of a folder; None: none was noted, or what stands there is no such note."""
    try:
        with (folder / FILE).open("rb") as file:
            said = json.loads(file.read(LARGEST))
        backup, seq, at_ns, how = (said[name] for name in ("backup", "seq", "at_ns", "how"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    whole = type(backup) is str and type(seq) is int and type(at_ns) is int and how in get_args(How)
    return Proof(backup=backup, seq=seq, at_ns=at_ns, how=how) if whole else None
