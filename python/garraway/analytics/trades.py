"""Round trips: what was opened is matched with what closed it. Touches nothing.

Three ways, each per instrument:

    fifo     the lots opened first are closed first; a row for each pair of an entry and an exit
    average  a closing fill closes the average of all open lots; a row for each closing fill
    flat     from no position to no position again; a row for each such time, once it is over

Values and fees are shared by lots, the last share is what is left, so that nothing is lost by the matching: gross of
all rows and what `open_lots` says make up all that the fills say. A turn closes what is open and opens the rest.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from math import nan
from typing import Any, Final, Literal, NamedTuple, get_args

import numpy as np
import polars as pl

from garraway.analytics.errors import OptionInvalid
from garraway.analytics.frames import Floats, Longs, equity_of, fills_of, floats, prices_of

Method = Literal["fifo", "average", "flat"]
METHODS: Final = get_args(Method)

TRADES: Final[dict[str, type[pl.DataType]]] = {
    "instrument": pl.String,
    "side": pl.String,
    "quantity": pl.Int64,
    "opened_ns": pl.Int64,
    "closed_ns": pl.Int64,
    "entry": pl.Float64,
    "exit": pl.Float64,
    "value": pl.Float64,
    "gross": pl.Float64,
    "fees": pl.Float64,
    "pnl": pl.Float64,
    "return": pl.Float64,
    "holding_ns": pl.Int64,
    "entry_order": pl.UInt64,
    "exit_order": pl.UInt64,
    "tag": pl.String,
}
OPEN: Final[dict[str, type[pl.DataType]]] = {
    name: TRADES[name] for name in ("instrument", "side", "quantity", "opened_ns", "entry", "value", "fees")
}


def trades(fills: pl.DataFrame, method: Method = "fifo") -> pl.DataFrame:
    """The round trips that are closed, in the order of their ends.

    Args:
        fills: the contract's frame.
        method: fifo, average or flat.
    Returns: a frame: instrument, side (long or short), quantity (lots), opened_ns, closed_ns, entry and exit (mean
        prices), value (what the entry was worth), gross (value given less value taken), fees (of entry and exit), pnl
        (gross less fees), return (pnl / value), holding_ns, entry_order, exit_order, tag (of the entry). Lots that
        were there before the first fill (its `position` tells) have no entry: null, and no P&L.
    Raises: FrameInvalid, OptionInvalid.
    """
    return _named(_episodes(_matched(fills, method)[0]) if method == "flat" else _matched(fills, method)[0])


def open_lots(fills: pl.DataFrame, method: Method = "fifo") -> pl.DataFrame:
    """What the fills have left open: instrument, side, quantity, opened_ns, entry, value and fees of the entry.

    Raises: FrameInvalid, OptionInvalid.
    """
    return pl.DataFrame(_matched(fills, method)[1], schema=OPEN, orient="row").fill_nan(None)


def with_excursions(
    trades: pl.DataFrame, *, prices: pl.DataFrame | None = None, equity: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The trades with `mae` and `mfe`: the worst and the best they stood at, in money, at most 0 and at least 0.

    With prices (at_ns, instrument, and price or low and high): the worst and best price after the entry up to and with
    the exit, entry and exit included, against the entry, without fees. Else with equity: how far the account's
    equity went from its last sample before the entry, for trades beside which no other was open; null for others.
    Source: J. Sweeney, "Maximum Adverse Excursion" (1997).

    Raises: FrameInvalid.
    """
    if prices is not None:
        worst, best = _excursions_of_prices(trades, prices_of(prices))
    elif equity is not None:
        worst, best = _excursions_of_equity(trades, equity_of(equity))
    else:
        worst = best = np.full(trades.height, nan)
    found = (pl.Series("mae", np.minimum(worst, 0.0)), pl.Series("mfe", np.maximum(best, 0.0)))
    return trades.with_columns(found).with_columns(pl.col("mae", "mfe").fill_nan(None))


