"""`garraway paper`: a strategy trades on paper, at the quotes of a running venue."""

from typing import Annotated

import typer

from garraway.cli.live import Bars, File, LimitsFile, Set, Symbols, Told, header_of
from garraway.cli.options import DEFAULT_FOLDER, Folder, Json
from garraway.trading.durations import nanoseconds
from garraway.trading.live_desk import LivePlan
from garraway.trading.loading import configured, load
from garraway.trading.paper import PaperRun
from garraway.trading.paper import paper as run_paper


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(paper)


def paper(  # noqa: PLR0913, PLR0917 -- each is an option of the command line
    strategy: File,
    folder: Folder = DEFAULT_FOLDER,
    symbol: Symbols = None,
    set_: Set = None,
    bars: Bars = "1m",
    limits: LimitsFile = None,
    cash: Annotated[str, typer.Option(help="What it begins with, in the quote asset.")] = "1000000",
    name: Annotated[str, typer.Option(help="Its name in the limits file; the class without it.")] = "",
    skip_failures: Annotated[
        bool, typer.Option("--skip-failures", help="Count handlers that fail, and go on.")
    ] = False,
    run_for: Annotated[
        str, typer.Option(help="Ends after this time, such as 30s; without it when it is stopped.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Let a strategy trade on paper: the market of our exchange, its orders dealt in this process.

    The same class, the same limits as `garraway live`; nothing is sent. SIGTERM or Ctrl-C ends it.
    """
    kind = load(strategy)
    made = configured(kind, set_ or [])
    plan = LivePlan(
        folder=folder,
        name=name or kind.__name__,
        symbols=tuple(symbol or ("BTC-USD",)),
        bar_ns=0 if bars == "0" else nanoseconds(bars),
        limits=limits,
        skip_failures=skip_failures,
        run_s=nanoseconds(run_for) / 1e9 if run_for else 0.0,
    )
    told = Told(as_json=as_json)
    told.report(run_paper(PaperRun(made, plan, cash=cash, tell=told.tell, header=header_of(made))))
