"""Stub of the records of risk and days; the builder of that half replaces this file."""

from dataclasses import dataclass


@dataclass(slots=True)
class Day:
    """Statistics of a day."""


@dataclass(slots=True)
class Register:
    """Groups, plans, limits, kills, restrictions, buckets, positions, results, days."""