@dataclass(slots=True)
class _Lot:
    """Open lots, with what is left of their value and fees."""

    opened_ns: int | None
    quantity: int
    value: float
    fees: float
    order: int | None
    tag: str | None
    notional: float
    """Price times quantity."""

    def closed(self, quantity: int) -> "_Lot":
        """Takes so many lots out, with their share."""
        whole, share = quantity == self.quantity, quantity / self.quantity
        part = _Lot(
            self.opened_ns,
            quantity,
            self.value if whole else self.value * share,
            self.fees if whole else self.fees * share,
            self.order,
            self.tag,
            self.notional if whole else self.notional * share,
        )
        self.quantity -= quantity
        self.value -= part.value
        self.fees -= part.fees
        self.notional -= part.notional
        return part

    def joined(self, other: "_Lot") -> None:
        """Takes other lots in."""
        self.quantity += other.quantity
        self.value += other.value
        self.fees += other.fees
        self.notional += other.notional


class _Pair(NamedTuple):
    """A row of trades before it has names, and the number of its time away from flat."""

    instrument: str
    long: bool
    entry: _Lot
    exit: _Lot
    episode: int
    ends: bool


class _Matcher:
    """The open lots of one instrument: all on one side."""

    def __init__(self, instrument: str, *, merges: bool, before: int) -> None:
        self.instrument = instrument
        self.merges = merges
        self.long = before > 0
        self.lots: deque[_Lot] = deque()
        self.episode = 0
        if before:
            self.lots.append(_Lot(None, abs(before), nan, 0.0, None, None, nan))

    def take(self, *, buys: bool, fill: _Lot) -> Iterator[_Pair]:
        """What the fill closes; the rest of it is open afterwards."""
        while fill.quantity and self.lots and self.long != buys:
            lot = self.lots[0]
            quantity = min(fill.quantity, lot.quantity)
            entry = lot.closed(quantity)
            if not lot.quantity:
                self.lots.popleft()
            yield _Pair(self.instrument, self.long, entry, fill.closed(quantity), self.episode, not self.lots)
            self.episode += not self.lots
        if fill.quantity:
            self.long = buys
            if self.merges and self.lots:
                self.lots[0].joined(fill)
            else:
                self.lots.append(fill)


def _matched(frame: pl.DataFrame, method: Method) -> tuple[list[_Pair], list[tuple[Any, ...]]]:
    if method not in METHODS:
        raise OptionInvalid(f"method {method!r} is none of {', '.join(METHODS)}: take one of them")
    fills = fills_of(frame)
    matchers: dict[str, _Matcher] = {}
    pairs: list[_Pair] = []
    names = ("at_ns", "instrument", "side", "price", "quantity", "value", "fee", "order", "position", "tag")
    for at_ns, instrument, side, price, quantity, value, fee, order, position, tag in fills.select(names).iter_rows():
        buys = side == "buy"
        if instrument not in matchers:
            before = 0 if position is None else position - (quantity if buys else -quantity)
            matchers[instrument] = _Matcher(instrument, merges=method != "fifo", before=before)
        fill = _Lot(at_ns, quantity, value, fee, order, tag, price * quantity)
        pairs.extend(matchers[instrument].take(buys=buys, fill=fill))
    left = [
        (
            name,
            "long" if one.long else "short",
            lot.quantity,
            lot.opened_ns,
            lot.notional / lot.quantity,
            lot.value,
            lot.fees,
        )
        for name, one in sorted(matchers.items())
        for lot in one.lots
    ]
    return pairs, left


def _episodes(pairs: list[_Pair]) -> list[_Pair]:
    """Pairs of one time away from flat, as one; those that have not ended are left out."""
    open_now: dict[str, list[_Pair]] = {}
    ended: list[_Pair] = []
    for pair in pairs:
        parts = open_now.setdefault(pair.instrument, [])
        parts.append(pair)
        if pair.ends:
            first, last = parts[0], parts[-1]
            for part in parts[1:]:
                first.entry.joined(part.entry)
                first.exit.joined(part.exit)
            first.exit.opened_ns, first.exit.order = last.exit.opened_ns, last.exit.order
            ended.append(first)
            parts.clear()
    return ended


