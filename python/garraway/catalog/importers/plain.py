"""Plain CSV with a first line of names: bars, quotes or trades, by a mapping of columns that is declared or found.

The mapping says what a column is: `time`, and `open high low close volume`, `bid ask bid_size ask_size` or
`price quantity side trade`. Times are ISO texts, days, or whole numbers since 1970 (s, ms, us, ns by their length).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from garraway.catalog.errors import FileDamaged, OptionMissing
from garraway.catalog.importers.job import Batch, Job
from garraway.catalog.importers.periods import period_ns
from garraway.catalog.importers.tables import Table, local_ns, null_mask
from garraway.catalog.importers.text import Chunk, line_chunks
from garraway.catalog.kinds import DAY_NS, Kind, Longs, Rows, rows_of

if TYPE_CHECKING:
    import polars as pl

KNOWN: Final = {
    "time": ("time", "timestamp", "timestamp_utc", "datetime", "date", "open_time", "open time", "ts", ""),
    "open": ("open", "o"),
    "high": ("high", "h"), "low": ("low", "l"),
    "close": ("close", "c"), "volume": ("volume", "vol", "v"),
    "bid": ("bid", "bid_price"), "ask": ("ask", "ask_price"),
    "bid_size": ("bid_size",), "ask_size": ("ask_size",),
    "price": ("price",), "quantity": ("quantity", "qty", "size", "amount"),
    "side": ("side",), "trade": ("trade", "trade_id", "id"),
}  # fmt: skip
"""What a column can be -> the names, in small letters, by which it is found."""
NEEDED: Final = {
    Kind.BARS: ("time", "open", "high", "low", "close"),
    Kind.QUOTES: ("time", "bid", "ask"),
    Kind.TRADES: ("time", "price", "quantity"),
}
_OPTIONAL: Final = {Kind.BARS: ("volume",), Kind.QUOTES: ("bid_size", "ask_size"), Kind.TRADES: ("side", "trade")}
_SIDES: Final = {"buy": 1, "b": 1, "1": 1, "sell": -1, "s": -1, "-1": -1}
_FORMS: Final = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y%m%d",
    "%Y%m%d %H:%M:%S%.f",
    "%d.%m.%Y %H:%M:%S%.f",
)
"""Of times without a zone; an ISO text may have a T for the blank."""
_NUMBER_NS: Final = {10: 10**9, 13: 10**6, 16: 10**3, 19: 1}


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which column is what."""

    kind: Kind
    width: int
    columns: dict[str, int]


def read_csv(job: Job) -> Iterator[Batch]:
    """The rows of a file. Raises: CatalogError."""
    mapping, symbol = None, job.symbol()
    times = _Times(job)
    for chunk in line_chunks(job.file, job.faults, job.watch):
        lines = chunk
        if mapping is None:
            head = _fields(chunk.lines[0]) if len(chunk.lines) else []
            mapping = mapping_of(head, job.options.columns, job.file.name)
            lines = Chunk(chunk.member, chunk.first + 1, chunk.lines[1:])
        table = Table(lines, mapping.width, job.faults)
        at_ns = times.read(table, mapping.columns["time"])
        if len(table):
            yield _Csv(job, symbol, mapping, table).batch(at_ns, times)


def mapping_of(head: list[str], declared: dict[str, str], name: str) -> Mapping:
    """The mapping of a file with these names in its first line. Raises: OptionMissing."""
    columns = {what: at for what, at in _found(head).items() if what not in declared}
    for what, column in declared.items():
        if what not in KNOWN:
            raise OptionMissing(f"--columns: {what!r} is none of {', '.join(KNOWN)}")
        columns[what] = _place(head, column, name)
    for kind, needed in NEEDED.items():
        if all(what in columns for what in needed):
            return Mapping(
                kind, len(head), {what: columns[what] for what in (*needed, *_OPTIONAL[kind]) if what in columns}
            )
    lacking = "; ".join(f"{kind}: {', '.join(needed)}" for kind, needed in NEEDED.items())
    raise OptionMissing(
        f"{name} has the columns {', '.join(head)[:200]!r}: declare with --columns what is what ({lacking})"
    )


def recognised(line: str) -> bool:
    """Whether a first line names all columns that some kind needs."""
    found = _found(_fields(line))
    return any(all(what in found for what in needed) for needed in NEEDED.values())


def _found(head: list[str]) -> dict[str, int]:
    names = [name.strip().lower() for name in head]
    found: dict[str, int] = {}
    for what, known in KNOWN.items():
        places = [names.index(name) for name in known if name in names]
        if places:
            found[what] = places[0]
    return found


