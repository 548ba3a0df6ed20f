"""`garraway replay lobster | sample`: recorded and made-up days through our own matching, by `garraway.catalog`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from garraway.catalog import ReplayReport, replay_lobster, summary, write_sample
from garraway.cli.options import Json

Messages = Annotated[Path, typer.Argument(metavar="MESSAGES", help="LOBSTER messages: .csv, .csv.zst or .csv.gz.")]
Books = Annotated[
    list[Path], typer.Option("--book", metavar="ORACLE", help="Orderbook of the same messages; repeatable.")
]
CheckEvery = Annotated[int, typer.Option(min=0, help="Prove the engine's invariants after so many messages each.")]
NoProgress = Annotated[bool, typer.Option("--no-progress", help="Show no progress bar.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    replay = typer.Typer(help="Play recorded days through our matching.", no_args_is_help=True, rich_markup_mode=None)
    replay.callback()(_noun)
    replay.command()(lobster)
    replay.command()(sample)
    app.add_typer(replay, name="replay")


def lobster(
    messages: Messages,
    book: Books,
    check_every: CheckEvery = 0,
    as_json: Json = False,
    no_progress: NoProgress = False,
) -> None:
    """Play LOBSTER messages through our matching and compare each row of the orderbooks.

    Where our matching would take another order than the recorded exchange took, that is counted and shown.
    """
    report = _played(messages, book, check_every, progress=not no_progress)
    print(json.dumps(report.as_json()) if as_json else summary(report))


def sample(
    folder: Annotated[Path, typer.Argument(help="Where to write the two files.")],
    seed: Annotated[int, typer.Option(help="Another seed is another day.")] = 1,
    messages: Annotated[int, typer.Option(min=10, max=1_000_000, help="Lines of each file.")] = 2000,
) -> None:
    """Write a made-up day as LOBSTER files, and print the command that replays it."""
    written = write_sample(folder, seed=seed, messages=messages)
    print(f"garraway replay lobster {written.messages} --book {written.book}")


def _noun() -> None:
    """A recorded day has a format, which the next word names."""


def _played(messages: Path, books: list[Path], check_every: int, *, progress: bool) -> ReplayReport:
    columns = (TextColumn("replay"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    shown = progress and console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=not shown) as bar:
        size = messages.stat().st_size if messages.is_file() else None
        task = bar.add_task("replay", total=size)
        return replay_lobster(
            messages, books, watch=lambda read: bar.update(task, completed=read), check_every=check_every
        )
