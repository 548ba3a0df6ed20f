"""The page: what ran under which assumptions, then numbers, charts and tables. Touches the file that it writes.

The same run makes the same bytes: no clock is asked. A policy in its head forbids every script and every request, so
that even a text that were not escaped could do nothing.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from garraway.analytics.drawdowns import drawdowns
from garraway.analytics.errors import PageUnwritable
from garraway.analytics.execution import costs
from garraway.analytics.frames import DAY_NS, Run, equity_of, fills_of, floats, prices_of
from garraway.analytics.outcomes import outcomes_by
from garraway.analytics.returns import PERIODS, Period, daily, monthly, returns
from garraway.analytics.sheet import charts, tables
from garraway.analytics.sheet.markup import Markup, joined, tag
from garraway.analytics.sheet.meanings import MEANINGS
from garraway.analytics.sheet.style import style
from garraway.analytics.sheet.wording import count, moment
from garraway.analytics.summary import MOST_DRAWN, Summary, plain, summarise
from garraway.analytics.trades import Method, trades, with_excursions

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
ENOUGH: Final = 30
"""Periods of one length from which on ratios are taken of them; else of the next shorter one."""
INSTRUMENTS_SHOWN: Final = 4
MATCHED: Final = {"fifo": "first in, first out", "average": "at average cost", "flat": "from flat to flat"}
SAID_ELSEWHERE: Final = frozenset({"strategy", "parameters", "assumptions", "source", "hash"})


def report(run: Run, path: str | Path, **options: Any) -> Path:  # noqa: ANN401 - those of `page`
    """Writes the tear sheet of a run as one HTML file; see `page` for the options.

    Raises: FrameInvalid, OptionInvalid, PageUnwritable: the file cannot be written.
    """
    target, text = Path(path), page(run, **options)
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PageUnwritable(f"{target}: {error.strerror}; give a file in a folder that may be written") from error
    return target


def page(
    run: Run,
    *,
    prices: pl.DataFrame | None = None,
    method: Method = "fifo",
    period: Period | None = None,
    trials: int = 1,
    trial_deviation: float | None = None,
    seed: int = 0,
    more: Markup | None = None,
) -> str:
    """The tear sheet as HTML.

    Args:
        run: whatever has the frames fills, orders and equity, and a header.
        prices: at_ns, instrument, and price or low and high: for the price charts, excursions and arrival slippage;
            without it `run.prices`, where there is one.
        method: how fills become trades: fifo, average or flat.
        period: of returns; without it days, or where there are fewer than 30 hours, or else minutes.
        trials: of how many runs this one is the best.
        trial_deviation: of their Sharpe ratios of one period.
        seed: of the drawn histories.
        more: a section of its own before the tables (a sweep's).
    Raises: FrameInvalid, OptionInvalid.
    """
    if prices is None:
        prices = getattr(run, "prices", None)
    seen = None if prices is None else prices_of(prices)
    taken = period or fitting(run.equity)
    found = summarise(
        run, method=method, period=taken, trials=trials, trial_deviation=trial_deviation, prices=seen, seed=seed
    )
    closed = with_excursions(trades(run.fills, method), prices=seen, equity=run.equity)
    body = joined(
        _head(run, found),
        tables.key_numbers(found),
        _assumptions(run.header, method),
        *_equity(run.equity),
        more or Markup(""),
        _trades(run.fills, closed, seen, found),
        _tables(run, found, closed),
        _details(run.header),
        tag("footer", "Made by Garraway from the frames of the run alone; the same run makes the same page."),
    )
    return document(_title(run.header), body)


def fitting(equity: pl.DataFrame) -> Period:
    """Days where there are thirty, else hours, else minutes; days again where nothing has thirty."""
    at_ns = equity_of(equity)["at_ns"]
    enough: tuple[Period, ...] = ("day", "hour", "minute")
    return next((one for one in enough if (at_ns // PERIODS[one]).n_unique() >= ENOUGH), "day")


def section(title: str, *children: str | None, note: str | None = None) -> Markup:
    """A part of the page with its title; nothing where it has no content."""
    kept = [one for one in children if one]
    said = [tag("p", note, class_="note")] if note else []
    return tag("section", tag("h2", title), *kept, *said) if kept else Markup("")


def _head(run: Run, found: Summary) -> Markup:
    samples = run.equity
    when = "no samples"
    if samples.height:
        first, last = int(samples["at_ns"][0]), int(samples["at_ns"][-1])
        cut = 16 if last - first < 5 * DAY_NS else 10
        when = f"{moment(first)[:cut]} to {moment(last)[:cut]} UTC"
    names = run.fills["instrument"].unique().sort().to_list()
    left_out = len(names) - INSTRUMENTS_SHOWN
    traded = ", ".join(names[:INSTRUMENTS_SHOWN]) + (f" and {left_out} more" if left_out > 0 else "")
    parts = (when, traded or "nothing traded", f"{count(found.execution.fills)} fills")
    parameters = _mapping(run.header.get("parameters"))
    chosen = ", ".join(f"{name} = {value}" for name, value in parameters.items())
    return tag(
        "header",
        tag("p", str(run.header.get("kind", "Backtest")), class_="kind"),
        tag("h1", _title(run.header)),
        tag("p", chosen, class_="when") if chosen else Markup(""),
        tag("p", " \u00b7 ".join(parts), class_="when"),
        tag("p", "run ", tag("code", str(run.header.get("hash", "without a hash"))), class_="when"),
    )


def _assumptions(header: Mapping[str, Any], method: str) -> Markup:
    said = _mapping(header.get("assumptions"))
    lists = {name: value for name, value in said.items() if _is_rows(value)}
    rows = [(_named(name), _said(value)) for name, value in said.items() if name not in lists]
    rows.append(("Trades", MATCHED[method]))
    listed = [tables.listed(value, _said) for value in lists.values()]
    return section("Assumptions", tables.facts(rows), *listed)


def _equity(equity: pl.DataFrame) -> list[Markup]:
    samples = equity_of(equity)
    if samples.height < 2:
        return [section("Equity", tag("p", "Fewer than two samples: nothing to draw.", class_="note"))]
    days, months = daily(equity), monthly(equity)
    long_enough = days.height >= ENOUGH
    return [
        section("Equity", charts.equity_chart(samples)),
        section("Drawdown", charts.drawdown_chart(samples)),
        section("Returns of months, %", tables.months_table(months) if months.height > 1 else None),
        tag(
            "div",
            section("Returns of days", charts.calendar(days) if long_enough else None),
            section("P&L of days", charts.days_chart(days)),
            class_="pair",
        ),
        section("Rolling Sharpe ratio", charts.rolling_chart(returns(equity, "day"), days)),
    ]


def _trades(fills: pl.DataFrame, closed: pl.DataFrame, prices: pl.DataFrame | None, found: Summary) -> Markup:
    done = fills_of(fills)
    if not done.height:
        return section("Trades", tag("p", "Nothing was traded.", class_="note"))
    names = done["instrument"].value_counts().sort(["count", "instrument"], descending=[True, False])["instrument"]
    pictures = [charts.price_chart(done, closed, prices, name) for name in names[:INSTRUMENTS_SHOWN]]
    left_out = len(names) - len(pictures)
    note = f"{left_out} more instruments are not drawn: those with the most fills are." if left_out > 0 else None
    pnl = floats(closed["pnl"].drop_nulls())
    results = Markup("")
    if len(pnl) > 1:
        runs = max(min(1000, MOST_DRAWN // len(pnl)), 1)
        results = tag(
            "div",
            section("Results of trades", charts.distribution_chart(pnl)),
            section("What chance could have made of them", charts.fan_chart(pnl, runs=runs, seed=found.chance.seed)),
            class_="pair",
        )
    return joined(section("Trades on the price", *pictures, note=note), results)


def _tables(run: Run, found: Summary, closed: pl.DataFrame) -> Markup:
    fallen, spent = drawdowns(run.equity), costs(run.fills)
    return joined(
        tag(
            "div",
            section("Performance", tables.performance_table(found)),
            section("Risk", tables.risk_table(found)),
            section("Trades", tables.trades_table(found)),
            section("Execution", tables.execution_table(found)),
            class_="pair",
        ),
        section("Deepest drawdowns", tables.drawdowns_table(fallen) if fallen.height else None),
        section("Instruments", tables.instruments_table(outcomes_by(closed)) if closed.height else None),
        section("Costs", tables.costs_table(spent) if spent.height else None),
        section("Best and worst trades", tables.ends_table(closed) if closed.height else None),
    )


def _details(header: Mapping[str, Any]) -> Markup:
    source = header.get("source")
    files = source if isinstance(source, list) else [source] if source else []
    listed = [tag("p", tag("code", _said(one))) for one in files]
    rest = {name: value for name, value in header.items() if name not in SAID_ELSEWHERE}
    meanings = [joined(tag("dt", name), tag("dd", said)) for name, said in MEANINGS]
    return tag(
        "section",
        tag("h2", "How it was made"),
        tag("details", tag("summary", "What it ran on"), *listed) if listed else Markup(""),
        tag("details", tag("summary", "Header of the run"), tag("pre", _json(rest))) if rest else Markup(""),
        tag("details", tag("summary", "What the numbers mean"), tag("dl", *meanings)),
    )


def document(title: str, body: Markup) -> str:
    """A whole page, with our style and a policy that forbids scripts and requests."""
    head = joined(
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width,initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Markup(style())),
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def _title(header: Mapping[str, Any]) -> str:
    return str(header.get("strategy") or "Run without a name")


def _named(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _said(value: Any) -> str:  # noqa: ANN401 - whatever a header has
    if isinstance(value, Mapping):
        return ", ".join(f"{str(key).replace('_', ' ')} {_said(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_said(one) for one in value)
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    return str(value)


def _is_rows(value: Any) -> bool:  # noqa: ANN401 - whatever a header has
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _mapping(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - whatever a header has
    return value if isinstance(value, Mapping) else {} if value is None else {"": value}


def _json(value: Any) -> str:  # noqa: ANN401 - whatever a header has
    return json.dumps(plain(value), indent=2, sort_keys=True, ensure_ascii=False, default=str)
