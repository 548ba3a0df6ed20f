"""The back office: users, their roles, resets; the allow-list; the audit chain."""

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from garraway.api.decimals import Asked, Said
from garraway.api.origins import From
from garraway.api.permits import Caller, needs
from garraway.api.reading import Cursor, Limit, cursor_of, key_of
from garraway.api.rendering import At, at_text
from garraway.api.routes.sessions import UserNamed
from garraway.api.serving import Served
from garraway.identity import Role, allow_list, people
from garraway.identity.people import NewUser
from garraway.store import audit as audit_rows
from garraway.store.audit import AuditEntry
from garraway.store.users import PAGE, User

routes = APIRouter(prefix="/api/v1/admin", tags=["back office"])
Reason = Annotated[str, Field(min_length=3, max_length=500, description="Why: it stands in the audit chain.")]
RoleSaid = Literal["SuperAdmin", "Admin", "Support", "Dealer", "Finance", "Compliance", "Auditor", "Trader"]
Group = Annotated[int, Field(ge=0, le=4_095)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class UserSaid(Said):
    """A user. `version` goes with the next change."""

    user_id: int
    login: str
    name: str
    status: str
    service: bool
    group: int
    roles: list[str]
    groups: list[int]
    accounts: list[int]
    created_at: At
    version: int


class UsersSaid(Said):
    """A page of users."""

    items: list[UserSaid]
    next_cursor: str | None


class UserCreateAsked(Asked):
    """A new user; a service account has no password and logs in by keys and client credentials."""

    login: Annotated[str, Field(max_length=508)]
    name: Name
    roles: Annotated[list[RoleSaid], Field(default_factory=lambda: ["Trader"], min_length=1, max_length=8)]
    group: Group = 0
    service: bool = False
    reason: Reason


class UserCreatedSaid(Said):
    """The user's number, and the one-time secret by which the person chooses a password: told this once."""

    user_id: int
    invitation: str | None


class UserUpdateAsked(Asked):
    """What is to change, of a user as read at `version`."""

    version: int
    name: Name | None = None
    group: Group | None = None
    reason: Reason


class ReasonAsked(Asked):
    """Why."""

    reason: Reason


class RolesAsked(ReasonAsked):
    """All roles that the user is to have."""

    roles: Annotated[list[RoleSaid], Field(max_length=8)]


class ResetSaid(Said):
    """A one-time secret for the person, told this once; it lives an hour."""

    secret: str


class NetworksAsked(ReasonAsked):
    """The whole allow-list: networks in CIDR and a note for each; empty: from anywhere."""

    networks: Annotated[
        dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=200)]], Field(max_length=200)
    ]


class NetworksSaid(Said):
    """The allow-list."""

    networks: dict[str, str]


class EntrySaid(Said):
    """An entry of the audit chain."""

    chain: str
    seq: int
    at: At
    actor_id: int | None
    actor: str
    proof: str
    address: str
    user_agent: str
    action: str
    object: str
    before: Any
    after: Any
    reason: str
    correlation_id: str
    prev_hash: str
    hash: str


class EntriesSaid(Said):
    """A page of entries, in order."""

    items: list[EntrySaid]
    next_cursor: str | None


