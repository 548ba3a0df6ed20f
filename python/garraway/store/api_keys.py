"""Queries of API keys."""

from dataclasses import dataclass, fields

from sqlalchemy import Connection, RowMapping, insert, select, update

from garraway.store.changes import next_change
from garraway.store.reach import Reach
from garraway.store.tables.api_keys import API_KEYS
from garraway.store.tables.users import USERS


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as kept: `material` is the Ed25519 public key, or the sealed HMAC secret. `networks`: JSON list of CIDR."""

    key_id: str
    user_id: int
    label: str
    algorithm: str
    material: bytes
    scopes: str
    networks: str
    created_at_ns: int
    expires_at_ns: int
    revoked_at_ns: int | None = None


def insert_key(connection: Connection, key: ApiKey) -> None:
    """A new key."""
    row = {one.name: getattr(key, one.name) for one in fields(key)}
    connection.execute(insert(API_KEYS).values(**row, changed=next_change(connection)))


def key_exists(connection: Connection, key_id: str) -> bool:
    """Whether a key of this name was ever made."""
    return (
        connection.execute(select(API_KEYS.c.key_id).where(API_KEYS.c.key_id == key_id)).scalar_one_or_none()
        is not None
    )


def list_keys(connection: Connection, reach: Reach, *, user_id: int) -> list[ApiKey]:
    """A user's keys within the reach, revoked ones too, newest first."""
    joined = API_KEYS.join(USERS, USERS.c.user_id == API_KEYS.c.user_id)
    within = reach.clause(user_id=API_KEYS.c.user_id, group=USERS.c.group_id)
    statement = select(API_KEYS).select_from(joined).where(within, API_KEYS.c.user_id == user_id)
    return [_key(row) for row in connection.execute(statement.order_by(API_KEYS.c.created_at_ns.desc())).mappings()]


def revoke_keys(connection: Connection, *, user_id: int, at_ns: int, key_id: str | None = None) -> list[str]:
    """Ends a user's keys: one, or all; the names of those that ended now."""
    statement = update(API_KEYS).where(API_KEYS.c.user_id == user_id, API_KEYS.c.revoked_at_ns.is_(None))
    if key_id is not None:
        statement = statement.where(API_KEYS.c.key_id == key_id)
    values = {"revoked_at_ns": at_ns, "changed": next_change(connection)}
    return list(connection.execute(statement.values(values).returning(API_KEYS.c.key_id)).scalars())


def expire_key(connection: Connection, *, user_id: int, key_id: str, expires_at_ns: int) -> bool:
    """Brings a key's end forward; False where it has none later, or there is no such key."""
    later = (API_KEYS.c.user_id == user_id, API_KEYS.c.key_id == key_id, API_KEYS.c.expires_at_ns > expires_at_ns)
    values = {"expires_at_ns": expires_at_ns, "changed": next_change(connection)}
    return connection.execute(update(API_KEYS).where(*later).values(values)).rowcount == 1


def sealed_materials(connection: Connection, algorithm: str) -> list[tuple[str, bytes]]:
    """Live keys of an algorithm and their materials."""
    statement = select(API_KEYS.c.key_id, API_KEYS.c.material)
    live = (API_KEYS.c.algorithm == algorithm, API_KEYS.c.revoked_at_ns.is_(None))
    return [(row.key_id, row.material) for row in connection.execute(statement.where(*live))]


def reseal(connection: Connection, key_id: str, *, old: bytes, new: bytes) -> None:
    """The same material, sealed anew, unless it changed meanwhile. To a reader nothing changes."""
    mine = (API_KEYS.c.key_id == key_id, API_KEYS.c.material == old)
    connection.execute(update(API_KEYS).where(*mine).values(material=new))


def keys_changed(connection: Connection, after: int) -> list[ApiKey]:
    """Keys changed after a value of the change counter."""
    return [_key(row) for row in connection.execute(select(API_KEYS).where(API_KEYS.c.changed > after)).mappings()]


def _key(row: RowMapping) -> ApiKey:
    return ApiKey(**{one.name: row[one.name] for one in fields(ApiKey)})
