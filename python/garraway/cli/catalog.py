"""`garraway catalog import | list | verify | bars | remove | formats`: recorded data, by `garraway.catalog`."""

import json
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from garraway.catalog import Catalog, Imported, Options, Session, import_file, make_bars
from garraway.catalog.importers import FORMATS
from garraway.catalog.manifest import Dataset
from garraway.catalog.numbers import unit_decimals, unit_text
from garraway.cli.failures import UsageFailure
from garraway.cli.options import Json
from garraway.cli.progress import watched

Files = Annotated[list[Path], typer.Argument(metavar="FILE", help="Recorded files: plain, .zst, .gz, .xz, .zip, .tar.")]
Into = Annotated[Path, typer.Option("--into", envvar="GARRAWAY_CATALOG", help="The catalog's folder; made if absent.")]
In = Annotated[Path, typer.Option("--in", envvar="GARRAWAY_CATALOG", help="The catalog's folder.")]
Name = Annotated[str, typer.Argument(metavar="DATASET", help="As `list` names it.")]
FormatName = Annotated[str | None, typer.Option("--format", help="The format; without it, what the content has.")]
Symbols = Annotated[
    list[str] | None, typer.Option("--symbol", help="Import this instrument alone, or name the file's; repeatable.")
]
Venue = Annotated[str | None, typer.Option(help="The venue, where neither format nor name say it.")]
Period = Annotated[str | None, typer.Option(help="Period of bars: 1s, 1m, 1h, 1d.")]
BarsOf = Annotated[str | None, typer.Option("--of", help="What bars are of: trades, bid, ask, mid.")]
Currency = Annotated[str | None, typer.Option(help="Currency of prices.")]
Zone = Annotated[str | None, typer.Option(help="Time zone of local times, like America/New_York.")]
Day = Annotated[str | None, typer.Option("--date", help="Day of a file whose times count from midnight: 2012-06-21.")]
PriceUnit = Annotated[str | None, typer.Option(help="Unit of prices: 0.01; what is finer is refused.")]
QuantityUnit = Annotated[str | None, typer.Option(help="Unit of quantities: 0.0001; what is finer is rounded.")]
Columns = Annotated[str | None, typer.Option(help="Of CSV: time=Date,open=Open,... by name or number from 1.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave out and count what cannot be read.")]
By = Annotated[str, typer.Option(help="time:1m, tick:N, volume:N, value:N, imbalance[:OF]:N or runs[:OF]:N.")]
Basis = Annotated[str, typer.Option("--of", help="Of quotes: mid, bid or ask.")]
Hours = Annotated[str | None, typer.Option("--session", help="Hours of bars by time: 09:30-16:00.")]
BarsZone = Annotated[str, typer.Option("--zone", help="Time zone of bars by time and of the session.")]
Start = Annotated[str | None, typer.Option(help="From this time on: 2014-05-01, or with a time; UTC without a zone.")]
End = Annotated[str | None, typer.Option(help="Before this time.")]
NoProgress = Annotated[bool, typer.Option("--no-progress", help="Show no progress bar.")]
One = Annotated[str | None, typer.Argument(metavar="DATASET", help="One dataset; all without it.")]

DATASETS_SHOWN: Final = 40


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    catalog = typer.Typer(help="Recorded data as Parquet.", no_args_is_help=True, rich_markup_mode=None)
    catalog.callback()(_noun)
    catalog.command("import")(import_)
    catalog.command("list")(list_)
    catalog.command()(verify)
    catalog.command()(bars)
    catalog.command()(remove)
    catalog.command()(formats)
    app.add_typer(catalog, name="catalog")


