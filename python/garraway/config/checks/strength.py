"""Whether the secrets that references name are there and strong. Touches them through what is handed in; shows none."""

import base64
import binascii
from collections.abc import Callable, Iterator
from typing import Final

from garraway.config.checks.fault import Fault, error, graver
from garraway.config.checks.people import references
from garraway.config.references import Reference, Secret, SecretUnavailable
from garraway.config.settings import Settings

Resolve = Callable[[Reference], Secret]

BYTES_AT_LEAST: Final = {"identity.pepper": 32, "identity.key_passphrase": 16, "database.password": 12}
ROTATED: Final = frozenset({"identity.pepper", "identity.key_passphrase"})
"""Secrets that may be several, one a line."""
DEFAULT_BYTES: Final = 8
DISTINCT_AT_LEAST: Final = 6
"""Different bytes that a secret must have."""
KEY_BYTES: Final = 32
WELL_KNOWN: Final = (
    b"changeme",
    b"change-me",
    b"password",
    b"passw0rd",
    b"secret",
    b"garraway",
    b"example",
    b"default",
    b"12345",
    b"qwerty",
)
"""Words of defaults and examples."""


def strength(settings: Settings, resolve: Resolve) -> Iterator[Fault]:
    """Every secret is found, long, drawn and used once."""
    seen: dict[bytes, str] = {}
    for key, reference in references(settings).items():
        try:
            secret = resolve(reference)
        except SecretUnavailable as missing:
            yield error("secret-missing", key, f"{reference}: {missing.what}", missing.remedy)
            continue
        value = secret.reveal_bytes()
        for one in secret.lines() if key in ROTATED else (value,):
            yield from _weak(settings, key, one)
        if value in seen:
            what = f"is the same secret as {seen[value]}"
            yield graver(settings.strict, "secret-shared", key, what, "draw one for each: openssl rand -base64 32")
        seen.setdefault(value, key)


def _weak(settings: Settings, key: str, value: bytes) -> Iterator[Fault]:
    remedy, least = "draw one: openssl rand -base64 32", BYTES_AT_LEAST.get(key, DEFAULT_BYTES)
    if key == "backup.encryption_key":
        if len(_decoded(value)) != KEY_BYTES:
            yield error("secret-form", key, f"is not {KEY_BYTES} bytes in base64", remedy)
        return
    if len(value) < least:
        yield graver(settings.strict, "secret-weak", key, f"has {len(value)} bytes, at least {least}", remedy)
    elif len(set(value)) < DISTINCT_AT_LEAST:
        yield graver(settings.strict, "secret-weak", key, "repeats a few characters", remedy)
    elif any(word in value.lower() for word in WELL_KNOWN):
        yield graver(settings.strict, "secret-default", key, "holds a word of a default or an example", remedy)


def _decoded(value: bytes) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        return b""
