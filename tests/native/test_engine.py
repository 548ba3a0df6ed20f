"""The engine in process: whole batches, bad arrays, snapshots."""

import numpy as np
import pytest
from tests.native.ticks import ticks

from garraway import _native


def out(events: int = _native.MIN_EVENTS + 64) -> np.ndarray:
    """A buffer for events."""
    return np.zeros(events, _native.EVENT)


def test_commands_as_bytes_and_as_array_give_the_same_events() -> None:
    commands = ticks(5)
    results = []
    for form in (commands, commands.view(np.uint8), commands.tobytes()):
        engine, events = _native.Engine(), out()
        assert engine.apply(form, 7, events) == (5, 5)
        results.append((events[:5].tobytes(), engine.state_hash()))
    assert results[0] == results[1] == results[2]


def test_each_command_has_its_time_and_time_never_goes_back() -> None:
    engine, events = _native.Engine(), out()
    engine.apply(ticks(4), np.array([5, 9, 3, 10], np.int64), events)
    assert events["at_ns"][:4].tolist() == [5, 9, 9, 10]


def test_apply_stops_early_when_the_buffer_is_full_and_goes_on() -> None:
    engine, events = _native.Engine(), out(_native.MIN_EVENTS + 2)
    commands = ticks(9)
    assert engine.apply(commands, 1, events) == (3, 3)
    assert engine.apply(commands[3:], 1, events) == (3, 3)
    assert engine.last_seq == 6


@pytest.mark.parametrize(
    ("commands", "error", "text"),
    [
        (ticks(2).tobytes()[:100], ValueError, "command 1 at byte 96: command of 4 bytes, it needs 36"),
        (np.zeros(1, _native.COMMAND), ValueError, "command 0 at byte 0: command kind 0 is unknown"),
        (np.zeros(96, np.int8), TypeError, "commands has dtype int8"),
        (np.zeros(2, _native.EVENT), TypeError, "commands has dtype"),
        (ticks(4)[::2], ValueError, "commands is not contiguous"),
        (ticks(4).reshape(2, 2), ValueError, "commands has 2 dimensions"),
        ([1, 2], TypeError, "commands is a list"),
        (None, TypeError, "commands is a NoneType"),
    ],
)
def test_bad_commands_are_refused_and_nothing_is_applied(commands: object, error: type[Exception], text: str) -> None:
    engine = _native.Engine()
    before = engine.state_hash()
    with pytest.raises(error, match=text):
        engine.apply(commands, 1, out())  # type: ignore[arg-type]
    assert engine.state_hash() == before


def read_only() -> np.ndarray:
    """A buffer that cannot be written."""
    events = out()
    events.flags.writeable = False
    return events


@pytest.mark.parametrize(
    ("events", "error", "text"),
    [
        (out(5), ValueError, "out holds 5 events: give one of"),
        (read_only(), ValueError, "out cannot be written"),
        (np.zeros(_native.MIN_EVENTS * 2, _native.EVENT)[::2], ValueError, "out is not contiguous"),
        (np.zeros(10, np.float64), TypeError, "out has dtype float64"),
        (bytearray(96), TypeError, "out is a bytearray"),
    ],
)
def test_bad_buffers_are_refused_and_nothing_is_applied(events: object, error: type[Exception], text: str) -> None:
    engine = _native.Engine()
    with pytest.raises(error, match=text):
        engine.apply(ticks(1), 1, events)  # type: ignore[arg-type]
    assert engine.last_seq == 0


def test_bad_times_are_refused() -> None:
    engine = _native.Engine()
    with pytest.raises(ValueError, match="at_ns has 2 times for 3 commands"):
        engine.apply(ticks(3), np.zeros(2, np.int64), out())
    with pytest.raises(TypeError, match="at_ns: give an int, or an int64 array"):
        engine.apply(ticks(3), 1.5, out())  # type: ignore[arg-type]
    assert engine.last_seq == 0


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ({"slice_events": 7}, "slice_events is 7: take 8 to 32768"),
        ({"capacity": 16_777_217}, "capacity is 16777217"),
        ({"reserve_orders": 16_777_217}, "reserve_orders 16777217"),
    ],
)
def test_a_set_up_out_of_range_is_refused(keywords: dict[str, int], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        _native.Engine(**keywords)  # type: ignore[arg-type]


def test_a_snapshot_restores_the_engine() -> None:
    engine, events = _native.Engine(), out()
    engine.apply(ticks(3), 4, events)
    restored = _native.Engine.restore(engine.snapshot())
    assert (restored.state_hash(), restored.last_seq) == (engine.state_hash(), 3)
    with pytest.raises(ValueError, match="snapshot, offset"):
        _native.Engine.restore(engine.snapshot()[:-1])


def test_a_side_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="side is 3: take 1 to buy, 2 to sell"):
        _native.Engine().levels(1, 3)
