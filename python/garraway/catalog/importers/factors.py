"""Lean's factor files of equities: what splits and dividends have made of older prices.

`date, price factor, split factor, reference price`: an adjusted price is the raw one times both factors of the first
row whose date is that of the price or later. Factors count 1e-9; at most that many digits are kept.
"""

from collections.abc import Iterator
from typing import Final

from garraway.catalog.importers.job import Batch, Job
from garraway.catalog.importers.lean import ZONES
from garraway.catalog.importers.tables import Table, dates, local_ns, null_mask
from garraway.catalog.importers.text import line_chunks
from garraway.catalog.kinds import FACTOR_DECIMALS, Kind, rows_of
from garraway.catalog.numbers import scaled_column

REFERENCE_DECIMALS: Final = 4
END: Final = "20501231"
"""Day of the last line of every file, which need not be ended."""


def read_factors(job: Job) -> Iterator[Batch]:
    """The rows of a file. Raises: CatalogError."""
    symbol = job.symbol()
    zone = job.options.zone or ZONES[job.options.venue or job.hints.venue or "usa"]
    last, end = 0, ""
    for chunk in line_chunks(job.file, job.faults, job.watch, ended=False):
        table = Table(chunk, 4, job.faults)
        days = dates(table.columns[0])
        table.without(null_mask(days), 0, "is no day like 20140501")
        rows = rows_of(Kind.FACTORS, len(table))
        rows["at_ns"] = local_ns(days.drop_nulls(), zone).to_numpy()
        rows["price_factor"] = scaled_column(table.columns[1], FACTOR_DECIMALS)
        rows["split_factor"] = scaled_column(table.columns[2], FACTOR_DECIMALS)
        rows["reference"] = scaled_column(table.columns[3], REFERENCE_DECIMALS)
        last = chunk.first + len(chunk.lines) - 1
        end = table.columns[0][-1] if len(table) else ""
        yield Batch(symbol, Kind.FACTORS, rows)
    if end != END:
        job.faults.bad(last, f"the last day is {end!r}, not {END}: the file was cut")
