"""Queries of passwords, second factors, one-time secrets and throttles."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from garraway.store.tables.credentials import (
    ONE_TIME_SECRETS,
    PASSKEYS,
    PASSWORDS,
    RECOVERY_CODES,
    THROTTLES,
    TOTP_SEEDS,
)


@dataclass(frozen=True, slots=True)
class TotpSeed:
    """A sealed seed, since when it counts, and the last step whose code was taken."""

    sealed: bytes
    confirmed_at_ns: int | None
    last_step: int


@dataclass(frozen=True, slots=True)
class Passkey:
    """A WebAuthn credential."""

    credential_id: str
    user_id: int
    public_key: bytes
    sign_count: int
    label: str
    created_at_ns: int
    used_at_ns: int | None


@dataclass(frozen=True, slots=True)
class OneTimeSecret:
    """What a one-time secret stands for."""

    user_id: int
    content: str
    used: bool
    session_id: str | None


@dataclass(frozen=True, slots=True)
class Throttle:
    """Wrong attempts so far, and until when none is looked at."""

    failures: int
    last_at_ns: int
    locked_until_ns: int


def password_hash(connection: Connection, user_id: int) -> str | None:
    """The hash of the user's password."""
    return connection.execute(select(PASSWORDS.c.hash).where(PASSWORDS.c.user_id == user_id)).scalar_one_or_none()


def set_password(connection: Connection, user_id: int, hashed: str, *, at_ns: int) -> None:
    """The user's password, in place of the one before."""
    connection.execute(delete(PASSWORDS).where(PASSWORDS.c.user_id == user_id))
    connection.execute(insert(PASSWORDS).values(user_id=user_id, hash=hashed, changed_at_ns=at_ns))


def rehash_password(connection: Connection, user_id: int, *, old: str, new: str) -> None:
    """Another hash of the same password, unless it was changed meanwhile."""
    connection.execute(
        update(PASSWORDS).where(PASSWORDS.c.user_id == user_id, PASSWORDS.c.hash == old).values(hash=new)
    )


def remove_password(connection: Connection, user_id: int) -> None:
    """Forgets the password: nobody logs in by one."""
    connection.execute(delete(PASSWORDS).where(PASSWORDS.c.user_id == user_id))


def totp_seed(connection: Connection, user_id: int) -> TotpSeed | None:
    """The user's TOTP seed, confirmed or not."""
    columns = (TOTP_SEEDS.c.sealed, TOTP_SEEDS.c.confirmed_at_ns, TOTP_SEEDS.c.last_step)
    row = connection.execute(select(*columns).where(TOTP_SEEDS.c.user_id == user_id)).one_or_none()
    return None if row is None else TotpSeed(*row)


def set_totp_seed(connection: Connection, user_id: int, sealed: bytes) -> None:
    """A seed that waits for its confirmation, in place of the one before."""
    remove_totp_seed(connection, user_id)
    connection.execute(insert(TOTP_SEEDS).values(user_id=user_id, sealed=sealed, last_step=0))


def sealed_seeds(connection: Connection) -> list[tuple[int, bytes]]:
    """All users with a TOTP seed, and their seeds."""
    return [(row.user_id, row.sealed) for row in connection.execute(select(TOTP_SEEDS.c.user_id, TOTP_SEEDS.c.sealed))]


def reseal_seed(connection: Connection, user_id: int, *, old: bytes, new: bytes) -> None:
    """The same seed, sealed anew, unless it changed meanwhile."""
    mine = (TOTP_SEEDS.c.user_id == user_id, TOTP_SEEDS.c.sealed == old)
    connection.execute(update(TOTP_SEEDS).where(*mine).values(sealed=new))


def confirm_totp_seed(connection: Connection, user_id: int, *, at_ns: int) -> None:
    """The seed counts from now on."""
    connection.execute(update(TOTP_SEEDS).where(TOTP_SEEDS.c.user_id == user_id).values(confirmed_at_ns=at_ns))


