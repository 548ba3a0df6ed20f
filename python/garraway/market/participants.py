"""Which accounts trade what, and under which sources. Touches nothing."""

from dataclasses import dataclass
from typing import Final, Self

SOURCE: Final = "market"
SOURCE_NUMBER: Final = 2
SCHEDULER: Final = "scheduler"
SCHEDULER_NUMBER: Final = 4
FIRST: Final = 100
NOISE_TRADERS: Final = 4
STRIDE: Final = 10
"""Numbers of accounts set aside for each instrument: references are an account's, so each trades one instrument."""


@dataclass(frozen=True, slots=True)
class Participants:
    """The accounts of an instrument's market maker and noise traders."""

    maker: int
    noise: tuple[int, ...]

    @classmethod
    def of(cls, instrument: int) -> Self:
        """Those of the instrument with this number: 100 and 101 to 104 of the first one, 110 ... of the second."""
        maker = FIRST + STRIDE * (instrument - 1)
        return cls(maker, tuple(range(maker + 1, maker + 1 + NOISE_TRADERS)))

    @property
    def all(self) -> tuple[int, ...]:
        """The maker's account and the noise traders'."""
        return (self.maker, *self.noise)
