"""OAuth 2: authorization code with PKCE (S256 alone), client credentials, refresh, revocation, metadata.

Sources: RFC 6749, 7636, 7009, 8414, 9700. A code counts once: its second use ends the session that the first opened.
Redirect addresses are compared as texts. Touches the store.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from sqlalchemy import Connection

from garraway.identity import audit, sessions, text
from garraway.identity.errors import Forbidden, Missing, OAuthRefused, TextInvalid, Unauthenticated
from garraway.identity.identity import SECOND, Identity
from garraway.identity.origin import Origin
from garraway.identity.permissions import Permission, require
from garraway.identity.principal import Principal, Scope
from garraway.identity.secret import CLIENT, CODE, digest, draw, identifier
from garraway.identity.sessions import Grant, Proven
from garraway.identity.tokens import base64url
from garraway.store import credentials, login_sessions, users
from garraway.store import oauth_clients as rows
from garraway.store.oauth_clients import OAuthClient

CODE_S: Final = 60
_PURPOSE: Final = "oauth_code"
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Authorization:
    """An authorization request, as its parameters came."""

    response_type: str
    client_id: str
    redirect_uri: str
    scope: str
    state: str
    code_challenge: str
    code_challenge_method: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked: which program, where it is, what it may do."""

    name: str
    redirect_uri: str
    scopes: tuple[Scope, ...]


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A token request, as its parameters came."""

    grant_type: str
    client_id: str
    client_secret: str | None = None
    code: str = ""
    redirect_uri: str = ""
    code_verifier: str = ""
    refresh_token: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client's name, and its secret (shown once) where it is confidential."""

    client_id: str
    client_secret: str | None


def create_client(
    identity: Identity,
    principal: Principal,
    *,
    name: str,
    redirect_uris: Collection[str],
    scopes: Collection[Scope],
    confidential: bool,
    origin: Origin,
    service_user_id: int | None = None,
) -> NewClient:
    """A new client; with a service account it can act for that by client credentials. Raises: TextInvalid, Missing."""
    require(principal, Permission("create", "oauth_clients"), at_s=identity.at_s)
    for uri in redirect_uris:
        _insist_redirect(uri)
    if service_user_id is not None and not confidential:
        raise TextInvalid("confidential", "client credentials need a secret")
    secret = draw(CLIENT) if confidential else None
    client = OAuthClient(
        client_id=identifier("c"),
        name=text.line("name", name),
        secret_hash=None if secret is None else digest(secret),
        redirect_uris=json.dumps(sorted(redirect_uris)),
        scopes=" ".join(sorted(scopes)),
        user_id=service_user_id,
        created_at_ns=identity.clock(),
    )
    with identity.database.writing() as connection:
        user = None if service_user_id is None else users.user_by_id(connection, service_user_id)
        if service_user_id is not None and (user is None or not user.service):
            raise Missing(f"no service account {service_user_id}")
        rows.insert_client(connection, client)
        after = {"name": client.name, "redirect_uris": sorted(redirect_uris), "scopes": sorted(scopes)}
        _note(identity, connection, principal, origin, "oauth_clients.create", client.client_id, after)
    return NewClient(client.client_id, secret)


def delete_client(identity: Identity, principal: Principal, client_id: str, *, origin: Origin) -> None:
    """Ends a client and the sessions it opened. Raises: Missing."""
    require(principal, Permission("delete", "oauth_clients"), at_s=identity.at_s)
    with identity.database.writing() as connection:
        if not rows.disable_client(connection, client_id, at_ns=identity.clock()):
            raise Missing("no such client")
        login_sessions.revoke_client_sessions(connection, client_id, at_ns=identity.clock(), reason="client_deleted")
        _note(identity, connection, principal, origin, "oauth_clients.delete", client_id, {})
    identity.gate.refresh()


def question(identity: Identity, asked: Authorization) -> Question | str:
    """What a person is asked; or the address to send the browser to, where the request cannot be allowed.

    Raises: OAuthRefused: client or redirect address are wrong, so the browser is sent nowhere.
    """
    with identity.database.reading() as connection:
        client = _asker(connection, asked)
    wrong = _wrong(asked, client)
    if wrong is not None:
        return _redirect(identity, asked, error=wrong)
    return Question(client.name, asked.redirect_uri, tuple(_scopes(asked.scope, client) or ()))


def deny(identity: Identity, asked: Authorization) -> str:
    """The address to send the browser to after the person said no. Raises: as `question`."""
    with identity.database.reading() as connection:
        _asker(connection, asked)
    return _redirect(identity, asked, error="access_denied")


