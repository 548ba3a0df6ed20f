"""Users as staff handle them; the first administrator; the allow-list; that no secret is written down."""

import io

import pytest
from tests.identity.people import HERE, PASSWORD, Clock, granted, principal_of, register, staff, trader

from garraway.identity import (
    Conflict,
    Forbidden,
    Identity,
    Missing,
    Origin,
    PasswordRefused,
    Principal,
    Role,
    StepUpNeeded,
    TextInvalid,
    Unauthenticated,
    allow_list,
    log_in,
    people,
)
from garraway.identity.people import NewUser
from garraway.log import Log
from garraway.store import audit as audit_rows
from garraway.store import users


def admin_entries(identity: Identity) -> list[tuple[str, str, str | None, str | None]]:
    with identity.database.reading() as connection:
        found = audit_rows.audit_entries(connection, "admin")
        return [(one.action, one.object, one.before, one.after) for one in found]


def test_the_first_administrator_is_made_once(identity: Identity) -> None:
    said = {"login": "root@example.com", "name": "Root", "password": PASSWORD, "origin": Origin("local")}
    number = people.bootstrap(identity, **said)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        people.bootstrap(identity, **{**said, "login": "other@example.com"})  # type: ignore[arg-type]
    me = principal_of(identity, granted(identity, "root@example.com"))
    assert me.roles == {Role.SUPER_ADMIN}
    assert [one[:2] for one in admin_entries(identity)] == [("admin.bootstrap", f"user:{number}")]


def test_staff_make_a_user_who_chooses_the_password(identity: Identity, clock: Clock) -> None:
    boss = staff(identity, clock, Role.ADMIN)
    made = people.create(identity, boss, NewUser("new@example.com", "New", group_id=3), origin=HERE)
    assert made.invitation is not None
    with pytest.raises(Unauthenticated):
        granted(identity, "new@example.com", "")
    with pytest.raises(PasswordRefused):
        people.reset_password(identity, made.invitation, "password1", origin=HERE)
    people.reset_password(identity, made.invitation, PASSWORD, origin=HERE)
    granted(identity, "new@example.com")
    for used in (made.invitation, "grw_reset_made_up", ""):
        with pytest.raises(Unauthenticated):
            people.reset_password(identity, used, PASSWORD, origin=HERE)
    with pytest.raises(Conflict):
        people.create(identity, boss, NewUser("new@example.com", "New"), origin=HERE)
    assert made.invitation not in str(admin_entries(identity))


def test_only_who_grants_roles_makes_staff(identity: Identity, clock: Clock) -> None:
    boss = staff(identity, clock, Role.ADMIN)
    with pytest.raises(Forbidden):
        people.create(identity, boss, NewUser("new@example.com", "New", [Role.SUPER_ADMIN]), origin=HERE)
    top = staff(identity, clock, Role.SUPER_ADMIN, login="top@example.com")
    made = people.create(identity, top, NewUser("new@example.com", "New", [Role.SUPPORT]), origin=HERE)
    people.grant_roles(identity, top, made.user_id, [Role.FINANCE], origin=HERE, reason="moved")
    assert people.view(identity, top, made.user_id).roles == {"Finance"}
    assert admin_entries(identity)[-1][2:] == ('{"roles":["Support"]}', '{"roles":["Finance"]}')
    with pytest.raises(Forbidden):
        people.grant_roles(identity, top, top.user_id, [], origin=HERE, reason="oneself")
    for act in (people.disable, people.delete):
        with pytest.raises(Forbidden):
            act(identity, top, top.user_id, origin=HERE, reason="oneself")
    with pytest.raises(Forbidden):
        people.disable(identity, boss, top.user_id, origin=HERE, reason="a coup")
    with pytest.raises(Forbidden):
        people.begin_reset(identity, boss, top.user_id, origin=HERE, reason="a coup")


def test_a_change_of_an_older_version_is_refused(identity: Identity, clock: Clock) -> None:
    boss, number = staff(identity, clock, Role.ADMIN), register(identity)
    version = people.view(identity, boss, number).version
    new = people.update(identity, boss, number, origin=HERE, version=version, name="Ada L.", group_id=2)
    assert (new.name, new.group_id, new.version) == ("Ada L.", 2, version + 1)
    with pytest.raises(Conflict):
        people.update(identity, boss, number, origin=HERE, version=version, name="Lost")
    assert admin_entries(identity)[-1] == (
        "user.update",
        f"user:{number}",
        '{"group_id":0,"name":"Ada"}',
        '{"group_id":2,"name":"Ada L."}',
    )


def test_support_sees_and_resets_its_groups_alone(identity: Identity, clock: Clock) -> None:
    helper = staff(identity, clock, Role.SUPPORT, groups=(3,))
    mine, other = register(identity), register(identity, "eve@example.com")
    with identity.database.writing() as connection:
        users.update_user(connection, mine, group_id=3)
    assert [one.user_id for one in people.list_all(identity, helper)] == [helper.user_id, mine]
    assert people.list_all(identity, helper, search="eve") == []
    for act in (people.begin_reset, people.reset_factors):
        with pytest.raises(Missing):
            act(identity, helper, other, origin=HERE, reason="asked")
        with pytest.raises(Missing):
            act(identity, helper, 10**9, origin=HERE, reason="asked")
    with pytest.raises(Missing):
        people.view(identity, helper, other)
    secret = people.begin_reset(identity, helper, mine, origin=HERE, reason="asked by phone")
    old = granted(identity)
    people.reset_password(identity, secret, "another horse, outside", origin=HERE)
    with pytest.raises(Unauthenticated):
        principal_of(identity, old)
    granted(identity, password="another horse, outside")


