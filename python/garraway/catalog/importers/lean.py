"""Lean's files of quotes, trades and bars, as CSV, in zips of one contract a member, or in tars of those.

What a line holds is known by its fields: behind the time (a day and ms, ms alone where the name has the day, or
`20140501 00:00`) stand 2 (a quote without sizes), 5 (a bar, or a trade with its exchange), 7 (a quote with sizes) or 10
fields (bars of bid and ask). Equities and options have prices in 0.0001, the others decimals. Open interest, margins,
and the factors and maps of futures are not imported. Source: github.com/QuantConnect/Lean, `Data`, its readme files.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from garraway.catalog.errors import OptionMissing
from garraway.catalog.importers.job import Batch, Job, Units
from garraway.catalog.importers.names import Hints, hints_of, member_symbol
from garraway.catalog.importers.periods import period_ns
from garraway.catalog.importers.tables import Table, dates, local_ns, null_mask
from garraway.catalog.importers.text import Chunk, archived, line_chunks
from garraway.catalog.kinds import ABSENT, NOT_A_NUMBER, Flag, Kind, Longs, rows_of
from garraway.catalog.numbers import scaled_column

if TYPE_CHECKING:
    import polars as pl

ZONES: Final = {"usa": "America/New_York", "fxcm": "Etc/GMT+5"}
"""Of the files of a market, where it is not UTC. Source: Lean's market-hours database, `dataTimeZone`."""
EQUITY_DECIMALS: Final = 4
MS_DECIMALS: Final = 6
_NO_DATA: Final = ("openinterest", "margins", "factor_files", "map_files", "universe")
_LETTERS: Final = re.compile(r"[A-Za-z]+")
_AT: Final = re.compile(r"\d{8} \d\d:\d\d")
_DAY: Final = re.compile(r"(?:19|20)\d{6}")


def read_lean(job: Job) -> Iterator[Batch]:
    """The rows of a file. Raises: CatalogError."""
    for chunk in line_chunks(job.file, job.faults, job.watch):
        if chunk.member and any(word in chunk.member for word in _NO_DATA):
            job.notes["members left out"] += chunk.first == 1
            continue
        hints = hints_of(chunk.member) if chunk.member else job.hints
        job.venue = job.venue or hints.venue or ""
        symbol = (member_symbol(chunk.member) if chunk.member else None) or (
            hints.symbol if archived(job.file) and hints.symbol else job.symbol()
        )
        if job.wanted(symbol):
            yield from _batches(job, chunk, hints, symbol)


def lean_venue(job: Job) -> str:
    """The market of a file: what is given, or what its name says. Raises: OptionMissing."""
    venue = job.options.venue or job.hints.venue or job.venue or None
    if venue is None and job.hints.security in {"equity", "option"}:
        return "usa"
    if venue is None:
        raise OptionMissing(f"{job.file.name} does not say its market: give --venue oanda, fxcm, usa, cme ...")
    return venue


def lean_units(job: Job) -> Units | None:
    """The units of a market whose prices are whole numbers of 0.0001.

    None for the others, and for an archive whose members tell the market.
    """
    known = job.options.venue or job.hints.venue or job.hints.security in {"equity", "option"}
    return Units(EQUITY_DECIMALS, 0) if known and lean_venue(job) == "usa" else None


def _batches(job: Job, chunk: Chunk, hints: Hints, symbol: str) -> Iterator[Batch]:
    filled = chunk.lines.filter(chunk.lines.str.strip_chars() != "")
    if not len(filled):
        return
    first = _typical(filled)
    table = Table(chunk, len(first), job.faults)
    at_ns, behind = _times(job, hints, table, first)
    values = len(first) - behind
    reader = _Lean(job, symbol, table, at_ns, behind)
    if values == 2:
        yield reader.quotes(with_sizes=False)
    elif values == 7:
        yield reader.quotes(with_sizes=True)
    elif values == 5 and _LETTERS.fullmatch(first[behind + 2]):
        yield reader.trades()
    elif values in {5, 10}:
        period = job.options.period or hints.period or job.hints.period
        if period is None or period == "tick":
            raise OptionMissing(f"{job.file.name} does not say the period of its bars: give --period 1m")
        yield from reader.bars(period, both=values == 10)
    else:
        job.faults.bad(chunk.first, f"{len(first)} columns in {filled[0][:60]!r}: no line of Lean has so many")


def _typical(lines: "pl.Series") -> list[str]:
    """The fields of the first line that is as wide as most of the first hundred: one damaged line decides nothing."""
    head = [line.split(",") for line in lines.head(100).to_list()]
    widths = [len(fields) for fields in head]
    width = max(sorted(set(widths)), key=widths.count)
    return next(fields for fields in head if len(fields) == width)


