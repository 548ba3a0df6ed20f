"""Second factors: each code and each answer counts once, and only for whom it is."""

from typing import Any

import pytest
from sqlalchemy import text
from tests.identity.authenticator import Authenticator
from tests.identity.people import HERE, PASSWORD, App, Clock, enrol, granted, principal_of, register, staff, trader

from garraway.identity import (
    Conflict,
    Forbidden,
    Identity,
    KeyFileUnsafe,
    Locked,
    Missing,
    Permission,
    Role,
    StepUpNeeded,
    Unauthenticated,
    factors,
    log_in,
    require,
    totp,
)
from garraway.identity.factors import Assertion, Code, Proof, RecoveryCode
from garraway.identity.sessions import Grant
from garraway.store import users


def asked(identity: Identity, login: str = "ada@example.com") -> log_in.SecondFactorAsked:
    outcome = log_in.log_in(identity, login=login, password=PASSWORD, origin=HERE)
    assert isinstance(outcome, log_in.SecondFactorAsked)
    return outcome


def answered(identity: Identity, proof: Proof, challenge: str | None = None) -> Grant:
    return log_in.second_factor(identity, challenge or asked(identity).challenge, proof, origin=HERE)


def with_app(identity: Identity, clock: Clock) -> App:
    return enrol(identity, trader(identity), clock)


def test_codes_are_those_of_rfc_6238() -> None:
    seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    cases = {59: "287082", 1111111109: "081804", 1234567890: "005924", 2000000000: "279037"}
    assert {at_s: totp.matching_step(seed, code, at_s=at_s) for at_s, code in cases.items()} == {
        at_s: at_s // 30 for at_s in cases
    }


@pytest.mark.parametrize("step", [-1, 0, 1])
def test_a_code_of_the_window_is_taken_once(identity: Identity, clock: Clock, step: int) -> None:
    app = with_app(identity, clock)
    clock.forward(60)
    code = Code(app.code(identity, step))
    answered(identity, code)
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            answered(identity, code)


def test_a_code_older_than_the_last_one_is_not_taken(identity: Identity, clock: Clock) -> None:
    app = with_app(identity, clock)
    clock.forward(60)
    older = app.code(identity, -1)
    answered(identity, Code(app.code(identity)))
    with pytest.raises(Unauthenticated):
        answered(identity, Code(older))


@pytest.mark.parametrize("step", [-2, 2, 100])
def test_a_code_outside_the_window_is_refused(identity: Identity, clock: Clock, step: int) -> None:
    app = with_app(identity, clock)
    clock.forward(90)
    with pytest.raises(Unauthenticated):
        answered(identity, Code(app.code(identity, step)))


def test_what_is_no_code_is_refused(identity: Identity, clock: Clock) -> None:
    with_app(identity, clock)
    for code in ("", "12345", "1234567", "\u0661\u0662\u0663\u0664\u0665\u0666", "12345\n"):
        with pytest.raises(Unauthenticated):
            answered(identity, Code(code))


def test_five_wrong_codes_lock_the_factor_also_for_new_log_ins(identity: Identity, clock: Clock) -> None:
    app = with_app(identity, clock)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            answered(identity, Code("000000"))
    with pytest.raises(Locked):
        answered(identity, Code(app.code(identity)))
    clock.forward(60)
    answered(identity, Code(app.code(identity)))


def test_a_challenge_serves_one_log_in_and_five_minutes(identity: Identity, clock: Clock) -> None:
    app = with_app(identity, clock)
    first, late = asked(identity).challenge, asked(identity).challenge
    answered(identity, Code(app.code(identity)), first)
    clock.forward(30)
    with pytest.raises(Unauthenticated, match="log-in is over"):
        answered(identity, Code(app.code(identity)), first)
    clock.forward(300)
    for challenge in (late, "", "grw_challenge_made_up"):
        with pytest.raises(Unauthenticated, match="log-in is over"):
            log_in.second_factor(identity, challenge, Code(app.code(identity)), origin=HERE)


