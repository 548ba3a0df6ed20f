"""`garraway backtest FILE:Class SOURCE...`: a strategy over recorded data."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from garraway.cli.failures import UsageFailure
from garraway.cli.options import Json
from garraway.trading import StrategyInvalid, backtest, configured, load

if TYPE_CHECKING:
    from garraway.trading import Result

Where = Annotated[
    str, typer.Argument(metavar="FILE:Class", help="The strategy; without :Class the only one of the file.")
]
Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...", help="[SYMBOL=] .npy, .parquet, .csv, or FOLDER:VENUE/SYMBOL/KIND of a catalog."
    ),
]
Set = Annotated[list[str] | None, typer.Option("--set", help="A parameter: fast=5; repeatable.")]
Fill = Annotated[str, typer.Option(help="When orders fill: next, open, close, through, touch, quote.")]
Cash = Annotated[str, typer.Option(help="What the account has at the start.")]
Tick = Annotated[str | None, typer.Option(help="Tick of the instruments; without it as fine as the prices.")]
Margin = Annotated[str, typer.Option(help="Part of a position's cost that it holds: 1 is paid in full.")]
Fee = Annotated[str, typer.Option(help="Part of the value of a fill that is charged.")]
Spread = Annotated[str, typer.Option("--half-spread", help="How far bid and ask lie from prices of bars and trades.")]
Latency = Annotated[str, typer.Option(help="How long orders are under way: 5ms.")]
Seed = Annotated[int, typer.Option(min=0, help="Of the strategy's chance.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave out and count rows that cannot be.")]
SkipErrors = Annotated[bool, typer.Option("--skip-errors", help="Count handlers that raise, and go on.")]
Report = Annotated[Path | None, typer.Option(help="Write the tear sheet to this page.")]
NoProgress = Annotated[bool, typer.Option("--no-progress", help="Show no progress bar.")]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("backtest")(backtest_command)


def backtest_command(  # noqa: PLR0913, PLR0917 -- each is an option of the command line
    where: Where,
    sources: Sources,
    parameters: Set = None,
    fill: Fill = "next",
    cash: Cash = "1000000",
    tick: Tick = None,
    margin: Margin = "1",
    fee: Fee = "0",
    half_spread: Spread = "0",
    latency: Latency = "0ms",
    seed: Seed = 0,
    skip_bad: SkipBad = False,
    skip_errors: SkipErrors = False,
    report: Report = None,
    no_progress: NoProgress = False,
    as_json: Json = False,
) -> None:
    """Run a strategy over recorded data."""
    try:
        strategy = configured(load(where), parameters or [])
    except StrategyInvalid as error:
        raise UsageFailure(str(error)) from error
    settings: dict[str, Any] = {
        "fill": fill,
        "cash": cash,
        "margin": margin,
        "fee": fee,
        "half_spread": half_spread,
        "latency": latency,
        "seed": seed,
        "bad": "skip" if skip_bad else "stop",
        "on_error": "skip" if skip_errors else "stop",
        **({} if tick is None else {"tick": tick}),
    }
    with watching(shown=not (no_progress or as_json)) as watch:
        result = backtest(strategy, given(sources), watch=watch, **settings)
    if report is not None:
        result.report(report)
    if as_json:
        print(as_text(result))
    else:
        show(result, report)


def given(sources: list[str]) -> object:
    """Sources as `backtest` takes them: those with `SYMBOL=` by symbol."""
    named = [source.partition("=") for source in sources]
    if all(equals for _, equals, _ in named):
        return {symbol: source for symbol, _, source in named}
    return sources


def as_text(result: "Result") -> str:
    """Header and totals as JSON."""
    from garraway.trading.hashing import canonical  # noqa: PLC0415 - what only this needs

    return canonical({"header": result.header, **result.summary()})


def show(result: "Result", report: Path | None) -> None:
    """Prints header and totals."""
    from rich.console import Console  # noqa: PLC0415 - what only this needs
    from rich.table import Table  # noqa: PLC0415

    header, totals = result.header, result.summary()
    table = Table.grid(padding=(0, 2))
    parameters = ", ".join(f"{name}={value}" for name, value in header["parameters"].items())
    fills = header["assumptions"]["fills"]
    rows: list[tuple[str, object]] = [
        ("strategy", f"{header['strategy']}({parameters})"),
        ("rows", f"{totals['rows']:,}"),
        ("fills at", f"{fills['market']} quote; limits {fills['limit']}"),
        ("orders", f"{totals['orders']:,}, {totals['fills']:,} fills"),
        ("position", ", ".join(f"{lots:,} {symbol}" for symbol, lots in result.positions.items())),
        ("pnl", f"{result.pnl:,.2f}"),
        ("equity", f"{result.final_equity:,.2f}"),
        ("run", result.hash),
    ]
    if totals["left_out"]:
        rows.insert(2, ("left out", ", ".join(f"{count} {problem}" for problem, count in totals["left_out"].items())))  # type: ignore[attr-defined]  # a dict, as summary says
    if totals["failures"]:
        rows.insert(2, ("failures", totals["failures"]))
    if report is not None:
        rows.append(("report", report))
    for name, value in rows:
        table.add_row(name, str(value))
    Console().print(table)


class watching:  # noqa: N801 - a context manager is named like a function
    """A progress bar of rows, on a terminal alone."""

    def __init__(self, *, shown: bool) -> None:
        """Shown or not."""
        self._shown = shown
        self._bar: Any = None

    def __enter__(self) -> Callable[[int, int], None] | None:
        """What is to be told of progress."""
        from rich.console import Console  # noqa: PLC0415 - what only this needs

        console = Console(stderr=True)
        if not self._shown or not console.is_terminal:
            return None
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

        columns = (TextColumn("backtest"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=console, transient=True)
        self._bar.start()
        task = self._bar.add_task("backtest", total=None)
        return lambda rows, total: self._bar.update(task, completed=rows, total=total)

    def __exit__(self, *_: object) -> None:
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.stop()
