"""`garraway bench book | engine`: the speed of book and engine on a file of operations."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from garraway import _native
from garraway.cli.failures import Failure
from garraway.cli.options import Json

Operations = Annotated[Path, typer.Argument(help="Lines `A|C|X,oid,side,price,qty`: add, cancel, aggressive.")]
Repeats = Annotated[int, typer.Option(min=1, help="Runs; medians are told.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    bench = typer.Typer(help="Measure book and engine.", no_args_is_help=True, rich_markup_mode=None)
    bench.command()(book)
    bench.command()(engine)
    app.add_typer(bench, name="bench")


def book(operations: Operations, repeats: Repeats = 5, as_json: Json = False) -> None:
    """Run the operations on the order book alone."""
    _run(_native.bench_book, operations, repeats, as_json=as_json)


def engine(operations: Operations, repeats: Repeats = 5, as_json: Json = False) -> None:
    """Run the operations on the engine: 1,000 funded accounts, fees, limits, events."""
    _run(_native.bench_engine, operations, repeats, as_json=as_json)


def _run(
    measure: Callable[[Path, int], Mapping[str, object]], operations: Path, repeats: int, *, as_json: bool
) -> None:
    if not operations.is_file():
        raise Failure(f"file {operations} does not exist: make it with `make bench`")
    try:
        found = measure(operations, repeats)
    except (OSError, RuntimeError, ValueError) as error:
        raise Failure(str(error)) from error
    if as_json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:<12} {value}")
