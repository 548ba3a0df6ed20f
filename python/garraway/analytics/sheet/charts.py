"""The charts of the page, each of one frame. Touches nothing."""

from math import sqrt
from typing import Final

import numpy as np
import polars as pl

from garraway.analytics.chance import fan
from garraway.analytics.drawdowns import underwater
from garraway.analytics.frames import Floats, Longs, floats
from garraway.analytics.returns import Returns
from garraway.analytics.sheet.drawing import (
    Tick,
    area,
    bars,
    chart,
    dots,
    legend,
    level,
    line,
    upright,
)
from garraway.analytics.sheet.markup import Markup, joined, tag
from garraway.analytics.sheet.scales import SIZE, Scale, thinned, time_ticks
from garraway.analytics.sheet.wording import Worded, count, money, percent, price

MOST_DOTS: Final = 1200
FEW_DOTS: Final = 120
ASIDE: Final = 22
"""How far below the price a purchase is drawn, and above it a sale, so that both are seen."""
MOST_BINS: Final = 48
YEARS_SHOWN: Final = 6
CELL: Final = 11
QUARTER, MONTH = 63, 21


def equity_chart(equity: pl.DataFrame) -> Markup:
    """Equity over time."""
    at, worth = equity["at_ns"].to_numpy(), floats(equity["equity"])
    kept = thinned(at, worth)
    at, worth = at[kept], worth[kept]
    across, up = _over(at), Scale.of(worth)
    x, y = across.along(at), up.up(worth)
    marks = [
        area(x, np.full(len(x), float(SIZE)), y, "wash"),
        level(float(up.up(float(worth[0]))), "mark"),
        line(x, y, ""),
    ]
    label = f"Equity from {money(worth[0])} to {money(worth[-1])}"
    return chart(marks, x=_times(at, across), y=_values(up, _short), label=label)


def drawdown_chart(equity: pl.DataFrame) -> Markup:
    """How far below its peak equity stood, as a share."""
    found = underwater(equity)
    at, below = found["at_ns"].to_numpy(), floats(found["fraction"].fill_null(0.0))
    kept = thinned(at, below)
    at, below = at[kept], -below[kept]
    across = _over(at)
    up = Scale.of(below, np.zeros(1), zero=True, room=0.08)
    x, y = across.along(at), up.up(below)
    zero = np.full(len(x), float(up.up(0.0)))
    marks = [area(x, y, zero, "under"), line(x, y, "under")]
    label = f"Drawdown, at most {percent(-float(below.min()))}"
    return chart(marks, x=_times(at, across), y=_values(up, _share, 3), label=label, height="low")


def price_chart(fills: pl.DataFrame, trades: pl.DataFrame, prices: pl.DataFrame | None, name: str) -> Markup:
    """Prices of one instrument and where it was bought and sold."""
    own = fills.filter(pl.col("instrument") == name)
    at, paid = own["at_ns"].to_numpy(), floats(own["price"])
    line_at, line_price = _price_line(own, prices, name)
    kept = thinned(line_at, line_price)
    line_at, line_price = line_at[kept], line_price[kept]
    across, up = _over(np.concatenate([line_at, at])), Scale.of(line_price, paid)
    buys = (own["side"] == "buy").to_numpy()
    shown = _some(len(own), MOST_DOTS)
    bought, sold = shown[buys[shown]], shown[~buys[shown]]
    marks = [line(across.along(line_at), up.up(line_price), "quiet")]
    size = " many" if len(shown) > FEW_DOTS else ""
    for rows, class_, away in ((bought, "gain", ASIDE), (sold, "loss", -ASIDE)):
        marks.append(dots(across.along(at[rows]), up.up(paid[rows]) + away, class_ + size))
    closed = trades.filter(pl.col("instrument") == name).height
    told = f"{count(own.height)} fills, {count(closed)} trades"
    if len(shown) < own.height:
        told += f"; {count(len(shown))} fills shown, evenly over all"
    return joined(
        tag("h3", name),
        legend(
            ("gain", "bought, below the price"),
            ("loss", "sold, above it"),
            ("quiet", "price" if prices is not None else "mid or fill price"),
        ),
        chart(marks, x=_times(line_at, across), y=_values(up, price), label=f"Price and fills of {name}: {told}"),
        tag("p", told, class_="note"),
    )


