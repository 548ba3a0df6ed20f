"""Second factors: enrolled, checked, removed. An authenticator app, WebAuthn credentials, recovery codes.

A code or an answer counts once. An app's seed is sealed at rest, since codes are made from it; recovery codes are
kept as hashes. Codes are throttled by user. Touches the store and `webauthn`.
"""

import json
import secrets
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from garraway.identity import audit, text, throttle, totp
from garraway.identity.errors import Conflict, Missing, Unauthenticated
from garraway.identity.identity import SECOND, Identity
from garraway.identity.origin import Origin
from garraway.identity.permissions import Permission, require
from garraway.identity.principal import STAFF, Principal
from garraway.identity.secret import digest
from garraway.store import credentials as rows
from garraway.store import users
from garraway.store.credentials import Passkey

CHALLENGE_S: Final = 300
RECOVERY_CODES: Final = 10
PASSKEYS: Final = 10
CHANGE: Final = Permission("change", "factors")
_REGISTERING: Final = "passkey_new"
_ASSERTING: Final = "passkey_use"
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class Code:
    """Six digits of an authenticator app."""

    code: str


@dataclass(frozen=True, slots=True)
class RecoveryCode:
    """One of the codes printed at enrolment."""

    code: str


@dataclass(frozen=True, slots=True)
class Assertion:
    """A WebAuthn authenticator's answer: what `navigator.credentials.get()` gave, as JSON."""

    credential: str


Proof = Code | RecoveryCode | Assertion


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a user has."""

    totp: bool
    passkeys: tuple[tuple[str, str], ...]
    """(credential id, label)"""
    recovery_codes_left: int


def enrolled(identity: Identity, user_id: int) -> Enrolled:
    """The user's second factors."""
    with identity.database.reading() as connection:
        seed = rows.totp_seed(connection, user_id)
        keys = tuple((key.credential_id, key.label) for key in rows.passkeys_of(connection, user_id))
        left = rows.count_recovery_codes(connection, user_id)
    return Enrolled(seed is not None and seed.confirmed_at_ns is not None, keys, left)


def begin_totp(identity: Identity, principal: Principal) -> str:
    """A new seed as the address that an app reads; it counts once `confirm_totp` saw a code of it. Raises: Conflict."""
    require(principal, CHANGE, at_s=identity.at_s, user_id=principal.user_id)
    seed = totp.new_seed()
    sealed = identity.sealer.seal(seed.encode(), belongs_to=_place(principal.user_id))
    with identity.database.writing() as connection:
        old = rows.totp_seed(connection, principal.user_id)
        if old is not None and old.confirmed_at_ns is not None:
            raise Conflict("an authenticator app is enrolled: remove it first")
        rows.set_totp_seed(connection, principal.user_id, sealed)
    return totp.uri(seed, login=principal.login, issuer=identity.relying_party.name)


def confirm_totp(identity: Identity, principal: Principal, code: str, *, origin: Origin) -> list[str]:
    """Enrols the app whose code it is; recovery codes, to be shown once. Raises: Unauthenticated, Locked."""
    require(principal, CHANGE, at_s=identity.at_s, user_id=principal.user_id)
    _count(identity, principal.user_id)
    with identity.database.writing() as connection:
        right = _take_code(identity, connection, principal.user_id, code, confirmed=False)
        codes = []
        if right:
            rows.confirm_totp_seed(connection, principal.user_id, at_ns=identity.clock())
            codes = _enrol(identity, connection, principal, origin=origin, kind="totp")
    if not right:
        raise Unauthenticated("the code does not match: is the clock of the phone right?")
    identity.gate.refresh()
    return codes


def begin_passkey(identity: Identity, principal: Principal) -> str:
    """Options for `navigator.credentials.create()`, as JSON."""
    require(principal, CHANGE, at_s=identity.at_s, user_id=principal.user_id)
    challenge = secrets.token_bytes(32)
    with identity.database.writing() as connection:
        keys = rows.passkeys_of(connection, principal.user_id)
        if len(keys) >= PASSKEYS:
            raise Conflict(f"{PASSKEYS} authenticators are enrolled: remove one first")
        _keep(identity, connection, principal.user_id, _REGISTERING, challenge)
    options = generate_registration_options(
        rp_id=identity.relying_party.id,
        rp_name=identity.relying_party.name,
        user_name=principal.login,
        user_id=str(principal.user_id).encode(),
        challenge=challenge,
        exclude_credentials=[_descriptor(key) for key in keys],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=UserVerificationRequirement.PREFERRED
        ),
    )
    return options_to_json(options)


