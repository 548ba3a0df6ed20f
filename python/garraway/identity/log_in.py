"""Log-in: password, then second factor where the user has one; and step-up later. Touches the store.

A login that nobody has, one of a disabled user and a wrong password take the same way: the attempt is counted, a hash
is computed, the same error is raised.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from garraway.identity import audit, factors, passwords, sessions, text, throttle
from garraway.identity.errors import TextInvalid, Unauthenticated
from garraway.identity.factors import Proof
from garraway.identity.identity import SECOND, Identity
from garraway.identity.origin import Origin
from garraway.identity.principal import Principal, Scope
from garraway.identity.secret import CHALLENGE, digest, draw
from garraway.identity.sessions import FIRST_PARTY, Grant, Proven
from garraway.store import credentials as rows
from garraway.store import login_sessions, users
from garraway.store.users import User

CHALLENGE_S: Final = 300
WRONG: Final = "login or password is wrong"
_PURPOSE: Final = "second_factor"


@dataclass(frozen=True, slots=True)
class SecondFactorAsked:
    """The password was right; now a second factor, within five minutes."""

    challenge: str
    totp: bool
    assertion_options: str | None
    """For `navigator.credentials.get()`, where the user has a WebAuthn credential."""


def log_in(
    identity: Identity,
    *,
    login: str,
    password: str,
    origin: Origin,
    client_id: str = FIRST_PARTY,
    scopes: Collection[Scope] = tuple(Scope),
) -> Grant | SecondFactorAsked:
    """Tokens for a login and its password, or the question for the second factor.

    Raises: Unauthenticated: one of the two is wrong; Locked: too many attempts at this login or from this sender;
    Busy: too many log-ins at once.
    """
    name = _name(login)
    by_login = throttle.by_login(name, identity.policy)
    by_network = throttle.by_network(origin.network, identity.policy)
    with identity.database.writing() as connection:
        throttle.reserve(connection, [by_login, by_network], at_ns=identity.clock())
    user, hashed = _looked_up(identity, name)
    if not identity.hashing.verify(hashed, password) or user is None or hashed is None:
        _note_failure(identity, user, name, origin)
        raise Unauthenticated(WRONG)
    renewed = _renewed(identity, hashed, password)
    with identity.database.writing() as connection:
        throttle.succeed(connection, cleared=by_login, returned=by_network)
        if renewed is not None:
            rows.rehash_password(connection, user.user_id, old=hashed, new=renewed)
        if rows.password_hash(connection, user.user_id) not in {hashed, renewed}:
            grant = None
        elif rows.has_second_factor(connection, user.user_id):
            return _ask(identity, connection, user, client_id, scopes)
        else:
            grant = _open(identity, connection, user, origin, client_id, scopes, second_factor_at_ns=None)
    if grant is None:
        raise Unauthenticated(WRONG)
    return grant


def second_factor(identity: Identity, challenge: str, proof: Proof, *, origin: Origin) -> Grant:
    """Tokens for the second step of a log-in. A challenge serves one log-in. Raises: Unauthenticated, Locked."""
    hashed = digest(challenge)
    with identity.database.reading() as connection:
        asked = rows.look_at_one_time_secret(connection, hashed=hashed, purpose=_PURPOSE, at_ns=identity.clock())
    if asked is None or asked.used:
        raise Unauthenticated("the log-in is over or was never begun: log in again")
    right = factors.check(identity, asked.user_id, proof)
    with identity.database.writing() as connection:
        user = users.user_by_id(connection, asked.user_id)
        grant = None
        usable = user is not None and user.status == "active"
        if (
            right
            and user is not None
            and usable
            and rows.use_one_time_secret(connection, hashed, at_ns=identity.clock())
        ):
            said = json.loads(asked.content)
            scopes = [Scope(word) for word in said["scopes"]]
            grant = _open(
                identity, connection, user, origin, said["client_id"], scopes, second_factor_at_ns=identity.clock()
            )
    if grant is None:
        _note_failure(identity, user, "", origin, action="log_in.second_factor_failed")
        raise Unauthenticated("the second factor does not hold")
    return grant


def step_up(identity: Identity, principal: Principal, proof: Proof, *, origin: Origin) -> str:
    """An access token of the same session with a fresh second factor. Raises: Unauthenticated, Locked."""
    if principal.session_id is None:
        raise Unauthenticated("a key has no second factor: log in")
    right = factors.check(identity, principal.user_id, proof)
    with identity.database.writing() as connection:
        at_ns = identity.clock()
        if right:
            login_sessions.step_up_session(connection, principal.session_id, at_ns=at_ns)
        session = login_sessions.session_by_id(connection, principal.session_id)
        alive = session is not None and session.revoked_at_ns is None
        _note(identity, connection, principal, origin, "session.step_up" if right else "session.step_up_failed")
    if not right or session is None or not alive:
        raise Unauthenticated("the second factor does not hold")
    return sessions.access_token(identity, session, at_ns=at_ns)


def password_is(identity: Identity, principal: Principal, password: str) -> bool:
    """Whether it is the principal's password; counted like a log-in. Raises: Locked, Busy."""
    count = throttle.by_login(principal.login, identity.policy)
    with identity.database.writing() as connection:
        throttle.reserve(connection, [count], at_ns=identity.clock())
        hashed = rows.password_hash(connection, principal.user_id)
    right = identity.hashing.verify(hashed, password)
    if right:
        with identity.database.writing() as connection:
            throttle.succeed(connection, cleared=count)
    return right