def authorize(identity: Identity, principal: Principal, asked: Authorization) -> str:
    """The address to send the browser to: with a code, after the person, logged in by our own log-in, agreed.

    Raises: OAuthRefused: for the page itself where client or redirect address are wrong, since nobody is sent there;
    Forbidden: the asker is not a person's own log-in.
    """
    with identity.database.writing() as connection:
        session = login_sessions.session_by_id(connection, principal.session_id or "")
        if session is None or session.client_id != sessions.FIRST_PARTY:
            raise Forbidden("only a person's own log-in gives rights to programs")
        client = _asker(connection, asked)
        wrong = _wrong(asked, client)
        if wrong is not None:
            return _redirect(identity, asked, error=wrong)
        return _redirect(identity, asked, code=_code(identity, connection, principal, client, asked))


def token(identity: Identity, asked: TokenRequest, *, origin: Origin) -> Grant:
    """Tokens for a code, a refresh token or a client's own credentials. Raises: OAuthRefused."""
    with identity.database.reading() as connection:
        client = rows.client_by_id(connection, asked.client_id)
    if client is None or not _authentic(client, asked.client_secret):
        raise OAuthRefused("invalid_client", "unknown client, or a wrong secret")
    if asked.grant_type == "authorization_code":
        return _by_code(identity, client, asked, origin)
    if asked.grant_type == "refresh_token":
        try:
            return sessions.refresh(identity, asked.refresh_token, origin=origin, client_id=client.client_id)
        except Unauthenticated as error:
            raise OAuthRefused("invalid_grant", "the refresh token does not hold: authorize again") from error
    if asked.grant_type == "client_credentials":
        return _by_credentials(identity, client, asked, origin)
    raise OAuthRefused("unsupported_grant_type", "authorization_code, refresh_token or client_credentials")


def revoke(identity: Identity, client_id: str, client_secret: str | None, token: str, *, origin: Origin) -> None:
    """Ends the session of a token (RFC 7009); an unknown token is no error. Raises: OAuthRefused: unknown client."""
    with identity.database.reading() as connection:
        client = rows.client_by_id(connection, client_id)
    if client is None or not _authentic(client, client_secret):
        raise OAuthRefused("invalid_client", "unknown client, or a wrong secret")
    sessions.end_by_token(identity, token, origin=origin, client_id=client_id)


