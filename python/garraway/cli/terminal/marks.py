"""Bars, lines and numbers as characters. Touches nothing."""

from collections.abc import Sequence
from typing import Final

EIGHTHS: Final = " ▏▎▍▌▋▊▉"
FULL: Final = "█"
BRAILLE: Final = 0x2800
DOTS: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bits of a braille cell, by row and column."""
COLUMNS: Final = 2
ROWS: Final = 4


def bar(share: int, whole: int, width: int) -> str:
    """A bar of `share` of `whole` of `width` characters; what is not nothing shows at least a sliver."""
    eighths = 0 if whole <= 0 else min(max(share * width * 8 // whole, int(share > 0)), width * 8)
    full, rest = divmod(eighths, 8)
    return FULL * full + (EIGHTHS[rest] if rest else "")


def line(values: Sequence[int], width: int, height: int) -> list[str]:
    """A line through all values, from the left edge to the right one: `height` rows of `width` braille characters."""
    cells = [[0] * width for _ in range(height)]
    low, high = min(values), max(values)
    dots, columns = height * ROWS - 1, width * COLUMNS
    before = None
    for column in range(columns):
        value = values[column * (len(values) - 1) // (columns - 1)]
        level = dots - (value - low) * dots // (high - low) if high > low else dots // 2
        start = level if before is None else before
        for dot in range(min(start, level), max(start, level) + 1):
            cells[dot // ROWS][column // COLUMNS] |= DOTS[dot % ROWS][column % COLUMNS]
        before = level
    return ["".join(chr(BRAILLE + cell) if cell else " " for cell in row) for row in cells]


def duration(seconds: int) -> str:
    """Hours, minutes and seconds: 1:02:03."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def span(ns: int) -> str:
    """A short time with three digits at most before its unit."""
    if ns < 10_000:
        return f"{ns / 1_000:.1f} us"
    if ns < 1_000_000:
        return f"{ns // 1_000} us"
    if ns < 10_000_000:
        return f"{ns / 1_000_000:.1f} ms"
    return f"{ns // 1_000_000} ms"
