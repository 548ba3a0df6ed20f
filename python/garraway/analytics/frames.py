"""The frames that a run is told by: their columns, and what is refused of them. Touches nothing.

Times are ns since the Unix epoch, UTC; prices, values, fees and equity are in the quote asset; quantities are lots.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from garraway.analytics.errors import FrameInvalid

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

DAY_NS: Final = 86_400_000_000_000
YEAR_DAYS: Final = 365.25

Schema = Mapping[str, type[pl.DataType]]
Rule = tuple[str, pl.Expr, str]
"""A column, which of its rows are wrong, and what it must be."""

FILLS: Final[Schema] = {
    "at_ns": pl.Int64,
    "instrument": pl.String,
    "side": pl.String,
    "price": pl.Float64,
    "quantity": pl.Int64,
    "value": pl.Float64,
    "fee": pl.Float64,
    "realised": pl.Float64,
    "order": pl.UInt64,
    "liquidity": pl.String,
    "position": pl.Int64,
    "mid": pl.Float64,
    "tag": pl.String,
}
ORDERS: Final[Schema] = {
    "placed_ns": pl.Int64,
    "instrument": pl.String,
    "side": pl.String,
    "kind": pl.String,
    "limit": pl.Float64,
    "stop": pl.Float64,
    "quantity": pl.Int64,
    "filled": pl.Int64,
    "state": pl.String,
    "client_ref": pl.UInt64,
    "reason": pl.String,
}
EQUITY: Final[Schema] = {
    "at_ns": pl.Int64,
    "equity": pl.Float64,
    "cash": pl.Float64,
    "position_value": pl.Float64,
}
PRICES: Final[Schema] = {"at_ns": pl.Int64, "instrument": pl.String, "low": pl.Float64, "high": pl.Float64}

NEEDED: Final = {
    "fills": ("at_ns", "instrument", "side", "price", "quantity", "value", "fee"),
    "orders": ("placed_ns", "instrument", "side", "quantity", "filled"),
    "equity": ("at_ns", "equity"),
    "prices": ("at_ns", "instrument", "low", "high"),
}
"""The columns that must be there; the others are null where they are not."""


class Run(Protocol):
    """What is looked at: a backtest's result, a live run, an account of a venue."""

    @property
    def fills(self) -> pl.DataFrame:
        """A row for each fill, in the order of time."""

    @property
    def orders(self) -> pl.DataFrame:
        """A row for each order."""

    @property
    def equity(self) -> pl.DataFrame:
        """Samples of what the account is worth."""

    @property
    def header(self) -> Mapping[str, Any]:
        """What ran, on what, under which assumptions."""


def fills_of(frame: pl.DataFrame) -> pl.DataFrame:
    """The fills with all columns, NaN as null, proved. Raises: FrameInvalid."""
    positive = pl.col("quantity").is_null() | (pl.col("quantity") <= 0)
    rules = [_finite("price"), _finite("value"), _finite("fee"), ("quantity", positive, "lots above 0")]
    return _proved(_columns(frame, "fills", FILLS), "fills", [*_SIDES, *rules])


def orders_of(frame: pl.DataFrame) -> pl.DataFrame:
    """The orders with all columns, NaN as null, proved. Raises: FrameInvalid."""
    wrong = pl.any_horizontal(
        pl.col("quantity").is_null(),
        pl.col("quantity") <= 0,
        pl.col("filled").is_null(),
        pl.col("filled") < 0,
        pl.col("filled") > pl.col("quantity"),
    ).fill_null(value=True)
    rule = ("filled", wrong, "from 0 to quantity, which is above 0")
    return _proved(_columns(frame, "orders", ORDERS), "orders", [*_SIDES, rule])


def equity_of(frame: pl.DataFrame) -> pl.DataFrame:
    """The samples of equity, NaN as null, proved. Raises: FrameInvalid."""
    return _proved(_columns(frame, "equity", EQUITY), "equity", [_finite("equity")])


def prices_of(frame: pl.DataFrame) -> pl.DataFrame:
    """Prices as low and high, from columns low and high or from one named price. Raises: FrameInvalid."""
    if "price" in frame.columns and "low" not in frame.columns:
        frame = frame.with_columns(low=pl.col("price"), high=pl.col("price"))
    return _proved(_columns(frame, "prices", PRICES), "prices", [_finite("low"), _finite("high")])


def number(value: float | None) -> float | None:
    """A number for people and JSON: None for what is none, or not finite."""
    return float(value) if value is not None and np.isfinite(value) else None


def floats(column: pl.Series) -> Floats:
    """A column as numbers, NaN where it has none."""
    return column.cast(pl.Float64).to_numpy().astype(np.float64, copy=False)


def _columns(frame: pl.DataFrame, name: str, schema: Schema) -> pl.DataFrame:
    missing = [column for column in NEEDED[name] if column not in frame.columns]
    if missing:
        raise FrameInvalid(
            f"{name} has no column {', '.join(missing)}, only {', '.join(frame.columns) or 'none'}: "
            f"a frame of {name} has {', '.join(NEEDED[name])}"
        )
    casts = [
        (pl.col(column) if column in frame.columns else pl.lit(None)).cast(kind).alias(column)
        for column, kind in schema.items()
    ]
    try:
        taken = frame.select(casts) if frame.height else pl.DataFrame(schema=dict(schema))
    except pl.exceptions.PolarsError as error:
        kinds = {column: str(kind) for column, kind in schema.items()}
        raise FrameInvalid(f"{name} has a column of another type: {error}; its types are {kinds}") from error
    return taken.fill_nan(None)


def _finite(column: str) -> Rule:
    return column, ~pl.col(column).is_finite().fill_null(value=False), "a finite number"


_SIDES: Final[tuple[Rule, ...]] = (
    ("side", ~pl.col("side").is_in(["buy", "sell"]).fill_null(value=False), "buy or sell"),
    ("instrument", pl.col("instrument").is_null(), "a name"),
)


def _proved(frame: pl.DataFrame, name: str, rules: Sequence[Rule]) -> pl.DataFrame:
    """The frame, with times that do not fall and no row against a rule: one look at all of them."""
    times = frame.columns[0]
    every = [(times, pl.col(times).is_null(), "a time"), *rules]
    looks = [wrong.any().alias(f"{place}") for place, (_, wrong, _) in enumerate(every)]
    broken = frame.select(*looks, sorted=(pl.col(times).diff() < 0).any()).row(0) if frame.height else ()
    for found, (column, wrong, allowed) in zip(broken, every, strict=False):
        if found:
            row = int(frame.select(wrong.arg_true()).to_series()[0])
            raise FrameInvalid(
                f"{name}, row {row}: {column} is {frame[column][row]!r}, but must be {allowed}: mend the row"
            )
    if broken and broken[-1]:
        row = int(np.argmax(np.diff(frame[times].to_numpy()) < 0)) + 1
        raise FrameInvalid(
            f"{name}, row {row}: {times} {frame[times][row]} is before the row above it: sort by {times}"
        )
    return frame
