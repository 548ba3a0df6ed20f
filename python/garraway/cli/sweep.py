"""`garraway sweep`: one strategy with many parameters, by `garraway.trading.sweep`."""

from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from garraway.cli.options import Json
from garraway.trading import load
from garraway.trading.sweep import Sweep, sweep
from garraway.trading.sweep_errors import GridInvalid
from garraway.trading.sweep_grid import Value, parsed
from garraway.trading.sweep_page import wording
from garraway.trading.sweep_search import Search
from garraway.trading.walk_forward import WalkForward, walk_forward

if TYPE_CHECKING:
    from collections.abc import Iterator

SHOWN = ("sharpe", "return", "drawdown", "pnl", "trades", "win_rate")
Told = Callable[[int, int], None]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("sweep")(sweep_parameters)


def sweep_parameters(  # noqa: PLR0913, PLR0917 - options
    strategy: Annotated[str, typer.Argument(metavar="FILE:Class", help="The strategy's file and class.")],
    source: Annotated[
        list[str], typer.Argument(metavar="SOURCE", help="What it runs on, as `garraway backtest` has it.")
    ],
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUES", help="fast=5:20, slow=20:60:5, side=long,short; repeatable."),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--with", metavar="NAME=VALUE", help="A setting of the backtest; repeatable.")
    ] = None,
    on: Annotated[str, typer.Option(help="processes, here (one after the other), ray, ray://host:port.")] = "processes",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; without it as many as there are cores.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Keeps each run; a sweep that was ended goes on from there.")
    ] = None,
    search: Annotated[int | None, typer.Option(min=1, help="So many chosen runs instead of all combinations.")] = None,
    by: Annotated[str, typer.Option(help="The measure that is wanted most of; with - before it least.")] = "sharpe",
    walk: Annotated[
        str | None,
        typer.Option(
            "--walk-forward", metavar="TRAIN:TEST", help="Choose on so many rows, test on the next; and so on."
        ),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write an HTML page.")] = None,
    top: Annotated[int, typer.Option(min=1, help="Rows shown.")] = 10,
    as_json: Json = False,
    no_progress: Annotated[bool, typer.Option("--no-progress", help="Show no progress bar.")] = False,
) -> None:
    """Backtest a strategy with each combination of parameters, and tell which did best.

    The best of many runs is partly luck: the deflated Sharpe ratio says how likely it is more. Exit code 1 where no
    run came to a result.
    """
    if walk is not None and report is not None:
        raise typer.BadParameter("--report is a sweep's: leave it or --walk-forward out")
    shared: dict[str, Any] = {
        "on": on,
        "workers": workers,
        "folder": folder,
        "search": None if search is None else Search(trials=search, by=by),
        "settings": dict(_setting(text) for text in settings or []),
    }
    parameters = dict(_read(values or []))
    asked = load(strategy)
    if walk is not None:
        train, test = _rows(walk)
        with _bar("walk-forward", shown=not no_progress) as told:
            options: dict[str, Any] = {"train": train, "test": test, "by": by, "progress": told, **shared}
            walked = walk_forward(asked, source[0], **options | parameters)
        print(walked.to_json()) if as_json else _tell_walk(walked)
        return
    with _bar("sweep", shown=not no_progress) as told:
        found = sweep(asked, source[0] if len(source) == 1 else source, **{"progress": told, **shared} | parameters)
    best = found.best(by, top)
    if report is not None:
        found.report(report, by=by)
    print(found.to_json()) if as_json else _tell(found, best.to_dicts(), by)


def _tell(found: Sweep, best: list[dict[str, Any]], by: str) -> None:
    failed = int(found.runs["error"].is_not_null().sum())
    _table(f"best by {by}", (*found.parameters, *SHOWN), best)
    deflated = found.deflated_sharpe
    said = "unknown" if deflated is None else f"{deflated:.1%}"
    print(f"{found.runs.height} runs, {failed} failed; that the best Sharpe ratio is more than luck: {said}")


def _tell_walk(found: WalkForward) -> None:
    name = found.by.removeprefix("-")
    columns = dict.fromkeys(("fold", "test_from", "test_to", *found.parameters, "chosen", name, "pnl", "trades"))
    rows = [{**row, "chosen": wording(name)(row["chosen"])} for row in found.folds.to_dicts()]
    _table(f"walk-forward by {found.by}", tuple(columns), rows)
    kept = "unknown" if found.kept is None else f"{found.kept:.2f}"
    print(f"P&L of all tests {found.pnl:,.2f}; {name} of the tests over that of the choice: {kept}")


def _table(title: str, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    table = Table(title=title, title_justify="left")
    for name in columns:
        table.add_column(name.replace("_", " "), justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*(_word(name, row[name]) for name in columns))
    Console().print(table)


def _word(name: str, value: object) -> str:
    return (
        wording(name)(value)
        if name in SHOWN and isinstance(value, int | float)
        else ""
        if value is None
        else str(value)
    )


def _read(texts: list[str]) -> list[tuple[str, tuple[Value, ...]]]:
    found = [parsed(text) for text in texts]
    names = [name for name, _ in found]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise GridInvalid(f"--set gives {', '.join(sorted(twice))} twice: give all its values at once")
    return found


def _setting(text: str) -> tuple[str, object]:
    """Whole numbers and booleans as such; anything else as it was typed, for decimals are exact only so."""
    name, is_, said = text.partition("=")
    if not (is_ and name.isidentifier() and said):
        raise GridInvalid(f"--with {text!r} is no NAME=VALUE: give one, as in fee=0.0002")
    return name, {"true": True, "false": False}.get(said, int(said) if said.lstrip("-").isdecimal() else said)


def _rows(text: str) -> tuple[int, int]:
    train, _, test = text.partition(":")
    if not (train.isdecimal() and test.isdecimal()):
        raise typer.BadParameter(f"--walk-forward {text!r} is no TRAIN:TEST: give rows, as in 5000:1000")
    return int(train), int(test)


@contextmanager
def _bar(name: str, *, shown: bool) -> "Iterator[Told]":
    columns = (TextColumn(name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not (shown and console.is_terminal)) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