def test_a_seed_counts_only_after_a_code_of_it(identity: Identity, clock: Clock) -> None:
    me = trader(identity)
    factors.begin_totp(identity, me)
    with pytest.raises(Unauthenticated):
        factors.confirm_totp(identity, me, "000000", origin=HERE)
    granted(identity)
    assert factors.enrolled(identity, me.user_id) == factors.Enrolled(totp=False, passkeys=(), recovery_codes_left=0)


def test_an_enrolled_app_is_not_overwritten(identity: Identity, clock: Clock) -> None:
    app = with_app(identity, clock)
    me = principal_of(identity, answered(identity, Code(app.code(identity))))
    with pytest.raises(Conflict):
        factors.begin_totp(identity, me)


def test_seeds_are_sealed_and_cannot_be_moved_to_another_user(identity: Identity, clock: Clock) -> None:
    app = with_app(identity, clock)
    eve = register(identity, "eve@example.com")
    with identity.database.writing() as connection:
        sealed = connection.execute(text("SELECT sealed FROM totp_seeds")).scalar_one()
        connection.execute(
            text("INSERT INTO totp_seeds (user_id, sealed, confirmed_at_ns, last_step) VALUES (:eve, :sealed, 1, 0)"),
            {"eve": eve, "sealed": sealed},
        )
    assert app.seed.encode() not in sealed
    with pytest.raises(KeyFileUnsafe, match="changed or moved"):
        answered(identity, Code(app.code(identity)), asked(identity, "eve@example.com").challenge)


def test_a_recovery_code_counts_once(identity: Identity, clock: Clock) -> None:
    me = trader(identity)
    seed = factors.begin_totp(identity, me).split("secret=")[1].split("&")[0]
    codes = factors.confirm_totp(identity, me, App(seed).code(identity), origin=HERE)
    assert len(set(codes)) == 10
    answered(identity, RecoveryCode(codes[0].lower()))
    with pytest.raises(Unauthenticated):
        answered(identity, RecoveryCode(codes[0]))
    assert factors.enrolled(identity, me.user_id).recovery_codes_left == 9
    fresh = principal_of(identity, answered(identity, RecoveryCode(codes[1])))
    again = factors.new_recovery_codes(identity, fresh, origin=HERE)
    with pytest.raises(Unauthenticated):
        answered(identity, RecoveryCode(codes[2]))
    answered(identity, RecoveryCode(again[0]))


def with_passkey(identity: Identity) -> Authenticator:
    me, authenticator = trader(identity), Authenticator()
    answer = authenticator.create(factors.begin_passkey(identity, me))
    assert len(factors.confirm_passkey(identity, me, answer, label="laptop", origin=HERE)) == 10
    return authenticator


def options_of(identity: Identity) -> tuple[str, str]:
    question = asked(identity)
    assert question.assertion_options is not None
    return question.challenge, question.assertion_options


def test_an_authenticator_logs_in(identity: Identity) -> None:
    authenticator = with_passkey(identity)
    challenge, options = options_of(identity)
    me = principal_of(identity, answered(identity, Assertion(authenticator.get(options)), challenge))
    assert me.second_factor_at_s == identity.at_s


def test_an_answer_counts_once(identity: Identity) -> None:
    authenticator = with_passkey(identity)
    challenge, options = options_of(identity)
    answer = Assertion(authenticator.get(options))
    answered(identity, answer, challenge)
    with pytest.raises(Unauthenticated):
        answered(identity, answer)


