"""The operator's view of the event log, kept up to date. Touches the log through a `Tape`."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from garraway.cli.terminal.view import Rates
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
class Watch:
    """Directory, books, counts and prices of one instrument, folded from the log."""

    tape: Tape
    directory: Directory = field(default_factory=Directory)
    books: Books = field(default_factory=Books)
    prices: deque[int] = field(default_factory=lambda: deque(maxlen=PRICE_SECONDS))
    command_seq: int = 0
    _second: int = 0
    _orders: int = 0
    _trades: int = 0
    _rejects: int = 0
    _samples: deque[_Counts] = field(default_factory=deque)

    def look(self, instrument: int) -> bool:
        """Takes what the log holds by now; whether there may be more."""
        for _ in range(BATCHES_AT_MOST):
            batch = self.tape.read()
            if not len(batch.events):
                return False
            self.apply(batch, instrument)
        return True

    def apply(self, batch: Batch, instrument: int) -> None:
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
        self._price(traded[traded["instrument"] == instrument])

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

    def _price(self, traded: EventArray) -> None:
        """The last price of each second goes to `prices`; the present second's is renewed."""
        if not len(traded):
            return
        seconds = traded["at_ns"] // SECOND_NS
        lasts = np.flatnonzero(np.append(seconds[1:] != seconds[:-1], [True]))
        for index in lasts[-PRICE_SECONDS:]:
            if int(seconds[index]) == self._second and self.prices:
                self.prices.pop()
            self._second = int(seconds[index])
            self.prices.append(int(traded["price"][index]))
