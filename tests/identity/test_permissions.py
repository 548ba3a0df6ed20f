"""The table of permissions, walked cell by cell: every role, every permission, its own, its group's, anybody's."""

import itertools
from pathlib import Path

import pytest
from tests.identity.people import Clock, register

from garraway.identity import (
    RULES,
    STAFF,
    Extent,
    FactorMissing,
    Forbidden,
    Identity,
    Missing,
    Permission,
    Principal,
    Role,
    Scope,
    StepUpNeeded,
    permitted,
    require,
)
from garraway.identity.reference import permissions_page
from garraway.store import users

NOW = 1_800_000_000
ME, MY_ACCOUNT, MY_GROUP = 7, 100_000, 3
OTHER, OTHER_ACCOUNT, OTHER_GROUP = 8, 100_001, 4
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "permissions.md"


def principal(*roles: Role, **other: object) -> Principal:
    said: dict[str, object] = {
        "user_id": ME,
        "login": "me@example.com",
        "roles": frozenset(roles),
        "accounts": frozenset({MY_ACCOUNT}),
        "groups": frozenset({MY_GROUP}),
        "scopes": frozenset(Scope),
        "session_id": "s",
        "key_id": None,
        "authenticated_at_s": NOW,
        "second_factor_at_s": NOW,
        "second_factor_enrolled": True,
        "address": "192.0.2.1",
    }
    return Principal(**{**said, **other})  # type: ignore[arg-type]


def page_cells() -> dict[tuple[Permission, Role], Extent]:
    """The table as the page tells it, read without the code that made it."""
    words = {"all": Extent.ALL, "group": Extent.GROUP, "own": Extent.OWN, "-": Extent.NONE}
    rows = [
        line.strip("|").split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")
    ]
    roles = [Role(cell.strip()) for cell in rows[0][4:]]
    cells = {}
    for resource, action, _, _, *extents in rows[2:]:
        for role, extent in zip(roles, extents, strict=True):
            cells[Permission(action.strip(), resource.strip()), role] = words[extent.strip()]
    return cells


CELLS = page_cells()


@pytest.mark.parametrize("permission", sorted(RULES), ids=" ".join)
def test_each_cell_reaches_as_far_as_the_page_says(permission: Permission) -> None:
    for role in Role:
        extent, asker = CELLS[permission, role], principal(role)
        found = {
            "own account": permitted(asker, permission, account=MY_ACCOUNT, group=OTHER_GROUP),
            "own user": permitted(asker, permission, user_id=ME, group=OTHER_GROUP),
            "client of its group": permitted(asker, permission, account=OTHER_ACCOUNT, group=MY_GROUP),
            "user of its group": permitted(asker, permission, user_id=OTHER, group=MY_GROUP),
            "account of another group": permitted(asker, permission, account=OTHER_ACCOUNT, group=OTHER_GROUP),
            "user of another group": permitted(asker, permission, user_id=OTHER, group=OTHER_GROUP),
            "own account, another's user": permitted(asker, permission, account=MY_ACCOUNT, user_id=OTHER),
            "account of nobody knows which group": permitted(asker, permission, account=OTHER_ACCOUNT),
        }
        assert found == {
            "own account": extent >= Extent.OWN,
            "own user": extent >= Extent.OWN,
            "client of its group": extent >= Extent.GROUP,
            "user of its group": extent >= Extent.GROUP,
            "account of another group": extent is Extent.ALL,
            "user of another group": extent is Extent.ALL,
            "own account, another's user": extent is Extent.ALL,
            "account of nobody knows which group": extent is Extent.ALL,
        }, role


def test_the_page_is_made_from_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == permissions_page()
    assert len(CELLS) == len(RULES) * len(Role)


def test_what_is_not_in_the_table_nobody_may() -> None:
    everybody = principal(*Role)
    for unknown in (Permission("delete", "audit"), Permission("update", "audit"), Permission("", "")):
        assert not permitted(everybody, unknown)
        with pytest.raises(Forbidden):
            require(everybody, unknown, at_s=NOW)


def test_nobody_without_a_role_may_anything() -> None:
    assert [one for one in RULES if permitted(principal(), one)] == []