def _name(login: str) -> str:
    """The login as it is counted and looked up; what can be nobody's login is counted as it is."""
    try:
        return text.login(login)
    except TextInvalid:
        return f"?{login[:1000]}"


def _looked_up(identity: Identity, name: str) -> tuple[User | None, str | None]:
    """An active person and the password's hash; nobody and none otherwise."""
    with identity.database.reading() as connection:
        user = None if name.startswith("?") else users.user_by_login(connection, name)
        if user is None or user.status != "active" or user.service:
            return user, None
        return user, rows.password_hash(connection, user.user_id)


def _renewed(identity: Identity, hashed: str, password: str) -> str | None:
    """Today's hash of the password, where the kept one is imported or of other parameters."""
    normal = passwords.normal_form(password)
    return identity.hashing.hash(normal) if normal is not None and passwords.outdated(hashed) else None


def _ask(
    identity: Identity, connection: Connection, user: User, client_id: str, scopes: Collection[Scope]
) -> SecondFactorAsked:
    challenge = draw(CHALLENGE)
    rows.insert_one_time_secret(
        connection,
        hashed=digest(challenge),
        purpose=_PURPOSE,
        user_id=user.user_id,
        content=json.dumps({"client_id": client_id, "scopes": sorted(scopes)}),
        expires_at_ns=identity.clock() + CHALLENGE_S * SECOND,
    )
    seed = rows.totp_seed(connection, user.user_id)
    options = factors.assertion_options(identity, connection, user.user_id)
    return SecondFactorAsked(challenge, seed is not None and seed.confirmed_at_ns is not None, options)


def _open(
    identity: Identity,
    connection: Connection,
    user: User,
    origin: Origin,
    client_id: str,
    scopes: Collection[Scope],
    *,
    second_factor_at_ns: int | None,
) -> Grant:
    grant = sessions.open_session(
        identity,
        connection,
        user,
        Proven(identity.clock(), second_factor_at_ns),
        origin=origin,
        client_id=client_id,
        scopes=scopes,
    )
    audit.record(
        connection,
        audit.Act(
            "log_in.succeeded",
            f"user:{user.user_id}",
            after={"session": grant.session_id, "second_factor": second_factor_at_ns is not None},
        ),
        at_ns=identity.clock(),
        by=user.login,
        origin=origin,
        chain="security",
    )
    return grant


def _note_failure(
    identity: Identity, user: User | None, name: str, origin: Origin, *, action: str = "log_in.failed"
) -> None:
    """Never the login as typed: some type their password there."""
    thing = f"user:{user.user_id}" if user is not None else throttle.login_name(name)
    with identity.database.writing() as connection:
        audit.record(
            connection,
            audit.Act(action, thing),
            at_ns=identity.clock(),
            by="anonymous",
            origin=origin,
            chain="security",
        )


def _note(identity: Identity, connection: Connection, principal: Principal, origin: Origin, action: str) -> None:
    audit.record(
        connection,
        audit.Act(action, f"user:{principal.user_id}"),
        at_ns=identity.clock(),
        by=principal,
        origin=origin,
        chain="security",
    )
