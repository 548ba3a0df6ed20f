"""Which instrument is shown large: one after the other, until a number key chooses. Touches nothing."""

from dataclasses import dataclass
from typing import Final

TURN_S: Final = 10.0
"""How long each instrument stays before the next one's turn."""
ON: Final = "0"
"""The key that lets them take turns again."""


@dataclass(slots=True)
class Choice:
    """A place in the list. `1` to `9` choose and keep, `0` goes back to taking turns."""

    kept: int | None = None

    def press(self, key: str) -> None:
        """Takes a key; others than digits do nothing."""
        if key == ON:
            self.kept = None
        elif key.isascii() and key.isdigit():
            self.kept = int(key) - 1

    def place(self, count: int, at_s: float) -> int:
        """The place among so many at this time."""
        if count == 0:
            return 0
        if self.kept is not None and self.kept < count:
            return self.kept
        return int(at_s / TURN_S) % count