@pytest.mark.parametrize("permission", sorted(RULES), ids=" ".join)
def test_a_key_needs_the_scope_and_never_does_what_asks_for_a_fresh_factor(permission: Permission) -> None:
    rule = RULES[permission]
    for role, scope in itertools.product(Role, Scope):
        asker = principal(role, scopes=frozenset({scope}), session_id=None, key_id="k", second_factor_at_s=None)
        reaches = scope is rule.needs and rule.extents[role] is not Extent.NONE
        assert permitted(asker, permission) == reaches
        if reaches and rule.fresh and scope is not Scope.WITHDRAW:
            with pytest.raises(StepUpNeeded):
                require(asker, permission, at_s=NOW)


@pytest.mark.parametrize("permission", sorted(RULES), ids=" ".join)
def test_staff_without_second_factor_reach_only_their_own(permission: Permission) -> None:
    for role in STAFF:
        extent = CELLS[permission, role]
        weak = principal(role, second_factor_at_s=None)
        assert permitted(weak, permission, user_id=OTHER, group=MY_GROUP) is False
        assert permitted(weak, permission, user_id=ME) == (extent is Extent.OWN)
        if extent > Extent.OWN:
            with pytest.raises(FactorMissing):
                require(weak, permission, at_s=NOW)


@pytest.mark.parametrize("permission", [one for one in sorted(RULES) if RULES[one].fresh], ids=" ".join)
def test_money_and_security_need_a_factor_of_the_last_five_minutes(permission: Permission) -> None:
    for role in Role:
        if CELLS[permission, role] is Extent.NONE:
            continue
        for age_s, fresh in ((0, True), (300, True), (301, False), (-1, False)):
            asker = principal(role, second_factor_at_s=NOW - age_s)
            if fresh:
                require(asker, permission, at_s=NOW)
            else:
                with pytest.raises(StepUpNeeded):
                    require(asker, permission, at_s=NOW)


def test_the_first_factor_is_enrolled_with_a_fresh_password() -> None:
    enrol = Permission("change", "factors")
    new = {"second_factor_at_s": None, "second_factor_enrolled": False}
    require(principal(Role.TRADER, **new), enrol, at_s=NOW + 300)
    for asker, at_s in (
        (principal(Role.TRADER, **new), NOW + 301),
        (principal(Role.TRADER, second_factor_at_s=None), NOW),
    ):
        with pytest.raises(StepUpNeeded):
            require(asker, enrol, at_s=at_s)
    with pytest.raises(StepUpNeeded):
        require(principal(Role.TRADER, **new), Permission("withdraw", "transfers"), at_s=NOW)


def test_a_thing_beyond_the_reach_looks_like_none() -> None:
    with pytest.raises(Missing):
        require(principal(Role.TRADER), Permission("view", "orders"), at_s=NOW, account=OTHER_ACCOUNT)


def test_rows_beyond_the_reach_never_leave_the_database(identity: Identity, clock: Clock) -> None:
    numbers = {login: register(identity, f"{login}@example.com") for login in ("a", "b", "c")}
    with identity.database.writing() as connection:
        users.update_user(connection, numbers["b"], group_id=MY_GROUP)
        users.update_user(connection, numbers["c"], group_id=OTHER_GROUP)
    found = {}
    for role in Role:
        if CELLS[Permission("view", "users"), role] is Extent.NONE:
            continue
        reach = require(principal(role, user_id=10**9), Permission("view", "users"), at_s=NOW)
        with identity.database.reading() as connection:
            found[role] = [one.login[0] for one in users.list_users(connection, reach)]
            for login, number in numbers.items():
                assert (users.user_by_id(connection, number, reach) is not None) == (login in found[role])
    everybody = ["a", "b", "c"]
    assert found == {
        Role.SUPER_ADMIN: everybody,
        Role.ADMIN: everybody,
        Role.SUPPORT: ["b"],
        Role.DEALER: ["b"],
        Role.FINANCE: everybody,
        Role.COMPLIANCE: everybody,
        Role.AUDITOR: everybody,
    }
