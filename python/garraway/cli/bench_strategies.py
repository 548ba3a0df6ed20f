"""The strategies of `garraway bench backtest`, whose results on known rows are known."""

from typing import TYPE_CHECKING

from garraway.trading import Strategy, every

if TYPE_CHECKING:
    from garraway._native import Bar, Quote, Ticket


class EmaCross(Strategy):
    """Long one lot while the fast average is above the slow one, else flat; averages start from the first close."""

    fast: int = 10
    slow: int = 20

    def start(self) -> None:
        """Binds the averages."""
        self.f = self.indicator("ema", self.fast, seed="first")
        self.s = self.indicator("ema", self.slow, seed="first")

    def on_bar(self, bar: "Bar") -> None:  # noqa: ARG002 - the averages have it
        """Goes where the averages say."""
        self.target(self.f > self.s)


class Quoter(Strategy):
    """One limit order at a time at the best price of its side, bids and offers in turn."""

    def start(self) -> None:
        """Nothing is out yet."""
        self.order: Ticket | None = None
        self.count = 0

    @every(100)
    def on_quote(self, quote: "Quote") -> None:
        """Takes back what is still open, and quotes the other side."""
        if self.order is not None:
            self.cancel(self.order)
        self.order = self.buy(limit=quote.bid) if self.count % 2 == 0 else self.sell(limit=quote.ask)
        self.count += 1