@routes.get("/users")
def list_users(
    services: Served,
    caller: Annotated[Caller, needs("view", "users")],
    search: Annotated[str, Query(max_length=100, description="A part of the login or the name.")] = "",
    status: Annotated[Literal["active", "disabled", "deleted"] | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> UsersSaid:
    """Users within one's reach, by number."""
    key, most = key_of(cursor, 1), min(limit, PAGE)
    found = people.list_all(
        services.identity,
        caller.principal,
        search=search.replace("\0", ""),
        status=status,
        after_id=key[0] if key is not None else 0,
        limit=most,
    )
    following = cursor_of(found[-1].user_id) if len(found) == most else None
    return UsersSaid(items=[_user(one) for one in found], next_cursor=following)


@routes.post("/users", status_code=201)
def create_user(
    asked: UserCreateAsked, services: Served, origin: From, caller: Annotated[Caller, needs("create", "users")]
) -> UserCreatedSaid:
    """Make a user, who chooses a password by the invitation."""
    roles = [Role(word) for word in asked.roles]
    new = NewUser(asked.login, asked.name, roles, asked.group, asked.service)
    made = people.create(services.identity, caller.principal, new, origin=origin, reason=asked.reason)
    return UserCreatedSaid(user_id=made.user_id, invitation=made.invitation)


@routes.get("/users/{user_id}")
def get_user(user_id: UserNamed, services: Served, caller: Annotated[Caller, needs("view", "users")]) -> UserSaid:
    """One user."""
    return _user(people.view(services.identity, caller.principal, user_id))


@routes.patch("/users/{user_id}")
def update_user(
    user_id: UserNamed,
    asked: UserUpdateAsked,
    services: Served,
    origin: From,
    caller: Annotated[Caller, needs("update", "users")],
) -> UserSaid:
    """Change a user's name or group; 409 where another change came first."""
    new = people.update(
        services.identity,
        caller.principal,
        user_id,
        origin=origin,
        version=asked.version,
        name=asked.name,
        group_id=asked.group,
        reason=asked.reason,
    )
    return _user(new)


@routes.post("/users/{user_id}/disable", status_code=204)
def disable_user(
    user_id: UserNamed,
    asked: ReasonAsked,
    services: Served,
    origin: From,
    caller: Annotated[Caller, needs("disable", "users")],
) -> None:
    """Shut a user out: sessions, keys and trading sessions end."""
    people.disable(services.identity, caller.principal, user_id, origin=origin, reason=asked.reason)


@routes.post("/users/{user_id}/enable", status_code=204)
def enable_user(
    user_id: UserNamed,
    asked: ReasonAsked,
    services: Served,
    origin: From,
    caller: Annotated[Caller, needs("enable", "users")],
) -> None:
    """Let a user in again."""
    people.enable(services.identity, caller.principal, user_id, origin=origin, reason=asked.reason)


@routes.post("/users/{user_id}/delete", status_code=204)
def delete_user(
    user_id: UserNamed,
    asked: ReasonAsked,
    services: Served,
    origin: From,
    caller: Annotated[Caller, needs("delete", "users")],
) -> None:
    """Remove a user for good; the number and the audit chain stay."""
    people.delete(services.identity, caller.principal, user_id, origin=origin, reason=asked.reason)


@routes.put("/users/{user_id}/roles", status_code=204)
def grant_roles(
    user_id: UserNamed,
    asked: RolesAsked,
    services: Served,
    origin: From,
    caller: Annotated[Caller, needs("grant", "roles")],
) -> None:
    """The user's roles, in place of those before."""
    roles = [Role(word) for word in asked.roles]
    people.grant_roles(services.identity, caller.principal, user_id, roles, origin=origin, reason=asked.reason)


@routes.post("/users/{user_id}/reset-password")
def reset_user_password(
    user_id: UserNamed,
    asked: ReasonAsked,
    services: Served,
    origin: From,
    caller: Annotated[Caller, needs("reset", "users")],
) -> ResetSaid:
    """A one-time secret by which the person chooses a new password; nobody else learns it."""
    secret = people.begin_reset(services.identity, caller.principal, user_id, origin=origin, reason=asked.reason)
    return ResetSaid(secret=secret)


@routes.post("/users/{user_id}/reset-factors", status_code=204)
def reset_user_factors(
    user_id: UserNamed,
    asked: ReasonAsked,
    services: Served,
    origin: From,
    caller: Annotated[Caller, needs("reset", "users")],
) -> None:
    """Forget the second factors of a person who lost them; sessions end."""
    people.reset_factors(services.identity, caller.principal, user_id, origin=origin, reason=asked.reason)


@routes.get("/networks")
def list_networks(services: Served, caller: Annotated[Caller, needs("view", "networks")]) -> NetworksSaid:
    """Networks that the back office may be used from."""
    return NetworksSaid(networks=allow_list.allowed(services.identity, caller.principal))


@routes.put("/networks")
def replace_networks(
    asked: NetworksAsked, services: Served, origin: From, caller: Annotated[Caller, needs("update", "networks")]
) -> NetworksSaid:
    """The whole allow-list; one without the asker's own address is refused."""
    allow_list.replace(services.identity, caller.principal, asked.networks, origin=origin, reason=asked.reason)
    return NetworksSaid(networks=allow_list.allowed(services.identity, caller.principal))


@routes.get("/audit")
def list_audit(
    services: Served,
    caller: Annotated[Caller, needs("view", "audit")],
    chain: Annotated[Literal["admin", "security"], Query()] = "admin",
    actor_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    thing: Annotated[str | None, Query(alias="object", max_length=200, pattern=r"^[!-~]+$")] = None,
    action: Annotated[str | None, Query(max_length=64, pattern=r"^[a-z_.]+$")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> EntriesSaid:
    """Entries of the audit chain, in order."""
    del caller
    key = key_of(cursor, 1)
    with services.database.reading() as connection:
        found = audit_rows.list_audit_entries(
            connection,
            chain,
            after_seq=key[0] if key is not None else 0,
            limit=limit,
            actor_id=actor_id,
            thing=thing,
            action=action,
        )
    following = cursor_of(found[-1].seq) if len(found) == limit else None
    return EntriesSaid(items=[_entry(one) for one in found], next_cursor=following)


def _user(user: User) -> UserSaid:
    return UserSaid(
        user_id=user.user_id,
        login=user.login,
        name=user.name,
        status=user.status,
        service=user.service,
        group=user.group_id,
        roles=sorted(user.roles),
        groups=sorted(user.groups),
        accounts=sorted(user.accounts),
        created_at=at_text(user.created_at_ns),
        version=user.version,
    )


def _entry(entry: AuditEntry) -> EntrySaid:
    return EntrySaid(
        chain=entry.chain,
        seq=entry.seq,
        at=at_text(entry.at_ns),
        actor_id=entry.actor_id,
        actor=entry.actor,
        proof=entry.proof,
        address=entry.address,
        user_agent=entry.user_agent,
        action=entry.action,
        object=entry.object,
        before=None if entry.before is None else json.loads(entry.before),
        after=None if entry.after is None else json.loads(entry.after),
        reason=entry.reason,
        correlation_id=entry.correlation_id,
        prev_hash=entry.prev_hash,
        hash=entry.hash,
    )
