"""Events written by hand, for folds."""

import numpy as np

from garraway.records import EVENT, EVENTS, EventArray


def event(kind: str, **fields: int) -> EventArray:
    """One event, as an array; fields that are not named are zero."""
    found = np.zeros(1, dtype=EVENT)
    found["kind"] = EVENTS[kind]
    for name, value in fields.items():
        found[name] = value
    return found


def events(*parts: EventArray) -> EventArray:
    """All of them, each the only event of a command of its own, save those that name their id."""
    found = np.concatenate(parts)
    for index, one in enumerate(found, start=1):
        if one["event_id"] == 0:
            one["event_id"] = index << 16
    return found
