"""Queries of users, their roles, groups and accounts. A query that a person asks for takes the person's reach."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import Column, Connection, RowMapping, Select, Table, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from garraway.store.changes import next_change
from garraway.store.reach import EVERYTHING, Reach
from garraway.store.tables.users import USER_ACCOUNTS, USER_GROUPS, USER_ROLES, USERS

PAGE: Final = 200
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class User:
    """A user as kept, with roles, accounts and (for staff) groups."""

    user_id: int
    login: str
    name: str
    status: str
    service: bool
    group_id: int
    created_at_ns: int
    version: int
    roles: frozenset[str]
    groups: frozenset[int]
    accounts: frozenset[int]


def insert_user(
    connection: Connection,
    *,
    login: str,
    name: str,
    roles: Iterable[str],
    group_id: int,
    at_ns: int,
    service: bool = False,
) -> int | None:
    """A new active user's number; None where the login is taken."""
    row = {
        "login": login,
        "name": name,
        "status": "active",
        "service": service,
        "group_id": group_id,
        "created_at_ns": at_ns,
        "version": 1,
        "changed": next_change(connection),
    }
    try:
        with connection.begin_nested():
            user_id = int(connection.execute(insert(USERS).values(row).returning(USERS.c.user_id)).scalar_one())
    except IntegrityError:
        return None
    _write_roles(connection, user_id, roles)
    return user_id


def user_by_login(connection: Connection, login: str) -> User | None:
    """The user of a normal login."""
    return _one(connection, select(USERS.c.user_id).where(USERS.c.login == login))


def user_by_id(connection: Connection, user_id: int, reach: Reach = EVERYTHING) -> User | None:
    """The user of a number, within the reach."""
    within = reach.clause(user_id=USERS.c.user_id, group=USERS.c.group_id)
    return _one(connection, select(USERS.c.user_id).where(USERS.c.user_id == user_id, within))


def list_users(
    connection: Connection,
    reach: Reach,
    *,
    search: str = "",
    status: str | None = None,
    after_id: int = 0,
    limit: int = PAGE,
) -> list[User]:
    """Users within the reach, by number, from after `after_id`; `search` is a part of login or name."""
    within = reach.clause(user_id=USERS.c.user_id, group=USERS.c.group_id)
    statement = select(USERS.c.user_id).where(within, USERS.c.user_id > after_id).order_by(USERS.c.user_id)
    if search:
        found = (column.icontains(search, autoescape=True) for column in (USERS.c.login, USERS.c.name))
        statement = statement.where(or_(*found))
    if status is not None:
        statement = statement.where(USERS.c.status == status)
    numbers = connection.execute(statement.limit(min(limit, PAGE))).scalars().all()
    return users_by_ids(connection, numbers)


def users_changed(connection: Connection, after: int) -> list[User]:
    """Users changed after a value of the change counter."""
    return users_by_ids(
        connection, connection.execute(select(USERS.c.user_id).where(USERS.c.changed > after)).scalars().all()
    )


def users_by_ids(connection: Connection, user_ids: Sequence[int]) -> list[User]:
    """Users of these numbers, by number."""
    users: list[User] = []
    for first in range(0, len(user_ids), 500):
        users += _batch(connection, user_ids[first : first + 500])
    return users


def count_users(connection: Connection, role: str) -> int:
    """How many users have a role, active or not."""
    return int(
        connection.execute(select(func.count()).select_from(USER_ROLES).where(USER_ROLES.c.role == role)).scalar_one()
    )


def update_user(connection: Connection, user_id: int, *, version: int | None = None, **values: object) -> bool:
    """Changes a user's fields; False where there is none, or it is no longer at `version`."""
    statement = update(USERS).where(USERS.c.user_id == user_id)
    if version is not None:
        statement = statement.where(USERS.c.version == version)
    values |= {"version": USERS.c.version + 1, "changed": next_change(connection)}
    return connection.execute(statement.values(values)).rowcount == 1


def touch_user(connection: Connection, user_id: int) -> None:
    """Makes readers in memory read the user again."""
    connection.execute(update(USERS).where(USERS.c.user_id == user_id).values(changed=next_change(connection)))


def set_roles(connection: Connection, user_id: int, roles: Iterable[str]) -> None:
    """The user's roles, in place of those before."""
    connection.execute(delete(USER_ROLES).where(USER_ROLES.c.user_id == user_id))
    _write_roles(connection, user_id, roles)
    touch_user(connection, user_id)


def set_groups(connection: Connection, user_id: int, groups: Iterable[int]) -> None:
    """The groups of clients that a member of staff looks after, in place of those before."""
    connection.execute(delete(USER_GROUPS).where(USER_GROUPS.c.user_id == user_id))
    for group in sorted(set(groups)):
        connection.execute(insert(USER_GROUPS).values(user_id=user_id, group_id=group))
    touch_user(connection, user_id)


def assign_account(connection: Connection, user_id: int, account: int, *, at_ns: int) -> bool:
    """Makes an account the user's; False where it is somebody's already."""
    row = {"account": account, "user_id": user_id, "assigned_at_ns": at_ns}
    try:
        with connection.begin_nested():
            connection.execute(insert(USER_ACCOUNTS).values(row))
    except IntegrityError:
        return False
    touch_user(connection, user_id)
    return True


def _write_roles(connection: Connection, user_id: int, roles: Iterable[str]) -> None:
    for role in sorted(set(roles)):
        connection.execute(insert(USER_ROLES).values(user_id=user_id, role=role))


def _one(connection: Connection, statement: Select[int]) -> User | None:
    user_id = connection.execute(statement).scalar_one_or_none()
    return None if user_id is None else _batch(connection, [user_id])[0]


def _batch(connection: Connection, user_ids: Sequence[int]) -> list[User]:
    rows = connection.execute(select(USERS).where(USERS.c.user_id.in_(user_ids)).order_by(USERS.c.user_id)).mappings()
    roles = _many(connection, USER_ROLES, USER_ROLES.c.role, user_ids)
    groups = _many(connection, USER_GROUPS, USER_GROUPS.c.group_id, user_ids)
    accounts = _many(connection, USER_ACCOUNTS, USER_ACCOUNTS.c.account, user_ids)
    return [_user(row, roles, groups, accounts) for row in rows]


def _many(connection: Connection, table: Table, column: Column[T], user_ids: Sequence[int]) -> dict[int, set[T]]:
    found: dict[int, set[T]] = {}
    for user_id, value in connection.execute(select(table.c.user_id, column).where(table.c.user_id.in_(user_ids))):
        found.setdefault(user_id, set()).add(value)
    return found


def _user(
    row: RowMapping, roles: dict[int, set[str]], groups: dict[int, set[int]], accounts: dict[int, set[int]]
) -> User:
    number = row["user_id"]
    return User(
        user_id=number,
        login=row["login"],
        name=row["name"],
        status=row["status"],
        service=row["service"],
        group_id=row["group_id"],
        created_at_ns=row["created_at_ns"],
        version=row["version"],
        roles=frozenset(roles.get(number, ())),
        groups=frozenset(groups.get(number, ())),
        accounts=frozenset(accounts.get(number, ())),
    )
