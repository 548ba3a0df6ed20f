"""Nasdaq's ITCH 5.0, binary and decoded, as orders and trades. Prices are in 0.0001 dollars.

Executions name orders alone: price and side are those of the order as it was added; of orders from before the file they
are not known, and such an execution is no trade. Times count from midnight in New York.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from garraway.catalog.importers.job import Batch, Collector, Job
from garraway.catalog.importers.midnight import NEW_YORK, midnight_ns
from garraway.catalog.itch import UNIT, ItchFile
from garraway.catalog.itch_csv import csv_rows
from garraway.catalog.kinds import Action, Flag, Kind
from garraway.records import Side

BOUGHT: Final = ord("B")
UNKNOWN: Final = "executions of orders from before the file"


def read_itch(job: Job) -> Iterator[Batch]:
    """The rows of a binary file, of all its instruments or those asked for. Raises: CatalogError."""
    player = _Player(job, midnight_ns(job.day(), job.options.zone or NEW_YORK))
    names: dict[int, str] = {}
    for rows in ItchFile(job.file, watch=job.watch).rows():
        named = rows[rows["stock_locate"] > 0]
        _, first = np.unique(named["stock_locate"], return_index=True)
        for row in named[first].tolist():
            if row[8] not in names and row[6].strip():
                names[row[8]] = row[6].decode("latin-1").strip()
        wanted = [locate for locate, name in names.items() if job.wanted(name)]
        for row in rows[np.isin(rows["stock_locate"], wanted)].tolist():
            offset, at_ns, order, new_order, match, shares, _, price, locate, kind, code = row
            try:
                player.take(names[locate], chr(kind), at_ns, (order, new_order, match, shares, price, code))
            except ValueError as error:
                job.faults.bad(offset, f"message {chr(kind)}: {error}", unit=UNIT)
        yield from player.rows.full()
    yield from player.rows.rest()


def read_itch_csv(job: Job) -> Iterator[Batch]:
    """The rows of a decoded file, whose executions have price and side also for orders from before it.

    A damaged line ends it even where bad lines are skipped: what follows goes by the counts of the lines before.
    Raises: CatalogError.
    """
    player = _Player(job, midnight_ns(job.day(), job.options.zone or NEW_YORK))
    for row in csv_rows(job.file, job.watch):
        if not job.wanted(row.symbol):
            continue
        message = row.message
        side = 1 if message.side == Side.BUY else -1
        old = message.order
        if message.kind not in "AF":
            price = row.old_price if message.kind == "U" else message.price
            player.known(old, side, price)
        code = BOUGHT if side == 1 else ord("S")
        price = row.execution_price if message.kind == "C" else message.price
        values = (old, message.new_order, 0, message.quantity, price, code)
        player.take(row.symbol, message.kind, message.at_ns, values)
        yield from player.rows.full()
    yield from player.rows.rest()


@dataclass(slots=True)
class _Player:
    """Turns messages into rows, and knows side and price of the orders that are open."""

    job: Job
    start_ns: int
    rows: Collector = field(default_factory=Collector)
    sequence: int = 0
    _open: dict[int, tuple[int, int]] = field(default_factory=dict)

    def known(self, order: int, side: int, price: int) -> None:
        """Takes an order's side and price from elsewhere."""
        self._open.setdefault(order, (side, price))

    def take(self, symbol: str, kind: str, at_ns: int, values: tuple[int, int, int, int, int, int]) -> None:
        """One message: order, new order, match number, shares, price, code."""
        order, new_order, match, shares, price, code = values
        self.sequence += 1
        at = self.start_ns + at_ns
        if kind in "AF":
            side = 1 if code == BOUGHT else -1
            self._open[order] = (side, price)
            self._order(symbol, at, (order, price, shares, Action.ADD, side, Flag.LAST))
        elif kind in "XDEC":
            self._leave(symbol, kind, at, (order, match, shares, price))
        elif kind == "U":
            side, old = self._open.pop(order, (0, 0))
            self._open[new_order] = (side, price)
            self._order(symbol, at, (order, old, 0, Action.DELETE, side, Flag.REPLACED))
            self._order(symbol, at, (new_order, price, shares, Action.ADD, side, Flag.REPLACED | Flag.LAST))
        elif kind in "PQ":
            hidden = Flag.HIDDEN if kind == "P" else 0
            if shares:
                self._order(symbol, at, (0, price, shares, Action.TRADE, 0, Flag.LAST | hidden))
                self.rows.add(symbol, Kind.TRADES, (at, price, shares, match, 0, 0, hidden))
        elif kind == "H":
            self._order(symbol, at, (0, code, 0, Action.HALT, 0, Flag.LAST))
        else:
            self.job.notes[f"messages {kind}, left out"] += 1

    def _leave(self, symbol: str, kind: str, at: int, values: tuple[int, int, int, int]) -> None:
        order, match, shares, price = values
        side, resting = self._open.get(order, (0, 0))
        if kind == "D":
            self._open.pop(order, None)
            self._order(symbol, at, (order, resting, 0, Action.DELETE, side, Flag.LAST))
            return
        paid = price if kind == "C" else resting
        action = Action.REDUCE if kind == "X" else Action.EXECUTE
        self._order(symbol, at, (order, paid, shares, action, side, Flag.LAST))
        if action == Action.REDUCE:
            return
        if side:
            self.rows.add(symbol, Kind.TRADES, (at, paid, shares, match, -side, 0, 0))
        else:
            self.job.notes[UNKNOWN] += 1

    def _order(self, symbol: str, at: int, row: tuple[int, int, int, int, int, int]) -> None:
        self.rows.add(symbol, Kind.ORDERS, (at, self.sequence, *row))
