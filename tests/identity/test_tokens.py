"""Access tokens: the attack table. Nothing that was not issued, by a key of now, for us, is let in."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey, RSAKey

from garraway.identity import KeyFileUnsafe, Scope, SigningKeys, Tokens, Unauthenticated

NOW = 1_800_000_000


@dataclass
class Bench:
    """Keys, an issuer, and the parts of a token to tamper with."""

    keys: SigningKeys
    tokens: Tokens

    def claims(self, **other: object) -> dict[str, Any]:
        said: dict[str, Any] = {
            "iss": "https://example.com",
            "aud": "garraway",
            "sub": "7",
            "sid": "s1",
            "client_id": "garraway",
            "scope": "read trade",
            "jti": "1",
            "iat": NOW,
            "nbf": NOW,
            "exp": NOW + 600,
            "auth_time": NOW,
        }
        return {name: value for name, value in {**said, **other}.items() if value is not None}

    def signed(self, header: Mapping[str, object] | None = None, key: OKPKey | None = None, **claims: object) -> str:
        """A token by the present key, with another header, claims, or key."""
        whole = {"alg": "Ed25519", "kid": self.keys.newest.kid, "typ": "at+jwt", **(header or {})}
        said = _encode(json.dumps(whole).encode()) + "." + _encode(json.dumps(self.claims(**claims)).encode())
        private = (key or self.keys.newest.key).private_key
        assert isinstance(private, Ed25519PrivateKey)
        return said + "." + _encode(private.sign(said.encode()))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    keys = SigningKeys.open(tmp_path / "keys", at_s=NOW)
    return Bench(keys, Tokens(keys, issuer="https://example.com", audience="garraway"))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _none(bench: Bench) -> str:
    header, payload, _ = bench.signed({"alg": "none"}).split(".")
    return f"{header}.{payload}."


def _none_with_signature(bench: Bench) -> str:
    return bench.signed({"alg": "none"})


def _by_hmac(bench: Bench, secret: bytes, kid: str | None = None) -> str:
    header = {"alg": "HS256", "typ": "at+jwt", "kid": kid or bench.keys.newest.kid}
    said = _encode(json.dumps(header).encode()) + "." + _encode(json.dumps(bench.claims()).encode())
    return said + "." + _encode(hmac.new(secret, said.encode(), hashlib.sha256).digest())


def _hmac_by_public_bytes(bench: Bench) -> str:
    return _by_hmac(bench, bench.keys.newest.key.public_key.public_bytes_raw())


def _hmac_by_public_pem(bench: Bench) -> str:
    public = bench.keys.newest.key.public_key
    return _by_hmac(bench, public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _hmac_by_public_jwk(bench: Bench) -> str:
    return _by_hmac(bench, json.dumps(bench.keys.newest.key.as_dict(private=False)).encode())


def _hmac_by_empty_key(bench: Bench) -> str:
    return _by_hmac(bench, b"", kid="../../../../dev/null")


def _by_rsa(bench: Bench) -> str:
    key = RSAKey.generate_key(2048)
    header = {"alg": "RS256", "kid": bench.keys.newest.kid, "typ": "at+jwt"}
    return jwt.encode(header, bench.claims(), key, algorithms=["RS256"])


def _by_own_key(bench: Bench) -> str:
    return bench.signed(key=OKPKey.generate_key("Ed25519"))


def _by_own_key_in_header(bench: Bench) -> str:
    own = OKPKey.generate_key("Ed25519")
    return bench.signed({"jwk": own.as_dict(private=False)}, key=own)


def _by_own_key_named(bench: Bench) -> str:
    own = OKPKey.generate_key("Ed25519")
    return bench.signed({"kid": own.thumbprint()}, key=own)


def _without(name: str) -> Callable[[Bench], str]:
    return lambda bench: bench.signed(**{name: None})


def _header(**other: object) -> Callable[[Bench], str]:
    return lambda bench: bench.signed(other)


def _claims(**other: object) -> Callable[[Bench], str]:
    return lambda bench: bench.signed(None, None, **other)


def _mended(change: Callable[[str], str]) -> Callable[[Bench], str]:
    return lambda bench: change(bench.signed())


def _other_payload(token: str) -> str:
    header, payload, signature = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return f"{header}.{_encode(json.dumps({**said, 'sub': '1'}).encode())}.{signature}"


def _loose_signature(token: str) -> str:
    """The same bytes of signature, written in another way: the last character has four bits that do not count."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


