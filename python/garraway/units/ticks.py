"""The table of ticks of an instrument: which prices are on tick. Touches nothing.

Source: docs/concepts/phases.md, SetTicks.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TickTable:
    """The listed tick, and the steps (from price, tick) from which on others apply, all in price units."""

    listed: int
    steps: tuple[tuple[int, int], ...] = ()

    def tick_at(self, price: int) -> int:
        """The tick of the last step at or below the price, or the listed one."""
        tick = self.listed
        for start, step in self.steps:
            if price < start:
                break
            tick = step
        return tick

    def down(self, price: int) -> int:
        """The highest price on tick that is not above; every step starts on its own tick."""
        return price - price % self.tick_at(price)

    def up(self, price: int) -> int:
        """The lowest price on tick that is not below."""
        below = self.down(price)
        if below == price:
            return price
        above = below + self.tick_at(below)
        return min((start for start, _ in self.steps if price <= start < above), default=above)
