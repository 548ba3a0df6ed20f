"""Log-in: the right password, the wrong one, none at all; and that nothing tells one user from none."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import bcrypt
import pytest
from tests.identity.people import HERE, PASSWORD, Clock, granted, principal_of, register, staff

from garraway.identity import (
    Identity,
    Locked,
    Origin,
    Policy,
    Role,
    TextInvalid,
    Unauthenticated,
    log_in,
    passwords,
    people,
)
from garraway.identity.log_in import WRONG
from garraway.store import audit as audit_rows
from garraway.store import credentials, users


def refusal(identity: Identity, login: str, password: str = "wrong wrong wrong", address: str = "192.0.2.1") -> str:
    with pytest.raises(Unauthenticated) as refused:
        log_in.log_in(identity, login=login, password=password, origin=Origin(address))
    return f"{type(refused.value).__name__}: {refused.value}"


def actions(identity: Identity, chain: str = "security") -> list[str]:
    with identity.database.reading() as connection:
        return [one.action for one in audit_rows.audit_entries(connection, chain)]


def test_a_registered_person_logs_in(identity: Identity) -> None:
    number = register(identity)
    grant = granted(identity, "ADA@example.com")
    me = principal_of(identity, grant)
    assert (me.user_id, me.login, me.roles) == (number, "ada@example.com", frozenset({Role.TRADER}))
    assert (me.second_factor_at_s, me.authenticated_at_s) == (None, identity.at_s)
    assert actions(identity) == ["user.register", "log_in.succeeded"]


def test_a_taken_login_registers_like_a_free_one_and_changes_nothing(identity: Identity) -> None:
    register(identity)
    people.register(identity, login="ada@example.com", name="Eve", password="another long one", origin=HERE)
    granted(identity)
    assert refusal(identity, "ada@example.com", "another long one")
    with identity.database.reading() as connection:
        user = users.user_by_login(connection, "ada@example.com")
    assert user is not None
    assert user.name == "Ada"


def test_whoever_has_no_account_is_told_the_same_as_who_mistyped(identity: Identity, clock: Clock) -> None:
    register(identity)
    gone = register(identity, "gone@example.com")
    with identity.database.writing() as connection:
        users.update_user(connection, gone, status="disabled")
    logins = (
        "ada@example.com",
        "nobody@example.com",
        "gone@example.com",
        "no address",
        "\0",
        "\u202e",
        "'--",
        "x" * 10**5,
    )
    told = {refusal(identity, login) for login in logins}
    told.add(refusal(identity, "gone@example.com", PASSWORD))
    told.add(refusal(identity, "ada@example.com", "\0" + PASSWORD))
    told.add(refusal(identity, "ada@example.com", "y" * 10**6))
    assert told == {f"Unauthenticated: {WRONG}"}


def test_an_unknown_login_costs_the_same_work(identity: Identity) -> None:
    register(identity)

    def work_s(login: str) -> float:
        hashed = log_in._looked_up(identity, login)[1]
        began = time.thread_time()
        assert not passwords._verify(hashed, "wrong wrong wrong")
        return time.thread_time() - began

    known = statistics.median(work_s("ada@example.com") for _ in range(15))
    unknown = statistics.median(work_s("nobody@example.com") for _ in range(15))
    assert abs(known - unknown) < 0.5 * max(known, unknown)


@pytest.mark.parametrize("login", ["ada@example.com", "nobody@example.com"])
def test_ten_wrong_attempts_make_one_wait_longer_and_longer(identity: Identity, clock: Clock, login: str) -> None:
    register(identity)
    waits = []
    for _ in range(16):
        while True:
            try:
                refusal(identity, login)
                break
            except Locked as locked:
                waits.append(locked.retry_after_s)
                clock.forward(locked.retry_after_s)
    assert waits == [30, 60, 120, 240, 480, 900]


def test_a_locked_login_takes_no_password_until_the_wait_is_over(identity: Identity, clock: Clock) -> None:
    register(identity)
    for _ in range(10):
        refusal(identity, "ada@example.com")
    clock.forward(29)
    with pytest.raises(Locked):
        granted(identity)
    clock.forward(1)
    granted(identity)
    refusal(identity, "ada@example.com")
    granted(identity)


def test_a_hundred_guesses_at_once_are_a_hundred_guesses(identity: Identity) -> None:
    register(identity)
    outcomes = []

    def guess(number: int) -> None:
        try:
            log_in.log_in(identity, login="ada@example.com", password=f"guess number {number}", origin=HERE)
        except (Locked, Unauthenticated) as error:
            outcomes.append(type(error).__name__)

    with ThreadPoolExecutor(8) as attackers:
        list(attackers.map(guess, range(100)))
    assert (outcomes.count("Unauthenticated"), outcomes.count("Locked")) == (10, 90)


def test_one_sender_cannot_try_many_logins(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = replace(identity, policy=Policy(lockout_failures=3))
    monkeypatch.setattr("garraway.identity.throttle.NETWORK_TIMES", 1)
    for number in range(3):
        refusal(identity, f"user{number}@example.com", address=f"2001:db8::{number}")
    with pytest.raises(Locked):
        log_in.log_in(identity, login="other@example.com", password=PASSWORD, origin=Origin("2001:db8::ffff"))
    refusal(identity, "other@example.com", address="2001:db8:0:1::1")


def test_right_log_ins_do_not_wear_out_an_address(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = replace(identity, policy=Policy(lockout_failures=3))
    monkeypatch.setattr("garraway.identity.throttle.NETWORK_TIMES", 1)
    register(identity)
    for _ in range(6):
        granted(identity)


def test_an_imported_bcrypt_hash_is_replaced_at_the_first_log_in(identity: Identity) -> None:
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    with identity.database.writing() as connection:
        number = people.import_user(identity, connection, login="old@example.com", name="Old", hashed=hashed)
    refusal(identity, "old@example.com")
    granted(identity, "old@example.com")
    with identity.database.reading() as connection:
        kept = credentials.password_hash(connection, number)
    assert kept is not None
    assert kept.startswith("$argon2id$")
    granted(identity, "old@example.com")


def test_a_hash_of_another_kind_is_not_imported(identity: Identity) -> None:
    dear = "$argon2id$v=19$m=4194304,t=2,p=1$Z2FycmF3YXlnYXJyYXdheQ$" + "A" * 43
    slow, broken = "$2b$31$" + "a" * 53, "$2b$12$" + "!" * 53
    for hashed in ("5f4dcc3b5aa765d61d83", "", "$argon2id$", dear, dear.replace("2id", "2i"), slow, broken):
        with identity.database.writing() as connection, pytest.raises(TextInvalid):
            people.import_user(identity, connection, login="old@example.com", name="Old", hashed=hashed)


def test_failed_log_ins_are_audited_without_what_was_typed(identity: Identity) -> None:
    register(identity)
    refusal(identity, "my-secret-password")
    refusal(identity, "ada@example.com", "my-secret-password")
    with identity.database.reading() as connection:
        entries = list(audit_rows.audit_entries(connection, "security"))
    assert [one.action for one in entries] == ["user.register", "log_in.failed", "log_in.failed"]
    assert entries[1].object.startswith("login:")
    assert "my-secret" not in str(entries)


def test_staff_log_in_with_a_second_factor_alone(identity: Identity, clock: Clock) -> None:
    boss = staff(identity, clock, Role.ADMIN)
    assert boss.second_factor_at_s is not None
    assert boss.second_factor_enrolled
