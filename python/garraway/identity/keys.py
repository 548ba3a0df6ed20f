"""API keys: made, listed, revoked, rolled over, taken from a file. Touches the store and one file.

At rest: of an Ed25519 key the public half; of an HMAC key the secret, sealed under the master key, since checking a
signature needs it. The private half or the secret is shown once. Several keys live side by side, so a key is rolled
over by making the next, moving to it, and ending the first.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from garraway.identity import audit, text
from garraway.identity.errors import Conflict, KeyFileUnsafe, Missing, TextInvalid
from garraway.identity.identity import SECOND, Identity
from garraway.identity.origin import Origin
from garraway.identity.permissions import Permission, require
from garraway.identity.principal import Principal, Scope
from garraway.identity.secret import HMAC, draw, identifier
from garraway.identity.secret_files import insist_private
from garraway.identity.signed_requests import ED25519, HMAC_SHA256
from garraway.identity.tokens import base64url, canonical_base64url
from garraway.store import api_keys as rows
from garraway.store import users
from garraway.store.api_keys import ApiKey

LONGEST_S: Final = 366 * 86_400
NETWORKS: Final = 20
KEYS: Final = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a key is to be.

    `public_key`: base64url of an Ed25519 public key whose private half never comes here. Without, both are drawn.
    """

    label: str
    algorithm: str = ED25519
    scopes: Collection[Scope] = (Scope.READ,)
    networks: Collection[str] = ()
    life_s: int = LONGEST_S
    public_key: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A new key's name, and its secret, to be shown once; none where the client brought a public key."""

    key_id: str
    secret: str | None


def create(identity: Identity, principal: Principal, wanted: Wanted, *, origin: Origin) -> Made:
    """A new key of the asker's own. Raises: TextInvalid, Conflict: too many keys; StepUpNeeded."""
    require(principal, Permission("create", "keys"), at_s=identity.at_s, user_id=principal.user_id)
    if not set(wanted.scopes) <= principal.scopes:
        raise TextInvalid("scopes", "more than this log-in has")
    key_id = identifier("k")
    material, secret = _material(identity, key_id, wanted)
    with identity.database.writing() as connection:
        reach = require(principal, Permission("view", "keys"), at_s=identity.at_s)
        live = [
            key for key in rows.list_keys(connection, reach, user_id=principal.user_id) if key.revoked_at_ns is None
        ]
        if len(live) >= KEYS:
            raise Conflict(f"{KEYS} keys are live: revoke one first")
        _insert(identity, connection, key_id, principal.user_id, wanted, material, by=principal, origin=origin)
    identity.gate.refresh()
    return Made(key_id, secret)


def list_keys(identity: Identity, principal: Principal, *, user_id: int) -> list[ApiKey]:
    """A user's keys, newest first. Raises: Missing: the user is beyond the asker's reach."""
    with identity.database.reading() as connection:
        group = _group_of(connection, user_id)
        reach = require(principal, Permission("view", "keys"), at_s=identity.at_s, user_id=user_id, group=group)
        return rows.list_keys(connection, reach, user_id=user_id)


def revoke(
    identity: Identity, principal: Principal, key_id: str, *, user_id: int, origin: Origin, after_s: int = 0
) -> None:
    """Ends a key, now or `after_s` seconds on (the time both keys of a rollover live). Raises: Missing."""
    with identity.database.writing() as connection:
        group = _group_of(connection, user_id)
        require(principal, Permission("revoke", "keys"), at_s=identity.at_s, user_id=user_id, group=group)
        at_ns = identity.clock()
        if after_s > 0:
            ended = rows.expire_key(connection, user_id=user_id, key_id=key_id, expires_at_ns=at_ns + after_s * SECOND)
        else:
            ended = bool(rows.revoke_keys(connection, user_id=user_id, key_id=key_id, at_ns=at_ns))
        if not ended:
            raise Missing("no such key, or it ends sooner")
        audit.record(
            connection,
            audit.Act("keys.revoke", f"key:{key_id}", after={"user_id": user_id, "after_s": after_s}),
            at_ns=at_ns,
            by=principal,
            origin=origin,
        )
    identity.gate.refresh()


def load_file(identity: Identity, path: Path, *, origin: Origin) -> list[str]:
    """Takes keys of service accounts from a file of mode 0600; names of those that are new. May be called again.

    The file is a JSON list of {key_id, login, label, algorithm, scopes, networks, life_s, public_key or secret}. The
    buffer that held it is overwritten afterwards; copies that Python made on the way are not.
    Raises: KeyFileUnsafe: others can read it, or it is no such list; TextInvalid; Missing: no such user.
    """
    insist_private(path)
    content = bytearray(path.stat().st_size)
    try:
        with path.open("rb", buffering=0) as stream:
            stream.readinto(content)
        try:
            said = json.loads(content)
            entries = [(str(one["key_id"]), str(one["login"]), _wanted(one), one.get("secret")) for one in said]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise KeyFileUnsafe(f"file {path} is no list of keys: see docs/concepts/identity.md") from error
    finally:
        content[:] = bytes(len(content))
    with identity.database.writing() as connection:
        new = [key_id for key_id, *rest in entries if _load(identity, connection, key_id, *rest, origin=origin)]
    identity.gate.refresh()
    return new