def import_(  # noqa: PLR0913, PLR0917 -- each is an option of the command line
    files: Files,
    into: Into,
    format_name: FormatName = None,
    symbol: Symbols = None,
    venue: Venue = None,
    period: Period = None,
    of: BarsOf = None,
    currency: Currency = None,
    zone: Zone = None,
    day: Day = None,
    price_unit: PriceUnit = None,
    quantity_unit: QuantityUnit = None,
    columns: Columns = None,
    skip_bad: SkipBad = False,
    as_json: Json = False,
    no_progress: NoProgress = False,
) -> None:
    """Import recorded files; one that the catalog has already changes nothing."""
    options = Options(
        format=format_name,
        venue=venue,
        symbols=frozenset(symbol or ()),
        period=period,
        of=of,
        currency=currency,
        zone=zone,
        day=_day(day),
        price_decimals=None if price_unit is None else unit_decimals(price_unit, "--price-unit"),
        quantity_decimals=None if quantity_unit is None else unit_decimals(quantity_unit, "--quantity-unit"),
        columns=_columns(columns),
        skip_bad=skip_bad,
    )
    catalog, done = Catalog(into), []
    for file in files:
        imported = watched(
            file.name,
            [file],
            lambda watch, file=file: import_file(catalog, file, options, until_ns=time.time_ns(), watch=watch),  # type: ignore[misc]
            progress=not no_progress,
        )
        done.append(imported)
        if not as_json:
            _tell(imported)
    if as_json:
        print(msgspec.json.encode([_imported_json(each) for each in done]).decode())


def list_(folder: In, as_json: Json = False) -> None:
    """List the datasets."""
    datasets = Catalog(folder).datasets()
    if as_json:
        print(msgspec.json.encode([_dataset_json(each) for each in datasets]).decode())
        return
    table = _table("dataset", ("rows", "right"), "first", "last", "price", "quantity", ("problems", "right"))
    for each in datasets:
        units = each.units
        problems = sum(tally.count for source in each.sources for tally in source.problems.values())
        table.add_row(
            each.name,
            f"{each.rows:,}",
            _time(each.first_ns),
            _time(each.last_ns),
            f"{unit_text(units.price_decimals)} {units.currency}".strip(),
            unit_text(units.quantity_decimals),
            f"{problems:,}",
        )
    _print(table)
    print(f"{len(datasets):,} datasets, {sum(each.rows for each in datasets):,} rows")


def verify(folder: In, dataset: One = None, as_json: Json = False) -> None:
    """Prove every file against the manifest: digests, rows, order of time, units. Exit code 1 where one differs."""
    catalog = Catalog(folder)
    findings = catalog.verify(dataset)
    chosen = catalog.datasets() if dataset is None else [catalog.dataset(dataset)]
    files = sum(len(each.parts) for each in chosen)
    if as_json:
        found = [each._asdict() for each in findings]
        print(json.dumps({"datasets": len(chosen), "files": files, "findings": found}))
    else:
        for each in findings:
            print(f"{each.file}: {each.what}" + (f" ({each.dataset})" if each.dataset else ""))
        print(f"{len(chosen):,} datasets, {files:,} files, {len(findings):,} findings")
    if findings:
        raise typer.Exit(1)


def bars(  # noqa: PLR0913, PLR0917 -- each is an option of the command line
    dataset: Name,
    folder: In,
    by: By,
    of: Basis = "mid",
    zone: BarsZone = "UTC",
    session: Hours = None,
    start: Start = None,
    end: End = None,
    as_json: Json = False,
) -> None:
    """Make bars of trades, quotes or shorter bars, and put them into the catalog."""
    hours = Session.parsed(zone, session)
    made = make_bars(Catalog(folder), dataset, by, of=of, session=hours, start=start, end=end)
    rows, found = made.made.bars, made.made
    if as_json:
        told = {
            "dataset": made.dataset,
            "bars": len(rows),
            "first_ns": int(rows["at_ns"][0]),
            "last_ns": int(rows["at_ns"][-1]),
            "outside_session": found.outside,
            "after_last_bar": found.left,
        }
        print(json.dumps(told))
        return
    print(f"{made.dataset}: {len(rows):,} bars, {_time(int(rows['at_ns'][0]))} to {_time(int(rows['end_ns'][-1]))}")
    print(f"{found.outside:,} outside the session, {found.left:,} after the last whole bar")


