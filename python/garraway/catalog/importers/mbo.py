"""Databento's order-by-order files (DBN, schema MBO) as orders and trades, at the time at which they were received.

Trades are the records of action T. F reports a fill; the book's change follows in a record of its own.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from garraway.catalog.errors import UnitsInvalid
from garraway.catalog.importers.job import Batch, Job
from garraway.catalog.kinds import Action, Flag, Kind, Rows, rows_of
from garraway.catalog.mbo import LAST, NO_PRICE, SNAPSHOT, UNIT, MboFile
from garraway.units import scaled_text

DECIMALS: Final = 9
_ACTIONS: Final = {
    "A": Action.ADD,
    "C": Action.REDUCE,
    "M": Action.MODIFY,
    "T": Action.TRADE,
    "F": Action.EXECUTE,
    "R": Action.CLEAR,
}


def read_mbo(job: Job) -> Iterator[Batch]:
    """The rows of all instruments, or of those asked for. Raises: CatalogError."""
    file = MboFile(job.file, skip=job.faults.skip, watch=job.watch)
    told = 0
    for rows in file.rows():
        for skipped in file.skipped[told:]:
            job.faults.bad(skipped.row, skipped.why, unit=UNIT)
        told = len(file.skipped)
        for number in np.unique(rows["instrument_id"]).tolist():
            symbol = file.symbols.get(number, str(number))
            if job.wanted(symbol):
                yield from _batches(job, symbol, rows[rows["instrument_id"] == number])
    for skipped in file.skipped[told:]:
        job.faults.bad(skipped.row, skipped.why, unit=UNIT)


def _batches(job: Job, symbol: str, records: Rows) -> Iterator[Batch]:
    known = np.isin(records["action"], [ord(letter) for letter in _ACTIONS])
    job.notes["records N, left out"] += int(np.count_nonzero(~known))
    taken = records[known]
    prices = np.where(taken["price"] == NO_PRICE, 0, taken["price"])
    job.gauge.fine(symbol, price=_decimals(prices))
    step = 10 ** (DECIMALS - job.gauge.of(symbol).price)
    if not job.gauge.surveying and (prices % step).any():
        fine = scaled_text(int(prices[np.argmax(prices % step != 0)]), DECIMALS, shown=0)
        raise UnitsInvalid(f"{symbol}: price {fine} is finer than the unit: give --price-unit")
    orders = rows_of(Kind.ORDERS, len(taken))
    orders["at_ns"], orders["sequence"], orders["order"] = taken["ts_recv"], taken["sequence"], taken["order_id"]
    orders["price"], orders["quantity"] = prices // step, taken["size"]
    for letter, action in _ACTIONS.items():
        orders["action"][taken["action"] == ord(letter)] = action
    orders["side"] = np.where(taken["side"] == ord("B"), 1, np.where(taken["side"] == ord("A"), -1, 0))
    orders["flags"] = _flags(taken)
    yield Batch(symbol, Kind.ORDERS, orders)
    yield Batch(symbol, Kind.TRADES, _trades(orders[orders["action"] == Action.TRADE]))


def _trades(orders: Rows) -> Rows:
    rows = rows_of(Kind.TRADES, len(orders))
    for name in ("at_ns", "price", "quantity", "side"):
        rows[name] = orders[name]
    return rows


def _flags(records: Rows) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
    last = np.where(records["flags"] & LAST, Flag.LAST, 0)
    snapshot = np.where(records["flags"] & SNAPSHOT, Flag.SNAPSHOT, 0)
    reported = np.where(records["action"] == ord("F"), Flag.REPORTED, 0)
    return (last | snapshot | reported).astype(np.uint8)


def _decimals(prices: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> int:
    """Decimals of the largest step of which all prices are multiples."""
    step, decimals = int(np.gcd.reduce(prices)), DECIMALS
    while decimals and step % 10 == 0:
        step, decimals = step // 10, decimals - 1
    return decimals
