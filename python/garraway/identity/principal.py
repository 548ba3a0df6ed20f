"""Who asks: the result of every log-in, token and signed request. Touches nothing."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a user is here. One may have several."""

    SUPER_ADMIN = "SuperAdmin"
    ADMIN = "Admin"
    SUPPORT = "Support"
    DEALER = "Dealer"
    FINANCE = "Finance"
    COMPLIANCE = "Compliance"
    AUDITOR = "Auditor"
    TRADER = "Trader"


STAFF = frozenset(Role) - {Role.TRADER}
"""Roles that need a second factor."""


class Scope(StrEnum):
    """What a key or an OAuth client was given of its user's rights. A first-party log-in has them all."""

    READ = "read"
    TRADE = "trade"
    WITHDRAW = "withdraw"
    ACCOUNT = "account"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, by which proof, from where. Times are seconds since the Unix epoch."""

    user_id: int
    login: str
    roles: frozenset[Role]
    accounts: frozenset[int]
    groups: frozenset[int]
    """Groups of clients that a member of staff looks after."""
    scopes: frozenset[Scope]
    session_id: str | None
    key_id: str | None
    authenticated_at_s: int
    second_factor_at_s: int | None
    second_factor_enrolled: bool
    address: str
    step_up_s: int = 300
    """How long a second factor counts as fresh, as the settings say."""

    def __post_init__(self) -> None:
        """One proof, not two."""
        assert (self.session_id is None) != (self.key_id is None)
