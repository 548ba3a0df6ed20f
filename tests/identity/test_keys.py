"""API keys: made, bound, rolled over, loaded from a file; what is kept of them is not enough to sign."""

import hashlib
import hmac
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from tests.identity.people import HERE, Clock, enrol, granted, principal_of, register, staff, with_second_factor

from garraway.identity import (
    Conflict,
    Identity,
    KeyFileUnsafe,
    Missing,
    Principal,
    Role,
    Scope,
    StepUpNeeded,
    TextInvalid,
    Unauthenticated,
    keys,
)
from garraway.identity.keys import Wanted
from garraway.identity.people import NewUser, create
from garraway.identity.tokens import base64url
from garraway.store import audit as audit_rows


@pytest.fixture
def me(identity: Identity, clock: Clock) -> Principal:
    register(identity)
    app = enrol(identity, principal_of(identity, granted(identity)), clock)
    return principal_of(identity, with_second_factor(identity, "ada@example.com", app, clock))


def admitted(identity: Identity, key_id: str, secret: str, address: str = "192.0.2.1") -> Principal:
    """By an HMAC secret sent itself: the shortest way to ask whether a key lives."""
    identity.gate.refresh()
    return identity.gate.secret(key_id, secret, at_ms=identity.clock() // 10**6, address=address)


def test_a_key_has_its_scopes_and_its_owners_accounts(identity: Identity, me: Principal) -> None:
    made = keys.create(identity, me, Wanted("desk", "hmac-sha256", (Scope.READ, Scope.TRADE)), origin=HERE)
    assert made.secret is not None
    found = admitted(identity, made.key_id, made.secret)
    assert (found.user_id, found.scopes, found.key_id) == (
        me.user_id,
        frozenset({Scope.READ, Scope.TRADE}),
        made.key_id,
    )
    with pytest.raises(Unauthenticated):
        admitted(identity, made.key_id, made.secret + "x")


def test_what_is_kept_does_not_hold_the_secret(identity: Identity, me: Principal) -> None:
    shared = keys.create(identity, me, Wanted("a", "hmac-sha256"), origin=HERE)
    pair = keys.create(identity, me, Wanted("b"), origin=HERE)
    private = Ed25519PrivateKey.generate()
    brought = Wanted("c", public_key=base64url(private.public_key().public_bytes_raw()))
    assert keys.create(identity, me, brought, origin=HERE).secret is None
    with identity.database.reading() as connection:
        kept = repr(connection.execute(text("SELECT * FROM api_keys")).all())
        entries = repr(list(audit_rows.audit_entries(connection, "admin")))
    for secret in (shared.secret, pair.secret):
        assert secret is not None
        assert secret not in kept + entries
        assert secret.encode() not in kept.encode()


def test_a_wish_that_cannot_be_is_refused_by_its_field(identity: Identity, me: Principal) -> None:
    cases = [
        (Wanted("x", scopes=(Scope.WITHDRAW,)), "networks"),
        (Wanted("x", scopes=(Scope.ADMIN,)), "networks"),
        (Wanted("x", scopes=()), "scopes"),
        (Wanted("x", networks=("192.0.2.1/24",)), "networks"),
        (Wanted("x", networks=("example.com",)), "networks"),
        (Wanted("x", networks=("169.254.0.0/16\n",) * 21), "networks"),
        (Wanted("x", "rsa"), "algorithm"),
        (Wanted("x", public_key="AAAA"), "public_key"),
        (Wanted("x", public_key="?"), "public_key"),
        (Wanted("x", life_s=10**9), "life_s"),
        (Wanted("x", life_s=0), "life_s"),
        (Wanted("\u202ex"), "label"),
    ]
    for wanted, field in cases:
        with pytest.raises(TextInvalid) as refused:
            keys.create(identity, me, wanted, origin=HERE)
        assert refused.value.field == field


def test_a_key_is_bound_to_networks_of_either_family(identity: Identity, me: Principal) -> None:
    wanted = Wanted("x", "hmac-sha256", (Scope.WITHDRAW,), ("192.0.2.0/24", "2001:db8::/32"))
    made = keys.create(identity, me, wanted, origin=HERE)
    assert made.secret is not None
    for address in ("192.0.2.255", "::ffff:192.0.2.7", "2001:db8:ffff::1"):
        admitted(identity, made.key_id, made.secret, address)
    for address in ("192.0.3.0", "::1", "2001:db9::1", "", "unix:/run/x", "192.0.2.1, 10.0.0.1"):
        with pytest.raises(Unauthenticated):
            admitted(identity, made.key_id, made.secret, address)


def test_making_a_key_needs_a_fresh_factor(identity: Identity, clock: Clock, me: Principal) -> None:
    clock.forward(301)
    with pytest.raises(StepUpNeeded):
        keys.create(identity, me, Wanted("x"), origin=HERE)


def test_keys_are_rolled_over_with_both_alive(identity: Identity, clock: Clock, me: Principal) -> None:
    old, new = (keys.create(identity, me, Wanted(name, "hmac-sha256"), origin=HERE) for name in ("old", "new"))
    assert old.secret is not None
    assert new.secret is not None
    keys.revoke(identity, me, old.key_id, user_id=me.user_id, origin=HERE, after_s=3_600)
    admitted(identity, old.key_id, old.secret)
    admitted(identity, new.key_id, new.secret)
    clock.forward(3_600)
    admitted(identity, new.key_id, new.secret)
    with pytest.raises(Unauthenticated):
        admitted(identity, old.key_id, old.secret)
    keys.revoke(identity, me, new.key_id, user_id=me.user_id, origin=HERE)
    with pytest.raises(Unauthenticated):
        admitted(identity, new.key_id, new.secret)
    with pytest.raises(Missing):
        keys.revoke(identity, me, new.key_id, user_id=me.user_id, origin=HERE)


def test_keys_are_their_owners_alone(identity: Identity, clock: Clock, me: Principal) -> None:
    made = keys.create(identity, me, Wanted("x"), origin=HERE)
    register(identity, "eve@example.com")
    eve = principal_of(identity, granted(identity, "eve@example.com"))
    with pytest.raises(Missing):
        keys.list_keys(identity, eve, user_id=me.user_id)
    for user_id in (me.user_id, eve.user_id):
        with pytest.raises(Missing):
            keys.revoke(identity, eve, made.key_id, user_id=user_id, origin=HERE)
    assert [one.key_id for one in keys.list_keys(identity, me, user_id=me.user_id)] == [made.key_id]


def test_there_are_only_so_many_keys(identity: Identity, me: Principal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "KEYS", 1)
    keys.create(identity, me, Wanted("x"), origin=HERE)
    with pytest.raises(Conflict):
        keys.create(identity, me, Wanted("x"), origin=HERE)


def test_a_key_whose_secret_cannot_be_opened_is_no_key_and_spoils_no_other(identity: Identity, me: Principal) -> None:
    broken, whole = (keys.create(identity, me, Wanted(name, "hmac-sha256"), origin=HERE) for name in ("a", "b"))
    assert broken.secret is not None
    assert whole.secret is not None
    with identity.database.writing() as connection:
        connection.execute(
            text("UPDATE api_keys SET material = :other, changed = 10000 WHERE key_id = :key_id"),
            {"other": b"\x01other" + bytes(40), "key_id": broken.key_id},
        )
        connection.execute(text("UPDATE change_counters SET value = 10000"))
    admitted(identity, whole.key_id, whole.secret)
    with pytest.raises(Unauthenticated):
        admitted(identity, broken.key_id, broken.secret)


def service_account(identity: Identity, clock: Clock) -> None:
    boss = staff(identity, clock, Role.SUPER_ADMIN)
    create(identity, boss, NewUser("bot@example.com", "Bot", service=True), origin=HERE)


def key_file(path: Path, **other: object) -> Path:
    entry = {
        "key_id": "bot-key-1",
        "login": "bot@example.com",
        "label": "bot",
        "algorithm": "hmac-sha256",
        "secret": "s" * 40,
        "scopes": ["read", "trade"],
    }
    path.write_text(json.dumps([{**entry, **other}]), encoding="utf-8")
    path.chmod(0o600)
    return path


def test_keys_of_service_accounts_are_loaded_from_a_file_again_and_again(
    identity: Identity, clock: Clock, tmp_path: Path
) -> None:
    service_account(identity, clock)
    path = key_file(tmp_path / "keys.json")
    assert keys.load_file(identity, path, origin=HERE) == ["bot-key-1"]
    assert keys.load_file(identity, path, origin=HERE) == []
    assert admitted(identity, "bot-key-1", "s" * 40).login == "bot@example.com"


@pytest.mark.parametrize(
    ("other", "error"),
    [
        ({"login": "ada@example.com"}, Missing),
        ({"login": "nobody@example.com"}, Missing),
        ({"secret": "short"}, TextInvalid),
        ({"secret": None}, TextInvalid),
        ({"algorithm": "ed25519"}, TextInvalid),
        ({"key_id": "../../x"}, TextInvalid),
        ({"scopes": ["everything"]}, KeyFileUnsafe),
        ({"scopes": ["withdraw"]}, TextInvalid),
    ],
)
def test_a_file_with_a_wrong_key_loads_nothing(
    identity: Identity, clock: Clock, tmp_path: Path, other: dict[str, object], error: type[Exception]
) -> None:
    service_account(identity, clock)
    register(identity)
    with pytest.raises(error):
        keys.load_file(identity, key_file(tmp_path / "keys.json", **other), origin=HERE)


def test_a_file_that_others_can_read_is_refused(identity: Identity, tmp_path: Path) -> None:
    path = key_file(tmp_path / "keys.json")
    path.chmod(0o644)
    with pytest.raises(KeyFileUnsafe, match="chmod 600"):
        keys.load_file(identity, path, origin=HERE)
    path.chmod(0o600)
    path.write_text("no JSON", encoding="utf-8")
    for missing in (path, tmp_path / "none.json"):
        with pytest.raises(KeyFileUnsafe):
            keys.load_file(identity, missing, origin=HERE)


def test_a_facades_payload_counts_once_unless_it_only_reads(identity: Identity, me: Principal) -> None:
    made = keys.create(identity, me, Wanted("x", "hmac-sha256"), origin=HERE)
    assert made.secret is not None
    now_ms = identity.clock() // 10**6
    payload = f"symbol=BTCUSDT&timestamp={now_ms}".encode()
    signature = hmac.new(made.secret.encode(), payload, hashlib.sha256).hexdigest()
    said = {"timestamp_ms": now_ms, "window_ms": 5_000, "at_ms": now_ms, "address": "192.0.2.1"}

    def ask(signature: str = signature, *, once: bool) -> str | None:
        return identity.gate.signed_payload(made.key_id, payload, signature, once=once, **said).key_id  # type: ignore[arg-type]

    assert [ask(once=False), ask(once=False), ask(once=True)] == [made.key_id] * 3
    for wrong in (signature, signature.upper(), signature[:-1] + "0", ""):
        with pytest.raises(Unauthenticated):
            ask(wrong, once=True)
