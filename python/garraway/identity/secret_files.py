"""The files of the key folder: signing keys and the master key, encrypted where there is a passphrase. Touches them.

Encrypted: a mark, salt (16 bytes), nonce (12), then AES-256-GCM under a key that scrypt makes of the passphrase; the
file's name is bound into the tag. With several passphrases the newest encrypts and any decrypts, so that one is rotated
by putting another before it; a file under an older one, or under none, is written anew by `renew`.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from garraway.identity.errors import KeyFileUnsafe

Secrets = Callable[[], Sequence[bytes]]
"""Secrets of one kind as they are now, the newest first. Raises: SecretUnavailable: they could not be read lately."""
MARK: Final = b"GARRAWAY ENCRYPTED 1\n"
_SALT: Final = 16
_NONCE: Final = 12
_COST: Final = 2**15
"""scrypt with 32 MiB: a tenth of a second for each file and start."""


def none() -> tuple[bytes, ...]:
    """No secrets."""
    return ()


@dataclass(frozen=True, slots=True)
class SecretFiles:
    """Reads and writes files of one folder."""

    passphrases: Secrets = none

    def read(self, path: Path) -> bytes:
        """What the file holds. Raises: KeyFileUnsafe: others can read it, or no passphrase fits; SecretUnavailable."""
        insist_private(path)
        content = path.read_bytes()
        return content if not content.startswith(MARK) else self._decrypted(path, content)[0]

    def write(self, path: Path, content: bytes) -> None:
        """Puts a file there, mode 0600, whole or not at all."""
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        self._write_new(new, path.name, content)
        new.replace(path)

    def write_first(self, path: Path, content: bytes) -> None:
        """Puts a file there unless there is one."""
        new = path.with_name(f"{path.name}.{os.getpid()}")
        self._write_new(new, path.name, content)
        try:
            with suppress(FileExistsError):
                path.hardlink_to(new)
        finally:
            new.unlink()

    def renew(self, path: Path) -> bool:
        """Writes the file anew where it is not encrypted under the newest passphrase; whether it did."""
        newest = next(iter(self.passphrases()), None)
        insist_private(path)
        content = path.read_bytes()
        if newest is None:
            return False
        if content.startswith(MARK):
            content, by = self._decrypted(path, content)
            if by == newest:
                return False
        self.write(path, content)
        return True

    def _decrypted(self, path: Path, content: bytes) -> tuple[bytes, bytes]:
        """The content, and the passphrase that fits."""
        start = len(MARK)
        salt, nonce = content[start : start + _SALT], content[start + _SALT : start + _SALT + _NONCE]
        for passphrase in self.passphrases():
            with suppress(InvalidTag, ValueError):
                key = AESGCM(_key(passphrase, salt))
                return key.decrypt(nonce, content[start + _SALT + _NONCE :], path.name.encode()), passphrase
        raise KeyFileUnsafe(
            f"file {path} is encrypted and no passphrase fits: name identity.key_passphrase, the older one too"
        )

    def _write_new(self, path: Path, name: str, content: bytes) -> None:
        newest = next(iter(self.passphrases()), None)
        if newest is not None:
            salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
            sealed = AESGCM(_key(newest, salt)).encrypt(nonce, content, name.encode())
            content = MARK + salt + nonce + sealed
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())


def insist_private(path: Path) -> None:
    """Refuses a file of secrets that its group or others can touch. Raises: KeyFileUnsafe."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise KeyFileUnsafe(f"file {path} cannot be read: {error.strerror}") from error
    if mode & 0o077:
        raise KeyFileUnsafe(f"file {path} has mode {mode & 0o777:04o}, others can read it: run `chmod 600 {path}`")


def _key(passphrase: bytes, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=_COST, r=8, p=1).derive(passphrase)
