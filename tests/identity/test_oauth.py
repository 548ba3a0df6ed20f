"""OAuth 2: codes with PKCE, client credentials, refresh, revocation. A code counts once."""

import hashlib
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.identity.people import HERE, Clock, principal_of, staff, trader

from garraway.identity import (
    Forbidden,
    Identity,
    Missing,
    OAuthRefused,
    Principal,
    Role,
    Scope,
    TextInvalid,
    Unauthenticated,
    oauth,
)
from garraway.identity.oauth import Authorization, NewClient, TokenRequest
from garraway.identity.people import NewUser, create
from garraway.identity.tokens import base64url

BACK = "https://app.example/back?x=1"
VERIFIER = "v" * 64
CHALLENGE = base64url(hashlib.sha256(VERIFIER.encode()).digest())


@pytest.fixture
def boss(identity: Identity, clock: Clock) -> Principal:
    return staff(identity, clock, Role.SUPER_ADMIN)


@pytest.fixture
def app(identity: Identity, boss: Principal) -> NewClient:
    """A public client."""
    return oauth.create_client(
        identity,
        boss,
        name="App",
        redirect_uris=[BACK],
        scopes=[Scope.READ, Scope.TRADE],
        confidential=False,
        origin=HERE,
    )


def asked(client: NewClient, **other: str) -> Authorization:
    return replace(Authorization("code", client.client_id, BACK, "read", "st", CHALLENGE, "S256"), **other)


def code_of(identity: Identity, me: Principal, authorization: Authorization) -> str:
    return parse_qs(urlsplit(oauth.authorize(identity, me, authorization)).query)["code"][0]


def exchange(client: NewClient, given: str, **other: str) -> TokenRequest:
    whole = TokenRequest("authorization_code", client.client_id, code=given, redirect_uri=BACK, code_verifier=VERIFIER)
    return replace(whole, **other)


def refusal(identity: Identity, request: TokenRequest) -> str:
    with pytest.raises(OAuthRefused) as refused:
        oauth.token(identity, request, origin=HERE)
    return refused.value.error


def test_a_program_gets_the_rights_it_asked_for(identity: Identity, app: NewClient) -> None:
    me = trader(identity)
    address = oauth.authorize(identity, me, asked(app))
    query = parse_qs(urlsplit(address).query)
    assert address.startswith(BACK + "&")
    assert (query["state"], query["iss"]) == (["st"], ["https://example.com"])
    grant = oauth.token(identity, exchange(app, query["code"][0]), origin=HERE)
    theirs = principal_of(identity, grant)
    assert (theirs.user_id, theirs.scopes, theirs.session_id == me.session_id) == (
        me.user_id,
        frozenset({Scope.READ}),
        False,
    )
    again = TokenRequest("refresh_token", app.client_id, refresh_token=grant.refresh_token or "")
    assert principal_of(identity, oauth.token(identity, again, origin=HERE)).scopes == {Scope.READ}
    assert refusal(identity, again) == "invalid_grant"
    with pytest.raises(Unauthenticated):
        principal_of(identity, grant)


def test_a_second_use_of_a_code_ends_what_the_first_opened(identity: Identity, app: NewClient) -> None:
    code = code_of(identity, trader(identity), asked(app))
    grant = oauth.token(identity, exchange(app, code), origin=HERE)
    principal_of(identity, grant)
    assert refusal(identity, exchange(app, code)) == "invalid_grant"
    with pytest.raises(Unauthenticated):
        principal_of(identity, grant)


@pytest.mark.parametrize(
    "other",
    [
        {"code_verifier": "w" * 64},
        {"code_verifier": ""},
        {"code_verifier": CHALLENGE},
        {"redirect_uri": "https://app.example/back"},
        {"redirect_uri": ""},
        {"code": "grw_code_made_up"},
        {"code": ""},
    ],
)
def test_a_code_needs_its_verifier_and_its_address(identity: Identity, app: NewClient, other: dict[str, str]) -> None:
    code = code_of(identity, trader(identity), asked(app))
    assert refusal(identity, exchange(app, code, **other)) == "invalid_grant"


def test_a_code_lives_a_minute_and_belongs_to_its_client(
    identity: Identity, boss: Principal, app: NewClient, clock: Clock
) -> None:
    me = trader(identity)
    other = oauth.create_client(
        identity, boss, name="Other", redirect_uris=[BACK], scopes=[Scope.READ], confidential=False, origin=HERE
    )
    assert refusal(identity, exchange(other, code_of(identity, me, asked(app)))) == "invalid_grant"
    code = code_of(identity, me, asked(app))
    clock.forward(60)
    assert refusal(identity, exchange(app, code)) == "invalid_grant"


