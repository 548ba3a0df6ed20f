"""Rows that mean nothing any more, forgotten: at each start, and whenever a schedule asks for it. Touches the store."""

from garraway.identity.identity import SECOND, Identity
from garraway.identity.throttle import FORGOTTEN_AFTER_S
from garraway.store import credentials, login_sessions


def forget_old(identity: Identity) -> int:
    """Removes sessions, one-time secrets and throttles whose time is over; how many rows. The audit chain stays."""
    at_ns = identity.clock()
    # Ended sessions and used secrets stay as long as a session can live, so that a second use of one is seen.
    kept_ns = identity.policy.session_s * SECOND
    with identity.database.writing() as connection:
        removed = login_sessions.remove_ended_sessions(connection, before_ns=at_ns - kept_ns)
        return removed + credentials.remove_expired(
            connection,
            secrets_before_ns=at_ns - kept_ns,
            throttles_before_ns=at_ns - FORGOTTEN_AFTER_S * SECOND,
        )
