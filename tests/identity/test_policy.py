"""What the section `identity` of the settings says is what happens."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from tests.identity.people import HERE, PASSWORD, Clock, granted, principal_of, register, staff

from garraway.config import Identity as IdentitySettings
from garraway.identity import (
    Breached,
    Forbidden,
    Identity,
    Locked,
    Origin,
    PasswordRefused,
    Permission,
    Policy,
    RelyingParty,
    Role,
    StepUpNeeded,
    Unauthenticated,
    allow_list,
    assembly,
    log_in,
    people,
    require,
    sessions,
)
from garraway.store import Database, networks

PARTY = RelyingParty("example.com", "Garraway", ("https://example.com",))
Opened = Callable[..., AbstractContextManager[Identity]]


@pytest.fixture
def opened(migrated: Database, tmp_path: Path, clock: Clock) -> Opened:
    """Opens the room as the settings say."""

    @contextmanager
    def open_room(**told: Any) -> Iterator[Identity]:  # noqa: ANN401 - values of settings
        settings = IdentitySettings(**told)
        with assembly.opened(
            migrated,
            tmp_path / "keys",
            clock,
            relying_party=PARTY,
            breached=Breached(settings.breached_passwords),
            policy=Policy.of_settings(settings),
        ) as identity:
            yield identity

    return open_room


def guess(identity: Identity, address: str = HERE.address) -> type[Exception]:
    with pytest.raises((Unauthenticated, Locked)) as refused:
        log_in.log_in(identity, login="ada@example.com", password="not the right one", origin=Origin(address))
    return type(refused.value)


def test_the_defaults_of_settings_and_policy_are_the_same() -> None:
    assert Policy.of_settings(IdentitySettings()) == Policy()


def test_lives_of_tokens_are_those_of_the_settings(opened: Opened, clock: Clock) -> None:
    with opened(access_token_s=120, refresh_token_s=3_600, session_s=7_200, issuer="https://x", audience="y") as one:
        register(one)
        grant = granted(one)
        assert grant.expires_in_s == 120
        assert (one.tokens.issuer, one.tokens.audience) == ("https://x", "y")
        clock.forward(119)
        principal_of(one, grant)
        clock.forward(2)
        with pytest.raises(Unauthenticated):
            principal_of(one, grant)
        clock.forward(3_400)
        assert grant.refresh_token is not None
        again = sessions.refresh(one, grant.refresh_token, origin=HERE)
        clock.forward(3_601)
        assert again.refresh_token is not None
        with pytest.raises(Unauthenticated):
            sessions.refresh(one, again.refresh_token, origin=HERE)
        third = granted(one)
        for _ in range(3):
            clock.forward(2_300)
            assert third.refresh_token is not None
            third = sessions.refresh(one, third.refresh_token, origin=HERE)
        clock.forward(400)
        assert third.refresh_token is not None
        with pytest.raises(Unauthenticated):
            sessions.refresh(one, third.refresh_token, origin=HERE)


def test_a_second_factor_is_fresh_as_long_as_the_settings_say(opened: Opened, clock: Clock) -> None:
    with opened(step_up_s=60) as one:
        boss = staff(one, clock, Role.SUPER_ADMIN)
        permission = Permission("create", "oauth_clients")
        assert boss.second_factor_at_s is not None
        require(boss, permission, at_s=boss.second_factor_at_s + 60)
        with pytest.raises(StepUpNeeded, match="last 60 s"):
            require(boss, permission, at_s=boss.second_factor_at_s + 61)


def test_lockout_is_that_of_the_settings(opened: Opened, clock: Clock) -> None:
    with opened(lockout_failures=3, lockout_first_s=7, lockout_most_s=10) as one:
        assert [guess(one) for _ in range(4)] == [Unauthenticated] * 3 + [Locked]
        waits = []
        for _ in range(3):
            with pytest.raises(Locked) as locked:
                log_in.log_in(one, login="ada@example.com", password=PASSWORD, origin=HERE)
            waits.append(locked.value.retry_after_s)
            clock.forward(waits[-1])
            guess(one)
        assert waits == [7, 10, 10]


def test_passwords_have_the_length_of_the_settings_and_are_not_in_the_file(opened: Opened, tmp_path: Path) -> None:
    known = [f"a known sentence, number {number}" for number in range(5_000)]
    hashes = sorted(hashlib.sha1(one.encode(), usedforsecurity=False).hexdigest().upper() for one in known)
    path = tmp_path / "breached.txt"
    path.write_text("".join(f"{one}:3\n" for one in hashes))
    with opened(breached_passwords=path, password_characters=20) as one:
        for password, why in (("x8#kd02mslw7q!bnz,1", "shorter than 20"), (known[4_321], "known to attackers")):
            with pytest.raises(PasswordRefused, match=why):
                people.register(one, login="ada@example.com", name="Ada", password=password, origin=HERE)
        people.register(one, login="ada@example.com", name="Ada", password=known[0] + "!", origin=HERE)


def test_one_session_too_many_ends_the_oldest(opened: Opened, clock: Clock) -> None:
    with opened(session_count=2) as one:
        user_id = register(one)
        grants = []
        for _ in range(3):
            grants.append(granted(one))
            clock.forward(1)
        with pytest.raises(Unauthenticated):
            principal_of(one, grants[0])
        me = principal_of(one, grants[2])
        live = sessions.list_sessions(one, me, user_id=user_id)
        assert [session.session_id for session in live] == [grants[2].session_id, grants[1].session_id]


def test_staff_come_from_the_networks_of_the_settings_until_they_keep_a_list(opened: Opened, clock: Clock) -> None:
    with opened(admin_networks=["192.0.2.0/24"]) as one:
        boss = staff(one, clock, Role.SUPER_ADMIN)
        with one.database.reading() as connection:
            assert networks.allowed_networks(connection) == {"192.0.2.0/24": "from the settings"}
        allow_list.replace(one, boss, {"192.0.2.0/25": "ours"}, origin=HERE, reason="smaller")
    with opened(admin_networks=[ip_network("198.51.100.0/24")]) as one:
        assert allow_list.allowed(one, boss) == {"192.0.2.0/25": "ours"}


def test_staff_from_elsewhere_are_kept_out_from_the_first_start(opened: Opened, clock: Clock) -> None:
    with opened(admin_networks=["198.51.100.0/24"]) as one, pytest.raises(Forbidden, match="not open to this address"):
        staff(one, clock, Role.SUPER_ADMIN)
