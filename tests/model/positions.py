"""Stub of futures; the builder of that half replaces this file."""

from tests.model.state import Order, State


def excess(state: State, order: Order) -> int:
    """Lots of a reduce-only order beyond the position that it closes, 0 for others."""
    return 0
