"""The golden journal as Python reads it: verified, replayed to the recorded hash, its events in order."""

from pathlib import Path

import numpy as np

from garraway import _native

GOLDEN = Path(__file__).parents[2] / "crates" / "sequencer" / "golden"


def test_the_golden_journal_is_sound_and_reaches_its_hash() -> None:
    found = _native.journal_verify(GOLDEN)
    assert found["sound"]
    assert found["event_log"] == "equal"
    assert found["state_hash"] in (GOLDEN / "expected.txt").read_text()


def test_events_are_read_alike_at_once_and_in_batches() -> None:
    events, tails = _native.read_events(GOLDEN)
    reader = _native.EventReader(GOLDEN)
    batches = []
    while len(batch := reader.read(10)[0]):
        batches.append(batch)
    assert len(batches) > 1
    assert np.concatenate(batches)[: len(events)].tobytes() == events.tobytes()
    assert len(tails) == len(events)
    assert any(tails)
    assert (np.diff(events["event_id"].astype(np.int64)) > 0).all()


def test_events_are_read_from_one_on() -> None:
    events, _ = _native.read_events(GOLDEN)
    middle = int(events["event_id"][len(events) // 2])
    later, _ = _native.read_events(GOLDEN, middle, 5)
    assert int(later["event_id"][0]) == middle
    assert 1 <= len(later) <= 5


def test_rows_of_the_journal_are_its_commands_and_marks() -> None:
    rows = _native.journal_dump(GOLDEN, 1, 5)
    commands = [row for row in rows if "source" in row]
    assert [row["command_seq"] for row in commands] == [1, 2, 3, 4, 5]
    assert rows[0]["kind"] == "segment head"
