"""`garraway replay lobster | itch | itch-csv | mbo ...`: recorded days through our matching, by `garraway.catalog`."""

import json
import shlex
from pathlib import Path
from typing import Annotated

import typer

from garraway.catalog import (
    encode_itch,
    itch_parquet,
    itch_summary,
    mbo_parquet,
    mbo_summary,
    replay_itch,
    replay_itch_csv,
    replay_lobster,
    replay_mbo,
    summary,
    write_itch_sample,
    write_sample,
)
from garraway.cli.options import Json
from garraway.cli.progress import watched

Messages = Annotated[Path, typer.Argument(metavar="MESSAGES", help="LOBSTER messages: .csv, .csv.zst or .csv.gz.")]
Books = Annotated[
    list[Path], typer.Option("--book", metavar="ORACLE", help="Orderbook of the same messages; repeatable.")
]
CheckEvery = Annotated[int, typer.Option(min=0, help="Prove the engine's invariants after so many messages each.")]
NoProgress = Annotated[bool, typer.Option("--no-progress", help="Show no progress bar.")]
Binary = Annotated[Path, typer.Argument(metavar="FILE", help="ITCH 5.0 in frames: plain, .gz or .zst; or .parquet.")]
Decoded = Annotated[Path, typer.Argument(metavar="FILE", help="Decoded ITCH: .csv, .csv.zst or .csv.gz.")]
Records = Annotated[
    list[Path], typer.Argument(metavar="FILE", help="DBN, schema MBO: .dbn, .dbn.zst or .dbn.gz; or .parquet.")
]
Source = Annotated[Path, typer.Argument(metavar="FILE", help="What the replay of this form reads.")]
Target = Annotated[Path, typer.Argument(metavar="TARGET", help="The Parquet file; its name ends with .parquet.")]
Skip = Annotated[
    bool, typer.Option("--skip-damaged", help="Leave out and count records that are damaged or contradict the book.")
]
Symbol = Annotated[str | None, typer.Option(metavar="SYMBOL", help="The instrument, where the file has several.")]

Folder = Annotated[Path, typer.Argument(help="Where to write.")]
Seed = Annotated[int, typer.Option(help="Another seed is another day.")]
Lines = Annotated[int, typer.Option(min=10, max=1_000_000, help="Messages of the day.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    replay = typer.Typer(help="Play recorded days through our matching.", no_args_is_help=True, rich_markup_mode=None)
    replay.callback()(_noun)
    replay.command()(lobster)
    replay.command()(itch)
    replay.command()(itch_csv)
    replay.command()(mbo)
    replay.command()(itch_encode)
    replay.command("itch-parquet")(itch_to_parquet)
    replay.command("mbo-parquet")(mbo_to_parquet)
    replay.command()(sample)
    replay.command()(itch_sample)
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
    report = watched(
        "replay",
        [messages],
        lambda watch: replay_lobster(messages, book, watch=watch, check_every=check_every),
        progress=not no_progress,
    )
    print(json.dumps(report.as_json()) if as_json else summary(report))


def itch(
    file: Binary,
    symbol: Symbol = None,
    check_every: CheckEvery = 0,
    as_json: Json = False,
    no_progress: NoProgress = False,
) -> None:
    """Play the orders of one instrument of a binary ITCH 5.0 file through our matching."""
    report = watched(
        "replay",
        [file],
        lambda watch: replay_itch(file, symbol=symbol, watch=watch, check_every=check_every),
        progress=not no_progress,
    )
    print(json.dumps(report.as_json()) if as_json else itch_summary(report))


def itch_csv(
    file: Decoded, check_every: CheckEvery = 0, as_json: Json = False, no_progress: NoProgress = False
) -> None:
    """Play decoded ITCH 5.0 through our matching and compare the ten levels of each row."""
    report = watched(
        "replay",
        [file],
        lambda watch: replay_itch_csv(file, watch=watch, check_every=check_every),
        progress=not no_progress,
    )
    print(json.dumps(report.as_json()) if as_json else itch_summary(report))


def mbo(
    files: Records,
    symbol: Symbol = None,
    skip_damaged: Skip = False,
    check_every: CheckEvery = 0,
    as_json: Json = False,
    no_progress: NoProgress = False,
) -> None:
    """Play the orders of one instrument of Databento's MBO files, and compare the book after each packet.

    Auctions are compared with ours: price, volume, and who is filled.
    """
    report = watched(
        "replay",
        files,
        lambda watch: replay_mbo(files, symbol=symbol, skip=skip_damaged, watch=watch, check_every=check_every),
        progress=not no_progress,
    )
    print(json.dumps(report.as_json()) if as_json else mbo_summary(report))


def itch_to_parquet(file: Source, target: Target, no_progress: NoProgress = False) -> None:
    """Write the messages of a binary ITCH 5.0 file as Parquet, which replays to the same result."""
    count = watched("replay", [file], lambda watch: itch_parquet(file, target, watch), progress=not no_progress)
    print(f"{count:,} messages in {target}")


def mbo_to_parquet(file: Source, target: Target, no_progress: NoProgress = False) -> None:
    """Write the records of an MBO file as Parquet, which replays to the same result."""
    count = watched("replay", [file], lambda watch: mbo_parquet(file, target, watch), progress=not no_progress)
    print(f"{count:,} records in {target}")


def itch_encode(
    file: Decoded,
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="The binary file; .gz and .zst compress it.")],
    no_progress: NoProgress = False,
) -> None:
    """Write decoded ITCH 5.0 as a binary file, which replays to the same result."""
    count = watched("replay", [file], lambda watch: encode_itch(file, target, watch), progress=not no_progress)
    print(f"{count:,} messages in {target}")


def itch_sample(folder: Folder, seed: Seed = 1, messages: Lines = 2000) -> None:
    """Write a made-up day as decoded ITCH 5.0, and print the command that replays it."""
    file = write_itch_sample(folder, seed=seed, messages=messages)
    print(f"garraway replay itch-csv {shlex.quote(str(file))}")


def sample(folder: Folder, seed: Seed = 1, messages: Lines = 2000) -> None:
    """Write a made-up day as LOBSTER files, and print the command that replays it."""
    written = write_sample(folder, seed=seed, messages=messages)
    print(f"garraway replay lobster {written.messages} --book {written.book}")


def _noun() -> None:
    """A recorded day has a format, which the next word names."""
