"""A WebAuthn authenticator in software: makes a key, answers challenges, counts. For tests alone.

Source: Web Authentication Level 2, sections 6.1 (authenticator data) and 6.5 (attestation).
"""

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from garraway.identity.tokens import base64url

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


@dataclass
class Authenticator:
    """One credential on P-256; its origin and relying party are what the browser would say."""

    origin: str = "https://example.com"
    party: str = "example.com"
    name: bytes = field(default_factory=lambda: os.urandom(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    count: int = 0

    def create(self, options: str, *, flags: int = PRESENT | VERIFIED) -> str:
        """The answer to `navigator.credentials.create(options)`."""
        client = self._client("webauthn.create", json.loads(options)["challenge"])
        credential = bytes(16) + len(self.name).to_bytes(2) + self.name + cbor2.dumps(self._cose())
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._said(flags | ATTESTED) + credential}
        return self._answer(
            {"clientDataJSON": base64url(client), "attestationObject": base64url(cbor2.dumps(attestation))}
        )

    def get(self, options: str, *, flags: int = PRESENT | VERIFIED) -> str:
        """The answer to `navigator.credentials.get(options)`."""
        self.count += 1
        client, said = self._client("webauthn.get", json.loads(options)["challenge"]), self._said(flags)
        signature = self.key.sign(said + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": base64url(client),
                "authenticatorData": base64url(said),
                "signature": base64url(signature),
                "userHandle": None,
            }
        )

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _said(self, flags: int) -> bytes:
        return hashlib.sha256(self.party.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _cose(self) -> dict[int, Any]:
        point = self.key.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}

    def _answer(self, response: dict[str, str | None]) -> str:
        name = base64url(self.name)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
