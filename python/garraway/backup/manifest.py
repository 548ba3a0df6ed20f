"""What a backup says of itself: `manifest.json`, and its digest beside it. Touches the two files.

A name in it is never a path: a part lies in the backup's own folder, and what it becomes follows from its kind.
"""

import hashlib
import hmac
import os
import re
from pathlib import Path
from typing import Final, Literal

import msgspec

from garraway.backup.errors import BackupDamaged, BackupMissing, BackupNewer, KeyWrong, NotEncrypted
from garraway.backup.sealing import Key

FORMAT: Final = 1
"""Version of the layout of a backup's folder."""
MANIFEST: Final = "manifest.json"
DIGEST: Final = "manifest.digest"
MANIFEST_BYTES: Final = 64 << 20
_NAME: Final = re.compile(r"[a-z]+-[A-Za-z0-9_][A-Za-z0-9_.-]{0,149}\.part")
_SEGMENT: Final = re.compile(r"[0-9]{20}\.journal")
_TABLE: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_KEY_FILE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")

Kind = Literal["journal", "database", "table", "key", "heads", "settings"]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of the backup. `target` is the name of the segment, table or key file that it holds.

    `sha256` is of the file as it lies in the backup; `size` are the bytes of what it holds.
    """

    name: str
    kind: Kind
    target: str
    size: int
    stored: int
    sha256: str
    segment_bytes: int = 0
    columns: tuple[str, ...] = ()
    months: tuple[int, ...] = ()


class JournalPoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far the journal goes, and the state there; the state is left out where nobody replayed it."""

    seq: int
    at_ns: int
    first_at_ns: int
    commands: int
    logic_version: int
    source: int
    source_seq: int
    state_hash: str | None
    last_event_id: int | None


class SqlPoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far SQL goes: no further than the journal. `audit` are the heads of its chains."""

    dialect: Literal["sqlite", "postgresql"]
    revision: str
    views_at: int
    answered: int
    source_seq: int
    sequences: dict[str, int]
    audit: dict[str, tuple[int, str]]


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A backup: all of it belongs to the moment behind command `journal.seq`."""

    format: int
    garraway: str
    made_at_ns: int
    took_ms: int
    salt: str
    key: str | None
    journal: JournalPoint
    sql: SqlPoint
    parts: tuple[Part, ...]
    left_out: tuple[str, ...]

    @property
    def encrypted(self) -> bool:
        """Whether a key is needed to read it."""
        return self.key is not None

    @property
    def stored(self) -> int:
        """Bytes of all parts as they lie in the backup."""
        return sum(part.stored for part in self.parts)

    @property
    def size(self) -> int:
        """Bytes of what they hold."""
        return sum(part.size for part in self.parts)

    def of_kind(self, kind: Kind) -> list[Part]:
        """The parts of a kind, in their order."""
        return [part for part in self.parts if part.kind == kind]

    def write(self, folder: Path, key: Key | None) -> None:
        """Writes both files and has them on the disk."""
        text = msgspec.json.format(msgspec.json.encode(self), indent=1)
        for name, content in ((MANIFEST, text), (DIGEST, _digest(text, key).encode() + b"\n")):
            handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())

    @staticmethod
    def peek(folder: Path) -> "Manifest":
        """What it says, unproved: for lists. Raises: BackupMissing, BackupDamaged, BackupNewer."""
        return _decoded(folder, _content(folder, MANIFEST))

    @staticmethod
    def read(folder: Path, secret: bytes | None, *, allow_unencrypted: bool = False) -> tuple["Manifest", Key | None]:
        """What it says, proved by its digest and, where it is encrypted, by the key; and the key of its parts.

        Raises: BackupMissing, BackupDamaged, BackupNewer, KeyWrong, NotEncrypted.
        """
        text = _content(folder, MANIFEST)
        found = _decoded(folder, text)
        key = _key_of(found, folder, secret, allow_unencrypted=allow_unencrypted)
        said = _content(folder, DIGEST).strip()
        if not hmac.compare_digest(said, _digest(text, key).encode()):
            raise BackupDamaged(f"{folder / MANIFEST} was changed after it was written: take another backup")
        return found, key


def _key_of(found: Manifest, folder: Path, secret: bytes | None, *, allow_unencrypted: bool) -> Key | None:
    if found.key is None:
        if secret is not None and not allow_unencrypted:
            raise NotEncrypted(
                f"backup {folder} is not encrypted, though a key is set: who could write there could have made it. "
                "If it is yours, add --allow-unencrypted"
            )
        return None
    if secret is None:
        raise KeyWrong(f"backup {folder} is encrypted: name its key by reference in backup.encryption_key")
    key = Key.of(secret, found.salt)
    if key.name != found.key:
        raise KeyWrong(f"backup {folder} was encrypted with another key (its name is {found.key}): name that one")
    return key


def _content(folder: Path, name: str) -> bytes:
    """A small file of the backup's own; no link is followed."""
    if not folder.is_dir():
        raise BackupMissing(f"there is no backup in {folder}: `garraway backup list` shows those there are")
    try:
        handle = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise BackupMissing(f"{folder} holds no {name}: it is no backup, or not a whole one") from error
    except OSError as error:
        raise BackupDamaged(f"{folder / name} cannot be read ({error.strerror}): take another backup") from error
    with os.fdopen(handle, "rb") as stream:
        try:
            return stream.read(MANIFEST_BYTES)
        except OSError as error:
            raise BackupDamaged(f"{folder / name} cannot be read ({error.strerror}): take another backup") from error


class _Version(msgspec.Struct):
    format: int


def _decoded(folder: Path, text: bytes) -> Manifest:
    try:
        version = msgspec.json.decode(text, type=_Version).format
        if version > FORMAT:
            raise BackupNewer(
                f"backup {folder} is of format {version}, this Garraway reads {FORMAT}: restore it with a newer one"
            )
        found = msgspec.json.decode(text, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BackupDamaged(f"{folder / MANIFEST} cannot be read ({error}): take another backup") from error
    _insist_names(found, folder)
    return found


def _insist_names(found: Manifest, folder: Path) -> None:
    """Nothing in it leads out of a folder, and nothing comes twice."""
    forms = {"journal": _SEGMENT, "table": _TABLE, "key": _KEY_FILE}
    for part in found.parts:
        form = forms.get(part.kind)
        sound = _NAME.fullmatch(part.name) and (form is None or form.fullmatch(part.target))
        if not sound or min(part.size, part.stored, part.segment_bytes) < 0:
            raise BackupDamaged(f"{folder / MANIFEST} names a part {part.name!r} ({part.target!r}): no backup has such")
    for names in ([part.name for part in found.parts], [(part.kind, part.target) for part in found.parts]):
        if len(names) != len(set(names)):
            raise BackupDamaged(f"{folder / MANIFEST} names a part twice: take another backup")


def _digest(text: bytes, key: Key | None) -> str:
    if key is None:
        return f"sha256 {hashlib.sha256(text).hexdigest()}"
    return f"hmac-sha256 {hmac.new(key.manifest, text, 'sha256').hexdigest()}"