def _load(
    identity: Identity,
    connection: Connection,
    key_id: str,
    login: str,
    wanted: Wanted,
    secret: object,
    *,
    origin: Origin,
) -> bool:
    user = users.user_by_login(connection, text.login(login))
    if user is None or not user.service:
        raise Missing(f"no service account {login}: make it first")
    if rows.key_exists(connection, key_id):
        return False
    if (
        len(key_id) < 8
        or len(key_id) > 64
        or not all(sign.isascii() and (sign.isalnum() or sign in "-_") for sign in key_id)
    ):
        raise TextInvalid("key_id", "not 8 to 64 of A-Z a-z 0-9 - _")
    if wanted.algorithm == HMAC_SHA256:
        if not isinstance(secret, str) or len(secret) < 32:
            raise TextInvalid("secret", f"of key {key_id} is shorter than 32 characters")
        material = identity.sealer.seal(secret.encode(), belongs_to=f"key:{key_id}")
    else:
        material, drawn = _material(identity, key_id, wanted)
        if drawn is not None:
            raise TextInvalid("public_key", f"of key {key_id} is missing")
    _insert(identity, connection, key_id, user.user_id, wanted, material, by="operator", origin=origin)
    return True


def _insert(
    identity: Identity,
    connection: Connection,
    key_id: str,
    user_id: int,
    wanted: Wanted,
    material: bytes,
    *,
    by: Principal | str,
    origin: Origin,
) -> None:
    networks = _networks(wanted)
    at_ns = identity.clock()
    if not 60 <= wanted.life_s <= LONGEST_S:
        raise TextInvalid("life_s", f"not within 60 to {LONGEST_S} s")
    key = ApiKey(
        key_id=key_id,
        user_id=user_id,
        label=text.line("label", wanted.label, length=60),
        algorithm=wanted.algorithm,
        material=material,
        scopes=" ".join(sorted(wanted.scopes)),
        networks=json.dumps(networks),
        created_at_ns=at_ns,
        expires_at_ns=at_ns + wanted.life_s * SECOND,
    )
    rows.insert_key(connection, key)
    after = {
        "user_id": user_id,
        "label": key.label,
        "algorithm": key.algorithm,
        "scopes": sorted(wanted.scopes),
        "networks": networks,
        "expires_at_ns": key.expires_at_ns,
    }
    audit.record(connection, audit.Act("keys.create", f"key:{key_id}", after=after), at_ns=at_ns, by=by, origin=origin)


def _material(identity: Identity, key_id: str, wanted: Wanted) -> tuple[bytes, str | None]:
    """What is kept, and what is shown once."""
    if wanted.algorithm == HMAC_SHA256:
        secret = draw(HMAC)
        return identity.sealer.seal(secret.encode(), belongs_to=f"key:{key_id}"), secret
    if wanted.algorithm != ED25519:
        raise TextInvalid("algorithm", f"{wanted.algorithm!r} is neither {ED25519} nor {HMAC_SHA256}")
    if wanted.public_key is None:
        private = Ed25519PrivateKey.generate()
        return private.public_key().public_bytes_raw(), base64url(private.private_bytes_raw())
    try:
        public = canonical_base64url(wanted.public_key)
    except ValueError as error:
        raise TextInvalid("public_key", "not base64url without padding") from error
    if len(public) != 32:
        raise TextInvalid("public_key", "not the 32 bytes of an Ed25519 public key")
    return public, None


def _networks(wanted: Wanted) -> list[str]:
    if not wanted.scopes:
        raise TextInvalid("scopes", "none given")
    if len(wanted.networks) > NETWORKS:
        raise TextInvalid("networks", f"more than {NETWORKS}")
    if not wanted.networks and {Scope.WITHDRAW, Scope.ADMIN} & set(wanted.scopes):
        raise TextInvalid("networks", "a key that can withdraw or administer is bound to networks: name them")
    return sorted({network(one) for one in wanted.networks})


def network(written: str) -> str:
    """A network in CIDR, as it is kept. Raises: TextInvalid."""
    try:
        return str(ip_network(written.strip()))
    except ValueError as error:
        raise TextInvalid(
            "networks", f"{written[:64]!r} is no network: give one like 203.0.113.0/24 or 2001:db8::/32"
        ) from error


def _group_of(connection: Connection, user_id: int) -> int | None:
    user = users.user_by_id(connection, user_id)
    return None if user is None else user.group_id


def _wanted(said: dict[str, Any]) -> Wanted:
    return Wanted(
        label=str(said["label"]),
        algorithm=str(said.get("algorithm", ED25519)),
        scopes=tuple(Scope(word) for word in said["scopes"]),
        networks=tuple(str(one) for one in said.get("networks", ())),
        life_s=int(said.get("life_s", LONGEST_S)),
        public_key=said.get("public_key"),
    )
