"""The room, put together on either database."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.identity.people import Clock

from garraway.identity import Breached, Gate, HashingPool, Identity, Policy, RelyingParty, Sealer, SigningKeys, Tokens
from garraway.store import Database

PARTY = RelyingParty("example.com", "Garraway", ("https://example.com",))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cut_users() -> list[int]:
    """Users whose trading sessions were cut."""
    return []


@pytest.fixture
def identity(migrated: Database, tmp_path: Path, clock: Clock, cut_users: list[int]) -> Iterator[Identity]:
    keys = SigningKeys.open(tmp_path / "keys", at_s=clock() // 10**9)
    tokens = Tokens(keys, issuer="https://example.com", audience="garraway")
    sealer = Sealer([os.urandom(32)])
    gate = Gate(migrated, tokens, sealer, clock)
    pool = HashingPool()
    yield Identity(
        migrated,
        clock,
        pool,
        Breached(),
        sealer,
        tokens,
        gate,
        PARTY,
        Policy(),
        lambda _, user_id: cut_users.append(user_id),
    )
    gate.close()
    pool.close()