ATTACKS: dict[str, Callable[[Bench], str]] = {
    "alg none": _none,
    "alg none, with a signature": _none_with_signature,
    "alg None": _header(alg="None"),
    "alg EdDSA": _header(alg="EdDSA"),
    "alg ES256": _header(alg="ES256"),
    "alg list": _header(alg=["Ed25519"]),
    "HMAC by public bytes": _hmac_by_public_bytes,
    "HMAC by public PEM": _hmac_by_public_pem,
    "HMAC by public JWK": _hmac_by_public_jwk,
    "HMAC by an empty key that kid points at": _hmac_by_empty_key,
    "RSA key of one's own": _by_rsa,
    "key of one's own": _by_own_key,
    "key of one's own in jwk": _by_own_key_in_header,
    "key of one's own by kid": _by_own_key_named,
    "jku": _header(jku="https://evil.example/keys"),
    "x5u": _header(x5u="https://evil.example/chain"),
    "x5c": _header(x5c=["MIIB"]),
    "crit": _header(crit=["exp"]),
    "b64": _header(b64=False),
    "zip": _header(zip="DEF"),
    "kid of SQL": _header(kid="' OR 1=1 --"),
    "kid of a path": _header(kid="../signing"),
    "kid of a number": _header(kid=7),
    "kid empty": _header(kid=""),
    "typ JWT": _header(typ="JWT"),
    "typ of a log-out token": _header(typ="logout+jwt"),
    "typ missing": lambda bench: jwt.encode(
        {"alg": "Ed25519", "kid": bench.keys.newest.kid},
        bench.claims(),
        bench.keys.newest.key,
        algorithms=["Ed25519"],
        default_type=None,
    ),
    "expired": _claims(iat=NOW - 601, nbf=NOW - 601, exp=NOW - 1),
    "expires now": _claims(iat=NOW - 600, nbf=NOW - 600, exp=NOW),
    "not yet": _claims(iat=NOW + 1, nbf=NOW + 1, exp=NOW + 601),
    "nbf beyond iat": _claims(nbf=NOW + 60),
    "lives too long": _claims(exp=NOW + 10**9),
    "exp a text": _claims(exp=str(NOW + 600)),
    "exp a fraction": _claims(exp=NOW + 600.5),
    "exp true": _claims(exp=True),
    "aud of another": _claims(aud="elsewhere"),
    "aud a list with ours": _claims(aud=["garraway", "elsewhere"]),
    "iss of another": _claims(iss="https://evil.example"),
    "iss with a slash": _claims(iss="https://example.com/"),
    "sub no number": _claims(sub="root"),
    "sub an integer": _claims(sub=7),
    "scope unknown": _claims(scope="read everything"),
    **{f"without {name}": _without(name) for name in ("iss", "aud", "sub", "sid", "exp", "nbf", "iat", "scope")},
    "payload of another user": _mended(_other_payload),
    "signature cut": _mended(lambda token: token[:-4]),
    "signature gone": _mended(lambda token: token[: token.rindex(".") + 1]),
    "signature written loosely": _mended(_loose_signature),
    "signature padded": _mended(lambda token: token + "=="),
    "two parts": _mended(lambda token: token[: token.rindex(".")]),
    "four parts": _mended(lambda token: token + ".AAAA"),
    "white space": _mended(lambda token: " " + token),
    "newline at the end": _mended(lambda token: token + "\n"),
    "not ASCII": _mended(lambda token: token + "\u00e9"),
    "huge": lambda bench: bench.signed(jti="x" * 4000),
    "empty": lambda _: "",
    "JSON array": lambda _: ".".join([_encode(b"[]"), _encode(b"{}"), _encode(b"x" * 64)]),
    "deep JSON": lambda _: ".".join([_encode(b"[" * 900), _encode(b"{}"), _encode(b"x" * 64)]),
}


