"""The routes of people: a person registers, enrols a second factor, makes a key, signs; staff look after users."""

import asyncio
import hashlib
import io
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx2
import pyotp
import pytest
from msgspec.structs import replace

from garraway.api import EdgeSettings, Services, create_app, serve
from garraway.api.access_log import AccessLog
from garraway.api.feed import Feed
from garraway.api.meters import Meters
from garraway.identity import Breached, Identity, Policy, RelyingParty, Role, SignedRequest, assembly
from garraway.identity.signed_requests import sign
from garraway.identity.tokens import base64url
from garraway.store import Database, upgrade, users
from garraway.venues import Directory

PASSWORD = "a horse in the attic"
Client = httpx2.AsyncClient
Answer = dict[str, Any]


class Clock:
    """Real time, moved on by the test: an authenticator's codes count once."""

    def __init__(self) -> None:
        self.ahead_ns = 0

    def __call__(self) -> int:
        return time.time_ns() + self.ahead_ns


class NoViews:
    """The fold of a venue where nothing happened."""

    seq = 0

    def statistics(self) -> dict[str, int]:
        return {}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def identity(tmp_path: Path, clock: Clock) -> Iterator[Identity]:
    database = Database.open(f"sqlite:///{tmp_path}/people.db")
    upgrade(database)
    party = RelyingParty("example.com", "Garraway", ("https://example.com",))
    folder = tmp_path / "secrets"
    with assembly.opened(
        database, folder, clock, policy=Policy(issuer="https://example.com"), relying_party=party, breached=Breached()
    ) as found:
        yield found
    database.close()


@pytest.fixture
def ask(identity: Identity, clock: Clock) -> Callable[[Callable[[Client], Awaitable[None]]], str]:
    """Runs a scenario with a client of the application; what was logged meanwhile."""
    stream = io.StringIO()

    async def scenario(asking: Callable[[Client], Awaitable[None]]) -> None:
        nothing = cast("Any", None)
        services = Services(
            clock=clock,
            monotonic_s=time.monotonic,
            identity=identity,
            door=nothing,
            views=cast("Any", NoViews()),
            arrivals=nothing,
            desk=nothing,
            back_office=nothing,
            database=identity.database,
            directory=Directory(),
            feed=Feed(nothing),
            log=AccessLog(stream, clock),
            meters=Meters.new(version="test", views=cast("Any", NoViews())),
            edge=EdgeSettings(logins_per_minute=1_000),
        )
        transport = httpx2.ASGITransport(app=serve(create_app(services)))
        async with Client(transport=transport, base_url="http://garraway.test") as client:
            await asking(client)
        services.log.flush()

    def run(asking: Callable[[Client], Awaitable[None]]) -> str:
        asyncio.run(scenario(asking))
        return stream.getvalue()

    return run


async def post(client: Client, path: str, body: Answer, token: str = "", status: int = 200) -> Answer:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    reply = await client.post(path, json=body, headers=headers)
    assert reply.status_code == status, reply.text
    return cast("Answer", reply.json()) if reply.content else {}


async def registered(client: Client, login: str = "ada@example.com") -> str:
    """An access token of a new trader."""
    said = {"login": login, "name": "Ada", "password": PASSWORD}
    assert await post(client, "/api/v1/auth/register", said, status=202) == {"status": "accepted"}
    found = await post(client, "/api/v1/auth/login", {"login": login, "password": PASSWORD})
    assert (found["status"], found["second_factor"]) == ("granted", None)
    return cast("str", found["tokens"]["access_token"])


async def strong(
    client: Client, identity: Identity, clock: Clock, login: str = "ada@example.com", token: str = ""
) -> tuple[str, pyotp.TOTP]:
    """An access token by password and code, and the app."""
    token = token or await registered(client, login)
    uri = (await post(client, "/api/v1/auth/factors/totp", {}, token))["uri"]
    app = pyotp.TOTP(parse_qs(urlsplit(uri).query)["secret"][0])
    codes = await post(client, "/api/v1/auth/factors/totp/confirm", {"code": code(app, clock)}, token)
    assert len(codes["recovery_codes"]) == 10
    next_step(identity, clock)
    asked = await post(client, "/api/v1/auth/login", {"login": login, "password": PASSWORD})
    challenge = asked["second_factor"]["challenge"]
    tokens = await post(client, "/api/v1/auth/second-factor", {"challenge": challenge, "code": code(app, clock)})
    next_step(identity, clock)
    return tokens["access_token"], app