def _named(pairs: list[_Pair]) -> pl.DataFrame:
    rows = [
        (
            pair.instrument,
            "long" if pair.long else "short",
            pair.entry.quantity,
            pair.entry.opened_ns,
            pair.exit.opened_ns,
            pair.entry.notional / pair.entry.quantity,
            pair.exit.notional / pair.exit.quantity,
            pair.entry.value,
            (pair.exit.value - pair.entry.value) * (1 if pair.long else -1),
            pair.entry.fees + pair.exit.fees,
            pair.entry.order,
            pair.exit.order,
            pair.entry.tag,
        )
        for pair in pairs
    ]
    derived = {"pnl", "return", "holding_ns"}
    frame = pl.DataFrame(rows, schema={k: v for k, v in TRADES.items() if k not in derived}, orient="row")
    return (
        frame.with_columns(
            pnl=pl.col("gross") - pl.col("fees"),
            holding_ns=pl.col("closed_ns") - pl.col("opened_ns"),
        )
        .with_columns(pl.when(pl.col("value") > 0).then(pl.col("pnl") / pl.col("value")).alias("return"))
        .fill_nan(None)
        .select(list(TRADES))
    )


def _excursions_of_prices(trades: pl.DataFrame, prices: pl.DataFrame) -> tuple[Floats, Floats]:
    worst, best = np.full(trades.height, nan), np.full(trades.height, nan)
    instruments = trades["instrument"].to_numpy()
    for name in trades["instrument"].unique():
        rows = np.flatnonzero((instruments == name) & trades["opened_ns"].is_not_null().to_numpy())
        seen, own = prices.filter(pl.col("instrument") == name), trades[rows]
        if not seen.height or not len(rows):
            continue
        first, last = _between(seen["at_ns"].to_numpy(), own)
        entry, exit_ = floats(own["entry"]), floats(own["exit"])
        low = np.fmin(np.fmin(entry, exit_), _reduced(np.minimum, floats(seen["low"]), first, last))
        high = np.fmax(np.fmax(entry, exit_), _reduced(np.maximum, floats(seen["high"]), first, last))
        long = (own["side"] == "long").to_numpy()
        unit = floats(own["value"]) / entry
        worst[rows] = np.where(long, low - entry, entry - high) * unit
        best[rows] = np.where(long, high - entry, entry - low) * unit
    return worst, best


def _excursions_of_equity(trades: pl.DataFrame, equity: pl.DataFrame) -> tuple[Floats, Floats]:
    worst, best = np.full(trades.height, nan), np.full(trades.height, nan)
    known = np.flatnonzero(trades["opened_ns"].is_not_null().to_numpy())
    if not len(known) or not equity.height:
        return worst, best
    order = known[np.argsort(trades["opened_ns"].to_numpy()[known], kind="stable")]
    own = trades[order]
    opened, closed = own["opened_ns"].to_numpy().astype(np.int64), own["closed_ns"].to_numpy()
    before = np.concatenate([[np.iinfo(np.int64).min], np.maximum.accumulate(closed)[:-1]])
    after = np.concatenate([opened[1:], [np.iinfo(np.int64).max]])
    alone = (before <= opened) & (closed <= after)
    worth = floats(equity["equity"])
    first, last = _between(equity["at_ns"].to_numpy(), own)
    base = worth[np.maximum(first - 1, 0)]
    low = _reduced(np.minimum, worth, first, last) - base
    high = _reduced(np.maximum, worth, first, last) - base
    rows = order[alone]
    worst[rows], best[rows] = low[alone], high[alone]
    return worst, best


def _between(at_ns: Longs, trades: pl.DataFrame) -> tuple[Longs, Longs]:
    """The rows after the opening up to and with the closing: from, to (behind the last)."""
    return (
        np.searchsorted(at_ns, trades["opened_ns"].to_numpy(), side="right"),
        np.searchsorted(at_ns, trades["closed_ns"].to_numpy(), side="right"),
    )


def _reduced(of: np.ufunc, values: Floats, first: Longs, last: Longs) -> Floats:
    """The least or most of values[first:last], NaN where that is empty."""
    edges = np.stack([first, last], axis=1).ravel()
    padded = np.append(values, nan)
    found = np.asarray(of.reduceat(padded, edges)[::2], np.float64)
    return np.where(last > first, found, nan)