def confirm_passkey(
    identity: Identity, principal: Principal, credential: str, *, label: str, origin: Origin
) -> list[str]:
    """Enrols an authenticator by its answer; recovery codes where it is the first factor. Raises: Unauthenticated."""
    require(principal, CHANGE, at_s=identity.at_s, user_id=principal.user_id)
    label = text.line("label", label, length=60)
    with identity.database.writing() as connection:
        challenge = _take_challenge(identity, connection, principal.user_id, _REGISTERING, credential)
    passkey = _registered(identity, principal, credential, challenge, label) if challenge is not None else None
    if passkey is None:
        raise Unauthenticated("the authenticator's answer does not hold: begin again")
    with identity.database.writing() as connection:
        if rows.passkey_exists(connection, passkey.credential_id):
            raise Conflict("this authenticator is enrolled already")
        rows.insert_passkey(connection, passkey)
        codes = _enrol(identity, connection, principal, origin=origin, kind="passkey")
    identity.gate.refresh()
    return codes


def new_recovery_codes(identity: Identity, principal: Principal, *, origin: Origin) -> list[str]:
    """Ten new codes in place of those before, to be shown once."""
    require(principal, CHANGE, at_s=identity.at_s, user_id=principal.user_id)
    with identity.database.writing() as connection:
        codes = _draw_codes(connection, principal.user_id)
        _note(identity, connection, principal, origin=origin, action="factors.new_recovery_codes")
    return codes


def remove(identity: Identity, principal: Principal, *, origin: Origin, passkey: str | None = None) -> None:
    """Removes the authenticator app, or a WebAuthn credential. Staff keep one factor. Raises: Missing, Conflict."""
    require(principal, CHANGE, at_s=identity.at_s, user_id=principal.user_id)
    user_id = principal.user_id
    with identity.database.writing() as connection:
        if passkey is not None and not rows.remove_passkey(connection, user_id, passkey):
            raise Missing("no such authenticator")
        if passkey is None:
            rows.remove_totp_seed(connection, user_id)
        if not rows.has_second_factor(connection, user_id):
            if principal.roles & STAFF:
                raise Conflict("staff need a second factor: enrol another one first")
            rows.set_recovery_codes(connection, user_id, [])
        users.touch_user(connection, user_id)
        _note(identity, connection, principal, origin=origin, action="factors.remove", kind=passkey or "totp")
    identity.gate.refresh()


def remove_all(connection: Connection, user_id: int) -> None:
    """Forgets all factors of a user who lost them, in the caller's transaction."""
    rows.remove_totp_seed(connection, user_id)
    rows.set_recovery_codes(connection, user_id, [])
    for key in rows.passkeys_of(connection, user_id):
        rows.remove_passkey(connection, user_id, key.credential_id)
    users.touch_user(connection, user_id)


def assertion_options(identity: Identity, connection: Connection, user_id: int) -> str | None:
    """Options for `navigator.credentials.get()`, as JSON; None where the user has no WebAuthn credential."""
    keys = rows.passkeys_of(connection, user_id)
    if not keys:
        return None
    challenge = secrets.token_bytes(32)
    _keep(identity, connection, user_id, _ASSERTING, challenge)
    options = generate_authentication_options(
        rp_id=identity.relying_party.id, challenge=challenge, allow_credentials=[_descriptor(key) for key in keys]
    )
    return options_to_json(options)


def check(identity: Identity, user_id: int, proof: Proof) -> bool:
    """Whether a proof is right, which uses it up. Counts the attempt. Raises: Locked."""
    _count(identity, user_id)
    with identity.database.writing() as connection:
        right = _check(identity, connection, user_id, proof)
        if right:
            throttle.succeed(connection, cleared=throttle.by_factor(user_id, identity.policy))
    return right


def _count(identity: Identity, user_id: int) -> None:
    with identity.database.writing() as connection:
        throttle.reserve(connection, [throttle.by_factor(user_id, identity.policy)], at_ns=identity.clock())


def _check(identity: Identity, connection: Connection, user_id: int, proof: Proof) -> bool:
    if isinstance(proof, Code):
        return _take_code(identity, connection, user_id, proof.code, confirmed=True)
    if isinstance(proof, RecoveryCode):
        typed = proof.code.strip().upper().replace("-", "")
        return rows.use_recovery_code(connection, user_id, _code_hash(user_id, typed), at_ns=identity.clock())
    challenge = _take_challenge(identity, connection, user_id, _ASSERTING, proof.credential)
    return challenge is not None and _asserted(identity, connection, user_id, proof.credential, challenge)


