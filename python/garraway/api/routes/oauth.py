"""OAuth 2 for programs: metadata, keys, token, revoke; and the clients, by staff.

The page of `/oauth/authorize` is in `authorization`. Errors are problems with RFC 6749's `error` and
`error_description` besides.
"""

import base64
import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal
from urllib.parse import unquote_plus

from fastapi import APIRouter, Form, Header, Path
from pydantic import BaseModel, Field

from garraway.api.decimals import Asked, Said
from garraway.api.origins import From
from garraway.api.permits import Caller, needs, public
from garraway.api.problems import Problem
from garraway.api.routes.keys import ScopeSaid
from garraway.api.routes.users import Name
from garraway.api.serving import Served
from garraway.identity import OAuthRefused, Scope, oauth
from garraway.identity.oauth import TokenRequest

routes = APIRouter(tags=["oauth"])
Word = Annotated[str, Field(max_length=2_048)]
Basic = Annotated[str, Header(alias="authorization", max_length=1_024)]
ClientNamed = Annotated[str, Path(max_length=64)]


class ClientNamedAsked(BaseModel):
    """Which client asks; members that nobody knows are passed over, as RFC 6749 wants it."""

    client_id: Word = ""
    client_secret: Word | None = None


class TokenAsked(ClientNamedAsked):
    """RFC 6749, sections 4.1.3, 4.4.2 and 6."""

    grant_type: Word
    code: Word = ""
    redirect_uri: Word = ""
    code_verifier: Word = ""
    refresh_token: Word = ""
    scope: Word = ""


class RevokeAsked(ClientNamedAsked):
    """RFC 7009, section 2.1."""

    token: Word


class OAuthTokensSaid(Said):
    """RFC 6749, section 5.1."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - no password, a word of RFC 6750
    expires_in: int
    refresh_token: str | None = None
    scope: str


class ClientAsked(Asked):
    """A new client. With `user_id` (a service account's) it may use client credentials."""

    name: Name
    redirect_uris: Annotated[list[Annotated[str, Field(max_length=500)]], Field(default_factory=list, max_length=20)]
    scopes: Annotated[list[ScopeSaid], Field(min_length=1, max_length=5)]
    confidential: bool
    user_id: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None


class ClientMadeSaid(Said):
    """The client's name and secret, told this once; a public one has none."""

    client_id: str
    client_secret: str | None


@routes.get("/.well-known/oauth-authorization-server", dependencies=[public()])
def oauth_metadata(services: Served) -> dict[str, Any]:
    """What there is (RFC 8414)."""
    return oauth.metadata(services.identity.tokens.issuer)


@routes.get("/oauth/jwks", dependencies=[public()])
def oauth_keys(services: Served) -> dict[str, Any]:
    """Public keys of access tokens (RFC 7517)."""
    return services.identity.tokens.keys.public_set(at_s=services.identity.at_s)


@routes.post("/oauth/token", dependencies=[public()], response_model_exclude_none=True)
def oauth_token(
    asked: Annotated[TokenAsked, Form()], services: Served, origin: From, authorization: Basic = ""
) -> OAuthTokensSaid:
    """Tokens for a code, a refresh token, or a client's own credentials."""
    with _told():
        name, secret = _client(authorization, asked)
        request = TokenRequest(
            asked.grant_type, name, secret, asked.code, asked.redirect_uri, asked.code_verifier, asked.refresh_token,
            asked.scope,
        )  # fmt: skip
        grant = oauth.token(services.identity, request, origin=origin)
    return OAuthTokensSaid(
        access_token=grant.access_token,
        expires_in=grant.expires_in_s,
        refresh_token=grant.refresh_token,
        scope=" ".join(sorted(grant.scopes)),
    )


@routes.post("/oauth/revoke", dependencies=[public()])
def oauth_revoke(
    asked: Annotated[RevokeAsked, Form()], services: Served, origin: From, authorization: Basic = ""
) -> dict[str, Any]:
    """End the session of a token (RFC 7009); an unknown token is no error."""
    with _told():
        name, secret = _client(authorization, asked)
        oauth.revoke(services.identity, name, secret, asked.token, origin=origin)
    return {}


@routes.post("/api/v1/admin/oauth-clients", status_code=201, tags=["back office"])
def create_oauth_client(
    asked: ClientAsked, services: Served, origin: From, caller: Annotated[Caller, needs("create", "oauth_clients")]
) -> ClientMadeSaid:
    """Make a client."""
    made = oauth.create_client(
        services.identity,
        caller.principal,
        name=asked.name,
        redirect_uris=asked.redirect_uris,
        scopes=[Scope(word) for word in asked.scopes],
        confidential=asked.confidential,
        origin=origin,
        service_user_id=asked.user_id,
    )
    return ClientMadeSaid(client_id=made.client_id, client_secret=made.client_secret)


@routes.delete("/api/v1/admin/oauth-clients/{client_id}", status_code=204, tags=["back office"])
def delete_oauth_client(
    client_id: ClientNamed, services: Served, origin: From, caller: Annotated[Caller, needs("delete", "oauth_clients")]
) -> None:
    """End a client and the sessions that it opened."""
    oauth.delete_client(services.identity, caller.principal, client_id, origin=origin)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OAuthRefused as error:
        status = 401 if error.error == "invalid_client" else 400
        said = {"error": error.error, "error_description": str(error)}
        raise Problem(status, "OAuthRefused", str(error), extra=said) from error


def _client(authorization: str, asked: ClientNamedAsked) -> tuple[str, str | None]:
    """The client's name and secret, of the Basic header or the form. Raises: OAuthRefused."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return asked.client_id, asked.client_secret
    try:
        name, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise OAuthRefused("invalid_client", "the authorization header is no Basic credentials") from error
    if not colon:
        raise OAuthRefused("invalid_client", "the authorization header is no Basic credentials")
    return unquote_plus(name), unquote_plus(secret)
