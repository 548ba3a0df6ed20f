"""The tables of the page. Touches nothing."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from garraway.analytics.drawdowns import Drawdown
from garraway.analytics.frames import floats
from garraway.analytics.returns import yearly
from garraway.analytics.sheet.markup import Markup, tag
from garraway.analytics.sheet.wording import (
    NOTHING,
    bps,
    count,
    day,
    lasting,
    lasting_ns,
    moment,
    money,
    percent,
    price,
    ratio,
    times,
)
from garraway.analytics.summary import Summary

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
Rows = Sequence[tuple[str, str]]

_EACH: Final = {"day": "days", "hour": "hours", "minute": "minutes"}


def facts(rows: Rows) -> Markup:
    """Names and what they are, in as many columns as there is room for."""
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", said)) for name, said in rows), class_="facts")


def key_numbers(found: Summary) -> Markup:
    """The numbers that are looked at first."""
    performance, fallen, closed = found.performance, found.drawdown, found.trades
    each = _EACH[performance.period]
    cells = [
        ("P&L", money(performance.pnl), performance.pnl),
        ("Return", percent(performance.total_return), performance.total_return),
        ("A year", percent(performance.annual_return), performance.annual_return),
        ("Sharpe" if performance.period == "day" else f"Sharpe, {each}", ratio(performance.sharpe), performance.sharpe),
        ("Max drawdown", percent(None if fallen.fraction is None else -fallen.fraction), None),
        ("Trades", count(closed.trades), None),
        ("Win rate", percent(closed.win_rate), None),
        ("Profit factor", ratio(closed.profit_factor), None),
    ]
    return tag(
        "div",
        *(tag("div", tag("span", name), tag("b", text, class_=_tone(of))) for name, text, of in cells),
        class_="key",
    )


def performance_table(found: Summary) -> Markup:
    """Returns and ratios."""
    of = found.performance
    each = _EACH[of.period]
    rows = [
        ("Equity, first and last", f"{money(of.first)} \u2192 {money(of.last)}"),
        ("Growth a year, by the calendar", percent(of.cagr)),
        (f"Return a year, of {each}", percent(of.annual_return)),
        ("Volatility a year", percent(of.volatility)),
        ("Sharpe ratio", ratio(of.sharpe)),
        ("Sortino ratio", ratio(of.sortino)),
        ("Calmar ratio", ratio(of.calmar)),
        ("Skew, kurtosis", f"{ratio(of.skew)}, {ratio(of.kurtosis)}"),
        ("Sure that Sharpe > 0", percent(of.probabilistic_sharpe)),
    ]
    if of.trials > 1:
        rows.append((f"The same, best of {count(of.trials)} runs", percent(of.deflated_sharpe)))
    rows += [
        ("Returns there are, needed for 95\u202f%", f"{count(of.periods)}, {count(of.least_track_record)}"),
        ("Best and worst day", f"{money(of.best_day)}, {money(of.worst_day)}"),
        ("Winning days", percent(of.winning_days)),
    ]
    return facts(rows)


def risk_table(found: Summary) -> Markup:
    """Drawdowns, tails and what chance could have done."""
    of, fallen, drawn = found.performance, found.drawdown, found.chance
    each = of.period
    middle = None if drawn.drawdown is None else drawn.drawdown[2]
    bad = None if drawn.drawdown is None else drawn.drawdown[4]
    rows = [
        ("Greatest drawdown", f"{money(fallen.depth)}, {percent(fallen.fraction)}"),
        ("Recovered from it in", _recovered(fallen)),
        ("Longest drawdown", lasting(fallen.longest_s)),
        ("Time in drawdowns", percent(fallen.under_water)),
        ("Ulcer index", percent(fallen.ulcer)),
        (f"Value at risk, 95\u202f%, a {each}", percent(of.var_95)),
        (f"Value at risk, 99\u202f%, a {each}", percent(of.var_99)),
        (f"Expected shortfall, 95\u202f%, a {each}", percent(of.shortfall_95)),
        ("Drawn histories that end in a loss", percent(drawn.loss)),
        ("Drawn histories that lose all", percent(drawn.ruin)),
        ("Their drawdown, middle and 95\u202f%", f"{money(middle)}, {money(bad)}"),
    ]
    return facts(rows)


def trades_table(found: Summary) -> Markup:
    """What trades came to."""
    of = found.trades
    return facts(
        [
            ("Trades, wins, losses", f"{count(of.trades)}, {count(of.wins)}, {count(of.losses)}"),
            ("P&L of closed trades", money(of.pnl)),
            ("Mean of a trade", money(of.expectancy)),
            ("Mean win and loss", f"{money(of.average_win)}, {money(of.average_loss)}"),
            ("Win over loss", ratio(of.payoff)),
            ("Best and worst", f"{money(of.best)}, {money(of.worst)}"),
            ("Best and worst return", f"{percent(of.best_return)}, {percent(of.worst_return)}"),
            ("Most wins, losses in a row", f"{count(of.winning_run)}, {count(of.losing_run)}"),
            ("Held, mean and longest", f"{lasting(of.holding_s)}, {lasting(of.longest_s)}"),
        ]
    )


def execution_table(found: Summary) -> Markup:
    """What it took to trade."""
    of = found.execution
    return facts(
        [
            ("Orders, with fills", f"{count(of.orders)}, {count(of.filled)}"),
            ("Lots filled of lots ordered", percent(of.fill_rate)),
            ("Fills, value", f"{count(of.fills)}, {money(of.value)}"),
            ("Turnover a year", times(of.turnover)),
            ("Fees", f"{money(of.fees)}, {bps(of.fees_bps)}"),
            ("Slippage against the decision", f"{money(of.slippage)}, {bps(of.slippage_bps)}"),
            ("Slippage against the arrival", f"{money(of.arrival)}, {bps(of.arrival_bps)}"),
            ("Costs of P&L before them", percent(of.costs_of_gross)),
            ("Value filled as maker", percent(of.maker_share)),
            ("Time with a position", percent(of.exposure)),
            ("Positions over equity, mean", percent(of.gross_exposure)),
        ]
    )


def months_table(months: pl.DataFrame) -> Markup:
    """Returns of months, a row a year, coloured by their size."""
    gains = floats(months["return"].drop_nulls())
    strong = float(np.quantile(np.abs(gains), 0.9)) if len(gains) else 0.0
    years = {year: gain for year, _, gain in yearly(months).iter_rows()}
    of = {(year, month): gain for year, month, gain in months.select("year", "month", "return").iter_rows()}
    body = [
        tag(
            "tr",
            tag("th", str(year), scope="row"),
            *(_month(of.get((year, month)), strong) for month in range(1, 13)),
            tag("td", percent(gain), class_=_tone(gain)),
        )
        for year, gain in sorted(years.items(), reverse=True)
    ]
    head = tag("tr", *(tag("th", name, scope="col") for name in ("", *MONTHS, "Year")))
    return tag("div", tag("table", tag("thead", head), tag("tbody", *body), class_="heat"), class_="scroll")


def drawdowns_table(found: pl.DataFrame, most: int = 5) -> Markup:
    """The deepest ones."""
    deepest = found.sort("depth", descending=True, maintain_order=True).head(most)
    rows = [
        (
            day(row["peak_ns"]),
            day(row["trough_ns"]),
            "not yet" if row["recovered_ns"] is None else day(row["recovered_ns"]),
            money(row["depth"]),
            percent(row["fraction"]),
            lasting_ns(row["length_ns"]),
        )
        for row in deepest.iter_rows(named=True)
    ]
    return _table(("Peak", "Lowest", "Made up", "Depth", "Of peak", "Lasted"), rows)


def instruments_table(found: pl.DataFrame) -> Markup:
    """What trades came to, a row an instrument."""
    rows = [
        (
            row["instrument"],
            count(row["trades"]),
            percent(row["win_rate"]),
            money(row["pnl"]),
            ratio(row["profit_factor"]),
            money(row["expectancy"]),
            money(row["best"]),
            money(row["worst"]),
            lasting(row["holding_s"]),
        )
        for row in found.iter_rows(named=True)
    ]
    return _table(("Instrument", "Trades", "Win rate", "P&L", "Profit factor", "Mean", "Best", "Worst", "Held"), rows)


def costs_table(found: pl.DataFrame) -> Markup:
    """Fees and slippage, a row an instrument and liquidity."""
    rows = [
        (
            row["instrument"],
            row["liquidity"] or NOTHING,
            count(row["fills"]),
            count(row["lots"]),
            money(row["value"]),
            money(row["fees"]),
            bps(row["fees_bps"]),
            money(row["slippage"]),
            bps(row["slippage_bps"]),
        )
        for row in found.iter_rows(named=True)
    ]
    head = ("Instrument", "As", "Fills", "Lots", "Value", "Fees", "Fees", "Slippage", "Slippage")
    return _table(head, rows)


def ends_table(trades: pl.DataFrame, most: int = 5) -> Markup:
    """The best and the worst trades."""
    known = trades.filter(pl.col("pnl").is_not_null()).sort("pnl", descending=True, maintain_order=True)
    shown = known if known.height <= 2 * most else pl.concat([known.head(most), known.tail(most)])
    rows = [
        (
            moment(row["opened_ns"]),
            row["instrument"],
            row["side"],
            count(row["quantity"]),
            price(row["entry"]),
            price(row["exit"]),
            lasting_ns(row["holding_ns"]),
            money(row["mae"]),
            money(row["mfe"]),
            money(row["pnl"]),
            percent(row["return"]),
        )
        for row in shown.iter_rows(named=True)
    ]
    head = ("Opened, UTC", "Instrument", "Side", "Lots", "Entry", "Exit", "Held", "Worst", "Best", "P&L", "Return")
    return _table(head, rows)


def listed(rows: Sequence[Mapping[str, Any]], worded: Callable[[Any], str]) -> Markup:
    """Records as a table: a column for each of their names."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = [str(name).replace("_", " ") for name in names]
    return _table(head, [[worded(row.get(name)) for name in names] for row in rows])


def _recovered(fallen: Drawdown) -> str:
    return "not yet" if fallen.depth and fallen.recovery_s is None else lasting(fallen.recovery_s)


def _month(gain: float | None, strong: float) -> Markup:
    if gain is None:
        return tag("td", "")
    strength = 0.08 + 0.5 * min(abs(gain) / strong, 1.0) if strong else 0.0
    shown = percent(gain).removesuffix("\u202f%")
    return tag("td", shown, class_="p" if gain > 0 else "n" if gain < 0 else None, style=f"--a:{strength:.2f}")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
    top = tag("tr", *(tag("th", name, scope="col") for name in head))
    body = [tag("tr", *(tag("td", said) for said in row)) for row in rows]
    return tag("div", tag("table", tag("thead", top), tag("tbody", *body)), class_="scroll")


def _tone(value: Any) -> str | None:  # noqa: ANN401 - what a row of a frame has
    return None if not value else "gain-text" if value > 0 else "loss-text"
