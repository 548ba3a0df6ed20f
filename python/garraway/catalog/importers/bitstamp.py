"""Bitstamp's live orders as recorded: the raw log (`ms event json`) and its table of orders.

Prices are in 0.01, amounts in 0.00000001. Amounts of trades came as floats: their noise beyond the unit is rounded
away, half to even. The venue's snapshots of its book are no rows; from each one it is proved that its best prices stand
in the book that the orders make, which holds once all orders from before the file are gone.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, Final

import msgspec
import numpy as np

from garraway.catalog.importers.job import Batch, Collector, Job
from garraway.catalog.importers.tables import Table
from garraway.catalog.importers.text import Chunk, line_chunks
from garraway.catalog.kinds import NOT_A_NUMBER, Action, Flag, Kind, rows_of
from garraway.catalog.numbers import NotANumber, scaled_column, scaled_number

PRICE_DECIMALS: Final = 2
AMOUNT_DECIMALS: Final = 8
Message = dict[str, Any]
HEADER: Final = "id,timestamp,exchange.timestamp,price,volume,action,direction"
PROVED: Final = "snapshots whose best prices stand in the book"
NOT_PROVED: Final = "snapshots whose best prices do not"
_ACTIONS: Final = {"order_created": Action.ADD, "order_changed": Action.MODIFY, "order_deleted": Action.DELETE}
_TABLE: Final = {"created": Action.ADD, "changed": Action.MODIFY, "deleted": Action.DELETE}
_BROKEN: Final = (msgspec.DecodeError, NotANumber, InvalidOperation, KeyError, ValueError, TypeError, IndexError)


def read_bitstamp(job: Job) -> Iterator[Batch]:
    """The rows of a raw log. Raises: CatalogError."""
    player = _Player(job, job.symbol())
    for chunk in line_chunks(job.file, job.faults, job.watch):
        for number, line in enumerate(chunk.lines.to_list(), chunk.first):
            try:
                player.take(number, line)
            except _BROKEN as error:
                job.faults.bad(number, f"{line[:60]!r} is no event ({type(error).__name__})")
        yield from player.rows.full()
    yield from player.rows.rest()


def read_bitstamp_orders(job: Job) -> Iterator[Batch]:
    """The rows of a table of orders. Raises: CatalogError."""
    symbol, sequence = job.symbol(), 0
    for chunk in line_chunks(job.file, job.faults, job.watch):
        headed = len(chunk.lines) > 0 and chunk.lines[0] == HEADER
        table = Table(Chunk(chunk.member, chunk.first + headed, chunk.lines[int(headed) :]), 7, job.faults)
        plain = [table.columns[at].str.contains(r"^\d{1,18}$").to_numpy() for at in (0, 1, 4)]
        table.without(~np.logical_and.reduce(plain), 0, "or its time or volume is no whole number")
        table.without(~table.columns[5].is_in(list(_TABLE)).to_numpy(), 5, "is none of created, changed, deleted")
        table.without(~table.columns[6].is_in(["bid", "ask"]).to_numpy(), 6, "is neither bid nor ask")
        table.without(scaled_column(table.columns[3], PRICE_DECIMALS) == NOT_A_NUMBER, 3, "is no price")
        rows = rows_of(Kind.ORDERS, len(table))
        rows["order"] = scaled_column(table.columns[0], 0)
        rows["at_ns"] = scaled_column(table.columns[1], 0) * 10**6
        rows["price"] = scaled_column(table.columns[3], PRICE_DECIMALS)
        rows["quantity"] = scaled_column(table.columns[4], 0)
        rows["action"] = [_TABLE[action] for action in table.columns[5].to_list()]
        rows["side"] = np.where((table.columns[6] == "bid").to_numpy(), 1, -1)
        rows["sequence"], rows["flags"] = sequence + 1 + np.arange(len(table)), Flag.LAST
        sequence += len(table)
        yield Batch(symbol, Kind.ORDERS, rows)


@dataclass(slots=True)
class _Player:
    """Turns events into rows, and keeps the prices of the book."""

    job: Job
    symbol: str
    rows: Collector = field(default_factory=Collector)
    _open: dict[int, tuple[int, int]] = field(default_factory=dict)
    _levels: dict[int, Counter[int]] = field(default_factory=lambda: {1: Counter(), -1: Counter()})

    def take(self, number: int, line: str) -> None:
        """One line."""
        at_ms, event, text = line.split(" ", 2)
        at_ns = int(at_ms) * 10**6
        message = _DECODER.decode(text)
        if event in _ACTIONS:
            self._order(number, at_ns, _ACTIONS[event], message)
        elif event == "trade":
            row = (at_ns, _amount(message["price"], PRICE_DECIMALS), _amount(message["amount"], AMOUNT_DECIMALS))
            self.rows.add(self.symbol, Kind.TRADES, (*row, int(message["id"]), 0, 0, 0))
        elif event == "order_book":
            self._prove(message)
        else:
            self.job.faults.bad(number, f"{event[:40]!r} is no event of Bitstamp's")

    def _order(self, number: int, at_ns: int, action: Action, message: Message) -> None:
        order, side = int(message["id"]), -1 if int(message["order_type"]) else 1
        price = scaled_number(str(message["price"]), PRICE_DECIMALS)
        amount = scaled_number(str(message["amount"]), AMOUNT_DECIMALS)
        old = self._open.pop(order, None)
        if old is not None:
            self._levels[old[0]][old[1]] -= 1
        if action == Action.ADD or (action == Action.MODIFY and old is not None):
            self._open[order] = (side, price)
            self._levels[side][price] += 1
        self.rows.add(self.symbol, Kind.ORDERS, (at_ns, number, order, price, amount, action, side, Flag.LAST))

    def _prove(self, message: Message) -> None:
        best = [(1, message["bids"]), (-1, message["asks"])]
        found = all(
            self._levels[side][scaled_number(str(levels[0][0]), PRICE_DECIMALS)] > 0 for side, levels in best if levels
        )
        self.job.notes[PROVED if found else NOT_PROVED] += 1


def _amount(value: object, decimals: int) -> int:
    number = Decimal(str(value))
    if not number.is_finite() or abs(number.adjusted()) > 18:
        return NOT_A_NUMBER
    return int(number.scaleb(decimals).quantize(Decimal(1), ROUND_HALF_EVEN))


_DECODER: Final = msgspec.json.Decoder(float_hook=str)
