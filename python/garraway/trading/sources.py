"""Recorded data as tables of whole numbers in ticks, as the native module plays them. Touches files.

A source is a file (.npy, .parquet, .csv), a NumPy record array in ticks, a polars frame in prices, a dataset of a
catalog ("FOLDER:VENUE/SYMBOL/KIND"), or several of them by symbol.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from garraway.trading.errors import SourceInvalid
from garraway.trading.hashing import sha256
from garraway.venues.simulated import Instrument

Stream = Literal["bars", "quotes", "trades"]
Rows = NDArray[Any]

MISSING: Final = np.iinfo(np.int64).min
"""Stands for a number that is not there; the row is refused as `not_a_number`."""
COLUMNS: Final[dict[Stream, tuple[str, ...]]] = {
    "bars": ("ts", "o", "h", "l", "c", "v"),
    "quotes": ("ts", "bid", "ask", "bsz", "asz"),
    "trades": ("ts", "price", "qty", "side"),
}
"""Columns of rows in ticks: times in ns (of bars when they were whole), prices in ticks, sizes in lots."""
DTYPES: Final = {stream: np.dtype([(name, "<i8") for name in names]) for stream, names in COLUMNS.items()}
PRICES: Final[dict[Stream, slice]] = {"bars": slice(1, 5), "quotes": slice(1, 3), "trades": slice(1, 2)}

_WORDS: Final[dict[Stream, tuple[tuple[str, ...], ...]]] = {
    "bars": (
        ("end_ns", "ts", "at_ns", "time", "timestamp", "date"),
        ("open", "o"),
        ("high", "h"),
        ("low", "l"),
        ("close", "c"),
        ("volume", "v"),
    ),
    "quotes": (
        ("at_ns", "ts", "time", "timestamp"),
        ("bid",),
        ("ask",),
        ("bid_size", "bsz"),
        ("ask_size", "asz"),
    ),
    "trades": (("at_ns", "ts", "time", "timestamp"), ("price",), ("quantity", "qty", "size"), ("side",)),
}
"""Names under which a frame may have the columns; sizes and sides may be missing."""
_FINEST: Final = 9


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one stream of one instrument, ready to be played."""

    instrument: Instrument
    stream: Stream
    rows: Rows
    """Of the stream's dtype, contiguous."""
    period_ns: int
    """Of bars, how long one is."""
    name: str

    def bytes(self) -> NDArray[np.uint8]:
        """The rows as bytes, not copied."""
        return self.rows.view(np.uint8)

    def numbers(self) -> NDArray[np.int64]:
        """The rows as (n, columns), not copied."""
        return self.rows.view(np.int64).reshape(len(self.rows), len(COLUMNS[self.stream]))

    def highest(self) -> int:
        """The highest price, in ticks; 1 of no rows."""
        first = PRICES[self.stream].start
        column = {"bars": "h", "quotes": "ask", "trades": "price"}[self.stream]
        return max(1, int(self.rows[column].max())) if len(self.rows) and first else 1

    def described(self) -> dict[str, object]:
        """What a header says of it."""
        times = self.rows["ts"]
        return {
            "symbol": self.instrument.symbol,
            "stream": self.stream,
            "name": self.name,
            "rows": len(self.rows),
            "first_ns": int(times[0]) if len(times) else None,
            "last_ns": int(times[-1]) if len(times) else None,
            "sha256": sha256(self.bytes().data).hexdigest(),
        }


def opened(source: object) -> dict[str, object]:
    """The source by symbol, files read: arrays, frames, of a catalog (frame, decimals). SourceInvalid: it is none."""
    if isinstance(source, Mapping) and not _is_columns(source):
        found: dict[str, object] = {}
        for symbol, one in source.items():
            for inner in opened(one).values():
                found[str(symbol)] = inner
        return found
    if isinstance(source, str | PathLike):
        return _file(str(source))
    if isinstance(source, Sequence):
        return {symbol: one for part in source for symbol, one in opened(part).items()}
    return {"X": source}


def until(sources: Mapping[str, object], end_ns: int) -> dict[str, object]:
    """The rows of opened sources up to a time, that one included."""
    return {symbol: _until(one, end_ns) for symbol, one in sources.items()}


def tables(sources: Mapping[str, object], instruments: Sequence[Instrument] = (), **usual: Any) -> list[Table]:
    """Opened sources as tables, in their order.

    `instruments` by symbol; a single one is meant for a single source, whatever its name. One that is not given is made
    with `usual` settings and a tick as fine as the prices are. SourceInvalid names what cannot be played.
    """
    if not sources:
        raise SourceInvalid("there is no data: give a file, an array, a frame or a catalog's dataset")
    known = {one.symbol: one for one in instruments}
    if len(instruments) == 1 and len(sources) == 1:
        known = dict.fromkeys(sources, instruments[0])
    unused = [symbol for symbol in known if symbol not in sources]
    if unused:
        raise SourceInvalid(f"there is no data of {unused[0]}: there is {', '.join(sources)}")
    return [_table(symbol, one, known.get(symbol), usual) for symbol, one in sources.items()]