def test_a_token_says_what_it_was_issued_for(bench: Bench) -> None:
    token = bench.tokens.issue(
        user_id=7,
        session_id="s1",
        client_id="garraway",
        scopes=frozenset({Scope.READ}),
        authenticated_at_s=NOW,
        second_factor_at_s=NOW - 5,
        at_s=NOW,
    )
    for at_s in (NOW, NOW + 599):
        claims = bench.tokens.verify(token, at_s=at_s)
        assert (claims.user_id, claims.session_id, claims.scopes) == (7, "s1", frozenset({Scope.READ}))
        assert (claims.second_factor_at_s, claims.expires_at_s) == (NOW - 5, NOW + 600)
    with pytest.raises(Unauthenticated):
        bench.tokens.verify(token, at_s=NOW + 600)


def test_the_bench_makes_good_tokens(bench: Bench) -> None:
    assert bench.tokens.verify(bench.signed(), at_s=NOW).user_id == 7


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_is_let_in(bench: Bench, attack: str) -> None:
    token = ATTACKS[attack](bench)
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            bench.tokens.verify(token, at_s=NOW)


def test_no_single_changed_character_is_let_in(bench: Bench) -> None:
    token = bench.signed()
    bench.tokens.verify(token, at_s=NOW)
    for place, sign in enumerate(token):
        for other in "Aa0.-":
            if other != sign:
                with pytest.raises(Unauthenticated):
                    bench.tokens.verify(token[:place] + other + token[place + 1 :], at_s=NOW)


def test_an_old_key_is_accepted_for_the_overlap_and_then_refused(bench: Bench) -> None:
    old = bench.tokens.keys.newest
    token = bench.signed(iat=NOW + 3_590, nbf=NOW + 3_590, exp=NOW + 4_190)
    bench.keys.rotate(at_s=NOW)
    assert bench.keys.newest.kid != old.kid
    assert bench.tokens.verify(token, at_s=NOW + 3_600).user_id == 7
    with pytest.raises(Unauthenticated):
        bench.tokens.verify(token, at_s=NOW + 3_601)
    assert [key["kid"] for key in bench.keys.public_set(at_s=NOW + 3_601)["keys"]] == [bench.keys.newest.kid]


def test_keys_outlive_the_process_in_files_that_others_cannot_read(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    bench.keys.rotate(at_s=NOW + 10)
    again = SigningKeys.open(folder, at_s=NOW + 20)
    assert again.newest.kid == bench.keys.newest.kid
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert again.public_set(at_s=NOW + 20) == bench.keys.public_set(at_s=NOW + 20)
    assert all("d" not in key for key in again.public_set(at_s=NOW + 20)["keys"])
    bench.keys.rotate(at_s=NOW + 8_000)
    again.reload()
    assert again.newest.kid == bench.keys.newest.kid
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("damage", ["open to others", "not JSON", "another kid", "public only", "HMAC"])
def test_a_key_file_that_is_not_right_is_refused(bench: Bench, tmp_path: Path, damage: str) -> None:
    path = next((tmp_path / "keys").iterdir())
    said = json.loads(path.read_text(encoding="utf-8"))
    changed = {
        "open to others": said,
        "not JSON": None,
        "another kid": {**said, "kid": "x"},
        "public only": {**said, "jwk": bench.keys.newest.key.as_dict(private=False)},
        "HMAC": {**said, "jwk": OctKey.generate_key(256).as_dict(private=True)},
    }[damage]
    path.write_text("{" if changed is None else json.dumps(changed), encoding="utf-8")
    path.chmod(0o640 if damage == "open to others" else 0o600)
    with pytest.raises(KeyFileUnsafe, match=str(path)):
        SigningKeys.open(tmp_path / "keys", at_s=NOW)
