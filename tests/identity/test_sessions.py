"""Sessions: refresh tokens rotate, a second use ends the family, and what is revoked is cut within a second."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.identity.people import HERE, PASSWORD, Clock, granted, principal_of, register, staff, trader

from garraway.identity import (
    Cut,
    Gate,
    GateStale,
    Identity,
    Missing,
    Role,
    Unauthenticated,
    audit,
    people,
    sessions,
    upkeep,
)
from garraway.store import users


def refreshed(identity: Identity, token: str | None) -> sessions.Grant:
    assert token is not None
    return sessions.refresh(identity, token, origin=HERE)


def test_a_refresh_token_is_used_once_and_replaced(identity: Identity, clock: Clock) -> None:
    register(identity)
    first = granted(identity)
    clock.forward(500)
    second = refreshed(identity, first.refresh_token)
    assert second.session_id == first.session_id
    assert second.refresh_token != first.refresh_token
    clock.forward(500)
    principal_of(identity, second)
    with pytest.raises(Unauthenticated):
        principal_of(identity, first)


def test_a_second_use_ends_the_family(identity: Identity, clock: Clock) -> None:
    register(identity)
    stolen = granted(identity)
    other = granted(identity)
    mine = refreshed(identity, stolen.refresh_token)
    with pytest.raises(Unauthenticated):
        refreshed(identity, stolen.refresh_token)
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            refreshed(identity, mine.refresh_token)
    with pytest.raises(Unauthenticated):
        principal_of(identity, mine)
    principal_of(identity, other)


def test_of_many_uses_at_once_one_at_most_succeeds_and_the_family_ends(identity: Identity) -> None:
    register(identity)
    token = granted(identity).refresh_token
    grants = []

    def use(_: int) -> None:
        try:
            grants.append(refreshed(identity, token))
        except Unauthenticated:
            return

    with ThreadPoolExecutor(8) as thieves:
        list(thieves.map(use, range(16)))
    assert len(grants) == 1
    with pytest.raises(Unauthenticated):
        refreshed(identity, grants[0].refresh_token)


@pytest.mark.parametrize("token", ["", "x", "grw_refresh_made_up", "\ud800", "x" * 10**6])
def test_a_made_up_refresh_token_is_refused(identity: Identity, token: str) -> None:
    with pytest.raises(Unauthenticated):
        refreshed(identity, token)


def test_a_refresh_token_belongs_to_its_client(identity: Identity) -> None:
    register(identity)
    token = granted(identity).refresh_token or ""
    with pytest.raises(Unauthenticated):
        sessions.refresh(identity, token, origin=HERE, client_id="another")
    refreshed(identity, token)


def test_sessions_of_staff_end_when_idle_for_a_quarter_of_an_hour(identity: Identity, clock: Clock) -> None:
    boss = staff(identity, clock, Role.ADMIN)
    with identity.database.writing() as connection:
        user = users.user_by_id(connection, boss.user_id)
        assert user is not None
        now = sessions.Proven(clock())
        idle = sessions.open_session(identity, connection, user, now, origin=HERE)
        busy = sessions.open_session(identity, connection, user, now, origin=HERE)
    clock.forward(800)
    busy = refreshed(identity, busy.refresh_token)
    clock.forward(101)
    refreshed(identity, busy.refresh_token)
    with pytest.raises(Unauthenticated):
        refreshed(identity, idle.refresh_token)


def test_a_session_ends_with_its_life(identity: Identity, clock: Clock) -> None:
    register(identity)
    grant = granted(identity)
    for _ in range(5):
        clock.forward(6 * 86_400)
        if clock() < 1_800_000_000 * 10**9 + 30 * 86_400 * 10**9:
            grant = refreshed(identity, grant.refresh_token)
    with pytest.raises(Unauthenticated):
        refreshed(identity, grant.refresh_token)


def test_one_lists_and_ends_ones_own_sessions(identity: Identity, clock: Clock) -> None:
    me = trader(identity)
    clock.forward(1)
    second = principal_of(identity, granted(identity))
    clock.forward(1)
    third = principal_of(identity, granted(identity))
    listed = sessions.list_sessions(identity, third, user_id=third.user_id)
    assert [one.session_id for one in listed] == [third.session_id, second.session_id, me.session_id]
    sessions.revoke(identity, third, user_id=me.user_id, session_id=me.session_id, origin=HERE)
    with pytest.raises(Missing):
        sessions.revoke(identity, third, user_id=me.user_id, session_id=me.session_id, origin=HERE)
    assert sessions.revoke(identity, third, user_id=me.user_id, origin=HERE) == [second.session_id]
    assert [one.session_id for one in sessions.list_sessions(identity, third, user_id=me.user_id)] == [third.session_id]


def test_nobody_sees_or_ends_anothers_sessions(identity: Identity) -> None:
    me, eve = trader(identity), trader(identity, "eve@example.com")
    with pytest.raises(Missing):
        sessions.list_sessions(identity, eve, user_id=me.user_id)
    for session_id in (None, me.session_id):
        with pytest.raises(Missing):
            sessions.revoke(identity, eve, user_id=me.user_id, session_id=session_id, origin=HERE)
    with pytest.raises(Missing):
        sessions.revoke(identity, eve, user_id=eve.user_id, session_id=me.session_id, origin=HERE)


def test_log_out_ends_the_session_by_either_token(identity: Identity) -> None:
    register(identity)
    for kind in ("refresh_token", "access_token"):
        grant = granted(identity)
        sessions.end_by_token(identity, getattr(grant, kind), origin=HERE)
        with pytest.raises(Unauthenticated):
            principal_of(identity, grant)
        with pytest.raises(Unauthenticated):
            refreshed(identity, grant.refresh_token)
    sessions.end_by_token(identity, "made up", origin=HERE)


def test_a_gate_of_another_process_cuts_within_a_second(identity: Identity, clock: Clock) -> None:
    """Real time here: the other gate polls. The wait is for the cut, and fails after a second."""
    me = trader(identity)
    cuts: list[Cut] = []
    came = threading.Event()

    def listen(cut: Cut) -> None:
        cuts.append(cut)
        came.set()

    other = Gate(identity.database, identity.tokens, identity.sealer, clock).start()
    other.on_cut(listen)
    with identity.database.writing() as connection:
        sessions.end(identity, connection, me.user_id, session_id=me.session_id, why="revoked")
    cut_in_time = came.wait(1)
    other.close()
    assert cut_in_time
    assert cuts == [Cut(me.user_id, session_id=me.session_id, reason="revoked")]
    assert not other.live(me, at_ns=clock())


def test_disabling_a_user_cuts_everything_at_once(identity: Identity, clock: Clock, cut_users: list[int]) -> None:
    boss = staff(identity, clock, Role.SUPER_ADMIN)
    me = trader(identity)
    grant = granted(identity)
    cuts: list[Cut] = []
    identity.gate.on_cut(cuts.append)
    people.disable(identity, boss, me.user_id, origin=HERE, reason="fraud")
    assert cut_users == [me.user_id]
    assert Cut(me.user_id, reason="disabled") in cuts
    assert {cut.session_id for cut in cuts} == {None, me.session_id, grant.session_id}
    for refused in (lambda: principal_of(identity, grant), lambda: refreshed(identity, grant.refresh_token)):
        with pytest.raises(Unauthenticated):
            refused()
    with pytest.raises(Unauthenticated):
        granted(identity)
    people.enable(identity, boss, me.user_id, origin=HERE, reason="error")
    with pytest.raises(Unauthenticated):
        principal_of(identity, grant)
    principal_of(identity, granted(identity))


def test_another_password_ends_the_other_sessions(identity: Identity) -> None:
    me, other = trader(identity), granted(identity)
    people.change_password(identity, me, old=PASSWORD, new="another horse, outside", origin=HERE)
    with pytest.raises(Unauthenticated):
        principal_of(identity, other)
    with pytest.raises(Unauthenticated):
        granted(identity)
    granted(identity, password="another horse, outside")
    assert identity.gate.live(me, at_ns=identity.clock())


def test_a_gate_that_cannot_read_lets_nobody_in(identity: Identity, clock: Clock) -> None:
    register(identity)
    grant = granted(identity)
    identity.gate.refresh()
    clock.forward(1.9)
    identity.gate.bearer(grant.access_token, at_s=identity.at_s, address="192.0.2.1")
    clock.forward(0.2)
    with pytest.raises(GateStale):
        identity.gate.bearer(grant.access_token, at_s=identity.at_s, address="192.0.2.1")
    identity.gate.refresh()
    identity.gate.bearer(grant.access_token, at_s=identity.at_s, address="192.0.2.1")


def test_roles_and_accounts_of_a_live_session_are_todays(identity: Identity) -> None:
    me, grant = trader(identity), granted(identity)
    with identity.database.writing() as connection:
        assert users.assign_account(connection, me.user_id, 100_000, at_ns=1)
        assert not users.assign_account(connection, me.user_id, 100_000, at_ns=1)
    assert principal_of(identity, grant).accounts == {100_000}
    cuts: list[Cut] = []
    identity.gate.on_cut(cuts.append)
    with identity.database.writing() as connection:
        users.set_roles(connection, me.user_id, [])
    assert principal_of(identity, grant).roles == frozenset()
    assert cuts == [Cut(me.user_id, reason="roles")]


def test_what_means_nothing_any_more_is_forgotten_and_the_audit_chain_stays(identity: Identity, clock: Clock) -> None:
    register(identity)
    granted(identity)
    assert upkeep.forget_old(identity) == 0
    clock.forward(2 * identity.policy.session_s + 1)
    assert upkeep.forget_old(identity) == 2
    with identity.database.reading() as connection:
        assert [one.entries for one in audit.verify(connection)] == [0, 2]
