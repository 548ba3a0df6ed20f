"""Log-in sessions: one's own, and for staff those of users."""

from typing import Annotated

from fastapi import APIRouter, Path

from garraway.api.decimals import Said
from garraway.api.origins import From
from garraway.api.permits import Caller, needs
from garraway.api.rendering import At, at_text
from garraway.api.serving import Served
from garraway.identity import sessions
from garraway.store.login_sessions import LoginSession

routes = APIRouter(prefix="/api/v1", tags=["sessions"])
SessionNamed = Annotated[str, Path(max_length=64)]
UserNamed = Annotated[int, Path(ge=1, le=2**63 - 1)]


class SessionSaid(Said):
    """A live session: since when, last from where, by which program."""

    session_id: str
    client_id: str
    scope: str
    address: str
    user_agent: str
    created_at: At
    seen_at: At
    expires_at: At
    current: bool


class SessionsSaid(Said):
    """Live sessions, the newest first."""

    items: list[SessionSaid]


class EndedSaid(Said):
    """Sessions that ended now."""

    session_ids: list[str]


@routes.get("/sessions")
def list_sessions(services: Served, caller: Annotated[Caller, needs("view", "sessions")]) -> SessionsSaid:
    """One's own log-in sessions."""
    return _sessions(services, caller, caller.principal.user_id)


@routes.delete("/sessions")
def end_other_sessions(
    services: Served, origin: From, caller: Annotated[Caller, needs("revoke", "sessions")]
) -> EndedSaid:
    """End all of one's own sessions but this."""
    user_id = caller.principal.user_id
    return EndedSaid(session_ids=sessions.revoke(services.identity, caller.principal, user_id=user_id, origin=origin))


@routes.delete("/sessions/{session_id}")
def end_session(
    session_id: SessionNamed, services: Served, origin: From, caller: Annotated[Caller, needs("revoke", "sessions")]
) -> EndedSaid:
    """End one of one's own sessions."""
    ended = sessions.revoke(
        services.identity, caller.principal, user_id=caller.principal.user_id, session_id=session_id, origin=origin
    )
    return EndedSaid(session_ids=ended)


@routes.get("/admin/users/{user_id}/sessions", tags=["back office"])
def list_user_sessions(
    user_id: UserNamed, services: Served, caller: Annotated[Caller, needs("view", "sessions")]
) -> SessionsSaid:
    """A user's live sessions."""
    return _sessions(services, caller, user_id)


@routes.delete("/admin/users/{user_id}/sessions", tags=["back office"])
def end_user_sessions(
    user_id: UserNamed, services: Served, origin: From, caller: Annotated[Caller, needs("revoke", "sessions")]
) -> EndedSaid:
    """End all sessions of a user."""
    return EndedSaid(session_ids=sessions.revoke(services.identity, caller.principal, user_id=user_id, origin=origin))


def _sessions(services: Served, caller: Caller, user_id: int) -> SessionsSaid:
    found = sessions.list_sessions(services.identity, caller.principal, user_id=user_id)
    return SessionsSaid(items=[_said(one, caller.principal.session_id) for one in found])


def _said(session: LoginSession, current: str | None) -> SessionSaid:
    return SessionSaid(
        session_id=session.session_id,
        client_id=session.client_id,
        scope=session.scopes,
        address=session.address,
        user_agent=session.user_agent,
        created_at=at_text(session.created_at_ns),
        seen_at=at_text(session.seen_at_ns),
        expires_at=at_text(session.expires_at_ns),
        current=session.session_id == current,
    )