def test_the_list_is_searched_by_text_not_by_pattern(identity: Identity, clock: Clock) -> None:
    boss, number = staff(identity, clock, Role.ADMIN), register(identity)
    found = {
        search: [one.user_id for one in people.list_all(identity, boss, search=search)]
        for search in ("ADA@", "%", "' OR 1=1")
    }
    assert found == {"ADA@": [number], "%": [], "' OR 1=1": []}
    assert [one.user_id for one in people.list_all(identity, boss, after_id=boss.user_id, limit=1)] == [number]


def test_a_deleted_user_leaves_a_number_and_the_audit_chain(identity: Identity, clock: Clock) -> None:
    top, me = staff(identity, clock, Role.SUPER_ADMIN), trader(identity)
    people.delete(identity, top, me.user_id, origin=HERE, reason="asked to be forgotten")
    gone = people.view(identity, top, me.user_id)
    assert (gone.login, gone.name, gone.status, gone.roles) == (f"deleted-{me.user_id}", "-", "deleted", frozenset())
    with pytest.raises(Unauthenticated):
        granted(identity)
    with pytest.raises(Conflict):
        people.enable(identity, top, me.user_id, origin=HERE, reason="back")
    assert register(identity) != me.user_id


@pytest.mark.parametrize("act", [people.disable, people.enable, people.delete, people.begin_reset])
def test_acts_upon_people_need_a_reason(identity: Identity, clock: Clock, act: object) -> None:
    top, number = staff(identity, clock, Role.SUPER_ADMIN), register(identity)
    with pytest.raises(TextInvalid) as refused:
        act(identity, top, number, origin=HERE, reason=" ")  # type: ignore[operator]
    assert refused.value.field == "reason"


def test_the_allow_list_cannot_lock_out_its_author(identity: Identity, clock: Clock) -> None:
    top = staff(identity, clock, Role.SUPER_ADMIN)

    def replace(*networks: str, by: Principal = top) -> None:
        allow_list.replace(identity, by, dict.fromkeys(networks, "office"), origin=HERE, reason="policy")

    with pytest.raises(Conflict, match="lock yourself out"):
        replace("198.51.100.0/24", "2001:db8::/32")
    with pytest.raises(TextInvalid):
        replace("192.0.2.1/24")
    replace("192.0.2.0/24", "2001:db8::/32")
    assert allow_list.allowed(identity, top) == {"192.0.2.0/24": "office", "2001:db8::/32": "office"}
    clock.forward(301)
    with pytest.raises(StepUpNeeded):
        replace("192.0.2.0/24")


def test_staff_are_admitted_from_the_allow_list_and_traders_from_anywhere(identity: Identity, clock: Clock) -> None:
    top, number = staff(identity, clock, Role.SUPER_ADMIN), register(identity)
    grant = granted(identity)
    token = identity.tokens.issue(
        user_id=top.user_id,
        session_id=top.session_id or "",
        client_id="garraway",
        scopes=top.scopes,
        authenticated_at_s=identity.at_s,
        second_factor_at_s=identity.at_s,
        at_s=identity.at_s,
    )
    allow_list.replace(identity, top, {"192.0.2.0/24": ""}, origin=HERE, reason="policy")
    assert principal_of(identity, grant, "198.51.100.7").user_id == number
    assert identity.gate.bearer(token, at_s=identity.at_s, address="192.0.2.9").user_id == top.user_id
    for elsewhere in ("198.51.100.7", "", "::1"):
        with pytest.raises(Forbidden):
            identity.gate.bearer(token, at_s=identity.at_s, address=elsewhere)


def test_no_secret_stands_in_an_error_a_log_or_an_audit_entry(identity: Identity, clock: Clock) -> None:
    """Secrets of every kind go through every flow that takes one; errors are logged as a careless caller would."""
    stream, planted = io.StringIO(), ["planted-password-17", "planted-new-password"]
    log = Log(stream, clock)
    boss, me = staff(identity, clock, Role.SUPER_ADMIN), trader(identity)
    grant = granted(identity)
    invitation = people.create(identity, boss, NewUser("new@example.com", "N"), origin=HERE).invitation
    planted += [grant.access_token, grant.refresh_token or "", invitation or ""]
    for flow in (
        lambda: log_in.log_in(identity, login=planted[0], password=planted[0], origin=HERE),
        lambda: people.register(identity, login="x@example.com", name="x", password=planted[0] * 20, origin=HERE),
        lambda: people.change_password(identity, me, old=planted[0], new=planted[1], origin=HERE),
        lambda: people.reset_password(identity, (invitation or "")[:-1] + "_", planted[1], origin=HERE),
        lambda: identity.gate.bearer(grant.access_token + "x", at_s=identity.at_s, address="192.0.2.1"),
    ):
        with pytest.raises(Exception, match=r".") as refused:
            flow()
        log.error("failed", error=refused.value, told=str(refused.value), cause=repr(refused.value))
    log.info("careless", password=planted[0], new_password=planted[1], header=f"Bearer {grant.access_token}")
    log.info("careless", body={"refresh_token": grant.refresh_token, "link": f"/x?t={invitation}"})
    with identity.database.reading() as connection:
        written = stream.getvalue() + repr(
            [list(audit_rows.audit_entries(connection, name)) for name in ("admin", "security")]
        )
    assert [secret for secret in planted if secret in written] == []
    assert len(stream.getvalue().splitlines()) == 7
