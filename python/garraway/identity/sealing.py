"""Secrets that must be used again, at rest: AES-256-GCM under a master key that is handed in. Touches nothing.

Sealed: version (1 byte), number of the master key (4 bytes of its SHA-256), nonce (12 bytes, drawn), ciphertext and
tag. What the secret belongs to is bound into the tag, so that a sealed value cannot be moved to another row.
"""

import hashlib
import os
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from garraway.identity.errors import KeyFileUnsafe

KEY_BYTES: Final = 32
_VERSION: Final = b"\x01"
_NONCE: Final = 12


class Sealer:
    """Seals with the first master key, opens with any: so that keys can be rotated."""

    def __init__(self, master_keys: Sequence[bytes]) -> None:
        """Takes 32-byte keys, newest first. Raises: KeyFileUnsafe."""
        if not master_keys or any(len(key) != KEY_BYTES for key in master_keys):
            raise KeyFileUnsafe(f"the master key is not {KEY_BYTES} bytes: make one with `openssl rand -base64 32`")
        self._keys = {_number(key): AESGCM(key) for key in master_keys}
        self._newest = _number(master_keys[0])

    def seal(self, secret: bytes, *, belongs_to: str) -> bytes:
        """The secret, sealed for one place, such as `totp:17`."""
        nonce = os.urandom(_NONCE)
        return _VERSION + self._newest + nonce + self._keys[self._newest].encrypt(nonce, secret, belongs_to.encode())

    def open(self, sealed: bytes, *, belongs_to: str) -> bytes:
        """The secret again. Raises: KeyFileUnsafe: the master key is another, or the value was changed or moved."""
        head, nonce, rest = sealed[:5], sealed[5 : 5 + _NONCE], sealed[5 + _NONCE :]
        key = self._keys.get(head[1:])
        if head[:1] != _VERSION or key is None:
            raise KeyFileUnsafe("a sealed secret needs a master key that was not given: hand in the older key, too")
        try:
            return key.decrypt(nonce, rest, belongs_to.encode())
        except InvalidTag as error:
            raise KeyFileUnsafe(f"the sealed secret of {belongs_to} was changed or moved: restore it") from error


def _number(key: bytes) -> bytes:
    return hashlib.sha256(b"garraway master key" + key).digest()[:4]