def _take_code(identity: Identity, connection: Connection, user_id: int, code: str, *, confirmed: bool) -> bool:
    kept = rows.totp_seed(connection, user_id)
    if kept is None or (kept.confirmed_at_ns is not None) is not confirmed:
        return False
    seed = identity.sealer.open(kept.sealed, belongs_to=_place(user_id)).decode()
    step = totp.matching_step(seed, code, at_s=identity.at_s)
    return step is not None and rows.take_totp_step(connection, user_id, step)


def _enrol(identity: Identity, connection: Connection, principal: Principal, *, origin: Origin, kind: str) -> list[str]:
    throttle.succeed(connection, cleared=throttle.by_factor(principal.user_id, identity.policy))
    users.touch_user(connection, principal.user_id)
    _note(identity, connection, principal, origin=origin, action="factors.enrol", kind=kind)
    some_left = rows.count_recovery_codes(connection, principal.user_id) > 0
    return [] if some_left else _draw_codes(connection, principal.user_id)


def _draw_codes(connection: Connection, user_id: int) -> list[str]:
    """Codes of 80 random bits, so that their hash need not be slow."""
    drawn = ["".join(secrets.choice(_LETTERS) for _ in range(16)) for _ in range(RECOVERY_CODES)]
    rows.set_recovery_codes(connection, user_id, [_code_hash(user_id, code) for code in drawn])
    return ["-".join(code[first : first + 4] for first in range(0, 16, 4)) for code in drawn]


def _code_hash(user_id: int, code: str) -> str:
    return digest(f"recovery:{user_id}:{code}")


def _keep(identity: Identity, connection: Connection, user_id: int, purpose: str, challenge: bytes) -> None:
    rows.insert_one_time_secret(
        connection,
        hashed=digest(bytes_to_base64url(challenge)),
        purpose=purpose,
        user_id=user_id,
        content="",
        expires_at_ns=identity.clock() + CHALLENGE_S * SECOND,
    )


def _take_challenge(
    identity: Identity, connection: Connection, user_id: int, purpose: str, credential: str
) -> bytes | None:
    """The challenge that an answer is to, if it was ours, for this user and purpose, and never used."""
    try:
        response = json.loads(credential)["response"]
        challenge = parse_client_data_json(base64url_to_bytes(response["clientDataJSON"])).challenge
    except (ValueError, KeyError, TypeError, RecursionError, WebAuthnException):
        return None
    hashed, at_ns = digest(bytes_to_base64url(challenge)), identity.clock()
    kept = rows.look_at_one_time_secret(connection, hashed=hashed, purpose=purpose, at_ns=at_ns)
    mine = kept is not None and kept.user_id == user_id
    return challenge if mine and rows.use_one_time_secret(connection, hashed, at_ns=at_ns) else None


def _registered(
    identity: Identity, principal: Principal, credential: str, challenge: bytes, label: str
) -> Passkey | None:
    try:
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=identity.relying_party.id,
            expected_origin=list(identity.relying_party.origins),
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    return Passkey(
        credential_id=bytes_to_base64url(verified.credential_id),
        user_id=principal.user_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        label=label,
        created_at_ns=identity.clock(),
        used_at_ns=None,
    )


def _asserted(identity: Identity, connection: Connection, user_id: int, credential: str, challenge: bytes) -> bool:
    name = json.loads(credential).get("id")
    key = next((one for one in rows.passkeys_of(connection, user_id) if one.credential_id == name), None)
    if key is None:
        return False
    try:
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=identity.relying_party.id,
            expected_origin=list(identity.relying_party.origins),
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return False
    rows.use_passkey(connection, key.credential_id, sign_count=verified.new_sign_count, at_ns=identity.clock())
    return True


def _descriptor(key: Passkey) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.credential_id))


def _place(user_id: int) -> str:
    return f"totp:{user_id}"


def _note(
    identity: Identity, connection: Connection, principal: Principal, *, origin: Origin, action: str, **after: object
) -> None:
    audit.record(
        connection,
        audit.Act(action, f"user:{principal.user_id}", after=after),
        at_ns=identity.clock(),
        by=principal,
        origin=origin,
        chain="security",
    )
