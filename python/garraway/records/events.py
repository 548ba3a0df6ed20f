"""Events as NumPy arrays of dtype `_native.EVENT`. Touches `_native` alone."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from garraway import _native

EVENT: Final[np.dtype[np.void]] = _native.EVENT
EVENTS: Final[Mapping[str, int]] = {name: int(entry["code"]) for name, entry in _native.EVENTS.items()}
"""Codes of the kinds of event by their names."""
EventArray = npt.NDArray[np.void]


def of_kind(events: EventArray, *names: str) -> EventArray:
    """The events of these kinds, in order."""
    return events[np.isin(events["kind"], [EVENTS[name] for name in names])]


def command_seq(event_id: int) -> int:
    """The number of the command that made the event."""
    return int(event_id) >> 16
