"""Requests that an API key signs: what is signed, how it is checked, and the memory of nonces. Touches nothing.

Signed text, joined by newlines:

    GARRAWAY1, key id, timestamp (ms), window (ms), nonce, method, path with query, SHA-256 of the body (hex)

Every part is taken as the bytes that came, so no part can be written in two ways.
"""

import re
import secrets
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from garraway import _native
from garraway.identity.errors import Busy, Unauthenticated
from garraway.identity.tokens import base64url, canonical_base64url

ED25519: Final = "ed25519"
HMAC_SHA256: Final = "hmac-sha256"
WINDOW_MS: Final = 5_000
"""The receive window where a client names none."""
LONGEST_WINDOW_MS: Final = 60_000
AHEAD_MS: Final = 1_000
"""How far a client's clock may be ahead."""
SECOND_MS: Final = 1_000
NONCES: Final = 1_000_000
NONCES_PER_KEY: Final = 200_000
_FORM: Final = re.compile(
    rb"GARRAWAY1\n"
    rb"[\x00-\x09\x0b-\x7f]*\n"  # key id
    rb"[1-9][0-9]{12,14}\n"  # timestamp
    rb"[1-9][0-9]{0,4}\n"  # window
    rb"[A-Za-z0-9_-]{8,64}\n"  # nonce
    rb"[A-Z]{1,16}\n"  # method
    rb"/[!-~]{0,8191}\n"  # target
    rb"[0-9a-f]{64}"
)
"""The signed text. No part takes a newline, so that each part can only be read as what it was joined as."""


class SignedRequest(msgspec.Struct, frozen=True, gc=False):
    """A request as it came: header values and target are the texts that were sent."""

    key_id: str
    timestamp_ms: str
    window_ms: str
    nonce: str
    method: str
    target: str
    body: bytes
    signature: str

    def signed_bytes(self) -> bytes:
        """What the signature is over."""
        return (
            f"GARRAWAY1\n{self.key_id}\n{self.timestamp_ms}\n{self.window_ms}\n{self.nonce}\n{self.method}\n{self.target}\n"
            f"{_native.sha256_hex(self.body)}"
        ).encode()

    def well_formed_bytes(self) -> bytes:
        """What the signature is over. Raises: Unauthenticated: a part is not in its one form."""
        signed = self.signed_bytes()
        if _FORM.fullmatch(signed) is None:
            raise Unauthenticated("a signed request needs timestamp, window, nonce and signature in their forms")
        return signed


def sign(key: Ed25519PrivateKey | str, request: SignedRequest) -> str:
    """The signature that a client sends: base64url by a private key, hexadecimal by an HMAC secret."""
    if isinstance(key, str):
        return _native.hmac_sha256_hex(key.encode(), request.signed_bytes())
    return base64url(key.sign(request.signed_bytes()))


def holds(algorithm: str, material: bytes, signed: bytes, signature: str) -> bool:
    """Whether a signature is the key's.

    `material` is the Ed25519 public key (32 bytes) or the HMAC secret; `signature` base64url without padding of the
    one, 64 small hexadecimal digits of the other.
    """
    if algorithm == HMAC_SHA256:
        expected = _native.hmac_sha256_hex(material, signed)
        return signature.isascii() and secrets.compare_digest(expected, signature)
    assert algorithm == ED25519
    try:
        Ed25519PublicKey.from_public_bytes(material).verify(canonical_base64url(signature), signed)
    except (InvalidSignature, ValueError):
        return False
    return True


class Nonces:
    """What was signed within windows that are still open, each taken once. Bounded: full is Busy, not forgotten."""

    def __init__(self, *, most: int = NONCES, most_per_key: int = NONCES_PER_KEY) -> None:
        """Keeps at most `most`, and `most_per_key` of one key."""
        self._most = most
        self._most_per_key = most_per_key
        self._count = 0
        self._ending: dict[int, list[str]] = {}
        """By the second in which they may be forgotten: key and nonce, one after the other."""
        self._first_s = 0
        self._taken: dict[str, set[str]] = {}
        self._latest_ms = 0

    def __len__(self) -> int:
        """How many are kept."""
        return self._count

    def take(self, key_id: str, nonce: str, *, timestamp_ms: int, window_ms: int, at_ms: int) -> None:
        """Takes a nonce whose signature holds.

        Time never goes back here, whatever the clock does: what was forgotten cannot come again.
        Raises: Unauthenticated: outside the window, or taken before; Busy: no room.
        """
        self._latest_ms = now_ms = max(self._latest_ms, at_ms)
        if not now_ms - window_ms <= timestamp_ms <= now_ms + AHEAD_MS or not 0 < window_ms <= LONGEST_WINDOW_MS:
            raise Unauthenticated(
                f"timestamp outside the window of {window_ms} ms: set the clock, send the request again"
            )
        if self._ending and self._first_s * SECOND_MS <= now_ms:
            self._forget()
        taken = self._taken.get(key_id)
        if taken is None:
            taken = self._taken[key_id] = set()
        if nonce in taken:
            raise Unauthenticated("nonce used before: draw a new one for every request")
        if self._count >= self._most or len(taken) >= self._most_per_key:
            raise Busy("too many signed requests within their windows: send fewer, or shorten the window")
        taken.add(nonce)
        self._count += 1
        end_s = (timestamp_ms + window_ms) // SECOND_MS + 1
        ending = self._ending.get(end_s)
        if ending is None:
            ending = self._ending[end_s] = []
            self._first_s = min(self._ending)
        ending += (key_id, nonce)

    def _forget(self) -> None:
        """Forgets what ended in seconds that are over, a second at once."""
        while self._ending and self._first_s * SECOND_MS <= self._latest_ms:
            ended = self._ending.pop(self._first_s)
            for key_id, nonce in zip(ended[::2], ended[1::2], strict=True):
                taken = self._taken[key_id]
                taken.discard(nonce)
                if not taken:
                    del self._taken[key_id]
            self._count -= len(ended) // 2
            self._first_s = min(self._ending, default=0)