def take_totp_step(connection: Connection, user_id: int, step: int) -> bool:
    """Whether this step's code is the first of its kind: no step at or before it was taken."""
    later = update(TOTP_SEEDS).where(TOTP_SEEDS.c.user_id == user_id, TOTP_SEEDS.c.last_step < step)
    return connection.execute(later.values(last_step=step)).rowcount == 1


def remove_totp_seed(connection: Connection, user_id: int) -> None:
    """Forgets the seed."""
    connection.execute(delete(TOTP_SEEDS).where(TOTP_SEEDS.c.user_id == user_id))


def insert_passkey(connection: Connection, passkey: Passkey) -> None:
    """A new WebAuthn credential."""
    row = {
        "credential_id": passkey.credential_id,
        "user_id": passkey.user_id,
        "public_key": passkey.public_key,
        "sign_count": passkey.sign_count,
        "label": passkey.label,
        "created_at_ns": passkey.created_at_ns,
    }
    connection.execute(insert(PASSKEYS).values(row))


def passkeys_of(connection: Connection, user_id: int) -> list[Passkey]:
    """The user's WebAuthn credentials, oldest first."""
    statement = select(PASSKEYS).where(PASSKEYS.c.user_id == user_id)
    return [_passkey(row) for row in connection.execute(statement.order_by(PASSKEYS.c.created_at_ns)).mappings()]


def passkey_exists(connection: Connection, credential_id: str) -> bool:
    """Whether anybody has this credential."""
    statement = select(PASSKEYS.c.credential_id).where(PASSKEYS.c.credential_id == credential_id)
    return connection.execute(statement).scalar_one_or_none() is not None


def use_passkey(connection: Connection, credential_id: str, *, sign_count: int, at_ns: int) -> None:
    """Notes a use and the authenticator's counter."""
    row = update(PASSKEYS).where(PASSKEYS.c.credential_id == credential_id)
    connection.execute(row.values(sign_count=sign_count, used_at_ns=at_ns))


def remove_passkey(connection: Connection, user_id: int, credential_id: str) -> bool:
    """Forgets a credential of the user."""
    mine = (PASSKEYS.c.user_id == user_id, PASSKEYS.c.credential_id == credential_id)
    return connection.execute(delete(PASSKEYS).where(*mine)).rowcount == 1


def set_recovery_codes(connection: Connection, user_id: int, hashes: Iterable[str]) -> None:
    """The user's recovery codes, in place of those before."""
    connection.execute(delete(RECOVERY_CODES).where(RECOVERY_CODES.c.user_id == user_id))
    for hashed in hashes:
        connection.execute(insert(RECOVERY_CODES).values(user_id=user_id, hash=hashed))


def use_recovery_code(connection: Connection, user_id: int, hashed: str, *, at_ns: int) -> bool:
    """Takes a code that was not used yet."""
    unused = (
        RECOVERY_CODES.c.user_id == user_id,
        RECOVERY_CODES.c.hash == hashed,
        RECOVERY_CODES.c.used_at_ns.is_(None),
    )
    return connection.execute(update(RECOVERY_CODES).where(*unused).values(used_at_ns=at_ns)).rowcount == 1


def count_recovery_codes(connection: Connection, user_id: int) -> int:
    """How many codes are left."""
    unused = (RECOVERY_CODES.c.user_id == user_id, RECOVERY_CODES.c.used_at_ns.is_(None))
    return int(connection.execute(select(func.count()).select_from(RECOVERY_CODES).where(*unused)).scalar_one())


def has_second_factor(connection: Connection, user_id: int) -> bool:
    """Whether a confirmed TOTP seed or a WebAuthn credential is there."""
    return user_id in second_factor_users(connection, [user_id])


def second_factor_users(connection: Connection, user_ids: list[int]) -> set[int]:
    """Those of the users who have a second factor."""
    found: set[int] = set()
    for first in range(0, len(user_ids), 500):
        some = user_ids[first : first + 500]
        confirmed = select(TOTP_SEEDS.c.user_id).where(TOTP_SEEDS.c.confirmed_at_ns.is_not(None))
        found |= set(connection.execute(confirmed.where(TOTP_SEEDS.c.user_id.in_(some))).scalars())
        found |= set(connection.execute(select(PASSKEYS.c.user_id).where(PASSKEYS.c.user_id.in_(some))).scalars())
    return found