def next_step(identity: Identity, clock: Clock) -> None:
    """Moves time to the next code; the gate reads again, or it would let nobody in."""
    clock.ahead_ns += 30 * 10**9
    identity.gate.refresh()


def code(app: pyotp.TOTP, clock: Clock) -> str:
    return app.at(clock() // 10**9)


def test_a_person_registers_enrols_makes_a_key_and_signs(
    ask: Callable[[Callable[[Client], Awaitable[None]]], str], identity: Identity, clock: Clock
) -> None:
    planted: list[str] = [PASSWORD]

    async def asking(client: Client) -> None:
        token, _ = await strong(client, identity, clock)
        made = await post(
            client, "/api/v1/keys", {"label": "desk", "algorithm": "hmac-sha256", "scopes": ["read"]}, token, 201
        )
        planted.extend([token, made["secret"]])
        request = SignedRequest(
            made["key_id"], str(clock() // 10**6), "5000", "nonce-0001", "GET", "/api/v1/auth/me", b"", ""
        )
        request = replace(request, signature=sign(made["secret"], request))
        headers = {
            "garraway-key": request.key_id,
            "garraway-timestamp": request.timestamp_ms,
            "garraway-window": request.window_ms,
            "garraway-nonce": request.nonce,
            "garraway-signature": request.signature,
        }
        me = await client.get("/api/v1/auth/me", headers=headers)
        assert (me.status_code, me.json()["key_id"], me.json()["scopes"]) == (200, made["key_id"], ["read"])
        again = await client.get("/api/v1/auth/me", headers=headers)
        assert (again.status_code, again.json()["code"]) == (401, "Unauthenticated")
        bearer = {"authorization": f"Bearer {token}"}
        assert (await client.delete(f"/api/v1/keys/{made['key_id']}", headers=bearer)).status_code == 204
        listed = (await client.get("/api/v1/keys", headers=bearer)).json()["items"]
        assert [(one["label"], one["revoked_at"] is not None) for one in listed] == [("desk", True)]
        sessions = (await client.get("/api/v1/sessions", headers=bearer)).json()["items"]
        assert [one["current"] for one in sessions] == [True, False]
        assert len((await client.delete("/api/v1/sessions", headers=bearer)).json()["session_ids"]) == 1

    logged = ask(asking)
    assert [secret for secret in planted if secret in logged] == []


def test_wrong_credentials_have_one_answer(ask: Callable[[Callable[[Client], Awaitable[None]]], str]) -> None:
    async def asking(client: Client) -> None:
        await registered(client)
        bodies = []
        for login in ("ada@example.com", "nobody@example.com", "no address", "\u202e"):
            said = await post(client, "/api/v1/auth/login", {"login": login, "password": "wrong wrong"}, status=401)
            bodies.append({**said, "correlation_id": ""})
        assert all(body == bodies[0] for body in bodies)
        wrong: list[tuple[Answer, str]] = [
            ({"login": "a@example.com", "name": "A\u202e", "password": PASSWORD}, "name"),
            ({"login": "a@example.com", "name": "A", "password": "password1"}, "password"),
            ({"login": "nobody", "name": "A", "password": PASSWORD}, "login"),
            ({"login": "a@example.com", "name": "A", "password": PASSWORD, "roles": ["Admin"]}, "roles"),
        ]
        for body, field in wrong:
            said = await post(client, "/api/v1/auth/register", body, status=422)
            assert [one["field"] for one in said["errors"]] == [field]
            assert PASSWORD not in str(said)
        for path in ("second-factor", "refresh", "password/reset"):
            assert (await client.post(f"/api/v1/auth/{path}", json={})).status_code == 422

    ask(asking)


def test_tokens_are_refreshed_once_and_a_log_out_ends_them(
    ask: Callable[[Callable[[Client], Awaitable[None]]], str],
) -> None:
    async def asking(client: Client) -> None:
        await registered(client)
        said = {"login": "ada@example.com", "password": PASSWORD}
        tokens = (await post(client, "/api/v1/auth/login", said))["tokens"]
        second = await post(client, "/api/v1/auth/refresh", {"refresh_token": tokens["refresh_token"]})
        await post(client, "/api/v1/auth/refresh", {"refresh_token": tokens["refresh_token"]}, status=401)
        await post(client, "/api/v1/auth/refresh", {"refresh_token": second["refresh_token"]}, status=401)
        tokens = (await post(client, "/api/v1/auth/login", said))["tokens"]
        await post(client, "/api/v1/auth/logout", {"token": tokens["access_token"]}, status=204)
        reply = await client.get("/api/v1/auth/me", headers={"authorization": f"Bearer {tokens['access_token']}"})
        assert reply.status_code == 401
        assert reply.headers["www-authenticate"].startswith("Bearer")

    ask(asking)


def test_staff_make_find_and_shut_out_users_and_read_what_was_done(
    ask: Callable[[Callable[[Client], Awaitable[None]]], str], identity: Identity, clock: Clock
) -> None:
    async def asking(client: Client) -> None:
        weak = await registered(client, "root@example.com")
        with identity.database.writing() as connection:
            user = users.user_by_login(connection, "root@example.com")
            assert user is not None
            users.set_roles(connection, user.user_id, [Role.SUPER_ADMIN, Role.AUDITOR])
        identity.gate.refresh()
        bearer = {"authorization": f"Bearer {weak}"}
        refused = await client.get("/api/v1/admin/users", headers=bearer)
        assert (refused.status_code, refused.json()["code"]) == (403, "FactorMissing")
        token, _ = await strong(client, identity, clock, "root@example.com", weak)
        bearer = {"authorization": f"Bearer {token}"}
        new = {"login": "new@example.com", "name": "New", "group": 3, "reason": "asked by mail"}
        made = await post(client, "/api/v1/admin/users", new, token, 201)
        await post(client, "/api/v1/admin/users", new, token, 409)
        chosen = {"secret": made["invitation"], "password": PASSWORD}
        await post(client, "/api/v1/auth/password/reset", chosen, status=204)
        theirs = await registered(client, "new@example.com")
        path = f"/api/v1/admin/users/{made['user_id']}"
        found = (await client.get("/api/v1/admin/users", params={"search": "new@"}, headers=bearer)).json()["items"]
        assert [(one["login"], one["group"], one["roles"]) for one in found] == [("new@example.com", 3, ["Trader"])]
        version = (await client.get(path, headers=bearer)).json()["version"]
        change = {"version": version, "name": "Newer", "reason": "a typo"}
        assert (await client.patch(path, json=change, headers=bearer)).json()["name"] == "Newer"
        assert (await client.patch(path, json=change, headers=bearer)).status_code == 409
        await post(client, f"{path}/disable", {"reason": "fraud"}, token, 204)
        shut = await client.get("/api/v1/auth/me", headers={"authorization": f"Bearer {theirs}"})
        assert shut.status_code == 401
        assert (await client.get("/api/v1/admin/users/999", headers=bearer)).status_code == 404
        locked = await client.put(
            "/api/v1/admin/networks", json={"networks": {"198.51.100.0/24": ""}, "reason": "policy"}, headers=bearer
        )
        assert (locked.status_code, locked.json()["code"]) == (409, "Conflict")
        entries = (await client.get("/api/v1/admin/audit", headers=bearer)).json()["items"]
        assert [one["action"] for one in entries] == ["user.create", "user.update", "user.disable"]
        assert entries[1]["before"] == {"name": "New"}
        assert {one["correlation_id"] != "" for one in entries} == {True}

    ask(asking)


def test_a_program_is_authorized_and_gets_tokens_by_its_code(
    ask: Callable[[Callable[[Client], Awaitable[None]]], str], identity: Identity, clock: Clock
) -> None:
    async def asking(client: Client) -> None:
        weak = await registered(client, "root@example.com")
        with identity.database.writing() as connection:
            user = users.user_by_login(connection, "root@example.com")
            assert user is not None
            users.set_roles(connection, user.user_id, [Role.SUPER_ADMIN])
        identity.gate.refresh()
        root, _ = await strong(client, identity, clock, "root@example.com", weak)
        wanted = {"name": "App", "redirect_uris": ["https://app.example/"], "scopes": ["read"], "confidential": True}
        app = await post(client, "/api/v1/admin/oauth-clients", wanted, root, 201)
        verifier = "v" * 64
        asked = {
            "response_type": "code",
            "client_id": app["client_id"],
            "redirect_uri": "https://app.example/",
            "scope": "read",
            "code_challenge": base64url(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        await registered(client)
        page = await client.get("/oauth/authorize", params=asked)
        ticket = page.text.partition('name="ticket" value="')[2].partition('"')[0]
        allowed = {"ticket": ticket, "decision": "allow", "login": "ada@example.com", "password": PASSWORD}
        location = (await client.post("/oauth/authorize", data=allowed)).headers["location"]
        form = {
            "grant_type": "authorization_code",
            "code": parse_qs(urlsplit(location).query)["code"][0],
            "redirect_uri": "https://app.example/",
            "code_verifier": verifier,
        }
        refused = await client.post("/oauth/token", data={**form, "client_id": app["client_id"]})
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
        basic = (app["client_id"], app["client_secret"])
        tokens = await client.post("/oauth/token", data=form, auth=basic)
        assert (tokens.status_code, tokens.json()["scope"], tokens.json()["token_type"]) == (200, "read", "Bearer")
        me = await client.get("/api/v1/auth/me", headers={"authorization": f"Bearer {tokens.json()['access_token']}"})
        assert (me.json()["login"], me.json()["scopes"]) == ("ada@example.com", ["read"])
        again = await client.post("/oauth/token", data=form, auth=basic)
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
        revoked = await client.post("/oauth/revoke", data={"token": tokens.json()["access_token"]}, auth=basic)
        assert revoked.status_code == 200
        metadata = (await client.get("/.well-known/oauth-authorization-server")).json()
        assert metadata["token_endpoint"] == "https://example.com/oauth/token"
        assert [key["kty"] for key in (await client.get("/oauth/jwks")).json()["keys"]] == ["OKP"]

    ask(asking)


def test_a_user_keeps_settings_that_nobody_else_sees(ask: Callable[[Callable[[Client], Awaitable[None]]], str]) -> None:
    async def asking(client: Client) -> None:
        mine = {"authorization": f"Bearer {await registered(client)}"}
        theirs = {"authorization": f"Bearer {await registered(client, 'bob@example.com')}"}
        value = {"columns": ["bid", "ask"], "dark": True, "width": 1.5, "note": "ü"}
        at = "/api/v1/settings/ui.layout"
        missing = await client.get(at, headers=mine)
        assert (missing.status_code, missing.json()["code"]) == (404, "SettingUnknown")
        made = await client.put(at, json={"value": value}, headers=mine)
        assert (made.status_code, made.json()["key"], made.json()["value"]) == (200, "ui.layout", value)
        assert (await client.get(at, headers=mine)).json() == made.json()
        assert (await client.get(at, headers=theirs)).status_code == 404
        assert (await client.delete(at, headers=theirs)).status_code == 404
        anew = (await client.put(at, json={"value": None}, headers=mine)).json()
        assert (await client.get("/api/v1/settings", headers=mine)).json() == {"items": [anew]}
        assert (await client.get("/api/v1/settings", headers=theirs)).json() == {"items": []}
        assert (await client.delete(at, headers=mine)).status_code == 204
        assert (await client.get("/api/v1/settings", headers=mine)).json() == {"items": []}
        assert (await client.get("/api/v1/settings")).status_code == 401

    ask(asking)


def test_settings_are_bounded_in_name_size_and_number(
    ask: Callable[[Callable[[Client], Awaitable[None]]], str],
) -> None:
    async def asking(client: Client) -> None:
        mine = {"authorization": f"Bearer {await registered(client)}"}

        async def kept(key: str, body: object) -> tuple[int, str]:
            reply = await client.put(f"/api/v1/settings/{key}", json=body, headers=mine)
            return reply.status_code, reply.json().get("code", "")

        assert await kept("k", {"value": "x" * 8_190}) == (200, "")  # with its quotes 8,192 bytes
        assert await kept("k", {"value": "x" * 8_191}) == (422, "TooLong")
        assert await kept("k", {"value": "ü" * 4_096}) == (422, "TooLong")
        assert await kept("k", {}) == (422, "FieldInvalid")
        assert await kept("k", {"value": 1, "more": 1}) == (422, "FieldInvalid")
        for key in ("K", "-k", "k" * 65, "k%00", "%E2%80%AE"):
            assert await kept(key, {"value": 1}) == (422, "FieldInvalid"), key
        for number in range(63):
            assert await kept(f"k{number}", {"value": number}) == (200, "")
        assert await kept("one.more", {"value": 1}) == (409, "SettingsFull")
        assert await kept("k0", {"value": "anew"}) == (200, "")

    ask(asking)
