"""The simplest commands."""

import numpy as np

from garraway import _native


def ticks(count: int) -> np.ndarray:
    """`count` commands that tell the time."""
    commands = np.zeros(count, _native.COMMAND)
    commands["length"], commands["kind"], commands["version"] = 96, _native.COMMANDS["Tick"]["code"], 1
    return commands
