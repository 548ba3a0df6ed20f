"""Secrets that are planted in every form are not found in what is written."""

import io

import pytest

from garraway.config import Secret
from garraway.log import HIDDEN, Log, redacted, redacted_text

CANARY = "cAnArY7Q9zX2"
KEYS = (
    "password",
    "new_password",
    "passphrase",
    "client_secret",
    "access_token",
    "refreshToken",
    "api_key",
    "apiKey",
    "Authorization",
    "Cookie",
    "set-cookie",
    "credentials",
    "pepper",
    "salt",
    "verifier",
    "signature",
    "private_key",
    "encryption_key",
    "totp",
    "jwt",
    "recovery_code",
    "key",
)
TEXTS = (
    f"postgresql://garraway:{CANARY}@host/name",
    f"Authorization: Bearer {CANARY}",
    f"Basic {CANARY}==",
    f"password={CANARY}",
    f"password = '{CANARY} with spaces'",
    f'{{"secret": "{CANARY}", "a": 1}}',
    f"GET /x?api_key={CANARY}&b=1",
    f"eyJhbGciOiJFZERTQSJ9.{CANARY}.{CANARY}",
    f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----",
    f"-----BEGIN EC PRIVATE KEY-----\n{CANARY}",
    f"hvs.{CANARY}{CANARY}",
    f"used grw_refresh_{CANARY} again",
    f"$argon2id$v=19$m=19456,t=2,p=1${CANARY}${CANARY}",
)


@pytest.mark.parametrize("key", KEYS)
def test_a_field_that_sounds_like_a_secret_is_hidden_wherever_it_stands(key: str) -> None:
    stream = io.StringIO()
    values: list[object] = [CANARY, CANARY.encode(), [CANARY], {"inner": CANARY}, Secret(CANARY.encode()), 12345]
    for pretty in (False, True):
        log = Log(stream, lambda: 1, pretty=pretty)
        for value in values:
            log.info("said", **{key: value})
            log.bind(**{key: value}).info("said")
            log.info("said", request={"headers": [{key: value}]})
    assert CANARY not in stream.getvalue()
    assert "12345" not in stream.getvalue()


@pytest.mark.parametrize("text", TEXTS)
def test_a_secret_within_a_text_is_cut_out(text: str) -> None:
    stream = io.StringIO()
    log = Log(stream, lambda: 1)
    log.error("said", reason=text, error=RuntimeError(text), deep=[{"why": (text,)}])
    assert CANARY not in stream.getvalue()
    assert HIDDEN in redacted_text(text)


def test_what_is_no_secret_is_told() -> None:
    fields = {
        "key_id": "k-1",
        "session_id": 5,
        "token_type": "Bearer",
        "password_changed_at_ns": 5,
        "secret_reference": "vault:a#b",
        "seen_seq": 7,
        "sessions": 3,
        "reason": "price 1.00 is off its tick",
        "has_password": True,
        "pinned": 1,
        "author": "a",
        "url": "https://host:8080/path",
    }
    assert redacted(fields) == fields


def test_bytes_and_what_lies_too_deep_are_never_written() -> None:
    deep: object = CANARY
    for _ in range(12):
        deep = [deep]
    assert redacted({"body": b"x" * 5})["body"] == "5 bytes"
    assert CANARY not in repr(redacted({"deep": deep}))
