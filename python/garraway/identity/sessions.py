"""Log-in sessions: opened, renewed by rotating refresh tokens, listed, revoked. Touches the store.

A refresh token is used once and replaced. A second use of one means that two hold it, so the whole family ends.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from garraway.identity import audit
from garraway.identity.errors import Missing, Unauthenticated
from garraway.identity.identity import SECOND, Identity
from garraway.identity.origin import Origin
from garraway.identity.permissions import Permission, require
from garraway.identity.principal import STAFF, Principal, Role, Scope
from garraway.identity.secret import REFRESH, digest, draw, identifier
from garraway.log import redacted_text
from garraway.store import login_sessions as rows
from garraway.store import users
from garraway.store.login_sessions import LoginSession
from garraway.store.users import User

FIRST_PARTY: Final = "garraway"
"""The client id of our own log-in."""


@dataclass(frozen=True, slots=True)
class Proven:
    """When the person gave the password, and when the second factor."""

    authenticated_at_ns: int
    second_factor_at_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a client is given: tokens, how long the access token holds, and what for."""

    access_token: str
    refresh_token: str | None
    expires_in_s: int
    scopes: frozenset[Scope]
    session_id: str


def open_session(
    identity: Identity,
    connection: Connection,
    user: User,
    proven: Proven,
    *,
    origin: Origin,
    client_id: str = FIRST_PARTY,
    scopes: Collection[Scope] = tuple(Scope),
    refreshable: bool = True,
) -> Grant:
    """A new session of a user who proved who it is, with its first tokens; beyond `session_count` the oldest ends."""
    at_ns = identity.clock()
    policy = identity.policy
    life_s = policy.staff_session_s if _staff(user) else policy.session_s
    session = LoginSession(
        session_id=identifier("s"),
        user_id=user.user_id,
        client_id=client_id,
        scopes=" ".join(sorted(scopes)),
        address=origin.address,
        user_agent=redacted_text(origin.agent),
        created_at_ns=at_ns,
        authenticated_at_ns=proven.authenticated_at_ns,
        second_factor_at_ns=proven.second_factor_at_ns,
        seen_at_ns=at_ns,
        expires_at_ns=at_ns + (life_s if refreshable else identity.tokens.lifetime_s) * SECOND,
    )
    rows.insert_session(connection, session)
    if refreshable:
        rows.revoke_oldest_sessions(connection, user.user_id, keep=policy.session_count, at_ns=at_ns)
    return _grant(identity, connection, session, at_ns=at_ns, refreshable=refreshable)


def refresh(identity: Identity, token: str, *, origin: Origin, client_id: str = FIRST_PARTY) -> Grant:
    """New tokens for a refresh token, which is used up. Raises: Unauthenticated; a second use ends the session."""
    with identity.database.writing() as connection:
        grant = _refreshed(identity, connection, token, origin=origin, client_id=client_id)
    if grant is None:
        raise Unauthenticated
    return grant


def list_sessions(identity: Identity, principal: Principal, *, user_id: int) -> list[LoginSession]:
    """A user's live sessions, newest first."""
    with identity.database.reading() as connection:
        group = _group_of(connection, user_id)
        reach = require(principal, VIEW, at_s=identity.at_s, user_id=user_id, group=group)
        return rows.list_sessions(connection, reach, user_id=user_id, at_ns=identity.clock())


def revoke(
    identity: Identity,
    principal: Principal,
    *,
    user_id: int,
    origin: Origin,
    session_id: str | None = None,
    reason: str = "",
) -> list[str]:
    """Ends a session of a user, or all of them (but the asker's own); names of those that ended. Raises: Missing."""
    with identity.database.writing() as connection:
        require(principal, REVOKE, at_s=identity.at_s, user_id=user_id, group=_group_of(connection, user_id))
        but = principal.session_id if session_id is None else None
        ended = end(identity, connection, user_id, session_id=session_id, but=but, why="revoked")
        if session_id is not None and not ended:
            raise Missing("no such session")
        audit.record(
            connection,
            audit.Act("sessions.revoke", f"user:{user_id}", after={"sessions": ended}, reason=reason),
            at_ns=identity.clock(),
            by=principal,
            origin=origin,
        )
    identity.gate.refresh()
    return ended