def rolling_chart(found: Returns, days: pl.DataFrame) -> Markup | None:
    """Sharpe ratio of the quarter, or month, up to each day; None where the run is too short for one."""
    window = QUARTER if len(found.values) >= 2 * QUARTER else MONTH
    if found.period != "day" or len(found.values) < 2 * MONTH or len(found.values) != days.height:
        return None
    ratios = rolling_sharpe(found.values, window, found.per_year)
    at = days["day"].cast(pl.Datetime("ns")).cast(pl.Int64).to_numpy()[window - 1 :]
    if not np.isfinite(ratios).any():
        return None
    across, up = _over(at), Scale.of(ratios, zero=True)
    marks = [level(float(up.up(0.0)), "zero"), line(across.along(at), up.up(ratios), "")]
    label = f"Sharpe ratio of {window} days up to each day"
    return joined(
        chart(marks, x=_times(at, across), y=_values(up, _plain), label=label, height="mid"),
        tag("p", f"Of {window} days up to each day, annualised", class_="note"),
    )


def rolling_sharpe(values: Floats, window: int, per_year: float) -> Floats:
    """The ratio of each `window` returns: shape (n - window + 1,), NaN where they do not vary."""
    parts = np.lib.stride_tricks.sliding_window_view(values, window)
    deviation = parts.std(axis=1, ddof=1)
    varied = np.ptp(parts, axis=1) > 0
    ratios = np.full(len(parts), np.nan)
    np.divide(parts.mean(axis=1) * sqrt(per_year), deviation, out=ratios, where=varied)
    return ratios


def days_chart(days: pl.DataFrame) -> Markup | None:
    """P&L of each day; None where there are fewer than two."""
    if days.height < 2:
        return None
    shown = days.tail(250)
    pnl = floats(shown["pnl"])
    up = Scale.of(pnl, zero=True)
    x, width = (np.arange(len(pnl)) + 0.5) / len(pnl) * SIZE, SIZE / len(pnl) * 0.8
    base, y = float(up.up(0.0)), up.up(pnl)
    marks = [
        bars(x[pnl > 0], width, y[pnl > 0], base, "gain"),
        bars(x[pnl < 0], width, y[pnl < 0], base, "loss"),
        level(base, "zero"),
    ]
    named = _some(len(pnl), 6)
    ticks = [Tick(float(x[row]), shown["day"][int(row)].strftime("%d %b")) for row in named]
    return joined(
        chart(marks, x=ticks, y=_values(up, _short), label="P&L of each day", height="mid"),
        tag("p", f"{count(len(pnl))} of {count(days.height)} days", class_="note"),
    )


def calendar(days: pl.DataFrame) -> Markup:
    """Returns of days as squares: a column a week, a row a weekday; the latest years."""
    gains = floats(days["return"].drop_nulls())
    strong = float(np.quantile(np.abs(gains), 0.95)) if len(gains) else 0.0
    strong = strong or 1.0
    years = days["day"].dt.year().unique().sort().to_list()[-YEARS_SHOWN:]
    rows = 7 if (days["day"].dt.weekday() > 5).any() else 5
    pictures = []
    for year in reversed(years):
        own = days.filter(pl.col("day").dt.year() == year)
        offset = pl.date(year, 1, 1).dt.weekday() - 1
        placed = own.with_columns(
            week=(pl.col("day").dt.ordinal_day() - 1 + offset) // 7, row=pl.col("day").dt.weekday() - 1
        )
        cells = [
            _cell(week, row, of, gain, strong)
            for of, gain, week, row in placed.select("day", "return", "week", "row").iter_rows()
            if row < rows
        ]
        label = f"Returns of the days of {year}"
        box = f"0 0 {54 * CELL} {rows * CELL}"
        picture = tag("svg", *cells, viewBox=box, role="img", aria_label=label)
        pictures.append(tag("figure", tag("figcaption", str(year)), picture))
    return tag("div", *pictures, class_="days")


