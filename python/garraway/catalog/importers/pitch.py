"""BATS PITCH in text, lines of fixed width, as orders and trades. Prices are in 0.0001 dollars, times in ms.

    ms(8) type(1), then   A d   order(12) side(1) shares(6) symbol(6, of d 8) price(10) display(1)
                          E     order(12) shares(6) execution(12)
                          X     order(12) shares(6)
                          P r   order(12) side(1) shares(6) symbol(6, of r 8) price(10) execution(12)

Orders and executions are numbers of base 36. A line may begin with `S`, as in captures of the feed. Source: "BATS US
Equities PITCH Specification". Times count from midnight in New York.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from garraway.catalog.importers.job import Batch, Collector, Job
from garraway.catalog.importers.midnight import NEW_YORK, midnight_ns
from garraway.catalog.importers.text import line_chunks
from garraway.catalog.kinds import Action, Flag, Kind

DAY_MS: Final = 86_400_000
NOT_TAKEN: Final = "BHIJR"
"""Breaks of trades, trading status, auctions, retail interest."""
BACK: Final = "steps back in time"
AGAIN: Final = "orders added again under their number"
_ID: Final = r"([0-9A-Z]{12})"
_LINE: Final = re.compile(
    rf"S?(\d{{8}})(?:A{_ID}([BS])(\d{{6}})(.{{6}})(\d{{10}})[YN]|d{_ID}([BS])(\d{{6}})(.{{8}})(\d{{10}})[YN].*"
    rf"|E{_ID}(\d{{6}}){_ID}|X{_ID}(\d{{6}})|P{_ID}([BS])(\d{{6}})(.{{6}})(\d{{10}}){_ID}"
    rf"|r{_ID}([BS])(\d{{6}})(.{{8}})(\d{{10}}){_ID}|([{NOT_TAKEN}]).*)"
)


@dataclass(slots=True)
class _Resting:
    """An open order."""

    symbol: str
    side: int
    price: int
    left: int


def read_pitch(job: Job) -> Iterator[Batch]:
    """The rows of a file. Raises: CatalogError."""
    player = _Player(job, midnight_ns(job.day(), job.options.zone or NEW_YORK))
    for chunk in line_chunks(job.file, job.faults, job.watch):
        for number, line in enumerate(chunk.lines.to_list(), chunk.first):
            player.take(number, line)
        yield from player.rows.full()
    yield from player.rows.rest()


@dataclass(slots=True)
class _Player:
    """Turns lines into rows, and knows the orders that are open."""

    job: Job
    start_ns: int
    rows: Collector = field(default_factory=Collector)
    _open: dict[int, _Resting] = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set)
    _last_ms: int = 0

    def take(self, number: int, line: str) -> None:
        """One line."""
        match = _LINE.fullmatch(line)
        if match is None or int(match[1]) >= DAY_MS:
            self.job.faults.bad(number, f"{line[:60]!r} is no message of PITCH, or its time is beyond the day")
            return
        self.job.notes[BACK] += int(match[1]) < self._last_ms
        self._last_ms = int(match[1])
        at_ns = self.start_ns + self._last_ms * 10**6
        fields = [field for field in match.groups()[1:] if field is not None]
        kind = line.removeprefix("S")[8]
        if kind in "Ad":
            self._add(number, at_ns, fields)
        elif kind in "EX":
            self._leave(number, at_ns, kind, fields)
        elif kind in "Pr":
            self._trade(number, at_ns, fields)
        else:
            self.job.notes[f"messages {kind}, left out"] += 1

    def _add(self, number: int, at_ns: int, fields: list[str]) -> None:
        order, side, shares, symbol, price = fields
        resting = _Resting(symbol.strip(), 1 if side == "B" else -1, int(price), int(shares))
        if int(order, 36) in self._open or resting.left == 0 or resting.price == 0:
            self.job.faults.bad(number, f"order {order} is open already, or has no shares or price")
            return
        self.job.notes[AGAIN] += int(order, 36) in self._seen
        self._seen.add(int(order, 36))
        self._open[int(order, 36)] = resting
        self._order(number, at_ns, int(order, 36), resting, (resting.left, Action.ADD))

    def _leave(self, number: int, at_ns: int, kind: str, fields: list[str]) -> None:
        order, shares = int(fields[0], 36), int(fields[1])
        resting = self._open.get(order)
        if resting is None or not 0 < shares <= resting.left:
            self.job.faults.bad(
                number, f"{shares} shares of order {fields[0]}, which has {resting.left if resting else 0}"
            )
            return
        resting.left -= shares
        if not resting.left:
            del self._open[order]
        if kind == "E":
            self._order(number, at_ns, order, resting, (shares, Action.EXECUTE))
            trade = (at_ns, resting.price, shares, int(fields[2], 36), -resting.side, 0, 0)
            self._row(resting.symbol, Kind.TRADES, trade)
        else:
            self._order(number, at_ns, order, resting, (shares, Action.REDUCE if resting.left else Action.DELETE))

    def _trade(self, number: int, at_ns: int, fields: list[str]) -> None:
        order, side, shares, symbol, price, execution = fields
        hidden = _Resting(symbol.strip(), 1 if side == "B" else -1, int(price), int(shares))
        self._order(number, at_ns, int(order, 36), hidden, (hidden.left, Action.TRADE), Flag.HIDDEN)
        trade = (at_ns, hidden.price, hidden.left, int(execution, 36), -hidden.side, 0, Flag.HIDDEN)
        self._row(hidden.symbol, Kind.TRADES, trade)

    def _order(
        self, number: int, at_ns: int, order: int, resting: _Resting, what: tuple[int, int], flags: int = 0
    ) -> None:
        row = (at_ns, number, order, resting.price, *what, resting.side, flags | Flag.LAST)
        self._row(resting.symbol, Kind.ORDERS, row)

    def _row(self, symbol: str, kind: Kind, row: tuple[int, ...]) -> None:
        if self.job.wanted(symbol):
            self.rows.add(symbol, kind, row)