def end(
    identity: Identity,
    connection: Connection,
    user_id: int,
    *,
    why: str,
    session_id: str | None = None,
    but: str | None = None,
) -> list[str]:
    """Ends sessions in the caller's transaction."""
    return rows.revoke_sessions(
        connection, user_id=user_id, at_ns=identity.clock(), reason=why, session_id=session_id, but=but
    )


def end_by_token(identity: Identity, token: str, *, origin: Origin, client_id: str = FIRST_PARTY) -> None:
    """Ends the session of a refresh or access token (RFC 7009, and log-out); an unknown token is no error."""
    with identity.database.writing() as connection:
        session = _session_of(identity, connection, token)
        if session is None or session.client_id != client_id:
            return
        if end(identity, connection, session.user_id, session_id=session.session_id, why="logged_out"):
            _note(identity, connection, session, origin=origin, action="session.log_out")
    identity.gate.refresh()


def access_token(identity: Identity, session: LoginSession, *, at_ns: int) -> str:
    """An access token that says what the session is now."""
    second = session.second_factor_at_ns
    return identity.tokens.issue(
        user_id=session.user_id,
        session_id=session.session_id,
        client_id=session.client_id,
        scopes=frozenset(Scope(word) for word in session.scopes.split()),
        authenticated_at_s=session.authenticated_at_ns // SECOND,
        second_factor_at_s=None if second is None else second // SECOND,
        at_s=at_ns // SECOND,
    )


def _refreshed(
    identity: Identity, connection: Connection, token: str, *, origin: Origin, client_id: str
) -> Grant | None:
    at_ns, hashed = identity.clock(), digest(token)
    found = rows.refresh_token(connection, hashed)
    session = None if found is None else rows.session_by_id(connection, found.session_id)
    if found is None or session is None or session.client_id != client_id:
        return None
    if not rows.use_refresh_token(connection, hashed, at_ns=at_ns):
        if end(identity, connection, session.user_id, session_id=session.session_id, why="refresh_reused"):
            _note(identity, connection, session, origin=origin, action="session.refresh_reused")
        return None
    user = users.user_by_id(connection, session.user_id)
    policy = identity.policy
    idle_s = policy.idle_s if user is not None and _staff(user) else policy.refresh_token_s
    over = session.expires_at_ns <= at_ns or at_ns - session.seen_at_ns > idle_s * SECOND
    if user is None or user.status != "active" or session.revoked_at_ns is not None or over:
        return None
    rows.renew_session(connection, session.session_id, at_ns=at_ns, address=origin.address)
    return _grant(identity, connection, session, at_ns=at_ns, refreshable=True)


def _grant(
    identity: Identity, connection: Connection, session: LoginSession, *, at_ns: int, refreshable: bool
) -> Grant:
    token = draw(REFRESH) if refreshable else None
    if token is not None:
        rows.insert_refresh_token(connection, digest(token), session.session_id, at_ns=at_ns)
    return Grant(
        access_token=access_token(identity, session, at_ns=at_ns),
        refresh_token=token,
        expires_in_s=identity.tokens.lifetime_s,
        scopes=frozenset(Scope(word) for word in session.scopes.split()),
        session_id=session.session_id,
    )


def _session_of(identity: Identity, connection: Connection, token: str) -> LoginSession | None:
    if token.startswith(REFRESH):
        found = rows.refresh_token(connection, digest(token))
        return None if found is None else rows.session_by_id(connection, found.session_id)
    try:
        claims = identity.tokens.verify(token, at_s=identity.at_s)
    except Unauthenticated:
        return None
    return rows.session_by_id(connection, claims.session_id)


def _note(identity: Identity, connection: Connection, session: LoginSession, *, origin: Origin, action: str) -> None:
    audit.record(
        connection,
        audit.Act(action, f"user:{session.user_id}", after={"session": session.session_id}),
        at_ns=identity.clock(),
        by="anonymous",
        origin=origin,
        chain="security",
    )


def _group_of(connection: Connection, user_id: int) -> int | None:
    user = users.user_by_id(connection, user_id)
    return None if user is None else user.group_id


def _staff(user: User) -> bool:
    return any(Role(role) in STAFF for role in user.roles)


VIEW: Final = Permission("view", "sessions")
REVOKE: Final = Permission("revoke", "sessions")