def remove(dataset: Name, folder: In, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Remove a dataset and its files."""
    catalog = Catalog(folder)
    rows = catalog.dataset(dataset).rows
    if not yes and not typer.confirm(f"Remove {dataset} with {rows:,} rows?"):
        raise UsageFailure(f"{dataset} was left: say yes, or give --yes")
    catalog.remove(dataset)
    print(f"{dataset}: {rows:,} rows removed")


def formats(as_json: Json = False) -> None:
    """List the formats that are imported."""
    if as_json:
        print(json.dumps({each.name: each.what for each in FORMATS.values()}))
        return
    table = _table("format", "what it is")
    for each in FORMATS.values():
        table.add_row(each.name, each.what)
    _print(table)


def _noun() -> None:
    """A catalog is a folder of datasets; the next word says what to do."""


def _tell(imported: Imported) -> None:
    """What became of a file, for people."""
    changed = sum(each.changed for each in imported.datasets)
    there = "" if changed else ": there already, nothing changed"
    print(f"{imported.file}: {imported.format}, {len(imported.datasets):,} datasets{there}")
    table = _table("dataset", ("read", "right"), ("rows", "right"), "problems")
    for each in imported.datasets[:DATASETS_SHOWN]:
        problems = ", ".join(f"{name} {tally.count:,} ({tally.rule})" for name, tally in each.problems.items())
        table.add_row(each.dataset, f"{each.rows_read:,}", f"{each.rows:,}", problems or "-")
    _print(table)
    if len(imported.datasets) > DATASETS_SHOWN:
        print(f"and {len(imported.datasets) - DATASETS_SHOWN:,} more: see `garraway catalog list`")
    for name, count in imported.notes.items():
        print(f"{name}: {count:,}")
    if imported.clock_behind_ns:
        print(f"the recorder's clock was {imported.clock_behind_ns:,} ns behind the venue's: all times are put forward")
    if imported.bad:
        print(f"left out, not to be read: {imported.bad:,}")
    for bad in imported.bad_first[:5]:
        print(f"  {bad.unit} {bad.place}: {bad.what}")


def _imported_json(imported: Imported) -> dict[str, object]:
    return {
        "file": imported.file,
        "format": imported.format,
        "sha256": imported.sha256,
        "datasets": [msgspec.to_builtins(each) for each in imported.datasets],
        "bad": imported.bad,
        "bad_first": [each._asdict() for each in imported.bad_first],
        "notes": imported.notes,
        "clock_behind_ns": imported.clock_behind_ns,
    }


def _dataset_json(dataset: Dataset) -> dict[str, object]:
    told: dict[str, object] = msgspec.to_builtins(dataset)
    del told["parts"]
    span = {"rows": dataset.rows, "first_ns": dataset.first_ns, "last_ns": dataset.last_ns}
    return {**told, **span, "files": len(dataset.parts)}


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise UsageFailure(f"--date {text!r} is no day: write it like 2012-06-21") from error


def _columns(text: str | None) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in (text or "").split(",") if pair]
    for what, found, column in pairs:
        if not found or not what or not column:
            raise UsageFailure(
                f"--columns {text!r} is none: write it like time=Date,open=Open,high=High,low=Low,close=Close"
            )
    return {what: column for what, _, column in pairs}


def _time(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns // 10**9, UTC).strftime("%Y-%m-%d %H:%M:%S") if at_ns else "-"


def _table(*columns: str | tuple[str, str]) -> Table:
    table = Table(box=SIMPLE)
    for column in columns:
        if isinstance(column, str):
            table.add_column(column, overflow="fold")
        else:
            table.add_column(column[0], justify="right", no_wrap=True)
    return table


def _print(table: Table) -> None:
    # Piped, a table is as wide as its content needs.
    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    console.print(table)
