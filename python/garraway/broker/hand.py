"""By whose hand something is done, and its entry in the audit chain. Touches the audit chain.

Every function here that changes something is given a hand, and writes one entry in the same transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from garraway.identity import Origin, Principal, audit


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


def note(
    connection: Connection,
    hand: Hand,
    action: str,
    thing: str,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Appends what was done to the audit chain."""
    act = audit.Act(action, thing, before=before, after=after, reason=hand.reason)
    audit.record(connection, act, at_ns=hand.at_ns, by=hand.principal, origin=hand.origin)
