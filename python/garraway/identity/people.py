"""Users: registered, made, imported, changed, shut out; their passwords; the first administrator. Touches the store."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from garraway.identity import audit, factors, log_in, passwords, sessions, text, throttle
from garraway.identity.audit import Act
from garraway.identity.errors import Conflict, Forbidden, Missing, TextInvalid, Unauthenticated
from garraway.identity.identity import SECOND, Identity
from garraway.identity.origin import Origin
from garraway.identity.permissions import Permission, require
from garraway.identity.principal import STAFF, Principal, Role
from garraway.identity.secret import RESET, digest, draw
from garraway.store import api_keys, changes, user_settings, users
from garraway.store import credentials as rows
from garraway.store.users import User

RESET_S: Final = 3_600
INVITATION_S: Final = 3 * 86_400
_RESET: Final = "reset"


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user that staff make; a service account logs in by keys and client credentials alone."""

    login: str
    name: str
    roles: Collection[Role] = (Role.TRADER,)
    group_id: int = 0
    service: bool = False


@dataclass(frozen=True, slots=True)
class Created:
    """A user made by staff, and the one-time secret by which the person chooses a password."""

    user_id: int
    invitation: str | None


def register(identity: Identity, *, login: str, name: str, password: str, origin: Origin) -> None:
    """A person registers as a trader. The same answer and work where the login is taken: nobody learns who is here.

    Raises: TextInvalid, PasswordRefused, Locked: too many registrations from this sender; Busy.
    """
    login, name = text.login(login), text.line("name", name)
    normal = _accepted(identity, password, login=login)
    with identity.database.writing() as connection:
        throttle.reserve(connection, [throttle.by_network(origin.network, identity.policy)], at_ns=identity.clock())
    hashed = identity.hashing.hash(normal)
    with identity.database.writing() as connection:
        user_id = users.insert_user(
            connection, login=login, name=name, roles=[Role.TRADER], group_id=0, at_ns=identity.clock()
        )
        if user_id is not None:
            rows.set_password(connection, user_id, hashed, at_ns=identity.clock())
        taken = user_id is None
        thing = throttle.login_name(login) if taken else f"user:{user_id}"
        action = "user.register_taken" if taken else "user.register"
        _note(identity, connection, "anonymous", origin, Act(action, thing), chain="security")


def create(
    identity: Identity,
    principal: Principal,
    new: NewUser,
    *,
    origin: Origin,
    reason: str = "",
) -> Created:
    """Staff make a user, who chooses a password by the invitation; a service account has none.

    Raises: Conflict: the login is taken; Forbidden: roles beyond the asker's right to grant.
    """
    require(principal, Permission("create", "users"), at_s=identity.at_s)
    login, name = text.login(new.login), text.line("name", new.name)
    if set(new.roles) != {Role.TRADER}:
        require(principal, Permission("grant", "roles"), at_s=identity.at_s)
    with identity.database.writing() as connection:
        user_id = users.insert_user(
            connection,
            login=login,
            name=name,
            roles=new.roles,
            group_id=new.group_id,
            at_ns=identity.clock(),
            service=new.service,
        )
        if user_id is None:
            raise Conflict(f"login {login} is taken")
        invitation = None if new.service else _reset_secret(identity, connection, user_id, INVITATION_S)
        after = {"login": login, "roles": sorted(new.roles), "group_id": new.group_id, "service": new.service}
        _note(
            identity, connection, principal, origin, Act("user.create", f"user:{user_id}", after=after, reason=reason)
        )
    return Created(user_id, invitation)


def import_user(identity: Identity, connection: Connection, *, login: str, name: str, hashed: str) -> int:
    """Takes over a trader of another system with the hash of the password; it is hashed anew at the first log-in.

    Raises: TextInvalid: no argon2id or bcrypt hash; Conflict.
    """
    if not passwords.importable(hashed):
        raise TextInvalid("hash", "neither argon2id nor bcrypt: let the person choose a new password")
    user_id = users.insert_user(
        connection,
        login=text.login(login),
        name=text.line("name", name),
        roles=[Role.TRADER],
        group_id=0,
        at_ns=identity.clock(),
    )
    if user_id is None:
        raise Conflict(f"login {login} is taken")
    rows.set_password(connection, user_id, hashed, at_ns=identity.clock())
    return user_id


