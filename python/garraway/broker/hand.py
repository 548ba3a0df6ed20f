"""By whose hand something is done, and its entry in the audit chain. Touches the audit chain.

Every function here that changes something is given a hand, and writes one entry in the same transaction.
"""

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from garraway.identity import Origin, Principal, audit
from garraway.identity.audit import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Who does something, when, from where and why."""

    principal: Principal
    origin: Origin
    at_ns: int
    reason: str

    @property
    def user_id(self) -> int:
        """The user."""
        return self.principal.user_id


def note(connection: Connection, hand: Hand, act: Act) -> None:
    """Appends what was done to the audit chain; without a reason of its own it was done for the hand's."""
    told = act if act.reason else replace(act, reason=hand.reason)
    audit.record(connection, told, at_ns=hand.at_ns, by=hand.principal, origin=hand.origin)
