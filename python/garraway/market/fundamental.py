"""What the instrument is worth to those who know: a seeded walk in whole ticks, pulled back to where it began."""

from dataclasses import dataclass
from random import Random
from typing import Final

MOVES: Final = 5
"""One step in so many moves the value by a tick."""
NEWS: Final = 600
"""One step in so many brings news: a jump."""
JUMP_TICKS: Final = 12
SHOCKS: Final = 1_500
"""One step in so many is a shock: a jump so wide that a narrow price band stops it."""
SHOCK_TICKS: Final = (45, 70)
PULL_TICKS: Final = 400
"""At this distance from the anchor every move goes back."""


@dataclass(slots=True)
class Fundamental:
    """A value in price units, always a multiple of the tick."""

    value: int
    anchor: int
    tick: int

    def move(self, random: Random) -> None:
        """One step."""
        if random.randrange(SHOCKS) == 0:
            self.value += self.tick * random.choice((-1, 1)) * random.randint(*SHOCK_TICKS)
        elif random.randrange(NEWS) == 0:
            self.value += self.tick * random.randint(-JUMP_TICKS, JUMP_TICKS)
        elif random.randrange(MOVES) == 0:
            away = (self.value - self.anchor) // self.tick
            self.value += self.tick if random.randrange(-PULL_TICKS, PULL_TICKS) >= away else -self.tick
        self.value = max(self.value, self.tick)
