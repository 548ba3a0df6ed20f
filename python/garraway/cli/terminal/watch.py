"""The operator's view of the event log, kept up to date. Touches the log through a `Tape`."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from garraway.cli.terminal.view import Rates, Shown
from garraway.records import EVENTS, EventArray, command_seq, of_kind
from garraway.venues import Batch, Books, Directory, Tape

RATE_WINDOW_S: Final = 5.0
PRICE_SECONDS: Final = 600
SECOND_NS: Final = 1_000_000_000
BATCHES_AT_MOST: Final = 8
"""Batches of one look, so that a long log does not stop the screen."""


@dataclass(slots=True)
class _Counts:
    at_s: float
    orders: int
    trades: int
    rejects: int


@dataclass(slots=True)
class Prices:
    """The last price of each second in which an instrument traded, oldest first."""

    lasts: deque[int] = field(default_factory=lambda: deque(maxlen=PRICE_SECONDS))
    _second: int = 0

    def take(self, traded: EventArray) -> None:
        """Trades of the instrument, in order; the present second's price is renewed."""
        seconds = traded["at_ns"] // SECOND_NS
        ends = np.flatnonzero(np.append(seconds[1:] != seconds[:-1], [True]))
        for index in ends[-PRICE_SECONDS:]:
            if int(seconds[index]) == self._second and self.lasts:
                self.lasts.pop()
            self._second = int(seconds[index])
            self.lasts.append(int(traded["price"][index]))


@dataclass(slots=True)
class Watch:
    """Directory, books, counts and prices of all instruments, folded from the log."""

    tape: Tape
    directory: Directory = field(default_factory=Directory)
    books: Books = field(default_factory=Books)
    prices: dict[int, Prices] = field(default_factory=lambda: defaultdict(Prices))
    command_seq: int = 0
    _orders: int = 0
    _trades: int = 0
    _rejects: int = 0
    _samples: deque[_Counts] = field(default_factory=deque)

    def look(self) -> bool:
        """Takes what the log holds by now; whether there may be more."""
        for _ in range(BATCHES_AT_MOST):
            batch = self.tape.read()
            if not len(batch.events):
                return False
            self.apply(batch)
        return True

    def apply(self, batch: Batch) -> None:
        """Takes a batch of events, in order."""
        events = batch.events
        if not len(events):
            return
        self.directory.apply(events, batch.tails)
        self.books.apply(events)
        self.command_seq = command_seq(events["event_id"][-1])
        count = np.bincount(events["kind"], minlength=max(EVENTS.values()) + 1)
        self._orders += int(count[EVENTS["Accepted"]] + count[EVENTS["Replaced"]])
        self._trades += int(count[EVENTS["Traded"]])
        self._rejects += int(count[EVENTS["Rejected"]])
        traded = of_kind(events, "Traded")
        for number in set(traded["instrument"].tolist()):
            self.prices[number].take(traded[traded["instrument"] == number])

    @property
    def trade_count(self) -> int:
        """All trades so far."""
        return self._trades

    def shown(self, now_ns: int) -> list[Shown]:
        """Every instrument as it is now, by number."""
        found = []
        for number, instrument in sorted(self.directory.instruments.items()):
            standing = self.directory.standings[number]
            found.append(
                Shown(
                    instrument=instrument,
                    standing=standing,
                    quote=self.directory.assets.get(instrument.quote_asset),
                    ladder=self.books.ladders[number],
                    prices=self.prices[number].lasts,
                    next_change=standing.next_change(now_ns),
                )
            )
        return found

    def rates(self, at_s: float) -> Rates:
        """Rates up to now; call it at each drawing."""
        self._samples.append(_Counts(at_s, self._orders, self._trades, self._rejects))
        while len(self._samples) > 2 and at_s - self._samples[1].at_s >= RATE_WINDOW_S:
            self._samples.popleft()
        first, last = self._samples[0], self._samples[-1]
        seconds = max(last.at_s - first.at_s, 1.0)
        return Rates(
            orders=round((last.orders - first.orders) / seconds),
            trades=round((last.trades - first.trades) / seconds),
            rejects=round((last.rejects - first.rejects) / seconds),
        )
