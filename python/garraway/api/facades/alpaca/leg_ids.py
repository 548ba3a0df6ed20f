"""Client order ids of orders that were placed with another: they follow from its own. Touches nothing."""

import hashlib
from enum import StrEnum
from typing import Final

PREFIX: Final = "leg-"
DIGITS: Final = 24


class LegKind(StrEnum):
    """Which of the two exits."""

    STOP_LOSS = "sl"
    TAKE_PROFIT = "tp"


def leg_id(text: str, kind: LegKind, *, again: bool = False) -> str:
    """The id of the leg of the order with this client order id; `again`: of one in the place of a refused one."""
    return f"{PREFIX}{kind}{'2' if again else ''}-{hashlib.sha256(text.encode()).hexdigest()[:DIGITS]}"


def is_leg(text: str) -> bool:
    """Whether an id is one of a leg."""
    return text.startswith(PREFIX)