def insert_one_time_secret(
    connection: Connection, *, hashed: str, purpose: str, user_id: int, content: str, expires_at_ns: int
) -> None:
    """A secret that can be used once, until it expires."""
    row = {"hash": hashed, "purpose": purpose, "user_id": user_id, "content": content, "expires_at_ns": expires_at_ns}
    connection.execute(insert(ONE_TIME_SECRETS).values(row))


def look_at_one_time_secret(connection: Connection, *, hashed: str, purpose: str, at_ns: int) -> OneTimeSecret | None:
    """What an unexpired secret stands for; it stays as it is."""
    columns = ONE_TIME_SECRETS.c
    statement = select(columns.user_id, columns.content, columns.used_at_ns, columns.session_id).where(
        columns.hash == hashed, columns.purpose == purpose, columns.expires_at_ns > at_ns
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else OneTimeSecret(row.user_id, row.content, row.used_at_ns is not None, row.session_id)


def use_one_time_secret(connection: Connection, hashed: str, *, at_ns: int) -> bool:
    """Marks a secret as used; False where it was before."""
    unused = (ONE_TIME_SECRETS.c.hash == hashed, ONE_TIME_SECRETS.c.used_at_ns.is_(None))
    return connection.execute(update(ONE_TIME_SECRETS).where(*unused).values(used_at_ns=at_ns)).rowcount == 1


def note_session_of_secret(connection: Connection, hashed: str, session_id: str) -> None:
    """Which session an authorization code opened."""
    row = update(ONE_TIME_SECRETS).where(ONE_TIME_SECRETS.c.hash == hashed)
    connection.execute(row.values(session_id=session_id))


def void_one_time_secrets(connection: Connection, user_id: int, purpose: str) -> None:
    """Forgets the user's secrets of a purpose."""
    mine = (ONE_TIME_SECRETS.c.user_id == user_id, ONE_TIME_SECRETS.c.purpose == purpose)
    connection.execute(delete(ONE_TIME_SECRETS).where(*mine))


def remove_expired(connection: Connection, *, secrets_before_ns: int, throttles_before_ns: int) -> int:
    """Forgets one-time secrets and throttles that mean nothing any more; how many rows."""
    old_secrets = delete(ONE_TIME_SECRETS).where(ONE_TIME_SECRETS.c.expires_at_ns < secrets_before_ns)
    idle = (THROTTLES.c.last_at_ns < throttles_before_ns, THROTTLES.c.locked_until_ns < throttles_before_ns)
    return connection.execute(old_secrets).rowcount + connection.execute(delete(THROTTLES).where(*idle)).rowcount


def throttle(connection: Connection, name: str) -> Throttle:
    """The wrong attempts of a name, none where it is new; its row is locked until the transaction ends."""
    fresh = {"name": name, "failures": 0, "last_at_ns": 0, "locked_until_ns": 0}
    made = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(made(THROTTLES).values(fresh).on_conflict_do_nothing())
    columns = (THROTTLES.c.failures, THROTTLES.c.last_at_ns, THROTTLES.c.locked_until_ns)
    row = connection.execute(select(*columns).where(THROTTLES.c.name == name).with_for_update()).one()
    return Throttle(row.failures, row.last_at_ns, row.locked_until_ns)


def set_throttle(connection: Connection, name: str, said: Throttle) -> None:
    """The wrong attempts of a name, whose row is there."""
    row = {"failures": said.failures, "last_at_ns": said.last_at_ns, "locked_until_ns": said.locked_until_ns}
    connection.execute(update(THROTTLES).where(THROTTLES.c.name == name).values(row))


def clear_throttle(connection: Connection, name: str) -> None:
    """No wrong attempts any more."""
    connection.execute(delete(THROTTLES).where(THROTTLES.c.name == name))


def _passkey(row: RowMapping) -> Passkey:
    return Passkey(**{one.name: row[one.name] for one in fields(Passkey)})
