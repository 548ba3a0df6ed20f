"""What is written down holds no secret, and still all that is none."""

import io
import json

import pytest

from garraway.log import Log, redacted

SECRETS = {
    "refresh token": "grw_refresh_" + "a" * 43,
    "authorization code": "grw_code_" + "b-_" * 14,
    "HMAC secret": "grw_hmac_" + "c" * 43,
    "JWT": "eyJhbGciOiJFZDI1NTE5In0.eyJzdWIiOiI3In0.c2ln",
    "argon2 hash": "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA",
    "bcrypt hash": "$2b$12$" + "d" * 53,
    "password of an address": "garraway:hunter2",
    "private key": "-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----",
}


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_are_known_by_their_shapes(name: str) -> None:
    secret = SECRETS[name]
    text = f"at postgresql://{secret}@db/x" if name == "password of an address" else f"before {secret} after"
    said = redacted({"error": text, "rows": [{"deep": (text,)}]})
    assert secret not in json.dumps(said)
    assert "[redacted]" in json.dumps(said)


@pytest.mark.parametrize(
    "name",
    ["password", "new_password", "passwd", "client_secret", "refresh_token", "Authorization", "set-cookie", "totp_seed",
     "code_verifier", "recovery_codes", "master_key", "X-Api-Key", "signature", "private_key"],
)  # fmt: skip
def test_secrets_are_known_by_the_names_of_their_fields(name: str) -> None:
    assert redacted({name: "hunter2", "inner": [{name: ["a"]}]}) == {
        name: "[redacted]",
        "inner": [{name: "[redacted]"}],
    }


def test_what_is_no_secret_stays() -> None:
    said = {
        "state_hash": "ab12",
        "key_id": "k1",
        "session": "s1",
        "code": "NotYet",
        "seed": 17,
        "password": None,
        "second_factor": True,
        "secret_id": 4,
        "signature_at_ns": 5,
        "url": "https://example.com/a?b=c",
    }
    assert redacted(said) == said


def test_a_log_writes_no_secret_in_fields_or_errors() -> None:
    stream = io.StringIO()
    error = ValueError(f"wrong: {SECRETS['refresh token']}")
    Log(stream, lambda: 7).bind(token="x").warning("failed", error=error, note=SECRETS["JWT"], at=1)
    assert json.loads(stream.getvalue()) == {
        "at_ns": 7,
        "level": "warning",
        "event": "failed",
        "token": "[redacted]",
        "error": "wrong: [redacted]",
        "note": "[redacted]",
        "at": 1,
    }
