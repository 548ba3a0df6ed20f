"""A market maker after Avellaneda and Stoikov, at our own exchange: two prices around what it would be indifferent to.

    garraway up                       # in one terminal
    garraway live examples/market_maker.py:MarketMaker --symbol BTC-USD --yes --reason "a first look"

Source: Avellaneda and Stoikov, High-frequency trading in a limit order book, Quantitative Finance 8 (2008): its price
of indifference and its spread, with a horizon that rolls on instead of the end of a day.
"""

import math

from garraway.trading.strategy import Strategy


class MarketMaker(Strategy):
    """Quotes both sides once a second, less eagerly on the side that would take its position further."""

    gamma: float = 0.02
    """Aversion to risk, for each dollar."""
    kappa: float = 0.5
    """How fast fills become rarer with each dollar of distance from the middle."""
    horizon_s: float = 30.0
    """How far ahead the risk of a position is looked at."""
    memory_s: float = 60.0
    """Over how long the variance of the middle is averaged."""
    variance: float = 4.0
    """Of the middle in a second, before anything is known; dollars squared."""
    lots: int = 5
    """Of each quote."""
    most: int = 50
    """The position beyond which a side is not quoted."""

    def start(self) -> None:
        """Quotes once a second."""
        self.seen = self.variance
        self.last = math.nan
        self.timer("1s")

    def on_timer(self, _: str) -> None:
        """Cancels both quotes and places new ones."""
        book = self.book
        if book is None:
            return
        middle = (book.bid + book.ask) / 2
        if not math.isnan(self.last):
            self.seen += ((middle - self.last) ** 2 - self.seen) / self.memory_s
        self.last = middle
        bid, ask = self.prices(middle)
        self.cancel_all()
        if self.pos < self.most:
            self.buy(self.lots, limit=self.round(bid, "down"), tag="bid")
        if self.pos > -self.most:
            self.sell(self.lots, limit=self.round(ask, "up"), tag="ask")

    def prices(self, middle: float) -> tuple[float, float]:
        """Bid and ask around the price at which it would be indifferent to its position, counted in quotes.

        Neither goes beyond the middle: it never takes.
        """
        risk = self.gamma * self.seen * self.horizon_s
        indifferent = middle - self.pos / self.lots * risk
        half = risk / 2 + math.log1p(self.gamma / self.kappa) / self.gamma
        return min(indifferent - half, middle), max(indifferent + half, middle)