def _table(symbol: str, source: object, instrument: Instrument | None, usual: dict[str, Any]) -> Table:
    name = symbol
    if isinstance(source, np.ndarray):
        rows, stream = _in_ticks(symbol, source)
        instrument = instrument or Instrument(_symbol(symbol), **usual)
    else:
        rows, stream, instrument = _in_prices(symbol, source, instrument, usual)
    return Table(instrument, stream, rows, _period(rows["ts"]) if stream == "bars" else 0, name)


def _in_ticks(symbol: str, rows: Rows) -> tuple[Rows, Stream]:
    names = rows.dtype.names
    for stream, columns in COLUMNS.items():
        if names == columns:
            return np.ascontiguousarray(rows).astype(DTYPES[stream], copy=False), stream
    wanted = "; ".join(", ".join(columns) for columns in COLUMNS.values())
    raise SourceInvalid(
        f"{symbol} is an array of {names or rows.dtype}: give whole numbers in ticks, of columns {wanted}"
    )


def _in_prices(
    symbol: str, source: object, instrument: Instrument | None, usual: dict[str, Any]
) -> tuple[Rows, Stream, Instrument]:
    frame, units = source if isinstance(source, tuple) else (source, None)
    columns = list(getattr(frame, "columns", None) or (frame if isinstance(frame, Mapping) else ()))
    stream = _stream(symbol, columns)
    found = [next((word for word in words if word in columns), None) for words in _WORDS[stream]]
    prices = PRICES[stream]
    scale = 1.0 if units is None else 10.0 ** -units[0]
    numbers = [_numbers(frame[word]) for word in found[prices] if word is not None]
    finest = _FINEST if units is None else units[0]
    if instrument is None:
        tick = f"{10.0 ** -_decimals(numbers, scale, finest):.9f}"
        instrument = Instrument(
            _symbol(symbol), **{"tick": tick.rstrip("0").rstrip(".") if "." in tick else tick, **usual}
        )
    rows = np.zeros(len(numbers[0]), DTYPES[stream])
    fields = COLUMNS[stream]
    rows["ts"] = _times(symbol, frame[found[0]])
    for field, column in zip(fields[prices], numbers, strict=True):
        rows[field] = _ticks(symbol, field, column, scale, instrument)
    sizes = 1.0 if units is None else 10.0 ** -units[1]
    for field, word in zip(fields[prices.stop :], found[prices.stop :], strict=True):
        if word is not None:
            rows[field] = _sides(frame[word]) if field == "side" else _lots(_numbers(frame[word]) * sizes, instrument)
    return rows, stream, instrument


def _stream(symbol: str, columns: list[str]) -> Stream:
    for stream, words in _WORDS.items():
        needed = words[: PRICES[stream].stop]
        if all(any(name in columns for name in names) for names in needed):
            return stream
    told = ", ".join(columns) if columns else "no columns"
    raise SourceInvalid(
        f"{symbol} has {told}: bars need time, open, high, low, close; quotes time, bid, ask; "
        "trades time, price, quantity"
    )


def _numbers(column: Any) -> NDArray[np.float64]:
    return np.asarray(column.to_numpy() if hasattr(column, "to_numpy") else column, dtype=np.float64)


def _decimals(columns: Sequence[NDArray[np.float64]], scale: float, finest: int) -> int:
    for decimals in range(finest + 1):
        exact = [column[np.isfinite(column)] * (scale * 10.0**decimals) for column in columns]
        if all(np.all(np.abs(numbers - np.rint(numbers)) < 1e-6) for numbers in exact):
            return decimals
    raise SourceInvalid(f"prices have more than {finest} decimals: give the instrument, and round them to its tick")


def _ticks(symbol: str, field: str, prices: NDArray[np.float64], scale: float, instrument: Instrument) -> Rows:
    per_tick = 10**instrument.price_decimals / instrument.tick_units
    with np.errstate(invalid="ignore"):
        exact = prices * scale * per_tick
        ticks = np.rint(exact)
        off = np.flatnonzero(np.abs(exact - ticks) > 1e-4)
    if len(off):
        row = int(off[0])
        raise SourceInvalid(
            f"{field} of row {row} of {symbol} is {prices[row] * scale:.12g}, not on the tick {instrument.tick}: "
            "give an Instrument with a finer tick, or round the prices"
        )
    lost = ~np.isfinite(ticks) | (np.abs(ticks) > 2**53)
    return np.where(lost, MISSING, np.where(lost, 0, ticks).astype(np.int64))


