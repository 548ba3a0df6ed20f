"""Which accounts trade, and under which source. Touches nothing."""

from dataclasses import dataclass
from typing import Final

SOURCE: Final = "market"
SOURCE_NUMBER: Final = 2
MAKER: Final = 100
NOISE: Final = (101, 102, 103, 104)


@dataclass(frozen=True, slots=True)
class Participants:
    """The accounts of the market maker and of the noise traders."""

    maker: int = MAKER
    noise: tuple[int, ...] = NOISE
