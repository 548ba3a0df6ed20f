"""Queries of log-in sessions and their refresh tokens."""

from dataclasses import dataclass, fields

from sqlalchemy import Connection, RowMapping, delete, exists, insert, select, update

from garraway.store.changes import next_change
from garraway.store.reach import Reach
from garraway.store.tables.login_sessions import LOGIN_SESSIONS, REFRESH_TOKENS
from garraway.store.tables.users import USERS

PAGE = 500


@dataclass(frozen=True, slots=True)
class LoginSession:
    """A log-in session as kept. Times are ns since the Unix epoch; `scopes` are words with spaces between."""

    session_id: str
    user_id: int
    client_id: str
    scopes: str
    address: str
    user_agent: str
    created_at_ns: int
    authenticated_at_ns: int
    second_factor_at_ns: int | None
    seen_at_ns: int
    expires_at_ns: int
    revoked_at_ns: int | None = None
    revoked_for: str | None = None


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token's session, and whether it was used."""

    session_id: str
    used: bool


def insert_session(connection: Connection, session: LoginSession) -> None:
    """A new session."""
    row = {one.name: getattr(session, one.name) for one in fields(session)}
    connection.execute(insert(LOGIN_SESSIONS).values(**row, changed=next_change(connection)))


def session_by_id(connection: Connection, session_id: str) -> LoginSession | None:
    """The session of this name."""
    row = (
        connection.execute(select(LOGIN_SESSIONS).where(LOGIN_SESSIONS.c.session_id == session_id))
        .mappings()
        .one_or_none()
    )
    return None if row is None else _session(row)


def list_sessions(connection: Connection, reach: Reach, *, user_id: int, at_ns: int) -> list[LoginSession]:
    """A user's live sessions within the reach, newest first."""
    joined = LOGIN_SESSIONS.join(USERS, USERS.c.user_id == LOGIN_SESSIONS.c.user_id)
    columns = LOGIN_SESSIONS.c
    statement = (
        select(LOGIN_SESSIONS)
        .select_from(joined)
        .where(reach.clause(user_id=columns.user_id, group=USERS.c.group_id), columns.user_id == user_id)
        .where(columns.revoked_at_ns.is_(None), columns.expires_at_ns > at_ns)
        .order_by(columns.created_at_ns.desc())
        .limit(PAGE)
    )
    return [_session(row) for row in connection.execute(statement).mappings()]


def revoke_sessions(
    connection: Connection,
    *,
    user_id: int,
    at_ns: int,
    reason: str,
    session_id: str | None = None,
    but: str | None = None,
) -> list[str]:
    """Ends a user's sessions: one, or all (`but` one); the names of those that ended now."""
    columns = LOGIN_SESSIONS.c
    statement = update(LOGIN_SESSIONS).where(columns.user_id == user_id, columns.revoked_at_ns.is_(None))
    if session_id is not None:
        statement = statement.where(columns.session_id == session_id)
    if but is not None:
        statement = statement.where(columns.session_id != but)
    values = {"revoked_at_ns": at_ns, "revoked_for": reason, "changed": next_change(connection)}
    return list(connection.execute(statement.values(values).returning(columns.session_id)).scalars())


def revoke_oldest_sessions(connection: Connection, user_id: int, *, keep: int, at_ns: int) -> None:
    """Ends the user's oldest live sessions beyond so many; those that cannot be renewed end by themselves.

    Follows `insert_session` in its transaction, whose change counter lets one log-in count at a time.
    """
    columns = LOGIN_SESSIONS.c
    renewable = exists().where(REFRESH_TOKENS.c.session_id == columns.session_id)
    live = (columns.user_id == user_id, columns.revoked_at_ns.is_(None), columns.expires_at_ns > at_ns, renewable)
    statement = select(columns.session_id).where(*live).order_by(columns.created_at_ns.desc(), columns.session_id)
    beyond = list(connection.execute(statement.offset(keep - 1).limit(PAGE)).scalars())
    if beyond:
        values = {"revoked_at_ns": at_ns, "revoked_for": "too_many", "changed": next_change(connection)}
        connection.execute(update(LOGIN_SESSIONS).where(columns.session_id.in_(beyond)).values(values))


