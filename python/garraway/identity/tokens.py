"""Access tokens: JWT of RFC 9068, signed with Ed25519, ten minutes. Touches `joserfc`.

Verification trusts nothing that the token says about itself: the header has exactly `alg`, `kid` and `typ`; the
algorithm is the key's, the key is one of ours, and every text is in its one canonical form. (`Ed25519` is the name
that RFC 9864 gave to what was `EdDSA`.)
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError

from garraway.identity.errors import Unauthenticated
from garraway.identity.principal import Scope
from garraway.identity.secret import identifier
from garraway.identity.signing_keys import SigningKeys

LIFETIME_S: Final = 600
LONGEST: Final = 2_048
ALGORITHM: Final = "Ed25519"
TYPE: Final = "at+jwt"
_KEPT: Final = 10_000
"""Tokens whose signature need not be verified again."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says, once its signature holds."""

    user_id: int
    session_id: str
    client_id: str
    scopes: frozenset[Scope]
    authenticated_at_s: int
    second_factor_at_s: int | None
    issued_at_s: int
    expires_at_s: int


class Tokens:
    """Issues and verifies access tokens for one issuer and one audience."""

    def __init__(self, keys: SigningKeys, *, issuer: str, audience: str, lifetime_s: int = LIFETIME_S) -> None:
        """Tokens signed by `keys`, living `lifetime_s`."""
        self.keys = keys
        self.issuer = issuer
        self.audience = audience
        self.lifetime_s = lifetime_s
        self._verified: dict[bytes, tuple[str, Claims]] = {}

    def issue(
        self,
        *,
        user_id: int,
        session_id: str,
        client_id: str,
        scopes: frozenset[Scope],
        authenticated_at_s: int,
        second_factor_at_s: int | None,
        at_s: int,
    ) -> str:
        """A token for a session."""
        key = self.keys.newest
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": str(user_id),
            "sid": session_id,
            "client_id": client_id,
            "scope": " ".join(sorted(scopes)),
            "jti": identifier(""),
            "iat": at_s,
            "nbf": at_s,
            "exp": at_s + self.lifetime_s,
            "auth_time": authenticated_at_s,
        }
        if second_factor_at_s is not None:
            claims["second_factor_time"] = second_factor_at_s
        return jwt.encode({"alg": ALGORITHM, "kid": key.kid, "typ": TYPE}, claims, key.key, algorithms=[ALGORITHM])

    def verify(self, token: str, *, at_s: int) -> Claims:
        """What the token says. Raises: Unauthenticated: it is not as it was issued, or its time is over."""
        if len(token) > LONGEST or not token.isascii():
            raise Unauthenticated
        name = hashlib.sha256(token.encode()).digest()
        kid, claims = self._verified.get(name) or self._checked(token, name, at_s)
        current = claims.issued_at_s <= at_s < claims.expires_at_s
        if not current or self.keys.accepted(kid, at_s=at_s) is None:
            raise Unauthenticated
        return claims

    def _checked(self, token: str, name: bytes, at_s: int) -> tuple[str, Claims]:
        try:
            kid = _kid(token)
            key = self.keys.accepted(kid, at_s=at_s)
            if key is None:
                raise Unauthenticated
            claims = self._claims(jwt.decode(token, key.key, algorithms=[ALGORITHM]).claims)
        except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise Unauthenticated from error
        if len(self._verified) >= _KEPT:
            self._verified.clear()
        self._verified[name] = (kid, claims)
        return kid, claims

    def _claims(self, said: dict[str, Any]) -> Claims:
        if said["iss"] != self.issuer or said["aud"] != self.audience:
            raise ValueError("issuer or audience")
        issued_at_s, expires_at_s = _seconds(said["iat"]), _seconds(said["exp"])
        if _seconds(said["nbf"]) != issued_at_s or expires_at_s - issued_at_s > self.lifetime_s:
            raise ValueError("times")
        second = said.get("second_factor_time")
        return Claims(
            user_id=int(_text(said["sub"])),
            session_id=_text(said["sid"]),
            client_id=_text(said["client_id"]),
            scopes=frozenset(Scope(word) for word in _text(said["scope"]).split()),
            authenticated_at_s=_seconds(said["auth_time"]),
            second_factor_at_s=None if second is None else _seconds(second),
            issued_at_s=issued_at_s,
            expires_at_s=expires_at_s,
        )


def canonical_base64url(text: str) -> bytes:
    """The bytes of base64url without padding, in the one form that encodes them. Raises: ValueError."""
    if not text.isascii():
        raise ValueError("not base64url")
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
    if base64url(decoded) != text:
        raise ValueError("not the one form of base64url")
    return decoded


def base64url(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _kid(token: str) -> str:
    """The key's name, from a header that has no other word in it than ours."""
    header, _, signature = (canonical_base64url(part) for part in token.split("."))
    said = json.loads(header)
    if not isinstance(said, dict) or set(said) != {"alg", "kid", "typ"} or len(signature) != 64:
        raise ValueError("header")
    if said["alg"] != ALGORITHM or said["typ"] != TYPE:
        raise ValueError("alg or typ")
    return _text(said["kid"])


def _seconds(value: object) -> int:
    if type(value) is not int:
        raise ValueError("seconds")
    return value


def _text(value: object) -> str:
    if type(value) is not str:
        raise ValueError("text")
    return value