@pytest.mark.parametrize(
    ("other", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "read everything"}, "invalid_scope"),
    ],
)
def test_a_wrong_request_goes_back_with_its_error(
    identity: Identity, app: NewClient, other: dict[str, str], error: str
) -> None:
    query = parse_qs(urlsplit(oauth.authorize(identity, trader(identity), asked(app, **other))).query)
    assert (query["error"], "code" in query) == ([error], False)


@pytest.mark.parametrize(
    "other", [{"client_id": "none"}, {"redirect_uri": "https://evil.example"}, {"redirect_uri": BACK + "/"}]
)
def test_nobody_is_sent_to_an_unknown_address(identity: Identity, app: NewClient, other: dict[str, str]) -> None:
    with pytest.raises(OAuthRefused):
        oauth.authorize(identity, trader(identity), asked(app, **other))


def test_a_program_gives_no_rights_to_programs(identity: Identity, app: NewClient) -> None:
    me = trader(identity)
    grant = oauth.token(identity, exchange(app, code_of(identity, me, asked(app))), origin=HERE)
    with pytest.raises(Forbidden):
        oauth.authorize(identity, principal_of(identity, grant), asked(app))


def test_a_service_account_acts_by_client_credentials(identity: Identity, boss: Principal, clock: Clock) -> None:
    made = create(identity, boss, NewUser("bot@example.com", "Bot", service=True), origin=HERE)
    client = oauth.create_client(
        identity, boss, name="Bot", redirect_uris=[], scopes=[Scope.READ, Scope.TRADE], confidential=True, origin=HERE,
        service_user_id=made.user_id,
    )  # fmt: skip
    request = TokenRequest("client_credentials", client.client_id, client.client_secret, scope="trade")
    grant = oauth.token(identity, request, origin=HERE)
    assert grant.refresh_token is None
    found = principal_of(identity, grant)
    assert (found.user_id, found.scopes, found.second_factor_at_s) == (made.user_id, frozenset({Scope.TRADE}), None)
    assert refusal(identity, replace(request, scope="admin")) == "invalid_scope"
    for secret in (None, "", "wrong"):
        assert refusal(identity, replace(request, client_secret=secret)) == "invalid_client"
    assert refusal(identity, replace(request, grant_type="password")) == "unsupported_grant_type"
    oauth.delete_client(identity, boss, client.client_id, origin=HERE)
    with pytest.raises(Unauthenticated):
        principal_of(identity, grant)
    assert refusal(identity, request) == "invalid_client"
    with pytest.raises(Missing):
        oauth.delete_client(identity, boss, client.client_id, origin=HERE)


def test_a_public_client_has_no_credentials(identity: Identity, app: NewClient) -> None:
    assert refusal(identity, TokenRequest("client_credentials", app.client_id)) == "unauthorized_client"
    assert refusal(identity, TokenRequest("client_credentials", app.client_id, "")) == "invalid_client"


def test_a_revoked_token_ends_its_session_but_not_another_clients(
    identity: Identity, boss: Principal, app: NewClient
) -> None:
    me = trader(identity)
    grant = oauth.token(identity, exchange(app, code_of(identity, me, asked(app))), origin=HERE)
    other = oauth.create_client(
        identity, boss, name="Other", redirect_uris=[], scopes=[Scope.READ], confidential=True, origin=HERE
    )
    oauth.revoke(identity, other.client_id, other.client_secret, grant.access_token, origin=HERE)
    principal_of(identity, grant)
    oauth.revoke(identity, app.client_id, None, "unknown", origin=HERE)
    oauth.revoke(identity, app.client_id, None, grant.refresh_token or "", origin=HERE)
    with pytest.raises(Unauthenticated):
        principal_of(identity, grant)
    with pytest.raises(OAuthRefused):
        oauth.revoke(identity, other.client_id, "wrong", grant.access_token, origin=HERE)


@pytest.mark.parametrize(
    "uri",
    [
        "http://app.example/back",
        "https://app.example/#x",
        "https://u:p@app.example/",
        "javascript:alert(1)",
        "custom:/back",
        "https://",
        "http://localhost/back",
        "https://app.example/\u202e",
    ],
)
def test_a_redirect_address_is_https(uri: str) -> None:
    for good in (BACK, "http://127.0.0.1:8765/back", "http://[::1]/"):
        oauth._insist_redirect(good)
    with pytest.raises(TextInvalid):
        oauth._insist_redirect(uri)


def test_the_metadata_offers_only_what_is_safe() -> None:
    said = oauth.metadata("https://example.com")
    assert (said["response_types_supported"], said["code_challenge_methods_supported"]) == (["code"], ["S256"])
    assert "password" not in said["grant_types_supported"]