def distribution_chart(pnl: Floats) -> Markup:
    """How many trades came to how much."""
    low, high = np.quantile(pnl, (0.005, 0.995)) if len(pnl) > 200 else (pnl.min(), pnl.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    bins = int(min(MOST_BINS, max(8, 3 * round(len(pnl) ** (1 / 3)))))
    width = (high - low) / bins
    first = np.floor(low / width) * width
    edges = first + width * np.arange(bins + 2)
    tall, _ = np.histogram(np.clip(pnl, edges[0], edges[-1]), edges)
    across, up = Scale(float(edges[0]), float(edges[-1])), Scale.of(tall.astype(np.float64), zero=True)
    middle, wide = (edges[:-1] + edges[1:]) / 2, SIZE / len(tall) * 0.92
    x, y, base = across.along(middle), up.up(tall.astype(np.float64)), float(up.up(0.0))
    marks = [
        bars(x[middle > 0], wide, y[middle > 0], base, "gain"),
        bars(x[middle <= 0], wide, y[middle <= 0], base, "loss"),
        upright(float(across.along(float(pnl.mean()))), "mark"),
        level(base, "zero"),
    ]
    ticks = [Tick(float(across.along(one)), _short(one)) for one in across.ticks(6)]
    told = f"{count(len(pnl))} trades; dashed: the mean, {money(float(pnl.mean()))}"
    if len(pnl) > 200:
        told += "; what lies beyond 0.5 % at either end stands in the outer bars"
    return joined(
        chart(marks, x=ticks, y=_values(up, count, 4), label="Distribution of trade results", height="mid"),
        tag("p", told, class_="note"),
    )


def fan_chart(pnl: Floats, *, runs: int, seed: int) -> Markup:
    """Where drawn histories of the same trades stand, and where this one went."""
    found = fan(pnl, runs=runs, seed=seed)
    across = Scale(0.0, float(len(pnl)))
    x = across.along(floats(found["trade"]))
    quantiles = {name: floats(found[name]) for name in ("q05", "q25", "q50", "q75", "q95", "actual")}
    up = Scale.of(*quantiles.values(), zero=True)
    y = {name: up.up(values) for name, values in quantiles.items()}
    marks = [
        area(x, y["q05"], y["q95"], "wide"),
        area(x, y["q25"], y["q75"], "core"),
        level(float(up.up(0.0)), "zero"),
        line(x, y["q50"], "mark"),
        line(x, y["actual"], ""),
    ]
    ticks = [Tick(float(across.along(one)), count(one)) for one in across.ticks(6)]
    return joined(
        legend(("", "this run"), ("core", "half of all"), ("wide", "nine of ten")),
        chart(marks, x=ticks, y=_values(up, _short), label="Summed P&L of drawn histories", height="mid"),
        tag("p", f"After so many trades; {count(runs)} histories drawn with putting back, seed {seed}", class_="note"),
    )


def _cell(week: int, row: int, of: object, gain: float | None, strong: float) -> Markup:
    shown = tag("title", f"{of}  {percent(gain)}")
    side = CELL - 1.5
    strength = None if not gain else f"{0.15 + 0.85 * min(abs(gain) / strong, 1.0):.2f}"
    class_ = None if not gain else "p" if gain > 0 else "n"
    place = {"x": week * CELL, "y": row * CELL, "width": side, "height": side, "rx": 1.5}
    return tag("rect", shown, **place, class_=class_, fill_opacity=strength)


def _price_line(own: pl.DataFrame, prices: pl.DataFrame | None, name: str) -> tuple[Longs, Floats]:
    if prices is not None:
        seen = prices.filter(pl.col("instrument") == name)
        if seen.height:
            return seen["at_ns"].to_numpy(), (floats(seen["low"]) + floats(seen["high"])) / 2
    return own["at_ns"].to_numpy(), floats(own.select(pl.coalesce("mid", "price")).to_series())


def _some(count_: int, most: int) -> Longs:
    """Row numbers, at most so many, evenly over all."""
    if count_ <= most:
        return np.arange(count_)
    return np.unique(np.linspace(0, count_ - 1, most).round().astype(np.int64))


def _over(at_ns: Longs) -> Scale:
    return Scale(float(at_ns.min()), float(at_ns.max()))


def _times(at_ns: Longs, across: Scale) -> list[Tick]:
    return [Tick(float(across.along(at)), text) for at, text in time_ticks(int(at_ns.min()), int(at_ns.max()))]


def _values(up: Scale, worded: Worded, ticks: int = 5) -> list[Tick]:
    return [Tick(float(up.up(one)), worded(one)) for one in up.ticks(ticks)]


def _short(value: float | None) -> str:
    """12.5k, 3M: short enough for the edge of a chart."""
    value = value or 0.0
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size * 10 or (abs(value) >= size > 1e3):
            short = f"{value / size:,.10g}{unit}".replace("-", "\u2212")
            return short if len(short) <= 7 else f"{value:,.10g}".replace("-", "\u2212")
    return f"{value:,.10g}".replace("-", "\u2212")


def _share(value: float | None) -> str:
    return _plain(round((value or 0.0) * 100, 10)) + "\u202f%"


def _plain(value: float | None) -> str:
    return f"{value or 0.0:.10g}".replace("-", "\u2212")