def view(identity: Identity, principal: Principal, user_id: int) -> User:
    """A user within the asker's reach. Raises: Missing."""
    reach = require(principal, Permission("view", "users"), at_s=identity.at_s)
    with identity.database.reading() as connection:
        user = users.user_by_id(connection, user_id, reach)
    if user is None:
        raise Missing(f"no user {user_id}")
    return user


def list_all(
    identity: Identity,
    principal: Principal,
    *,
    search: str = "",
    status: str | None = None,
    after_id: int = 0,
    limit: int = users.PAGE,
) -> list[User]:
    """A page of the users within the asker's reach, by number."""
    reach = require(principal, Permission("view", "users"), at_s=identity.at_s)
    with identity.database.reading() as connection:
        return users.list_users(connection, reach, search=search, status=status, after_id=after_id, limit=limit)


def update(
    identity: Identity,
    principal: Principal,
    user_id: int,
    *,
    origin: Origin,
    version: int,
    name: str | None = None,
    group_id: int | None = None,
    reason: str = "",
) -> User:
    """Changes a user's name or group of clients. Raises: Conflict: it is no longer at `version`; Missing."""
    values: dict[str, object] = {}
    if name is not None:
        values["name"] = text.line("name", name)
    if group_id is not None:
        values["group_id"] = group_id
    with identity.database.writing() as connection:
        old = _reached(identity, connection, principal, "update", user_id)
        _insist_handles(identity, principal, old)
        if not users.update_user(connection, user_id, version=version, **values):
            raise Conflict(f"user {user_id} was changed meanwhile: read it again")
        new = _present(connection, user_id)
        before, after = _told(old), _told(new)
        _note(identity, connection, principal, origin, Act("user.update", f"user:{user_id}", before, after, reason))
    return new


def disable(identity: Identity, principal: Principal, user_id: int, *, origin: Origin, reason: str) -> None:
    """Shuts a user out: sessions, keys and trading sessions end. Raises: Missing, Forbidden: oneself."""
    reason = text.line("reason", reason, length=audit.REASON_LENGTH)
    with identity.database.writing() as connection:
        _shut_out(identity, connection, principal, user_id, "disable", "disabled")
        _note(identity, connection, principal, origin, Act("user.disable", f"user:{user_id}", reason=reason))
    identity.gate.refresh()


def enable(identity: Identity, principal: Principal, user_id: int, *, origin: Origin, reason: str) -> None:
    """Lets a disabled user in again, who then logs in anew. Raises: Missing, Conflict."""
    reason = text.line("reason", reason, length=audit.REASON_LENGTH)
    with identity.database.writing() as connection:
        user = _reached(identity, connection, principal, "enable", user_id)
        _insist_handles(identity, principal, user)
        if user.status != "disabled":
            raise Conflict(f"user {user_id} is not disabled")
        users.update_user(connection, user_id, status="active")
        _note(identity, connection, principal, origin, Act("user.enable", f"user:{user_id}", reason=reason))
    identity.gate.refresh()


def delete(identity: Identity, principal: Principal, user_id: int, *, origin: Origin, reason: str) -> None:
    """Removes a user for good: credentials go, login and name become blanks. The number and the audit chain stay."""
    reason = text.line("reason", reason, length=audit.REASON_LENGTH)
    with identity.database.writing() as connection:
        _shut_out(identity, connection, principal, user_id, "delete", "deleted")
        factors.remove_all(connection, user_id)
        rows.remove_password(connection, user_id)
        user_settings.remove_user_settings(connection, user_id)
        api_keys.revoke_keys(connection, user_id=user_id, at_ns=identity.clock())
        users.update_user(connection, user_id, login=f"deleted-{user_id}", name="-")
        users.set_roles(connection, user_id, [])
        _note(identity, connection, principal, origin, Act("user.delete", f"user:{user_id}", reason=reason))
    identity.gate.refresh()


def grant_roles(
    identity: Identity, principal: Principal, user_id: int, roles: Collection[Role], *, origin: Origin, reason: str
) -> None:
    """The user's roles, in place of those before. Raises: Missing, Forbidden: one's own, or the last SuperAdmin's."""
    reason = text.line("reason", reason, length=audit.REASON_LENGTH)
    require(principal, Permission("grant", "roles"), at_s=identity.at_s)
    if user_id == principal.user_id:
        raise Forbidden("nobody changes their own roles: ask another SuperAdmin")
    with identity.database.writing() as connection:
        old = _present(connection, user_id)
        users.set_roles(connection, user_id, roles)
        after = {"roles": sorted(roles)}
        before = {"roles": sorted(old.roles)}
        _note(identity, connection, principal, origin, Act("roles.grant", f"user:{user_id}", before, after, reason))
    identity.gate.refresh()


