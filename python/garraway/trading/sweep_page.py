"""The page of a sweep: its best runs, and a map of a measure over two parameters. Touches the file that it writes."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from garraway.analytics.errors import PageUnwritable
from garraway.analytics.frames import floats
from garraway.analytics.sheet.markup import Markup, joined, tag
from garraway.analytics.sheet.page import document, section
from garraway.analytics.sheet.tables import facts
from garraway.analytics.sheet.wording import Worded, count, money, percent, ratio
from garraway.trading.sweep_errors import GridInvalid

if TYPE_CHECKING:
    from garraway.trading.sweep import Sweep

BEST_SHOWN: Final = 15
MOST_CELLS: Final = 60
"""Columns, and rows, of a map."""
SHARES: Final = frozenset({"return", "annual_return", "volatility", "drawdown", "win_rate", "exposure"})
COUNTS: Final = frozenset({"trades", "fills", "periods"})
MONEYS: Final = frozenset({"pnl", "drawdown_depth", "expectancy", "fees"})


def written(found: "Sweep", path: Path, *, by: str, x: str | None, y: str | None) -> Path:
    """Writes the page. Raises: GridInvalid, NothingRan, PageUnwritable."""
    text = page(found, by=by, x=x, y=y)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PageUnwritable(f"{path}: {error.strerror}; give a file in a folder that may be written") from error
    return path


def page(found: "Sweep", *, by: str = "sharpe", x: str | None = None, y: str | None = None) -> str:
    """The page as HTML. Raises: GridInvalid, NothingRan."""
    best, name = found.best(by, BEST_SHOWN), by.removeprefix("-")
    failed = int(found.runs["error"].is_not_null().sum())
    top = best.row(0, named=True)
    chosen = ", ".join(f"{one} = {top[one]}" for one in found.parameters)
    head = tag(
        "header",
        tag("p", "Sweep", class_="kind"),
        tag("h1", str(found.header["strategy"])),
        tag("p", f"{count(found.runs.height)} runs, {count(failed)} failed \u00b7 best {by}: {chosen}", class_="when"),
        tag("p", "source ", tag("code", str(found.header["source_sha256"])), class_="when"),
    )
    spread = floats(found.runs[name].drop_nulls())
    worded = wording(name)
    rows = [
        (f"Best {name}", worded(float(top[name]))),
        (f"Middle {name} of all runs", worded(float(np.median(spread)))),
        (f"Least and most {name}", f"{worded(float(spread.min()))}, {worded(float(spread.max()))}"),
        ("Runs with a P&L above 0", percent(_share_above(found.runs["pnl"]))),
        ("Deflated Sharpe ratio of the best", percent(found.deflated_sharpe)),
        ("Settings", ", ".join(f"{one} {said}" for one, said in found.header["settings"].items()) or "as they come"),
    ]
    note = "Deflated: how likely the best Sharpe ratio is above 0, against the best of so many runs without any skill."
    body = joined(
        head,
        section("What came of it", facts(rows), note=note),
        _map(found, name, x=x, y=y, least=by.startswith("-")),
        section(f"Best by {name}", _table(best, found.parameters)),
        tag("footer", "Made by Garraway; the same runs make the same page."),
    )
    return document(f"Sweep of {found.header['strategy']}", body)


def wording(measure: str) -> Worded:
    """How a measure is shown."""
    if measure in SHARES:
        return percent
    return count if measure in COUNTS else money if measure in MONEYS else ratio


def _map(found: "Sweep", name: str, *, x: str | None, y: str | None, least: bool) -> Markup:
    several = [one for one in found.parameters if found.runs[one].n_unique() > 1]
    for given in (x, y):
        if given is not None and given not in found.parameters:
            raise GridInvalid(f"{given!r} is none of the parameters {', '.join(found.parameters)}: take one of them")
    across = x or next((one for one in reversed(several) if one != y), None)
    down = y or next((one for one in reversed(several) if one != across), None)
    if across is None or down is None or across == down:
        return Markup("")
    # Other parameters are left at what serves best: a map of the mean would hide a ridge.
    best = pl.col(name).min() if least else pl.col(name).max()
    cells = found.runs.group_by(down, across, maintain_order=True).agg(best)
    columns, lines = _values(found, across), _values(found, down)
    values = {(one, other): value for one, other, value in cells.iter_rows()}
    known = floats(cells[name].drop_nulls())
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    worded = wording(name)
    body = [
        tag(
            "tr",
            tag("th", str(line), scope="row"),
            *(_cell(values.get((line, column)), low, high, worded) for column in columns),
        )
        for line in lines
    ]
    top = tag("tr", tag("th", f"{down} \\ {across}"), *(tag("th", str(one), scope="col") for one in columns))
    rest = [one for one in several if one not in {across, down}]
    note = f"{down} downwards, {across} from left to right" + (f"; at the best {', '.join(rest)}" if rest else "")
    grid = tag("table", tag("thead", top), tag("tbody", *body), class_="heat map")
    return section(f"{name} by {down} and {across}", tag("div", grid, class_="scroll"), note=note)


def _values(found: "Sweep", name: str) -> list[object]:
    """The values of a parameter as the grid has them, evenly thinned where they are too many to draw."""
    values = [one for one in found.header["grid"][name] if one in set(found.runs[name].to_list())]
    if len(values) <= MOST_CELLS:
        return values
    return [values[int(place)] for place in np.linspace(0, len(values) - 1, MOST_CELLS).round()]


def _cell(value: float | None, least: float, most: float, worded: Worded) -> Markup:
    if value is None:
        return tag("td", "")
    away = max(abs(least), abs(most)) if least < 0 < most else most - least
    place = abs(value) if least < 0 < most else value - least
    strength = 0.06 + 0.6 * place / away if away else 0.0
    class_ = "n" if value < 0 and least < 0 < most else "p"
    return tag("td", worded(value).removesuffix("\u202f%"), class_=class_, style=f"--a:{strength:.2f}")


def _table(rows: pl.DataFrame, parameters: tuple[str, ...]) -> Markup:
    shown = ("sharpe", "return", "drawdown", "pnl", "trades", "win_rate", "profit_factor", "fees", "turnover")
    head = tag("tr", *(tag("th", name.replace("_", " "), scope="col") for name in (*parameters, *shown)))
    body = [
        tag(
            "tr",
            *(tag("td", str(row[name])) for name in parameters),
            *(tag("td", wording(name)(row[name])) for name in shown),
        )
        for row in rows.iter_rows(named=True)
    ]
    return tag("div", tag("table", tag("thead", head), tag("tbody", *body)), class_="scroll")


def _share_above(column: pl.Series) -> float | None:
    known = column.drop_nulls()
    return float((known > 0).sum()) / len(known) if len(known) else None
