"""Binance's files of klines: bars without a line of names, in twelve columns.

    open time, open, high, low, close, volume, close time, quote volume, trades, taker's volumes (two), unused

Times are ms since 1970, in newer files us; a bar closes one of them before the next opens, which gives its period.
Files with a line of names are plain CSV. Source: data.binance.vision, "Klines".
"""

import re
from collections.abc import Iterator
from typing import Final

import numpy as np

from garraway.catalog.importers.job import Batch, Job
from garraway.catalog.importers.periods import period_text
from garraway.catalog.importers.tables import Table
from garraway.catalog.importers.text import line_chunks
from garraway.catalog.kinds import NOT_A_NUMBER, Kind, Longs, rows_of
from garraway.catalog.numbers import scaled_column

COLUMNS: Final = 12
PATTERN: Final = r"(?:\d{13}|\d{16})(?:,[\d.]+){5},(?:\d{13}|\d{16}),"
_NAME: Final = re.compile(r"([A-Z0-9]{4,})-\d+[a-z]+-")
_UNITS_NS: Final = {13: 10**6, 16: 10**3}


def read_klines(job: Job) -> Iterator[Batch]:
    """The rows of a file. Raises: CatalogError."""
    named = _NAME.match(job.file.name)
    symbol = named[1] if named is not None and not job.options.symbols else job.symbol()
    period = job.options.period
    for chunk in line_chunks(job.file, job.faults, job.watch):
        table = Table(chunk, COLUMNS, job.faults)
        for column in (0, 6, 8):
            table.without(scaled_column(table.columns[column], 0) < 0, column, "is no whole number")
        wide = table.columns[0].str.len_bytes().is_in(list(_UNITS_NS)).to_numpy()
        table.without(~wide, 0, "is no time in ms or us")
        if not len(table):
            continue
        rows = rows_of(Kind.BARS, len(table))
        unit = np.array([_UNITS_NS[len(text)] for text in table.columns[0].to_list()], np.int64)
        rows["at_ns"] = scaled_column(table.columns[0], 0) * unit
        rows["end_ns"] = (scaled_column(table.columns[6], 0) + 1) * unit
        for at, name in enumerate(("open", "high", "low", "close"), 1):
            rows[name] = job.gauge.prices(symbol, table.columns[at])
        rows["volume"] = job.gauge.quantities(symbol, table.columns[5])
        rows["trades"] = scaled_column(table.columns[8], 0)
        period = period or period_text(_usual(rows["end_ns"] - rows["at_ns"]))
        yield Batch(symbol, Kind.BARS, rows, job.options.of or "trades", period)


def _usual(spans: Longs) -> int:
    """The span that most bars have: one damaged line decides nothing."""
    values, counts = np.unique(spans[spans != NOT_A_NUMBER], return_counts=True)
    return int(values[np.argmax(counts)])