def _lots(sizes: NDArray[np.float64], instrument: Instrument) -> Rows:
    """Whole lots; a size that is there and less than a lot is one."""
    lots = sizes * (1e9 / instrument.lot_size)
    lost = ~np.isfinite(lots) | (np.abs(lots) > 2**53)
    whole = np.where(lost, 0, lots)
    whole = np.where((whole > 0) & (whole < 1), 1, np.floor(whole + 1e-9)).astype(np.int64)
    return np.where(lost, MISSING, whole)


def _sides(column: Any) -> Rows:
    values = np.asarray(column.to_list() if hasattr(column, "to_list") else column)
    if values.dtype.kind in "iuf":
        signs: Rows = np.sign(values).astype(np.int64)
        return signs
    bought, sold = np.isin(values, ("buy", "B", "b", "bid")), np.isin(values, ("sell", "S", "s", "A", "ask"))
    sides: Rows = bought.astype(np.int64) - sold.astype(np.int64)
    return sides


def _times(symbol: str, column: Any) -> Rows:
    if hasattr(column, "dtype") and str(column.dtype).startswith(("Datetime", "Date")):
        return np.asarray(column.dt.epoch("ns").to_numpy(), dtype=np.int64)
    values = np.asarray(column.to_numpy() if hasattr(column, "to_numpy") else column)
    if values.dtype.kind == "M":
        return values.astype("datetime64[ns]").astype(np.int64)
    if values.dtype.kind not in "iu":
        raise SourceInvalid(f"times of {symbol} are {values.dtype}: give whole ns since 1970, or datetimes")
    return values.astype(np.int64)


def _period(times: Rows) -> int:
    """How long a bar is: the shortest step between the first of them."""
    steps = np.diff(times[:1_000])
    steps = steps[steps > 0]
    return int(steps.min()) if len(steps) else 0


def _until(source: object, end_ns: int) -> object:
    if isinstance(source, tuple):
        return (_until(source[0], end_ns), source[1])
    if isinstance(source, np.ndarray):
        return source[source["ts"] <= end_ns]
    frame: Any = source
    columns = list(frame.columns) if hasattr(frame, "columns") else list(frame)
    words = _WORDS[_stream("the source", columns)][0]
    keep = _times("the source", frame[next(word for word in words if word in columns)]) <= end_ns
    if hasattr(frame, "filter"):
        return frame.filter(keep)
    return {name: np.asarray(column)[keep] for name, column in frame.items()}


def _is_columns(source: Mapping[Any, Any]) -> bool:
    """Whether a mapping is columns of one table, and not tables by symbol."""
    try:
        _stream("", [str(name) for name in source])
    except SourceInvalid:
        return False
    return True


def _symbol(name: str) -> str:
    kept = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name)
    return kept[:16] or "X"


def _file(name: str) -> dict[str, object]:
    for at in (at for at, letter in enumerate(name) if letter == ":"):
        if name.count("/", at) == 2 and Path(name[:at]).is_dir():
            return _dataset(name[:at], name[at + 1 :])
    path = Path(name)
    if not path.is_file():
        raise SourceInvalid(
            f"there is no file {name}: give a .npy, .parquet or .csv file, or FOLDER:VENUE/SYMBOL/KIND of a catalog"
        )
    try:
        return {_symbol(path.stem): _read(path)}
    except (OSError, ValueError) as error:
        raise SourceInvalid(f"{name} cannot be read: {error}") from error


def _read(path: Path) -> object:
    if path.suffix == ".npy":
        return np.load(path, allow_pickle=False)
    if path.suffix not in (".parquet", ".csv"):
        raise SourceInvalid(f"{path} is no file that can be played: give .npy, .parquet or .csv")
    import polars as pl  # noqa: PLC0415 - costs more time than the rest

    try:
        return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, try_parse_dates=True)
    except pl.exceptions.PolarsError as error:
        raise SourceInvalid(f"{path} cannot be read: {error}") from error


def _dataset(folder: str, name: str) -> dict[str, object]:
    from garraway.catalog import Catalog, CatalogError  # noqa: PLC0415 - costs more time than the rest

    try:
        catalog = Catalog(folder)
        dataset, frame = catalog.dataset(name), catalog.read(name)
    except CatalogError as error:
        raise SourceInvalid(str(error)) from error
    return {_symbol(dataset.symbol): (frame, (dataset.units.price_decimals, dataset.units.quantity_decimals))}