@pytest.mark.parametrize(
    "wrong", ["origin", "party", "key", "absent", "registered", "counter", "nonsense", "challenge"]
)
def test_an_answer_that_is_not_right_is_refused(identity: Identity, wrong: str) -> None:
    authenticator = with_passkey(identity)
    authenticator.count = 5
    challenge, options = options_of(identity)
    answered(identity, Assertion(authenticator.get(options)), challenge)
    challenge, options = options_of(identity)
    same: Any = {"name": authenticator.name, "key": authenticator.key}
    wrong_ones = {
        "origin": Authenticator("https://evil.example", **same, count=9),
        "party": Authenticator(party="evil.example", **same, count=9),
        "key": Authenticator(name=authenticator.name, count=9),
        "registered": Authenticator(),
        "counter": Authenticator(**same, count=1),
    }
    answer = wrong_ones.get(wrong, authenticator)
    other = options.replace('"challenge": "', '"challenge": "AAAA')
    said = answer.get(other if wrong == "challenge" else options, flags=0 if wrong == "absent" else 5)
    with pytest.raises(Unauthenticated):
        answered(identity, Assertion("{}" if wrong == "nonsense" else said), challenge)


def test_a_registration_needs_its_own_challenge(identity: Identity) -> None:
    me, authenticator = trader(identity), Authenticator()
    options = factors.begin_passkey(identity, me)
    for wrong in (Authenticator("https://evil.example"), Authenticator(party="evil.example")):
        with pytest.raises(Unauthenticated):
            factors.confirm_passkey(identity, me, wrong.create(options), label="x", origin=HERE)
    with pytest.raises(Unauthenticated):  # the first wrong answer used the challenge up
        factors.confirm_passkey(identity, me, authenticator.create(options), label="x", origin=HERE)
    granted(identity)


def test_an_authenticator_is_one_users(identity: Identity) -> None:
    authenticator = with_passkey(identity)
    eve = trader(identity, "eve@example.com")
    answer = authenticator.create(factors.begin_passkey(identity, eve))
    with pytest.raises(Conflict):
        factors.confirm_passkey(identity, eve, answer, label="x", origin=HERE)


def test_step_up_makes_the_factor_fresh_again(identity: Identity, clock: Clock) -> None:
    app = with_app(identity, clock)
    me = principal_of(identity, answered(identity, Code(app.code(identity))))
    withdraw = Permission("withdraw", "transfers")
    require(me, withdraw, at_s=identity.at_s)
    clock.forward(301)
    with pytest.raises(StepUpNeeded):
        require(me, withdraw, at_s=identity.at_s)
    with pytest.raises(Unauthenticated):
        log_in.step_up(identity, me, Code("000000"), origin=HERE)
    token = log_in.step_up(identity, me, Code(app.code(identity)), origin=HERE)
    identity.gate.refresh()
    again = identity.gate.bearer(token, at_s=identity.at_s, address="192.0.2.1")
    require(again, withdraw, at_s=identity.at_s)
    assert (again.session_id, again.authenticated_at_s) == (me.session_id, me.authenticated_at_s)


def test_a_factor_is_removed_with_a_fresh_factor_but_not_the_last_of_staff(identity: Identity, clock: Clock) -> None:
    app = with_app(identity, clock)
    me = principal_of(identity, answered(identity, Code(app.code(identity))))
    with pytest.raises(Missing):
        factors.remove(identity, me, origin=HERE, passkey="none such")
    factors.remove(identity, me, origin=HERE)
    granted(identity)
    boss = staff(identity, clock, Role.ADMIN)
    with pytest.raises(Conflict):
        factors.remove(identity, boss, origin=HERE)
    assert factors.enrolled(identity, boss.user_id).totp


def test_staff_without_factor_can_only_enrol(identity: Identity, clock: Clock) -> None:
    number = register(identity, "new@example.com")
    with identity.database.writing() as connection:
        users.set_roles(connection, number, [Role.ADMIN])
    me = principal_of(identity, granted(identity, "new@example.com"))
    with pytest.raises(Forbidden, match="second factor"):
        require(me, Permission("view", "users"), at_s=identity.at_s)
    enrol(identity, me, clock)