def metadata(issuer: str) -> dict[str, Any]:
    """What clients find at `/.well-known/oauth-authorization-server` (RFC 8414)."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "jwks_uri": f"{issuer}/oauth/jwks",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
        "scopes_supported": [scope.value for scope in Scope],
        "authorization_response_iss_parameter_supported": True,
    }


def _asker(connection: Connection, asked: Authorization) -> OAuthClient:
    """The client, whose redirect address it is. Raises: OAuthRefused."""
    client = rows.client_by_id(connection, asked.client_id)
    if client is None or asked.redirect_uri not in json.loads(client.redirect_uris):
        raise OAuthRefused("invalid_request", "unknown client or redirect address")
    return client


def _by_code(identity: Identity, client: OAuthClient, asked: TokenRequest, origin: Origin) -> Grant:
    hashed, at_ns = digest(asked.code), identity.clock()
    with identity.database.writing() as connection:
        kept = credentials.look_at_one_time_secret(
            connection, hashed=hashed, purpose=_PURPOSE, at_ns=at_ns - identity.policy.session_s * SECOND
        )
        fresh = credentials.look_at_one_time_secret(connection, hashed=hashed, purpose=_PURPOSE, at_ns=at_ns)
        said = None if kept is None else json.loads(kept.content)
        grant = None
        if kept is not None and said is not None and said["client_id"] == client.client_id:
            first = credentials.use_one_time_secret(connection, hashed, at_ns=at_ns)
            if not first and kept.session_id is not None:
                sessions.end(identity, connection, kept.user_id, session_id=kept.session_id, why="code_reused")
            elif first and fresh is not None and _verifies(said, asked):
                grant = _open(identity, connection, client, kept.user_id, said, origin)
                credentials.note_session_of_secret(connection, hashed, grant.session_id)
    if grant is None:
        identity.gate.refresh()
        raise OAuthRefused("invalid_grant", "the code does not hold: authorize again")
    return grant


def _by_credentials(identity: Identity, client: OAuthClient, asked: TokenRequest, origin: Origin) -> Grant:
    scopes = _scopes(asked.scope or client.scopes, client)
    if client.user_id is None or client.secret_hash is None:
        raise OAuthRefused("unauthorized_client", "this client acts for people alone")
    if scopes is None:
        raise OAuthRefused("invalid_scope", "more than the client has")
    with identity.database.writing() as connection:
        user = users.user_by_id(connection, client.user_id)
        if user is None or user.status != "active":
            raise OAuthRefused("unauthorized_client", "the service account is not active")
        return sessions.open_session(
            identity,
            connection,
            user,
            Proven(identity.clock()),
            origin=origin,
            client_id=client.client_id,
            scopes=scopes,
            refreshable=False,
        )


def _open(
    identity: Identity, connection: Connection, client: OAuthClient, user_id: int, said: dict[str, Any], origin: Origin
) -> Grant:
    user = users.user_by_id(connection, user_id)
    if user is None or user.status != "active":
        raise OAuthRefused("invalid_grant", "the user is not active")
    return sessions.open_session(
        identity,
        connection,
        user,
        Proven(said["authenticated_at_ns"], said["second_factor_at_ns"]),
        origin=origin,
        client_id=client.client_id,
        scopes=[Scope(word) for word in said["scopes"]],
    )


def _code(
    identity: Identity, connection: Connection, principal: Principal, client: OAuthClient, asked: Authorization
) -> str:
    code, second = draw(CODE), principal.second_factor_at_s
    said = {
        "client_id": client.client_id,
        "redirect_uri": asked.redirect_uri,
        "scopes": sorted(_scopes(asked.scope, client) or ()),
        "code_challenge": asked.code_challenge,
        "authenticated_at_ns": principal.authenticated_at_s * SECOND,
        "second_factor_at_ns": None if second is None else second * SECOND,
    }
    credentials.insert_one_time_secret(
        connection,
        hashed=digest(code),
        purpose=_PURPOSE,
        user_id=principal.user_id,
        content=json.dumps(said),
        expires_at_ns=identity.clock() + CODE_S * SECOND,
    )
    return code


def _wrong(asked: Authorization, client: OAuthClient) -> str | None:
    if asked.response_type != "code":
        return "unsupported_response_type"
    if asked.code_challenge_method != "S256" or not _CHALLENGE.fullmatch(asked.code_challenge):
        return "invalid_request"
    return None if _scopes(asked.scope, client) else "invalid_scope"


def _redirect(identity: Identity, asked: Authorization, **said: str) -> str:
    parameters = {**said, "state": asked.state, "iss": identity.tokens.issuer}
    joint = "&" if urlsplit(asked.redirect_uri).query else "?"
    return asked.redirect_uri + joint + urlencode({name: value for name, value in parameters.items() if value})


def _verifies(said: dict[str, Any], asked: TokenRequest) -> bool:
    if said["redirect_uri"] != asked.redirect_uri or not _VERIFIER.fullmatch(asked.code_verifier):
        return False
    challenge = base64url(hashlib.sha256(asked.code_verifier.encode()).digest())
    return secrets.compare_digest(challenge, said["code_challenge"])


def _scopes(wanted: str, client: OAuthClient) -> frozenset[Scope] | None:
    """The scopes asked for; None where the client has not all of them, or none was asked for."""
    words = set(wanted.split())
    return frozenset(Scope(word) for word in words) if words and words <= set(client.scopes.split()) else None


def _authentic(client: OAuthClient, secret: str | None) -> bool:
    if client.secret_hash is None:
        return secret is None
    return secret is not None and secrets.compare_digest(client.secret_hash, digest(secret))


def _insist_redirect(uri: str) -> None:
    """HTTPS, or HTTP on the loopback for programs on the person's own machine (RFC 8252); no fragment."""
    parts = urlsplit(uri)
    local = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1"}
    safe = uri.isascii() and len(uri) <= 500 and parts.hostname and not parts.fragment and not parts.username
    if not safe or not (parts.scheme == "https" or local) or "#" in uri:
        raise TextInvalid("redirect_uris", f"{uri[:100]!r} is no https address without fragment")


def _note(
    identity: Identity,
    connection: Connection,
    principal: Principal,
    origin: Origin,
    action: str,
    client_id: str,
    after: audit.Fields,
) -> None:
    audit.record(
        connection,
        audit.Act(action, f"client:{client_id}", after=after),
        at_ns=identity.clock(),
        by=principal,
        origin=origin,
    )
