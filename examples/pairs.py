"""Pairs: two instruments that move together; when one has run away from the other, the gap is traded until it closes.

garraway backtest examples/pairs.py:Pairs AAPL=aapl.parquet MSFT=msft.parquet --set window=60
"""

from collections import deque

from garraway._native import Bar
from garraway.trading import Strategy


class Pairs(Strategy):
    """Sells the one that is dear against the other and buys the one that is cheap, the same money of both."""

    first: str = "AAPL"
    second: str = "MSFT"
    """What is traded against each other."""
    window: int = 60
    """Bars over which the usual ratio of the two is taken."""
    enter: float = 2.0
    """Deviations of the ratio at which the pair is opened."""
    leave: float = 0.3
    """Deviations within which it is closed."""
    money: float = 10_000.0
    """Value of each leg."""

    def start(self) -> None:
        """Nothing seen yet."""
        self.ratios: deque[float] = deque(maxlen=self.window)
        self.seen: dict[str, Bar] = {}
        self.one, self.other = self.on(self.first), self.on(self.second)

    def on_bar(self, bar: Bar) -> None:
        """Acts once both bars of a time are there."""
        self.seen[bar.symbol] = bar
        one, other = self.seen.get(self.first), self.seen.get(self.second)
        if one is None or other is None or one.at_ns != other.at_ns:
            return
        ratio = one.close / other.close
        self.ratios.append(ratio)
        if len(self.ratios) < self.window:
            return
        mean = sum(self.ratios) / self.window
        spread = (sum((each - mean) ** 2 for each in self.ratios) / self.window) ** 0.5
        away = (ratio - mean) / spread if spread else 0.0
        if abs(away) < self.leave:
            self.one.target(0)
            self.other.target(0)
        elif abs(away) > self.enter and self.one.pos == 0:
            side = -1 if away > 0 else 1
            self.one.target(side * int(self.money / one.close))
            self.other.target(-side * int(self.money / other.close))
