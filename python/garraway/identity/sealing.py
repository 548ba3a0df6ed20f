"""Secrets that must be used again, at rest: AES-256-GCM under a master key and, where there is one, a pepper.

Sealed: version (1 byte), number of the key (4 bytes of its SHA-256), nonce (12 bytes, drawn), ciphertext and tag. What
the secret belongs to is bound into the tag, so that a sealed value cannot be moved to another row. With a pepper the
key is made of both (HKDF), so that neither the key folder nor the pepper's keeper alone opens anything. Touches
nothing.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from garraway.identity.errors import KeyFileUnsafe
from garraway.identity.secret_files import Secrets, none

KEY_BYTES: Final = 32
PEPPER_BYTES: Final = 32
_VERSION: Final = b"\x01"
_NONCE: Final = 12


@dataclass(frozen=True, slots=True)
class _Ring:
    """Keys by number, made of these peppers."""

    peppers: tuple[bytes, ...]
    keys: dict[bytes, AESGCM]
    newest: bytes


class Sealer:
    """Seals with the newest key, opens with any: so that master keys and peppers can be rotated.

    The keys are, the newest first: of each pepper with each master key, then the master keys by themselves, under
    which everything was sealed before there was a pepper.
    """

    def __init__(self, master_keys: Sequence[bytes], peppers: Secrets = none) -> None:
        """Takes 32-byte keys, newest first, and what gives the peppers. Raises: KeyFileUnsafe, SecretUnavailable."""
        if not master_keys or any(len(key) != KEY_BYTES for key in master_keys):
            raise KeyFileUnsafe(f"the master key is not {KEY_BYTES} bytes: make one with `openssl rand -base64 32`")
        self._master_keys = tuple(master_keys)
        self._peppers = peppers
        self._ring = _ring(self._master_keys, tuple(peppers()))

    def seal(self, secret: bytes, *, belongs_to: str) -> bytes:
        """The secret, sealed for one place, such as `totp:17`. Raises: SecretUnavailable."""
        ring, nonce = self._now(), os.urandom(_NONCE)
        return _VERSION + ring.newest + nonce + ring.keys[ring.newest].encrypt(nonce, secret, belongs_to.encode())

    def open(self, sealed: bytes, *, belongs_to: str) -> bytes:
        """The secret again.

        Raises: KeyFileUnsafe: master key or pepper is another, or the value was changed or moved; SecretUnavailable.
        """
        head, nonce, rest = sealed[:5], sealed[5 : 5 + _NONCE], sealed[5 + _NONCE :]
        key = self._now().keys.get(head[1:])
        if head[:1] != _VERSION or key is None:
            raise KeyFileUnsafe("a sealed secret needs a key that was not given: hand in the older one, too")
        try:
            return key.decrypt(nonce, rest, belongs_to.encode())
        except InvalidTag as error:
            raise KeyFileUnsafe(f"the sealed secret of {belongs_to} was changed or moved: restore it") from error

    def is_outdated(self, sealed: bytes) -> bool:
        """Whether it is sealed under another key than the newest."""
        return sealed[1:5] != self._now().newest

    @property
    def newest(self) -> bytes:
        """The number of the key that seals. Raises: SecretUnavailable."""
        return self._now().newest

    def _now(self) -> _Ring:
        peppers = tuple(self._peppers())
        if peppers != self._ring.peppers:
            self._ring = _ring(self._master_keys, peppers)
        return self._ring


def _ring(master_keys: Sequence[bytes], peppers: tuple[bytes, ...]) -> _Ring:
    if any(len(pepper) < PEPPER_BYTES for pepper in peppers):
        raise KeyFileUnsafe(f"a pepper is shorter than {PEPPER_BYTES} bytes: draw one with `openssl rand -base64 32`")
    keys = [_peppered(key, pepper) for pepper in peppers for key in master_keys] + list(master_keys)
    return _Ring(peppers, {_number(key): AESGCM(key) for key in keys}, _number(keys[0]))


def _peppered(key: bytes, pepper: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=pepper, info=b"garraway sealing").derive(key)


def _number(key: bytes) -> bytes:
    return hashlib.sha256(b"garraway master key" + key).digest()[:4]