def change_password(identity: Identity, principal: Principal, *, old: str, new: str, origin: Origin) -> None:
    """Another password; all other sessions end. Raises: Unauthenticated: a wrong old one; PasswordRefused, Locked."""
    require(principal, Permission("change", "password"), at_s=identity.at_s, user_id=principal.user_id)
    if not log_in.password_is(identity, principal, old):
        raise Unauthenticated("the present password is wrong")
    hashed = identity.hashing.hash(_accepted(identity, new, login=principal.login))
    with identity.database.writing() as connection:
        _set_password(identity, connection, principal.user_id, hashed, but=principal.session_id)
        thing = f"user:{principal.user_id}"
        _note(identity, connection, principal, origin, Act("password.change", thing), chain="security")
    identity.gate.refresh()


def begin_reset(identity: Identity, principal: Principal, user_id: int, *, origin: Origin, reason: str) -> str:
    """A one-time secret by which the person chooses a new password, to be handed over; staff never see a password."""
    reason = text.line("reason", reason, length=audit.REASON_LENGTH)
    with identity.database.writing() as connection:
        user = _reached(identity, connection, principal, "reset", user_id)
        _insist_handles(identity, principal, user)
        secret = _reset_secret(identity, connection, user_id, RESET_S)
        _note(identity, connection, principal, origin, Act("password.begin_reset", f"user:{user_id}", reason=reason))
    return secret


def reset_password(identity: Identity, secret: str, password: str, *, origin: Origin) -> None:
    """A new password; every session ends, the second factor stays. Raises: Unauthenticated, PasswordRefused."""
    hashed_secret = digest(secret)
    with identity.database.reading() as connection:
        kept = rows.look_at_one_time_secret(connection, hashed=hashed_secret, purpose=_RESET, at_ns=identity.clock())
        user = None if kept is None or kept.used else users.user_by_id(connection, kept.user_id)
    if user is None or user.status != "active":
        raise Unauthenticated("the secret was used, or its time is over: ask for another")
    hashed = identity.hashing.hash(_accepted(identity, password, login=user.login))
    with identity.database.writing() as connection:
        first = rows.use_one_time_secret(connection, hashed_secret, at_ns=identity.clock())
        if first:
            _set_password(identity, connection, user.user_id, hashed, but=None)
            throttle.succeed(connection, cleared=throttle.by_login(user.login, identity.policy))
            _note(
                identity,
                connection,
                "anonymous",
                origin,
                Act("password.reset", f"user:{user.user_id}"),
                chain="security",
            )
    if not first:
        raise Unauthenticated("the secret was used, or its time is over: ask for another")
    identity.gate.refresh()


def reset_factors(identity: Identity, principal: Principal, user_id: int, *, origin: Origin, reason: str) -> None:
    """Forgets the second factors of a person who lost them; staff's only by whoever grants roles. Sessions end."""
    reason = text.line("reason", reason, length=audit.REASON_LENGTH)
    with identity.database.writing() as connection:
        user = _reached(identity, connection, principal, "reset", user_id)
        _insist_handles(identity, principal, user)
        factors.remove_all(connection, user_id)
        sessions.end(identity, connection, user_id, why="factors_reset")
        _note(identity, connection, principal, origin, Act("factors.reset", f"user:{user_id}", reason=reason))
    identity.gate.refresh()


def bootstrap(identity: Identity, *, login: str, name: str, password: str, origin: Origin) -> int:
    """The first administrator, once: refused if there is any. Raises: Conflict, TextInvalid, PasswordRefused."""
    login, name = text.login(login), text.line("name", name)
    hashed = identity.hashing.hash(_accepted(identity, password, login=login))
    with identity.database.writing() as connection:
        changes.next_change(connection)  # its row's lock lets one bootstrap pass at a time
        if users.count_users(connection, Role.SUPER_ADMIN):
            raise Conflict("there is a SuperAdmin already: ask that person to make others")
        user_id = users.insert_user(
            connection, login=login, name=name, roles=[Role.SUPER_ADMIN], group_id=0, at_ns=identity.clock()
        )
        if user_id is None:
            raise Conflict(f"login {login} is taken: choose another for the administrator")
        rows.set_password(connection, user_id, hashed, at_ns=identity.clock())
        after = {"login": login, "roles": [Role.SUPER_ADMIN.value]}
        _note(identity, connection, "operator", origin, Act("admin.bootstrap", f"user:{user_id}", after=after))
    return user_id


