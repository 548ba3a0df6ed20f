"""The same files give the same bytes, whatever hash seed, time zone or locale the process has."""

import os
import subprocess
import sys
from pathlib import Path

from garraway.catalog import Sample, replay_lobster, write_sample

PROGRAM = (
    "import json, pathlib, sys; from garraway.catalog import replay_lobster; "
    "print(json.dumps(replay_lobster(pathlib.Path(sys.argv[1]), [pathlib.Path(sys.argv[2])]).as_json()))"
)


def told(sample: Sample, **environment: str) -> bytes:
    """The JSON that a new process prints."""
    command = [sys.executable, "-c", PROGRAM, str(sample.messages), str(sample.book)]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, check=True).stdout


def test_processes_of_any_hash_seed_and_time_zone_tell_the_same(tmp_path: Path) -> None:
    sample = write_sample(tmp_path, messages=500)
    first = told(sample, PYTHONHASHSEED="0", TZ="UTC", LC_ALL="C")
    assert first
    assert told(sample, PYTHONHASHSEED="1", TZ="America/New_York", LC_ALL="C.UTF-8") == first
    assert told(sample, PYTHONHASHSEED="4294967295", TZ="Asia/Kathmandu") == first


def test_two_replays_in_one_process_are_equal(tmp_path: Path) -> None:
    sample = write_sample(tmp_path, messages=500)
    one, two = (replay_lobster(sample.messages, [sample.book], check_every=every) for every in (0, 7))
    assert one == two