def revoke_all_sessions(connection: Connection, *, at_ns: int, reason: str) -> int:
    """Ends every session of everybody; how many ended."""
    values = {"revoked_at_ns": at_ns, "revoked_for": reason, "changed": next_change(connection)}
    return connection.execute(
        update(LOGIN_SESSIONS).where(LOGIN_SESSIONS.c.revoked_at_ns.is_(None)).values(values)
    ).rowcount


def revoke_client_sessions(connection: Connection, client_id: str, *, at_ns: int, reason: str) -> None:
    """Ends all sessions that an OAuth client opened."""
    mine = (LOGIN_SESSIONS.c.client_id == client_id, LOGIN_SESSIONS.c.revoked_at_ns.is_(None))
    values = {"revoked_at_ns": at_ns, "revoked_for": reason, "changed": next_change(connection)}
    connection.execute(update(LOGIN_SESSIONS).where(*mine).values(values))


def sessions_revoked(connection: Connection, after: int, *, since_ns: int) -> list[LoginSession]:
    """Sessions revoked after a value of the change counter, and not before a time."""
    columns = LOGIN_SESSIONS.c
    statement = select(LOGIN_SESSIONS).where(columns.changed > after, columns.revoked_at_ns >= since_ns)
    return [_session(row) for row in connection.execute(statement).mappings()]


def renew_session(connection: Connection, session_id: str, *, at_ns: int, address: str) -> None:
    """Notes that the session was seen, and where."""
    row = update(LOGIN_SESSIONS).where(LOGIN_SESSIONS.c.session_id == session_id)
    connection.execute(row.values(seen_at_ns=at_ns, address=address))


def step_up_session(connection: Connection, session_id: str, *, at_ns: int) -> None:
    """Notes a fresh second factor."""
    row = update(LOGIN_SESSIONS).where(LOGIN_SESSIONS.c.session_id == session_id)
    connection.execute(row.values(second_factor_at_ns=at_ns))


def insert_refresh_token(connection: Connection, hashed: str, session_id: str, *, at_ns: int) -> None:
    """A new token of the session's family."""
    connection.execute(insert(REFRESH_TOKENS).values(hash=hashed, session_id=session_id, issued_at_ns=at_ns))


def refresh_token(connection: Connection, hashed: str) -> RefreshToken | None:
    """The token of this hash."""
    columns = (REFRESH_TOKENS.c.session_id, REFRESH_TOKENS.c.used_at_ns)
    row = connection.execute(select(*columns).where(REFRESH_TOKENS.c.hash == hashed)).one_or_none()
    return None if row is None else RefreshToken(row.session_id, row.used_at_ns is not None)


def use_refresh_token(connection: Connection, hashed: str, *, at_ns: int) -> bool:
    """Marks a token as used; False where it was before, or there is none."""
    unused = (REFRESH_TOKENS.c.hash == hashed, REFRESH_TOKENS.c.used_at_ns.is_(None))
    return connection.execute(update(REFRESH_TOKENS).where(*unused).values(used_at_ns=at_ns)).rowcount == 1


def remove_ended_sessions(connection: Connection, *, before_ns: int) -> int:
    """Forgets sessions that expired before a time, with their tokens; how many."""
    ended = select(LOGIN_SESSIONS.c.session_id).where(LOGIN_SESSIONS.c.expires_at_ns < before_ns)
    connection.execute(delete(REFRESH_TOKENS).where(REFRESH_TOKENS.c.session_id.in_(ended)))
    return connection.execute(delete(LOGIN_SESSIONS).where(LOGIN_SESSIONS.c.expires_at_ns < before_ns)).rowcount


def _session(row: RowMapping) -> LoginSession:
    return LoginSession(**{one.name: row[one.name] for one in fields(LoginSession)})
