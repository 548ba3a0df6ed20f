"""The keys that sign access tokens: Ed25519, one file each, mode 0600. Touches a folder and `joserfc`.

The newest key signs. An older one is accepted for `overlap_s` after its successor was made, then refused, so a key
is rotated by making another; no file says which is which, their times do.
"""

import json
import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Self

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from garraway.identity.errors import KeyFileUnsafe

OVERLAP_S: Final = 3_600
_PREFIX: Final = "signing-"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key: its name in tokens, since when it signs, and the key itself."""

    kid: str
    made_at_s: int
    key: OKPKey


class SigningKeys:
    """The keys of a folder, newest last; never empty."""

    def __init__(self, folder: Path, keys: list[SigningKey], *, overlap_s: int) -> None:
        """Keys of `folder`, oldest first."""
        assert keys
        self._folder = folder
        self._keys = keys
        self._overlap_s = overlap_s
        self._changed_at_ns = 0

    @classmethod
    def open(cls, folder: Path, *, at_s: int, overlap_s: int = OVERLAP_S) -> Self:
        """Those of the folder; the first key is made where there is none. Raises: KeyFileUnsafe."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        keys = _read(folder)
        return cls(folder, keys or [_make(folder, at_s)], overlap_s=overlap_s)

    @property
    def newest(self) -> SigningKey:
        """The one that signs."""
        return self._keys[-1]

    def accepted(self, kid: str, *, at_s: int) -> SigningKey | None:
        """The key of this name, unless its time is over."""
        for key, successor in zip(self._keys, [*self._keys[1:], None], strict=True):
            if key.kid == kid:
                over = successor is not None and at_s >= successor.made_at_s + self._overlap_s
                return None if over else key
        return None

    def rotate(self, *, at_s: int) -> SigningKey:
        """Makes a new key, which signs from now on, and removes files of keys whose time is over."""
        made = _make(self._folder, max(at_s, self.newest.made_at_s + 1))
        keys = [*self._keys, made]
        kept = [key for key, after in pairwise(keys) if at_s < after.made_at_s + self._overlap_s]
        for key in keys[:-1]:
            if key not in kept:
                _path(self._folder, key.kid).unlink(missing_ok=True)
        self._keys = [*kept, made]
        return made

    def reload(self) -> None:
        """Takes what the folder has now: another process may have rotated. An empty folder changes nothing."""
        changed_at_ns = self._folder.stat().st_mtime_ns
        if changed_at_ns != self._changed_at_ns:
            self._keys = _read(self._folder) or self._keys
            self._changed_at_ns = changed_at_ns

    def public_set(self, *, at_s: int) -> dict[str, Any]:
        """The JWK set that others verify by (RFC 7517): only public parts."""
        accepted = [key for key in self._keys if self.accepted(key.kid, at_s=at_s)]
        return {"keys": [{**key.key.as_dict(private=False), "kid": key.kid, "use": "sig"} for key in accepted]}


def _make(folder: Path, at_s: int) -> SigningKey:
    key = OKPKey.generate_key("Ed25519", private=True)
    made = SigningKey(key.thumbprint()[:22], at_s, key)
    written = {"kid": made.kid, "made_at_s": at_s, "jwk": key.as_dict(private=True)}
    path = _path(folder, made.kid)
    new = path.with_suffix(".new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(written, stream)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(path)
    return made


def _read(folder: Path) -> list[SigningKey]:
    found = [_read_one(path) for path in folder.glob(f"{_PREFIX}*.json")]
    return sorted(found, key=lambda key: (key.made_at_s, key.kid))


def _read_one(path: Path) -> SigningKey:
    insist_private(path)
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        key = OKPKey.import_key(said["jwk"])
        read = SigningKey(str(said["kid"]), int(said["made_at_s"]), key)
    except (ValueError, KeyError, TypeError, JoseError) as error:
        raise KeyFileUnsafe(f"file {path} holds no signing key: restore it, or remove it and log in again") from error
    if not key.is_private or key.curve_name != "Ed25519" or key.thumbprint()[:22] != read.kid:
        raise KeyFileUnsafe(f"file {path} holds another key than its name says: restore it, or remove it")
    return read


def insist_private(path: Path) -> None:
    """Refuses a file of secrets that its group or others can touch. Raises: KeyFileUnsafe."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise KeyFileUnsafe(f"file {path} cannot be read: {error.strerror}") from error
    if mode & 0o077:
        raise KeyFileUnsafe(f"file {path} has mode {mode & 0o777:04o}, others can read it: run `chmod 600 {path}`")


def _path(folder: Path, kid: str) -> Path:
    return folder / f"{_PREFIX}{kid}.json"