def _place(head: list[str], column: str, name: str) -> int:
    if column in head:
        return head.index(column)
    if column.isdecimal() and 1 <= int(column) <= len(head):
        return int(column) - 1
    raise OptionMissing(f"--columns: {name} has no column {column!r}: its first line is {','.join(head)[:200]!r}")


def _fields(line: str) -> list[str]:
    return [field.strip().strip('"') for field in line.lstrip("\ufeff").split(",")]


class _Times:
    """The times of a file's lines, all in the form of the first one."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._form: str | None = None
        self.of_days = False

    def read(self, table: Table, column: int) -> Longs:
        """Ns UTC; lines without a time are bad."""
        import polars as pl  # noqa: PLC0415

        texts = table.columns[column].str.replace("T", " ", literal=True)
        if self._form is None:
            self._form = self._found(texts)
        found = self._parsed(texts, self._form)
        wrong = null_mask(found)
        table.without(wrong, column, "is no time of the form of the first line")
        return found.filter(pl.Series(~wrong)).to_numpy()

    def _found(self, texts: "pl.Series") -> str:
        """The first form that reads most of the first lines."""
        head = texts.head(100)
        for form in ("number", "zoned", *_FORMS):
            if self._parsed(head, form).null_count() * 2 < max(1, len(head)):
                self.of_days = form in {"%Y-%m-%d", "%Y%m%d"}
                return form
        first = head[0] if len(head) else ""
        remedy = "write times like 2014-05-01 09:30:00, with or without a zone, or as a number since 1970"
        raise FileDamaged(self._job.file, 2, f"{first!r} is no time", remedy)

    def _parsed(self, texts: "pl.Series", form: str) -> "pl.Series":
        import polars as pl  # noqa: PLC0415

        if form == "number":
            factors = texts.str.len_bytes().replace_strict(_NUMBER_NS, default=None, return_dtype=pl.Int64)
            plain = texts.str.contains(r"^\d+$")
            whole = texts.set(~plain, None).cast(pl.Int64, strict=False)
            return whole.set(whole > (2**63 - 1) // factors, None) * factors
        if form == "zoned":
            zoned = texts.str.replace(r"Z$", "+00:00").str.replace(r" ([+-]\d\d:?\d\d)$", "${1}")
            return zoned.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%z", time_unit="ns", strict=False).dt.epoch("ns")
        return local_ns(_naive(texts, form), self._job.options.zone or "UTC")


def _naive(texts: "pl.Series", form: str) -> "pl.Series":
    import polars as pl  # noqa: PLC0415

    if "%H" not in form:
        return texts.str.to_date(form, strict=False).cast(pl.Datetime("ns"), strict=False)
    return texts.str.to_datetime(form, time_unit="ns", strict=False)


class _Csv:
    """The lines of one chunk, on their way to rows."""

    def __init__(self, job: Job, symbol: str, mapping: Mapping, table: Table) -> None:
        self.job, self.symbol, self.mapping, self.table = job, symbol, mapping, table

    def batch(self, at_ns: Longs, times: _Times) -> Batch:
        """The rows."""
        kind = self.mapping.kind
        rows = rows_of(kind, len(self.table))
        rows["at_ns"] = at_ns
        prices = {"open", "high", "low", "close", "bid", "ask", "price"}
        for what in self.mapping.columns:
            if what in prices:
                rows[what] = self.job.gauge.prices(self.symbol, self.column(what))
            elif what in {"volume", "bid_size", "ask_size", "quantity"}:
                rows[what] = self.job.gauge.quantities(self.symbol, self.column(what))
        if kind == Kind.TRADES:
            self.sides(rows)
        if kind != Kind.BARS:
            return Batch(self.symbol, kind, rows)
        period = self.period(times)
        rows["end_ns"] = at_ns + (DAY_NS if period == "1d" else period_ns(period))
        return Batch(self.symbol, kind, rows, self.job.options.of or self.job.hints.of or "trades", period)

    def column(self, what: str) -> "pl.Series":
        """The texts of a column."""
        return self.table.columns[self.mapping.columns[what]].fill_null("")

    def sides(self, rows: Rows) -> None:
        """Fills side and number of trades, where there are such columns."""
        if "side" in self.mapping.columns:
            rows["side"] = [_SIDES.get(text.lower(), 0) for text in self.column("side").to_list()]
        if "trade" in self.mapping.columns:
            rows["trade"] = [
                int(text) if text.isdecimal() and len(text) < 19 else 0 for text in self.column("trade").to_list()
            ]

    def period(self, times: _Times) -> str:
        """The period of bars. Raises: OptionMissing."""
        period = self.job.options.period or self.job.hints.period or ("1d" if times.of_days else None)
        if period is None:
            raise OptionMissing(f"{self.job.file.name} does not say the period of its bars: give --period 1m")
        return period
