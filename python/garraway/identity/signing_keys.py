"""The keys that sign access tokens: Ed25519, one file each, as `secret_files` keeps it. Touches these and `joserfc`.

The newest key signs. An older one is accepted for `overlap_s` after its successor was made, then refused, so a key
is rotated by making another; no file says which is which, their times do.
"""

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Self

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from garraway.identity.errors import KeyFileUnsafe
from garraway.identity.secret_files import SecretFiles

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

    def __init__(self, folder: Path, files: SecretFiles, keys: list[SigningKey], *, overlap_s: int) -> None:
        """Keys of `folder`, oldest first."""
        assert keys
        self._folder = folder
        self._files = files
        self._passphrases = tuple(files.passphrases())
        self._keys = keys
        self._overlap_s = overlap_s
        self._changed_at_ns = 0

    @classmethod
    def open(cls, folder: Path, *, at_s: int, files: SecretFiles | None = None, overlap_s: int = OVERLAP_S) -> Self:
        """Those of the folder; the first key is made where there is none. Raises: KeyFileUnsafe, SecretUnavailable."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        files = files or SecretFiles()
        _renew(folder, files)
        keys = _read(folder, files)
        return cls(folder, files, keys or [_make(folder, files, at_s)], overlap_s=overlap_s)

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
        made = _make(self._folder, self._files, max(at_s, self.newest.made_at_s + 1))
        keys = [*self._keys, made]
        kept = [key for key, after in pairwise(keys) if at_s < after.made_at_s + self._overlap_s]
        for key in keys[:-1]:
            if key not in kept:
                _path(self._folder, key.kid).unlink(missing_ok=True)
        self._keys = [*kept, made]
        return made

    def reload(self) -> None:
        """Takes what the folder has now: another process may have rotated. An empty folder changes nothing.

        A rotated passphrase encrypts the files anew. Raises: KeyFileUnsafe, SecretUnavailable.
        """
        passphrases = tuple(self._files.passphrases())
        if passphrases != self._passphrases:
            _renew(self._folder, self._files)
            self._passphrases = passphrases
        changed_at_ns = self._folder.stat().st_mtime_ns
        if changed_at_ns != self._changed_at_ns:
            self._keys = _read(self._folder, self._files) or self._keys
            self._changed_at_ns = changed_at_ns

    def public_set(self, *, at_s: int) -> dict[str, Any]:
        """The JWK set that others verify by (RFC 7517): only public parts."""
        accepted = [key for key in self._keys if self.accepted(key.kid, at_s=at_s)]
        return {"keys": [{**key.key.as_dict(private=False), "kid": key.kid, "use": "sig"} for key in accepted]}


def _make(folder: Path, files: SecretFiles, at_s: int) -> SigningKey:
    key = OKPKey.generate_key("Ed25519", private=True)
    made = SigningKey(key.thumbprint()[:22], at_s, key)
    written = {"kid": made.kid, "made_at_s": at_s, "jwk": key.as_dict(private=True)}
    files.write(_path(folder, made.kid), json.dumps(written).encode())
    return made


def _renew(folder: Path, files: SecretFiles) -> None:
    for path in folder.glob(f"{_PREFIX}*.json"):
        files.renew(path)


def _read(folder: Path, files: SecretFiles) -> list[SigningKey]:
    found = [_read_one(path, files) for path in folder.glob(f"{_PREFIX}*.json")]
    return sorted(found, key=lambda key: (key.made_at_s, key.kid))


def _read_one(path: Path, files: SecretFiles) -> SigningKey:
    content = files.read(path)
    try:
        said = json.loads(content)
        key = OKPKey.import_key(said["jwk"])
        read = SigningKey(str(said["kid"]), int(said["made_at_s"]), key)
    except (ValueError, KeyError, TypeError, JoseError) as error:
        raise KeyFileUnsafe(f"file {path} holds no signing key: restore it, or remove it and log in again") from error
    if not key.is_private or key.curve_name != "Ed25519" or key.thumbprint()[:22] != read.kid:
        raise KeyFileUnsafe(f"file {path} holds another key than its name says: restore it, or remove it")
    return read


def _path(folder: Path, kid: str) -> Path:
    return folder / f"{_PREFIX}{kid}.json"
