"""`garraway bench book | engine | backtest`: the speed of book and engine, and of strategies over recorded rows."""

import json
import resource
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from garraway import _native
from garraway.cli.failures import Failure
from garraway.cli.options import Json

if TYPE_CHECKING:
    from garraway.trading import Strategy

Operations = Annotated[Path, typer.Argument(help="Lines `A|C|X,oid,side,price,qty`: add, cancel, aggressive.")]
Rows = Annotated[Path, typer.Argument(help="Rows as .npy, in ticks of 0.01: ts o h l c v, or ts bid ask bsz asz.")]
Repeats = Annotated[int, typer.Option(min=1, help="Runs; medians are told.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    bench = typer.Typer(help="Measure book and engine.", no_args_is_help=True, rich_markup_mode=None)
    bench.command()(book)
    bench.command()(engine)
    backtest = typer.Typer(help="Measure strategies over recorded data.", no_args_is_help=True, rich_markup_mode=None)
    backtest.command()(bars)
    backtest.command()(quotes)
    bench.add_typer(backtest, name="backtest")
    app.add_typer(bench, name="bench")


def book(operations: Operations, repeats: Repeats = 5, as_json: Json = False) -> None:
    """Run the operations on the order book alone."""
    _run(_native.bench_book, operations, repeats, as_json=as_json)


def engine(operations: Operations, repeats: Repeats = 5, as_json: Json = False) -> None:
    """Run the operations on the engine: 1,000 funded accounts, fees, limits, events."""
    _run(_native.bench_engine, operations, repeats, as_json=as_json)


def bars(rows: Rows, as_json: Json = False) -> None:
    """A cross of averages of 10 and 20 closes, long one lot or flat, filled at the close."""
    from garraway.cli.bench_strategies import EmaCross  # noqa: PLC0415 - the other benchmarks need no strategies

    _strategy(EmaCross, rows, "close", as_json=as_json)


def quotes(rows: Rows, as_json: Json = False) -> None:
    """A limit order at the touch at each hundredth quote, filled when the other side touches it."""
    from garraway.cli.bench_strategies import Quoter  # noqa: PLC0415

    _strategy(Quoter, rows, "touch", as_json=as_json)


def _strategy(cls: "type[Strategy]", rows: Path, fill: str, *, as_json: bool) -> None:
    from garraway.trading import backtest  # noqa: PLC0415

    start = time.process_time()
    result = backtest(cls(), rows, fill=fill, margin="0.01")
    run_s = time.process_time() - start
    found = {
        "fill": fill,
        "orders": result.counts["orders"],
        "fills": result.counts["fills"],
        "position": result.position,
        "cash": round(result.cash - float(result.header["assumptions"]["cash"]), 8),
        "pnl": result.pnl,
        "events": result.counts["rows"],
        "events_per_s": round(result.counts["rows"] / run_s),
        "run_cpu_s": round(run_s, 3),
        "cpu_s": round(time.process_time(), 3),
        "rss_mb": _highest_mb(),
        "hash": result.hash,
    }
    _show(found, as_json=as_json)


def _highest_mb() -> float:
    """The most memory that this process had resident; what `getrusage` says may be the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="ascii").splitlines()
        return round(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def _run(
    measure: Callable[[Path, int], Mapping[str, object]], operations: Path, repeats: int, *, as_json: bool
) -> None:
    if not operations.is_file():
        raise Failure(f"file {operations} does not exist: make it with `make bench`")
    try:
        found = measure(operations, repeats)
    except (OSError, RuntimeError, ValueError) as error:
        raise Failure(str(error)) from error
    _show(found, as_json=as_json)


def _show(found: Mapping[str, object], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:<12} {value}")
