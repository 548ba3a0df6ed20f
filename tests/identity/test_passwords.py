"""Which passwords are accepted, how they are kept, and that hashing is bounded."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bcrypt
import pytest

from garraway.identity import Breached, Busy, HashingPool, PasswordRefused, passwords
from garraway.identity.breached import generated


@pytest.mark.parametrize("typed", ["short77", "", "a\0horse in the attic", "x" * 257, "\ud800" + "x" * 20])
def test_a_password_has_8_to_256_characters(typed: str) -> None:
    with pytest.raises(PasswordRefused):
        passwords.accepted(typed, Breached())


@pytest.mark.parametrize(
    "typed",
    ["password123", "Passw0rd!", "P@ssword1", "qwertyuiop", "12345678", "aaaaaaaaaa", "letmein2024", "31121999"],
)
def test_what_attackers_try_first_is_refused(typed: str) -> None:
    with pytest.raises(PasswordRefused, match="known to attackers"):
        passwords.accepted(typed, Breached())


def test_no_kinds_of_characters_are_asked_for_and_long_ones_are_taken() -> None:
    for typed in (
        "correct horse battery",
        "xkqzvbnw",
        "\u65e5\u672c\u8a9e\u306e\u30d1\u30b9\u30ef\u30fc\u30c9",
        "lorem " * 40,
    ):
        assert passwords.accepted(typed, Breached())


def test_the_login_is_no_password() -> None:
    for typed in ("adalovelace@example.com", "AdaLovelace"):
        with pytest.raises(PasswordRefused):
            passwords.accepted(typed, Breached(), login="adalovelace@example.com")


def test_the_full_list_is_searched_on_disk(tmp_path: Path) -> None:
    known = [f"unusual phrase {number}" for number in range(500)]
    hashes = sorted(hashlib.sha1(one.encode()).hexdigest().upper() for one in known)
    path = tmp_path / "list.txt"
    path.write_text("".join(f"{one}:{number}\n" for number, one in enumerate(hashes)), encoding="ascii")
    breached = Breached(path)
    assert all(one in breached for one in known)
    assert not any(f"unusual phrase {number}" in breached for number in range(500, 1000))
    path.write_text("", encoding="ascii")
    assert known[0] not in breached


def test_the_built_in_list_is_made_by_its_rule() -> None:
    assert 40_000 < len(generated()) < 400_000


def test_hashes_name_their_parameters_and_are_never_alike() -> None:
    pool = HashingPool()
    first, second = pool.hash("a horse in the attic"), pool.hash("a horse in the attic")
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert pool.verify(first, "a horse in the attic")
    assert not pool.verify(first, "a horse in the attic ")
    assert not pool.verify(None, "a horse in the attic")
    assert not passwords.outdated(first)
    pool.close()


def test_the_dummy_is_a_whole_hash_of_the_same_work() -> None:
    assert not passwords.outdated(passwords._DUMMY)
    assert [len(part) for part in passwords._DUMMY.split("$")[4:]] == [22, 43]


def test_a_long_password_never_matches_bcrypt_by_its_beginning() -> None:
    pool = HashingPool()
    hashed = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()
    assert pool.verify(hashed, "x" * 72)
    assert not pool.verify(hashed, "x" * 73)
    assert passwords.outdated(hashed)
    pool.close()


def test_more_callers_than_places_are_told_to_come_back() -> None:
    pool = HashingPool(workers=1, waiting=1)
    begun, go_on = threading.Event(), threading.Event()

    def hold() -> bool:
        begun.set()
        return go_on.wait(30)

    with ThreadPoolExecutor(2) as callers:
        first = callers.submit(pool._run, hold)
        assert begun.wait(30)
        second = callers.submit(pool._run, go_on.wait)
        while pool._places._value:
            pass
        with pytest.raises(Busy):
            pool.hash("a horse in the attic")
        go_on.set()
        assert first.result()
        assert second.result()
    assert pool.hash("a horse in the attic")
    pool.close()
