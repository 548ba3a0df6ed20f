"""What the flows of this room share: one record, put together by the composition root. Touches nothing itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from garraway.identity.breached import Breached
from garraway.identity.gate import Gate
from garraway.identity.passwords import HashingPool
from garraway.identity.policy import Policy
from garraway.identity.refusals import Refusals
from garraway.identity.sealing import Sealer
from garraway.identity.tokens import Tokens
from garraway.store import Database

SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who we are to an authenticator: WebAuthn's id (a domain), our name, and the origins of our pages."""

    id: str
    name: str
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """The room's resources. `clock` gives ns since the Unix epoch."""

    database: Database
    clock: Callable[[], int]
    hashing: HashingPool
    breached: Breached
    sealer: Sealer
    tokens: Tokens
    gate: Gate
    relying_party: RelyingParty
    policy: Policy
    cut_trading_sessions: Callable[[Connection, int], None]
    """Called with a user's number in the transaction that ends its rights: whoever keeps trading sessions (OUCH) puts
    the command that cuts them into the same transaction."""

    refusals: Refusals = field(default_factory=Refusals)
    """Refused permissions on their way into the audit chain."""

    @property
    def at_s(self) -> int:
        """Now, in seconds."""
        return self.clock() // SECOND


def no_trading_sessions(_connection: Connection, _user_id: int) -> None:
    """For a service beside which nobody trades by sessions of their own."""
