"""API keys: one's own, and for staff those of users. A secret is told once."""

import json
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field

from garraway.api.decimals import Asked, Said
from garraway.api.origins import From
from garraway.api.permits import Caller, needs
from garraway.api.rendering import At, at_text
from garraway.api.routes.sessions import UserNamed
from garraway.api.serving import Served
from garraway.identity import Scope, keys
from garraway.identity.keys import LONGEST_S, Wanted
from garraway.store.api_keys import ApiKey

routes = APIRouter(prefix="/api/v1", tags=["keys"])
KeyNamed = Annotated[str, Path(max_length=64)]
After = Annotated[int, Query(ge=0, le=30 * 86_400, description="Seconds until it ends: for a rollover.")]
ScopeSaid = Literal["read", "trade", "withdraw", "account", "admin"]


class KeyAsked(Asked):
    """A new key. With `public_key` (Ed25519, base64url) its private half never comes here."""

    label: Annotated[str, Field(min_length=1, max_length=60)]
    algorithm: Literal["ed25519", "hmac-sha256"] = "ed25519"
    scopes: Annotated[list[ScopeSaid], Field(min_length=1, max_length=5)]
    networks: Annotated[list[Annotated[str, Field(max_length=64)]], Field(default_factory=list, max_length=20)]
    life_s: Annotated[int, Field(ge=60, le=LONGEST_S)] = LONGEST_S
    public_key: Annotated[str, Field(max_length=64)] | None = None


class KeyMadeSaid(Said):
    """The key's name and its secret, told this once: an Ed25519 private key in base64url, or the HMAC secret."""

    key_id: str
    secret: str | None


class KeySaid(Said):
    """A key as it stands."""

    key_id: str
    label: str
    algorithm: str
    scopes: list[str]
    networks: list[str]
    created_at: At
    expires_at: At
    revoked_at: At | None


class KeysSaid(Said):
    """Keys, the newest first."""

    items: list[KeySaid]


@routes.get("/keys")
def list_keys(services: Served, caller: Annotated[Caller, needs("view", "keys")]) -> KeysSaid:
    """One's own keys."""
    found = keys.list_keys(services.identity, caller.principal, user_id=caller.principal.user_id)
    return KeysSaid(items=[_said(one) for one in found])


@routes.post("/keys", status_code=201)
def create_key(
    asked: KeyAsked, services: Served, origin: From, caller: Annotated[Caller, needs("create", "keys")]
) -> KeyMadeSaid:
    """A new key of one's own."""
    wanted = Wanted(
        label=asked.label,
        algorithm=asked.algorithm,
        scopes=[Scope(word) for word in asked.scopes],
        networks=asked.networks,
        life_s=asked.life_s,
        public_key=asked.public_key,
    )
    made = keys.create(services.identity, caller.principal, wanted, origin=origin)
    return KeyMadeSaid(key_id=made.key_id, secret=made.secret)


@routes.delete("/keys/{key_id}", status_code=204)
def revoke_key(
    key_id: KeyNamed,
    services: Served,
    origin: From,
    caller: Annotated[Caller, needs("revoke", "keys")],
    after_s: After = 0,
) -> None:
    """End one of one's own keys, now or a while later."""
    asker = caller.principal
    keys.revoke(services.identity, asker, key_id, user_id=asker.user_id, origin=origin, after_s=after_s)


@routes.get("/admin/users/{user_id}/keys", tags=["back office"])
def list_user_keys(user_id: UserNamed, services: Served, caller: Annotated[Caller, needs("view", "keys")]) -> KeysSaid:
    """A user's keys."""
    found = keys.list_keys(services.identity, caller.principal, user_id=user_id)
    return KeysSaid(items=[_said(one) for one in found])


@routes.delete("/admin/users/{user_id}/keys/{key_id}", status_code=204, tags=["back office"])
def revoke_user_key(
    user_id: UserNamed,
    key_id: KeyNamed,
    services: Served,
    origin: From,
    caller: Annotated[Caller, needs("revoke", "keys")],
) -> None:
    """End a user's key."""
    keys.revoke(services.identity, caller.principal, key_id, user_id=user_id, origin=origin)


def _said(key: ApiKey) -> KeySaid:
    return KeySaid(
        key_id=key.key_id,
        label=key.label,
        algorithm=key.algorithm,
        scopes=key.scopes.split(),
        networks=json.loads(key.networks),
        created_at=at_text(key.created_at_ns),
        expires_at=at_text(key.expires_at_ns),
        revoked_at=None if key.revoked_at_ns is None else at_text(key.revoked_at_ns),
    )
