"""Codes of an authenticator app: RFC 6238 with SHA-1, six digits, 30 s, as every app has it. Touches `pyotp`."""

import secrets
from typing import Final
from urllib.parse import quote

import pyotp

STEP_S: Final = 30
WINDOW: Final = 1
"""Steps before and after the present one whose codes are taken, for clocks that differ."""


def new_seed() -> str:
    """A seed of 160 bits in base32."""
    return pyotp.random_base32(32)


def uri(seed: str, *, login: str, issuer: str) -> str:
    """What an app reads as a QR code."""
    return (
        f"otpauth://totp/{quote(issuer)}:{quote(login)}?secret={seed}&issuer={quote(issuer)}&digits=6&period={STEP_S}"
    )


def matching_step(seed: str, code: str, *, at_s: int) -> int | None:
    """The time step whose code this is, within the window; None for a wrong code."""
    if len(code) != 6 or not code.isascii() or not code.isdigit():
        return None
    totp = pyotp.TOTP(seed)
    now = at_s // STEP_S
    found = [
        step for step in range(now - WINDOW, now + WINDOW + 1) if secrets.compare_digest(totp.at(step * STEP_S), code)
    ]
    return found[-1] if found else None
