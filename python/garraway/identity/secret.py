"""Secrets that the service hands out once: drawn here, kept as hashes. Touches nothing.

They begin with a word and `_`, so that a scanner of logs or of sources knows them.
"""

import hashlib
import secrets
from typing import Final

REFRESH: Final = "grw_refresh_"
CODE: Final = "grw_code_"
CHALLENGE: Final = "grw_challenge_"
RESET: Final = "grw_reset_"
CLIENT: Final = "grw_client_"
HMAC: Final = "grw_hmac_"


def draw(prefix: str) -> str:
    """A new secret of 256 bits."""
    return prefix + secrets.token_urlsafe(32)


def identifier(prefix: str) -> str:
    """A new public name that cannot be guessed: 128 bits."""
    return prefix + secrets.token_hex(16)


def digest(secret: str) -> str:
    """What is kept of a drawn secret: SHA-256, enough where the secret is 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