def provide(identity: Identity, new: NewUser, *, password: str, origin: Origin) -> bool:
    """Whoever owns the machine makes a user with a password; False where the login is taken.

    Raises: TextInvalid, PasswordRefused.
    """
    login, name = text.login(new.login), text.line("name", new.name)
    hashed = identity.hashing.hash(_accepted(identity, password, login=login))
    with identity.database.writing() as connection:
        user_id = users.insert_user(
            connection, login=login, name=name, roles=new.roles, group_id=new.group_id, at_ns=identity.clock()
        )
        if user_id is None:
            return False
        rows.set_password(connection, user_id, hashed, at_ns=identity.clock())
        after = {"login": login, "roles": sorted(new.roles)}
        _note(identity, connection, "operator", origin, Act("user.provide", f"user:{user_id}", after=after))
    return True


def _accepted(identity: Identity, password: str, *, login: str) -> str:
    """The password as it is hashed. Raises: PasswordRefused."""
    return passwords.accepted(password, identity.breached, login=login, shortest=identity.policy.password_characters)


def _shut_out(
    identity: Identity, connection: Connection, principal: Principal, user_id: int, action: str, status: str
) -> None:
    user = _reached(identity, connection, principal, action, user_id)
    if user_id == principal.user_id:
        raise Forbidden(f"nobody can {action} themselves")
    _insist_handles(identity, principal, user)
    if user.status in {status, "deleted"}:
        raise Conflict(f"user {user_id} is {user.status} already")
    users.update_user(connection, user_id, status=status)
    sessions.end(identity, connection, user_id, why=status)
    identity.cut_trading_sessions(connection, user_id)


def _set_password(identity: Identity, connection: Connection, user_id: int, hashed: str, *, but: str | None) -> None:
    rows.set_password(connection, user_id, hashed, at_ns=identity.clock())
    rows.void_one_time_secrets(connection, user_id, "second_factor")
    rows.void_one_time_secrets(connection, user_id, _RESET)
    sessions.end(identity, connection, user_id, why="password_changed", but=but)


def _reset_secret(identity: Identity, connection: Connection, user_id: int, life_s: int) -> str:
    secret = draw(RESET)
    rows.void_one_time_secrets(connection, user_id, _RESET)
    rows.insert_one_time_secret(
        connection,
        hashed=digest(secret),
        purpose=_RESET,
        user_id=user_id,
        content="",
        expires_at_ns=identity.clock() + life_s * SECOND,
    )
    return secret


def _reached(identity: Identity, connection: Connection, principal: Principal, action: str, user_id: int) -> User:
    """The user, if the asker may do this to it; else as if there were none."""
    user = users.user_by_id(connection, user_id)
    group = None if user is None else user.group_id
    require(principal, Permission(action, "users"), at_s=identity.at_s, user_id=user_id, group=group)
    if user is None:
        raise Missing(f"no user {user_id}")
    return user


def _insist_handles(identity: Identity, principal: Principal, user: User) -> None:
    """Who is staff is handled only by those who may grant roles."""
    if any(Role(role) in STAFF for role in user.roles):
        require(principal, Permission("grant", "roles"), at_s=identity.at_s)


def _present(connection: Connection, user_id: int) -> User:
    user = users.user_by_id(connection, user_id)
    if user is None:
        raise Missing(f"no user {user_id}")
    return user


def _told(user: User) -> dict[str, object]:
    return {"login": user.login, "name": user.name, "group_id": user.group_id, "status": user.status}


def _note(
    identity: Identity,
    connection: Connection,
    by: Principal | str,
    origin: Origin,
    act: audit.Act,
    chain: audit.Chain = "admin",
) -> None:
    audit.record(connection, act, at_ns=identity.clock(), by=by, origin=origin, chain=chain)
