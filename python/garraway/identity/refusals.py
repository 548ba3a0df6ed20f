"""Refused permissions in the audit chain `security`, bounded so that nobody floods it. Touches the store.

The first refusal of a user, permission and thing is written at once, with the reply; its repeats within a minute are
counted and written as one entry when the minute is over. Of one user so many different ones are written in a minute,
of all users together so many; what is beyond is counted in one entry.
"""

import threading
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from garraway.identity import audit
from garraway.identity.audit import Act
from garraway.identity.errors import Refusal
from garraway.identity.origin import Origin
from garraway.store import Database

MINUTE_NS: Final = 60_000_000_000
OF_ONE_USER: Final = 20
OF_ALL: Final = 600
ACTION: Final = "permission.refused"
REPEATED: Final = "permission.refused_again"
BEYOND: Final = "permission.refused_beyond"
NOWHERE: Final = Origin("")
"""Counts come from no one request."""


@dataclass(slots=True)
class _Window:
    """A user's minute: what was refused, and how often again."""

    refusal: Refusal
    """One of them: who it is."""
    began_ns: int
    again: dict[tuple[str, str, str], int] = field(default_factory=dict)
    beyond: int = 0


class Refusals:
    """Counts refusals and writes them.

    Its invariant: within a minute at most `OF_ALL` entries are written of single refusals, `OF_ONE_USER` of one user;
    the entries of what was counted are at most one more for each of those, and one for each user.
    """

    def __init__(self) -> None:
        """Nothing was refused yet."""
        self._lock = threading.Lock()
        self._windows: dict[int, _Window] = {}
        self._written = 0
        self._began_ns = 0

    def note(self, database: Database, refusal: Refusal, *, origin: Origin, at_ns: int) -> None:
        """Writes a refusal, or counts it. Raises: StoreError: the database is away; the next one is written then."""
        if not self._is_new(refusal, at_ns):
            return
        try:
            with database.writing() as connection:
                _write(connection, ACTION, refusal, origin, at_ns)
        except BaseException:
            self._forget(refusal)
            raise

    def sweep(self, database: Database, *, at_ns: int, all_of_them: bool = False) -> None:
        """Writes what was counted in minutes that are over, or in all. Raises: StoreError: nothing was forgotten."""
        with self._lock:
            over = {
                user: window
                for user, window in self._windows.items()
                if all_of_them or at_ns - window.began_ns >= MINUTE_NS
            }
            for user in over:
                del self._windows[user]
        counted = [window for window in over.values() if window.beyond or any(window.again.values())]
        if not counted:
            return
        try:
            with database.writing() as connection:
                for window in counted:
                    _write_counts(connection, window, at_ns)
        except BaseException:
            with self._lock:
                self._windows = over | self._windows
            raise

    def _is_new(self, refusal: Refusal, at_ns: int) -> bool:
        """Whether it is to be written; else it is counted."""
        with self._lock:
            if at_ns - self._began_ns >= MINUTE_NS:
                self._began_ns, self._written = at_ns, 0
            window = self._windows.setdefault(refusal.principal.user_id, _Window(refusal, at_ns))
            if _what(refusal) in window.again:
                window.again[_what(refusal)] += 1
                return False
            if len(window.again) >= OF_ONE_USER or self._written >= OF_ALL:
                window.beyond += 1
                return False
            window.again[_what(refusal)] = 0
            self._written += 1
            return True

    def _forget(self, refusal: Refusal) -> None:
        with self._lock:
            window = self._windows.get(refusal.principal.user_id)
            if window is not None:
                window.again.pop(_what(refusal), None)


def _what(refusal: Refusal) -> tuple[str, str, str]:
    return refusal.permission, refusal.thing, refusal.why


def _write(connection: Connection, action: str, refusal: Refusal, origin: Origin, at_ns: int, **counts: int) -> None:
    after = {"permission": refusal.permission, "why": refusal.why, **counts}
    act = Act(action, refusal.thing, after=after)
    audit.record(connection, act, at_ns=at_ns, by=refusal.principal, origin=origin, chain="security")


def _write_counts(connection: Connection, window: _Window, at_ns: int) -> None:
    """What was counted in a window; who it was stands in each entry, whence no longer."""
    principal = window.refusal.principal
    for (permission, thing, why), times in window.again.items():
        if times:
            refusal = Refusal(principal, permission, thing, why)
            _write(connection, REPEATED, refusal, NOWHERE, at_ns, times=times, since_ns=window.began_ns)
    if window.beyond:
        user = f"user:{principal.user_id}"
        after = {"times": window.beyond, "since_ns": window.began_ns}
        act = Act(BEYOND, user, after=after)
        audit.record(connection, act, at_ns=at_ns, by=principal, origin=NOWHERE, chain="security")