def _times(job: Job, hints: Hints, table: Table, first: list[str]) -> tuple[Longs, int]:
    """Each line's time in ns UTC, and how many fields say it. Lines without a time are bad."""
    import polars as pl  # noqa: PLC0415

    zone = job.options.zone or ZONES.get(lean_venue(job), "UTC")
    if _AT.fullmatch(first[0]):
        found = local_ns(table.columns[0].str.to_datetime("%Y%m%d %H:%M", strict=False), zone)
        table.without(null_mask(found), 0, "is no time like 20140501 00:00")
        return found.drop_nulls().to_numpy(), 1
    dated = bool(_DAY.fullmatch(first[0])) and len(first) in {4, 7, 9, 12}
    if dated:
        days, millis = dates(table.columns[0]), table.columns[1]
    else:
        day = job.options.day or hints.day or job.hints.day
        if day is None:
            raise OptionMissing(f"{job.file.name} does not say its day: give --date")
        days, millis = pl.Series([day]).cast(pl.Datetime("ns")).new_from_index(0, len(table)), table.columns[0]
    after = scaled_column(millis.fill_null(""), MS_DECIMALS)
    wrong = null_mask(days) | (after == NOT_A_NUMBER) | (after < 0) | (after >= 86_400 * 10**9)
    local = days + pl.Series(np.where(wrong, 0, after)).cast(pl.Duration("ns"))
    found = local_ns(local, zone)
    wrong |= null_mask(found)
    table.without(wrong, 1 if dated else 0, "is no time of a day in ms")
    return found.filter(pl.Series(~wrong)).to_numpy(), 2 if dated else 1


class _Lean:
    """The lines of one chunk, on their way to rows."""

    def __init__(self, job: Job, symbol: str, table: Table, at_ns: Longs, behind: int) -> None:
        self.job, self.symbol, self.table, self.at_ns, self.behind = job, symbol, table, at_ns, behind
        self.scaled = lean_venue(job) == "usa"
        if self.scaled:
            job.gauge.fine(symbol, price=EQUITY_DECIMALS)

    def price(self, at: int) -> Longs:
        texts = self.table.columns[self.behind + at]
        if self.scaled:
            # The units are the format's own: whole numbers already.
            return self._whole(texts)
        return self.job.gauge.prices(self.symbol, texts)

    def size(self, at: int) -> Longs:
        texts = self.table.columns[self.behind + at]
        return self._whole(texts) if self.scaled else self.job.gauge.quantities(self.symbol, texts)

    def _whole(self, texts: "pl.Series") -> Longs:
        return scaled_column(texts.fill_null(""), 0)

    def quotes(self, *, with_sizes: bool) -> Batch:
        rows = rows_of(Kind.QUOTES, len(self.table))
        rows["at_ns"] = self.at_ns
        if not with_sizes:
            rows["bid"], rows["ask"] = self.price(0), self.price(1)
            return Batch(self.symbol, Kind.QUOTES, rows)
        for name, at in (("bid", 0), ("ask", 2)):
            price, size = self.price(at), self.size(at + 1)
            blank = (self.table.columns[self.behind + at] == "").to_numpy()
            gone = (size == 0) & (price == 0) | blank
            rows[name] = np.where(gone, ABSENT, price)
            rows[f"{name}_size"] = np.where(gone, 0, size)
        rows["place"], rows["flags"] = self.place(4), self.suspicious(6)
        return Batch(self.symbol, Kind.QUOTES, rows)

    def trades(self) -> Batch:
        rows = rows_of(Kind.TRADES, len(self.table))
        rows["at_ns"], rows["price"], rows["quantity"] = self.at_ns, self.price(0), self.size(1)
        rows["place"], rows["flags"] = self.place(2), self.suspicious(4)
        return Batch(self.symbol, Kind.TRADES, rows)

    def bars(self, period: str, *, both: bool) -> Iterator[Batch]:
        for of, start in (("bid", 0), ("ask", 5)) if both else (("trades", 0),):
            rows = rows_of(Kind.BARS, len(self.table))
            rows["at_ns"], rows["end_ns"] = self.at_ns, self.ends(period)
            for at, name in enumerate(("open", "high", "low", "close")):
                rows[name] = self.price(start + at)
            rows["volume"] = self.size(start + 4)
            # A side that was not quoted has blanks in all its fields: no bar.
            blank = (self.table.columns[self.behind + start] == "").to_numpy()
            if blank.any():
                self.job.notes[f"{of} bars without a quote"] += int(np.count_nonzero(blank))
            yield Batch(self.symbol, Kind.BARS, rows[~blank], of, period)

    def ends(self, period: str) -> Longs:
        """When each bar is over: for days, the next midnight of the market."""
        import polars as pl  # noqa: PLC0415

        if period != "1d":
            return self.at_ns + period_ns(period)
        zone = self.job.options.zone or ZONES.get(lean_venue(self.job), "UTC")
        starts = pl.from_epoch(pl.Series(self.at_ns), time_unit="ns").dt.replace_time_zone("UTC")
        return starts.dt.convert_time_zone(zone).dt.offset_by("1d").dt.epoch("ns").to_numpy()

    def place(self, at: int) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
        """The first letter of the exchange."""
        names = self.table.columns[self.behind + at].fill_null("").to_list()
        return np.array([ord(name[0]) if name and name.isascii() else 0 for name in names], np.uint8)

    def suspicious(self, at: int) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
        return np.where((self.table.columns[self.behind + at] == "1").to_numpy(), Flag.SUSPICIOUS, 0).astype(np.uint8)
