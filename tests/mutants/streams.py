"""Short differential streams of every profile, for planted bugs: the first difference ends it."""

import sys
from typing import Final

from tests.differential.comparing import Comparison
from tests.differential.profiles import PROFILES
from tests.differential.streams import Stream

SEEDS: Final = (1, 2)
COMMANDS: Final = 700
"""Of each profile and seed."""


def main() -> int:
    for seed in SEEDS:
        for profile in PROFILES:
            told = first_difference(Stream(profile, seed))
            if told:
                print(told)
                return 1
    return 0


def first_difference(stream: Stream) -> str | None:
    """Where native engine and model part in a stream."""
    comparison = Comparison(stream)
    difference = comparison.run(lambda model: stream.commands(model, COMMANDS))
    return f"{comparison.title()}: differs at command {difference.index}" if difference else None


if __name__ == "__main__":
    sys.exit(main())
