"""Pepper and passphrase: what they seal, how they rotate while the room is open, that it closes without them."""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pyotp
import pytest
from tests.identity.people import HERE, Clock, granted, principal_of, register, staff

from garraway.config import SecretUnavailable
from garraway.identity import (
    Breached,
    GateStale,
    Identity,
    KeyFileUnsafe,
    KeySecrets,
    RelyingParty,
    Role,
    Scope,
    Sealer,
    Unauthenticated,
    assembly,
    keys,
)
from garraway.identity.secret_files import MARK, SecretFiles
from garraway.identity.signing_keys import SigningKeys
from garraway.store import Database, api_keys, credentials

OLD, NEW = b"an old pepper that has 32 bytes!", b"a new pepper that has 32 bytes!!"
PARTY = RelyingParty("example.com", "Garraway", ("https://example.com",))


@dataclass
class Keeper:
    """Keeps secrets of a kind; it can be away."""

    now: tuple[bytes, ...] = ()
    away: bool = False

    def __call__(self) -> Sequence[bytes]:
        if self.away:
            raise SecretUnavailable("the provider is away", "look at it")
        return self.now


def opened(
    database: Database, folder: Path, clock: Clock, peppers: Keeper, passphrases: Keeper
) -> AbstractContextManager[Identity]:
    return assembly.opened(
        database,
        folder,
        clock,
        relying_party=PARTY,
        breached=Breached(),
        secrets=KeySecrets(peppers, passphrases),
    )


def sealed(database: Database) -> list[bytes]:
    with database.reading() as connection:
        found = api_keys.sealed_materials(connection, "hmac-sha256") + credentials.sealed_seeds(connection)
    return [content for _, content in found]


def test_a_pepper_that_is_set_and_rotated_takes_all_with_it(migrated: Database, tmp_path: Path, clock: Clock) -> None:
    peppers, none = Keeper(), Keeper()
    with opened(migrated, tmp_path / "keys", clock, peppers, none) as identity:
        boss = staff(identity, clock, Role.SUPER_ADMIN)
        wanted = keys.Wanted("mine", "hmac-sha256", [Scope.READ])
        made = keys.create(identity, boss, wanted, origin=HERE)
        assert made.secret is not None
        first = sealed(migrated)
        peppers.now = (OLD,)
        identity.gate.refresh()
        second = sealed(migrated)
        peppers.now = (NEW, OLD)
        identity.gate.refresh()
        third = sealed(migrated)
        assert len(first) == 2
        assert not {*first} & {*second}
        assert not {*second} & {*third}
    peppers.now = (NEW,)  # the old one is needed no more
    with opened(migrated, tmp_path / "keys", clock, peppers, none) as identity:
        at_ms = clock() // 1_000_000
        assert identity.gate.secret(made.key_id, made.secret, at_ms=at_ms, address=HERE.address).key_id == made.key_id
        assert sealed(migrated) == third
    peppers.now = (OLD,)
    with opened(migrated, tmp_path / "keys", clock, peppers, none) as identity, pytest.raises(Unauthenticated):
        identity.gate.secret(made.key_id, made.secret, at_ms=at_ms, address=HERE.address)


def test_without_the_pepper_or_the_passphrase_nobody_is_let_in(
    migrated: Database, tmp_path: Path, clock: Clock
) -> None:
    for which in (0, 1):
        keepers = Keeper((NEW,)), Keeper((b"a long passphrase",))
        with opened(migrated, tmp_path / f"keys{which}", clock, *keepers) as identity:
            register(identity, f"ada{which}@example.com")
            grant = granted(identity, f"ada{which}@example.com")
            principal_of(identity, grant)
            keepers[which].away = True
            with pytest.raises(GateStale, match="secret cannot be read"):
                identity.gate.refresh()
            clock.forward(3)
            with pytest.raises(GateStale):
                identity.gate.bearer(grant.access_token, at_s=identity.at_s, address=HERE.address)
            keepers[which].away = False
            principal_of(identity, grant)


def test_key_files_are_encrypted_and_follow_the_passphrase(migrated: Database, tmp_path: Path, clock: Clock) -> None:
    folder, passphrases = tmp_path / "keys", Keeper()
    with opened(migrated, folder, clock, Keeper(), passphrases) as identity:
        register(identity)
        grant = granted(identity)
        assert not any(path.read_bytes().startswith(MARK) for path in folder.iterdir())
        passphrases.now = (b"first passphrase",)
        identity.gate.refresh()
        principal_of(identity, grant)
    for now in ((b"first passphrase",), (b"second passphrase", b"first passphrase"), (b"second passphrase",)):
        passphrases.now = now
        with opened(migrated, folder, clock, Keeper(), passphrases) as identity:
            principal_of(identity, grant)
            assert len(list(folder.iterdir())) == 2
            assert all(path.read_bytes().startswith(MARK) for path in folder.iterdir())
            assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
    for passphrases.now in ((), (b"first passphrase",)):
        with pytest.raises(KeyFileUnsafe, match="no passphrase fits"):
            SigningKeys.open(folder, at_s=clock() // 10**9, files=SecretFiles(passphrases))


def test_a_file_that_was_changed_or_renamed_does_not_open(tmp_path: Path) -> None:
    files = SecretFiles(lambda: (b"passphrase",))
    files.write(tmp_path / "a.json", json.dumps({"x": 1}).encode())
    assert files.read(tmp_path / "a.json") == b'{"x": 1}'
    (tmp_path / "a.json").rename(tmp_path / "b.json")
    content = bytearray((tmp_path / "b.json").read_bytes())
    content[-1] ^= 1
    (tmp_path / "a.json").write_bytes(content)
    (tmp_path / "a.json").chmod(0o600)
    for name in ("a.json", "b.json"):
        with pytest.raises(KeyFileUnsafe, match="no passphrase fits"):
            files.read(tmp_path / name)


def test_a_short_pepper_is_refused() -> None:
    with pytest.raises(KeyFileUnsafe, match="shorter than 32 bytes"):
        Sealer([b"k" * 32], lambda: (b"short",))


def test_a_seed_that_was_sealed_before_still_makes_codes(migrated: Database, tmp_path: Path, clock: Clock) -> None:
    peppers = Keeper((OLD,))
    with opened(migrated, tmp_path / "keys", clock, peppers, Keeper()) as identity:
        seed = pyotp.random_base32()
        content = identity.sealer.seal(seed.encode(), belongs_to="totp:7")
        peppers.now = (NEW, OLD)
        assert identity.sealer.is_outdated(content)
        assert identity.sealer.open(content, belongs_to="totp:7").decode() == seed
        peppers.now = (NEW,)
        with pytest.raises(KeyFileUnsafe, match="older one"):
            identity.sealer.open(content, belongs_to="totp:7")
