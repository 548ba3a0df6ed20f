"""How strict the room is: lives of tokens and sessions, lockout, passwords. Touches nothing.

The defaults are those of the settings; `of_settings` takes them from there.
"""

from dataclasses import dataclass
from typing import Self

from garraway.config import Identity as IdentitySettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """See `garraway.config.sections.identity`, where each is told."""

    issuer: str = "https://garraway.localhost"
    audience: str = "garraway"
    access_token_s: int = 600
    refresh_token_s: int = 7 * 86_400
    session_s: int = 30 * 86_400
    staff_session_s: int = 12 * 3_600
    idle_s: int = 900
    step_up_s: int = 300
    password_characters: int = 12
    hashing_workers: int = 2
    lockout_failures: int = 10
    lockout_first_s: int = 30
    lockout_most_s: int = 900
    api_key_window_ms: int = 5_000
    session_count: int = 20
    admin_networks: tuple[str, ...] = ()

    @classmethod
    def of_settings(cls, told: IdentitySettings) -> Self:
        """What an installation was told."""
        return cls(
            issuer=told.issuer,
            audience=told.audience,
            access_token_s=told.access_token_s,
            refresh_token_s=told.refresh_token_s,
            session_s=told.session_s,
            staff_session_s=told.staff_session_s,
            idle_s=told.idle_s,
            step_up_s=told.step_up_s,
            password_characters=told.password_characters,
            hashing_workers=told.hashing_workers,
            lockout_failures=told.lockout_failures,
            lockout_first_s=told.lockout_first_s,
            lockout_most_s=told.lockout_most_s,
            api_key_window_ms=told.api_key_window_ms,
            session_count=told.session_count,
            admin_networks=tuple(str(network) for network in told.admin_networks),
        )

    def wait_s(self, beyond: int) -> int:
        """Seconds to wait after a wrong attempt; `beyond` the limit, 0 at it."""
        return 0 if beyond < 0 else min(self.lockout_first_s << min(beyond, 20), self.lockout_most_s)
