"""Mean reversion: buys what has fallen far below its average, sells what has risen far above it, leaves at the average.

garraway backtest examples/mean_reversion.py:MeanReversion bars.npy --set window=50 --report report.html
"""

from garraway.trading import Strategy


class MeanReversion(Strategy):
    """Trades the distance from a moving average, counted in standard deviations."""

    window: int = 30
    """Bars of the average."""
    enter: float = 2.0
    """Deviations from the average at which a position is opened."""
    leave: float = 0.5
    """Deviations within which it is closed."""
    lots: int = 1
    """Lots held, long or short."""

    def start(self) -> None:
        """Binds the distance."""
        self.distance = self.indicator("zscore", self.window)

    def on_bar(self, bar: object) -> None:  # noqa: ARG002 - the indicator has it
        """Against the distance when it is large, out when it is small."""
        away = float(self.distance)
        if away < -self.enter:
            self.target(self.lots)
        elif away > self.enter:
            self.target(-self.lots)
        elif abs(away) < self.leave:
            self.target(0)
