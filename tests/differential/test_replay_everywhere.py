"""The same commands give the same bytes whatever the environment: hash seeds, time zones, locales."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
REPLAY = """
import hashlib
import numpy as np
from garraway import _native
from tests.differential.profiles import PROFILES
from tests.differential.streams import Stream

for profile in PROFILES[:6]:
    stream = Stream(profile, 7)
    model = stream.model()
    engine = _native.Engine(
        slice_events=stream.slice_events, capacity=stream.capacity, continue_work=profile.continue_work
    )
    out = np.zeros(_native.MIN_EVENTS + 4096, _native.EVENT)
    events = hashlib.sha256()
    for sent in stream.commands(model, 400):
        model.apply(sent.record, sent.at_ns)
        written = 1
        record = sent.record
        while written:
            taken, written = engine.apply(record, sent.at_ns, out)
            record = b"" if taken else record
            events.update(out[:written].tobytes())
    print(profile.name, engine.last_seq, events.hexdigest(), f"{engine.state_hash():016x}")
"""


def replay(**environment: str) -> str:
    """What the replay prints in an environment."""
    told = subprocess.run(
        [sys.executable, "-c", REPLAY],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    return told.stdout


@pytest.fixture(scope="module")
def usual() -> str:
    """The replay in one environment."""
    return replay(PYTHONHASHSEED="0", TZ="UTC")


@pytest.mark.parametrize("seed", ["1", "2", "77", "random"])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu"])
def test_replay_is_the_same_under_any_hash_seed_and_time_zone(usual: str, seed: str, zone: str) -> None:
    assert usual.count("\n") == 6
    assert replay(PYTHONHASHSEED=seed, TZ=zone, LC_ALL="C") == usual
