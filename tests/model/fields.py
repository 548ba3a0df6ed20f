"""Numbers as they stand in the signed 64-bit fields of events."""

from tests.model.limits import I64_MAX, I64_MIN


def fitting(number: int) -> int:
    """The number, or the nearest one that a field can hold."""
    return max(I64_MIN, min(I64_MAX, number))
