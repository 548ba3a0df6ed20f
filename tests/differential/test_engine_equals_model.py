"""The engine makes the same events, balances and books as the naive model, whatever it is sent."""

import os
from typing import Final

import pytest
from tests.differential.comparing import compare
from tests.differential.profiles import PROFILES, Profile
from tests.differential.streams import Stream

COMMANDS: Final = int(os.environ.get("GARRAWAY_DIFFERENTIAL", "200000"))
"""In all, over all profiles."""
FIRST_SEED: Final = int(os.environ.get("GARRAWAY_DIFFERENTIAL_SEED", "1"))
LONGEST: Final = 2000
"""Commands of one stream: after that the next seed begins."""


@pytest.mark.timeout(300 + COMMANDS // 100)
@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_engine_equals_model(profile: Profile) -> None:
    left = -(-COMMANDS // len(PROFILES))
    seed = FIRST_SEED
    while left > 0:
        count = min(left, LONGEST)
        print(f"profile {profile.name}, seed {seed}, {count} commands")
        told = compare(Stream(profile, seed), count)
        if told:
            pytest.fail(f"{told}\nagain: GARRAWAY_DIFFERENTIAL_SEED={seed} GARRAWAY_DIFFERENTIAL={COMMANDS}")
        left -= count
        seed += 1
