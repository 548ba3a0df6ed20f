"""Who people are: tokens, keys, passwords, lockout."""

from pathlib import Path

from pydantic import Field

from garraway.config.references import SecretReference
from garraway.config.sections.base import Count, Seconds, Section
from garraway.config.sections.service import Network, Origin


class Identity(Section):
    """Tokens and their keys, passwords, lockout, second factors."""

    issuer: str = Field(default="https://garraway.localhost", min_length=1)
    """Issuer named in the tokens."""
    audience: str = Field(default="garraway", min_length=1)
    """Audience named in the tokens."""
    access_token_s: int = Field(default=600, ge=60, le=3_600)
    """Life of an access token."""
    refresh_token_s: int = Field(default=7 * 86_400, ge=3_600)
    """Life of a refresh token; each use gives a new one. Of staff `idle_s` holds instead."""
    session_s: int = Field(default=30 * 86_400, ge=3_600)
    """Longest life of a log-in session, however often it is renewed."""
    staff_session_s: int = Field(default=12 * 3_600, ge=600)
    """The same of a member of staff."""
    idle_s: int = Field(default=900, ge=60)
    """How long a staff session may be idle."""
    step_up_s: int = Field(default=300, ge=30, le=3_600)
    """How long a second factor counts for money and security changes."""
    key_folder: Path | None = None
    """Folder of the tokens' signing keys, mode 0700; left out: `FOLDER/keys`."""
    key_passphrase: SecretReference | None = None
    """Reference to what the files of `key_folder` are encrypted with; several, the newest first, one a line; needed in
    production."""
    pepper: SecretReference | None = None
    """Reference to a key of 32 bytes or more that secrets of API keys and second factors are sealed with, beside the
    master key of `key_folder`; several, the newest first, one a line; needed in production."""
    breached_passwords: Path | None = None
    """File of SHA-1 hashes of breached passwords, sorted, a line each; left out: a short list that comes with this."""
    password_characters: int = Field(default=12, ge=8, le=128)
    """Characters that a new password has at least."""
    hashing_workers: int = Field(default=2, ge=1, le=64)
    """Passwords hashed at a time, 19 MiB and about 50 ms each."""
    lockout_failures: int = Field(default=10, ge=3, le=100)
    """Failures in a row after which a login is delayed; ten times as many of one address."""
    lockout_first_s: Seconds = 30
    """The first delay; each further failure doubles it."""
    lockout_most_s: Seconds = 900
    """The longest delay."""
    api_key_window_ms: int = Field(default=5_000, ge=100, le=60_000)
    """How old the time stamp of a signed request may be that names no window itself."""
    session_count: Count = 20
    """Log-in sessions of one user at a time; one more ends the oldest."""
    admin_networks: tuple[Network, ...] = ()
    """Networks that staff may come from, taken at a start where no list is kept yet; none: every one."""
    relying_party: str = "localhost"
    """Domain that WebAuthn credentials are bound to."""
    webauthn_origins: tuple[Origin, ...] = ("http://localhost:8080",)
    """Origins of pages that may use WebAuthn."""
