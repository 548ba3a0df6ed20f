"""Parts of a backup, encrypted as streams: AES-256-GCM in the STREAM construction. Touches nothing.

Each part has a key of its own, derived (HKDF-SHA-256) from the backup's secret, the backup's salt and the part's name.
A stream is pieces of 1 MiB, each with a tag; the nonce counts them and marks the last: a piece that is changed, moved,
left out or added, and an end that is cut off, are each refused. Source: Hoang, Reyhanitabar, Rogaway, Vizar, "Online
Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015.
"""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
SALT_BYTES: Final = 16
PIECE: Final = 1 << 20
TAG: Final = 16
_NAME_BYTES: Final = 8
_COUNTER_BYTES: Final = 11


class SealBroken(Exception):
    """A stream is not what was sealed."""


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """The keys of one backup."""

    _secret: bytes
    _salt: bytes

    @classmethod
    def of(cls, secret: bytes, salt: str) -> Self:
        """The keys that follow from a secret of 32 bytes and the backup's salt (hexadecimal)."""
        assert len(secret) == KEY_BYTES
        return cls(secret, salt.encode("ascii", "replace"))

    @property
    def name(self) -> str:
        """Tells this key from others, and nothing of it."""
        return self._derived(b"name", _NAME_BYTES).hex()

    @property
    def manifest(self) -> bytes:
        """Authenticates the manifest."""
        return self._derived(b"manifest", KEY_BYTES)

    def seal(self, part: str, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """A part's bytes, encrypted."""
        cipher = AESGCM(self._derived(b"part " + part.encode(), KEY_BYTES))
        pieces = _pieces(blocks, PIECE)
        for number, (piece, last) in enumerate(pieces):
            yield cipher.encrypt(_nonce(number, last=last), piece, None)

    def open(self, part: str, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """A part's bytes again. Raises: SealBroken."""
        cipher = AESGCM(self._derived(b"part " + part.encode(), KEY_BYTES))
        for number, (piece, last) in enumerate(_pieces(blocks, PIECE + TAG)):
            try:
                yield cipher.decrypt(_nonce(number, last=last), piece, None)
            except InvalidTag as error:
                raise SealBroken(f"piece {number} is not what was sealed") from error

    def _derived(self, purpose: bytes, length: int) -> bytes:
        kdf = HKDF(algorithm=SHA256(), length=length, salt=self._salt, info=b"garraway backup " + purpose)
        return kdf.derive(self._secret)


def drawn_salt() -> str:
    """A new backup's salt."""
    return secrets.token_hex(SALT_BYTES)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(_COUNTER_BYTES, "big") + bytes([last])


def _pieces(blocks: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """The same bytes in pieces of one size, each with whether it is the last, which may be shorter, and empty."""
    rest = bytearray()
    for block in blocks:
        rest += block
        whole = (len(rest) - 1) // size if rest else 0
        for number in range(whole):
            yield bytes(rest[number * size : (number + 1) * size]), False
        del rest[: whole * size]
    yield bytes(rest), True
