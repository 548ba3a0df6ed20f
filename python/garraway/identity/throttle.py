"""Wrong attempts, and how long one waits after them: by login, by sender, by second factor. Touches the store.

An attempt is counted before the password is looked at and taken back when it was right, so a thousand attempts at
once are a thousand attempts. Logins are counted whether or not anybody has them: nothing tells which exist.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from garraway.identity.errors import Locked
from garraway.identity.policy import Policy
from garraway.store import credentials as rows
from garraway.store.credentials import Throttle

SECOND: Final = 1_000_000_000
NETWORK_TIMES: Final = 10
"""A sender may fail so many times as often as a login: many people may stand behind one address."""
FACTOR_LIMIT: Final = 5
FORGOTTEN_AFTER_S: Final = 3_600
"""So long after the last attempt the count begins anew."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One count: whose, and how many attempts it takes before a wait."""

    name: str
    limit: int
    policy: Policy
    """How long the waits are."""


def login_name(login: str) -> str:
    """What attempts at a login are counted under: not the login itself."""
    return "login:" + hashlib.sha256(login.encode("utf-8", "replace")).hexdigest()[:32]


def by_login(login: str, policy: Policy) -> Counted:
    """Attempts at one login: ten, then waits of 30 s that double up to 15 minutes, if the settings say no other."""
    return Counted(login_name(login), policy.lockout_failures, policy)


def by_network(network: str, policy: Policy) -> Counted:
    """Attempts from one sender, at any login."""
    return Counted(f"network:{network}", NETWORK_TIMES * policy.lockout_failures, policy)


def by_factor(user_id: int, policy: Policy) -> Counted:
    """Codes of a user's second factor: five, as a code has only six digits."""
    return Counted(f"factor:{user_id}", FACTOR_LIMIT, policy)


def reserve(connection: Connection, counts: Iterable[Counted], *, at_ns: int) -> None:
    """Counts an attempt that is about to be made. Raises: Locked: none is looked at now; nothing is counted."""
    ordered = sorted(counts, key=lambda count: count.name)
    found = [(count, rows.throttle(connection, count.name)) for count in ordered]
    locked_until_ns = max(throttle.locked_until_ns for _, throttle in found)
    if locked_until_ns > at_ns:
        raise Locked(-((at_ns - locked_until_ns) // SECOND))
    for count, throttle in found:
        forgotten = at_ns - throttle.last_at_ns > FORGOTTEN_AFTER_S * SECOND
        failures = 1 if forgotten else throttle.failures + 1
        until_ns = at_ns + count.policy.wait_s(failures - count.limit) * SECOND
        rows.set_throttle(connection, count.name, Throttle(failures, at_ns, until_ns))


def succeed(connection: Connection, *, cleared: Counted, returned: Counted | None = None) -> None:
    """Takes a right attempt back: all of the login's count, and one of the sender's."""
    rows.clear_throttle(connection, cleared.name)
    if returned is not None:
        kept = rows.throttle(connection, returned.name)
        failures = max(kept.failures - 1, 0)
        until_ns = kept.locked_until_ns if failures >= returned.limit else 0
        rows.set_throttle(connection, returned.name, Throttle(failures, kept.last_at_ns, until_ns))
