"""Users' own settings, on both databases: bounded whoever asks at once, and gone with the user."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from garraway.store import Database, users
from garraway.store.user_settings import (
    MOST,
    UserSetting,
    remove_user_setting,
    remove_user_settings,
    set_user_setting,
    user_setting,
    user_settings,
)


def setting(key: str, value: str = "1", at_ns: int = 7) -> UserSetting:
    return UserSetting(key=key, value=value, set_at_ns=at_ns)


@pytest.fixture
def ada(migrated: Database) -> int:
    with migrated.writing() as connection:
        made = users.insert_user(connection, login="ada@example.com", name="Ada", roles=["Trader"], group_id=0, at_ns=1)
    assert made is not None
    return made


def kept(database: Database, user_id: int, one: UserSetting) -> bool:
    with database.writing() as connection:
        return set_user_setting(connection, user_id, one)


def test_a_setting_is_set_read_set_anew_and_removed(migrated: Database, ada: int) -> None:
    assert kept(migrated, ada, setting("b"))
    assert kept(migrated, ada, setting("a"))
    assert kept(migrated, ada, setting("b", '{"c":2}', 8))
    with migrated.reading() as connection:
        assert user_settings(connection, ada) == [setting("a"), setting("b", '{"c":2}', 8)]
        assert user_setting(connection, ada, "b") == setting("b", '{"c":2}', 8)
    with migrated.writing() as connection:
        assert [remove_user_setting(connection, ada, key) for key in ("b", "b")] == [True, False]
        remove_user_settings(connection, ada)
        assert user_settings(connection, ada) == []


def test_no_more_than_the_limit_whoever_asks_at_once(migrated: Database, ada: int) -> None:
    with migrated.writing() as connection:
        done = [set_user_setting(connection, ada, setting(f"k{number}")) for number in range(MOST - 1)]
    assert all(done)
    with ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(lambda number: kept(migrated, ada, setting(f"new{number}")), range(8)))
    assert sorted(asked) == [False] * 7 + [True]
    with migrated.reading() as connection:
        assert len(user_settings(connection, ada)) == MOST
