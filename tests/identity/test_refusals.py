"""Refused permissions stand in the chain `security`: the first at once, repeats counted, never more than so many."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.identity.people import HERE, Clock, register
from tests.identity.test_permissions import NOW, principal

from garraway.identity import (
    FactorMissing,
    Forbidden,
    Identity,
    IdentityError,
    Missing,
    Permission,
    Principal,
    Refusal,
    Role,
    StepUpNeeded,
    allow_list,
    audit,
    require,
)
from garraway.identity.refusals import BEYOND, OF_ALL, OF_ONE_USER
from garraway.store import Database, DatabaseAway
from garraway.store import audit as rows
from garraway.store.audit import AuditEntry

TRADER = principal(Role.TRADER)


def refusal(who: Principal = TRADER, thing: str = "-") -> Refusal:
    return Refusal(who, "funds.deposit", thing, "Forbidden")


def note(identity: Identity, *refusals: Refusal) -> None:
    for one in refusals:
        identity.refusals.note(identity.database, one, origin=HERE, at_ns=identity.clock())


def sweep(identity: Identity, *, all_of_them: bool = False) -> None:
    identity.refusals.sweep(identity.database, at_ns=identity.clock(), all_of_them=all_of_them)


def entries(identity: Identity) -> list[AuditEntry]:
    with identity.database.reading() as connection:
        return list(rows.audit_entries(connection, "security"))


def told(identity: Identity) -> list[tuple[str, str, object]]:
    """Action, object, and how often it was counted."""
    return [
        (one.action, one.object, json.loads(one.after or "{}").get("times"))
        for one in entries(identity)
        if one.action.startswith("permission.")
    ]


@pytest.mark.parametrize(
    ("who", "permission", "named", "expected"),
    [
        (TRADER, ("deposit", "funds"), {}, ("funds.deposit", "-", Forbidden)),
        (TRADER, ("view", "balances"), {"account": 5}, ("balances.view", "account:5", Missing)),
        (TRADER, ("view", "keys"), {"user_id": 5}, ("keys.view", "user:5", Missing)),
        (
            principal(Role.ADMIN, second_factor_at_s=None),
            ("view", "users"),
            {},
            ("users.view", "-", FactorMissing),
        ),
        (
            principal(Role.ADMIN, second_factor_at_s=NOW - 301),
            ("create", "users"),
            {},
            ("users.create", "-", StepUpNeeded),
        ),
    ],
)
def test_an_error_tells_what_was_refused_to_whom(
    who: Principal, permission: tuple[str, str], named: dict[str, int], expected: tuple[str, str, type[IdentityError]]
) -> None:
    said, thing, kind = expected
    with pytest.raises(kind) as caught:
        require(who, Permission(*permission), at_s=NOW, **named)
    assert caught.value.refused == Refusal(who, said, thing, kind.__name__)


def test_who_comes_from_a_network_that_is_not_allowed_is_a_refusal(identity: Identity, clock: Clock) -> None:
    register(identity)
    away = replace(principal(Role.ADMIN), address="203.0.113.9")
    boss = principal(Role.SUPER_ADMIN, second_factor_at_s=identity.at_s)
    allow_list.replace(identity, boss, {"192.0.2.0/24": "office"}, origin=HERE, reason="only the office")
    identity.gate.refresh()
    with pytest.raises(Forbidden) as caught:
        identity.gate._admitted(away)
    assert caught.value.refused == Refusal(away, "networks.enter", "-", "Forbidden")


def test_the_first_is_written_at_once_whole(identity: Identity) -> None:
    note(identity, refusal(thing="account:5"))
    (entry,) = entries(identity)
    assert (entry.actor_id, entry.actor, entry.proof, entry.address, entry.correlation_id) == (
        TRADER.user_id,
        "me@example.com",
        "session:s",
        HERE.address,
        HERE.correlation_id,
    )
    assert (entry.action, entry.object) == ("permission.refused", "account:5")
    assert json.loads(entry.after or "") == {"permission": "funds.deposit", "why": "Forbidden"}


def test_repeats_within_a_minute_are_one_entry_when_it_is_over(identity: Identity, clock: Clock) -> None:
    note(identity, *[refusal()] * 1_000)
    clock.forward(59)
    sweep(identity)
    assert told(identity) == [("permission.refused", "-", None)]
    clock.forward(1)
    sweep(identity)
    sweep(identity)
    first = [("permission.refused", "-", None), ("permission.refused_again", "-", 999)]
    assert told(identity) == first
    note(identity, refusal())
    sweep(identity, all_of_them=True)
    assert told(identity) == [*first, ("permission.refused", "-", None)]
    with identity.database.reading() as connection:
        assert [one.entries for one in audit.verify(connection)] == [0, 3]


def test_of_one_user_and_of_all_together_only_so_many_are_written(identity: Identity, clock: Clock) -> None:
    note(identity, *(refusal(thing=f"account:{number}") for number in range(500)))
    assert len(told(identity)) == OF_ONE_USER
    sweep(identity, all_of_them=True)
    assert told(identity)[OF_ONE_USER:] == [(BEYOND, f"user:{TRADER.user_id}", 500 - OF_ONE_USER)]
    clock.forward(60)
    before = len(told(identity))
    crowd = [principal(Role.TRADER, user_id=number) for number in range(1, 101)]
    note(identity, *(refusal(who, f"account:{number}") for who in crowd for number in range(OF_ONE_USER)))
    assert len(told(identity)) - before == OF_ALL
    sweep(identity, all_of_them=True)
    beyond = [times for action, _, times in told(identity)[before:] if action == BEYOND]
    assert sum(int(str(times)) for times in beyond) == len(crowd) * OF_ONE_USER - OF_ALL


def test_what_could_not_be_written_is_written_the_next_time(identity: Identity, clock: Clock, tmp_path: Path) -> None:
    away = Database.open(f"sqlite:///{tmp_path}/nowhere/at-all.db")
    with pytest.raises(DatabaseAway):
        identity.refusals.note(away, refusal(), origin=HERE, at_ns=identity.clock())
    note(identity, refusal(), refusal())
    clock.forward(60)
    with pytest.raises(DatabaseAway):
        identity.refusals.sweep(away, at_ns=identity.clock())
    sweep(identity)
    assert told(identity) == [("permission.refused", "-", None), ("permission.refused_again", "-", 1)]
