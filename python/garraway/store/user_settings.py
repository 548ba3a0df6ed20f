"""Queries of users' own settings. Each takes the transaction in which it happens."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from garraway.store.tables.user_settings import USER_SETTINGS
from garraway.store.tables.users import USERS

MOST: Final = 64
"""Settings that a user may have."""
_COLUMNS: Final = (USER_SETTINGS.c.key, USER_SETTINGS.c.value, USER_SETTINGS.c.set_at_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSetting:
    """A setting; `value` is canonical JSON."""

    key: str
    value: str
    set_at_ns: int


def user_settings(connection: Connection, user_id: int) -> list[UserSetting]:
    """All of a user's, by key; at most `MOST`."""
    query = select(*_COLUMNS).where(USER_SETTINGS.c.user_id == user_id).order_by(USER_SETTINGS.c.key)
    return [UserSetting(**row) for row in connection.execute(query).mappings()]


def user_setting(connection: Connection, user_id: int, key: str) -> UserSetting | None:
    """One of a user's."""
    row = connection.execute(select(*_COLUMNS).where(*_one(user_id, key))).mappings().one_or_none()
    return UserSetting(**row) if row is not None else None


def set_user_setting(connection: Connection, user_id: int, one: UserSetting) -> bool:
    """Sets it, new or anew; False, and nothing is done, where the user has `MOST` others.

    The user's row is locked meanwhile, so that two new ones at once are counted one after the other.
    """
    connection.execute(select(USERS.c.user_id).where(USERS.c.user_id == user_id).with_for_update())
    told = {"value": one.value, "set_at_ns": one.set_at_ns}
    if connection.execute(update(USER_SETTINGS).where(*_one(user_id, one.key)).values(**told)).rowcount == 1:
        return True
    count = select(func.count()).select_from(USER_SETTINGS).where(USER_SETTINGS.c.user_id == user_id)
    if connection.execute(count).scalar_one() >= MOST:
        return False
    connection.execute(insert(USER_SETTINGS).values(user_id=user_id, key=one.key, **told))
    return True


def remove_user_setting(connection: Connection, user_id: int, key: str) -> bool:
    """Removes one; whether it was there."""
    return connection.execute(delete(USER_SETTINGS).where(*_one(user_id, key))).rowcount == 1


def remove_user_settings(connection: Connection, user_id: int) -> None:
    """Removes all of a user's."""
    connection.execute(delete(USER_SETTINGS).where(USER_SETTINGS.c.user_id == user_id))


def _one(user_id: int, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return USER_SETTINGS.c.user_id == user_id, USER_SETTINGS.c.key == key
