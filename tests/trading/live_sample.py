"""Strategies for tests of live trading. Its class is named on a command line."""

from garraway._native import Bar, Fill, Quote
from garraway.trading.strategy import Strategy


class Busy(Strategy):
    """At each quote an order on either side; half of them trade, half are cancelled later."""

    lots: int = 1

    def start(self) -> None:
        """Nothing sent yet."""
        self.turn = 0

    def on_quote(self, quote: Quote) -> None:
        """Buys and sells by turns."""
        self.turn += 1
        if self.turn % 7 == 0:
            self.cancel_all()
        elif self.turn % 2:
            self.buy(self.lots, limit=quote.ask if self.turn % 4 == 1 else quote.bid)
        else:
            self.sell(self.lots, limit=quote.bid if self.turn % 4 == 2 else quote.ask)


class Once(Strategy):
    """Buys once at the market when a quote is there, and keeps what happens."""

    lots: int = 3

    def start(self) -> None:
        """Nothing yet."""
        self.seen: list[str] = []

    def on_quote(self, quote: Quote) -> None:
        """Buys up to its lots."""
        self.target(self.lots)

    def on_fill(self, fill: Fill) -> None:
        """Keeps it."""
        self.seen.append(f"fill {fill.quantity}")

    def on_bar(self, bar: Bar) -> None:
        """Keeps it."""
        self.seen.append(f"bar {bar.close}")

    def on_timer(self, name: str) -> None:
        """Keeps it."""
        self.seen.append(name)

    def stop(self) -> None:
        """Keeps it."""
        self.seen.append("stop")


class Failing(Strategy):
    """Fails at the first quote."""

    def on_quote(self, quote: Quote) -> None:
        """Fails."""
        raise ZeroDivisionError("of a test")
