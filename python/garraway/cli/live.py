"""`garraway live`: a strategy trades at a running venue."""

import hashlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from garraway import __version__
from garraway.cli.failures import UsageFailure
from garraway.cli.options import DEFAULT_FOLDER, Folder, Json
from garraway.cli.up import people
from garraway.trading.durations import nanoseconds
from garraway.trading.limits import BoundLimits
from garraway.trading.live import LiveReport, LiveRun, run_until_stopped
from garraway.trading.live_desk import LivePlan
from garraway.trading.loading import configured, load
from garraway.trading.reconcile import Reconciliation
from garraway.trading.strategy import Strategy

HASH_DIGITS: Final = 12
File = Annotated[str, typer.Argument(metavar="FILE:CLASS", help="The strategy: a Python file and a class in it.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="A parameter, NAME=VALUE; may be given again.")]
Symbols = Annotated[
    list[str] | None, typer.Option("--symbol", help="What it trades, the default one first; may be given again.")
]
Bars = Annotated[str, typer.Option(help="Length of its bars, such as 10s or 1m; 0 makes none.")]
Skip = Annotated[bool, typer.Option("--skip-failures", help="Count handlers that fail, and go on.")]
RunFor = Annotated[str, typer.Option(help="Ends after this time, such as 30s; without it when it is stopped.")]
LimitsFile = Annotated[Path | None, typer.Option("--limits", help="Its limits (TOML); without a file the defaults.")]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(live)


def live(  # noqa: PLR0913, PLR0917 -- each is an option of the command line
    strategy: File,
    folder: Folder = DEFAULT_FOLDER,
    symbol: Symbols = None,
    set_: Set = None,
    bars: Bars = "1m",
    limits: LimitsFile = None,
    source: Annotated[str, typer.Option(help="The source of its orders, one for each strategy.")] = "strategy1",
    account: Annotated[int | None, typer.Option(help="Its account; the source's own without it.")] = None,
    name: Annotated[
        str, typer.Option(help="Its name: of its folder and in the limits file; the class without it.")
    ] = "",
    acknowledge: Annotated[str, typer.Option(help="Say yes to the limits with this hash, as a refusal shows it.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Say yes to the limits; needs --reason.")] = False,
    accept_differences: Annotated[
        bool, typer.Option("--accept-differences", help="Go on with what others did on the account; needs --reason.")
    ] = False,
    unlock: Annotated[bool, typer.Option("--unlock", help="Reset its breakers; needs --reason.")] = False,
    reason: Annotated[str, typer.Option(help="Why; kept with what it is for.")] = "",
    keep_orders: Annotated[bool, typer.Option("--keep-orders", help="Leave its orders open when it ends.")] = False,
    skip_failures: Annotated[
        bool, typer.Option("--skip-failures", help="Count handlers that fail, and go on.")
    ] = False,
    run_for: Annotated[
        str, typer.Option(help="Ends after this time, such as 30s; without it when it is stopped.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Let a strategy trade at our exchange: orders through its door, market data from its event log.

    It starts with what was sent against what the venue has, and with limits that somebody said yes to. SIGTERM or
    Ctrl-C ends it: its orders are cancelled. `garraway stop --all` is for emergencies.
    """
    for wanted, option in ((yes, "--yes"), (accept_differences, "--accept-differences"), (unlock, "--unlock")):
        if wanted and not reason.strip():
            raise UsageFailure(f"{option} needs a reason: add --reason TEXT")
    kind = load(strategy)
    made = configured(kind, set_ or [])
    plan = LivePlan(
        folder=folder,
        name=name or kind.__name__,
        symbols=tuple(symbol or ("BTC-USD",)),
        source=source,
        account=account if account is not None else _account(source),
        bar_ns=0 if bars == "0" else nanoseconds(bars),
        limits=limits,
        skip_failures=skip_failures,
        cancel_at_stop=not keep_orders,
        unlock_reason=reason if unlock else "",
        run_s=nanoseconds(run_for) / 1e9 if run_for else 0.0,
    )
    told = Told(as_json=as_json, acknowledge=acknowledge, yes=yes, accept=accept_differences, reason=reason)
    told.report(run_until_stopped(LiveRun(made, plan, given=told, tell=told.tell, header=header_of(made))))


@dataclass(frozen=True, slots=True)
class Told:
    """What the terminal is told, and what it said yes to."""

    as_json: bool = False
    acknowledge: str = ""
    yes: bool = False
    accept: bool = False
    reason: str = ""

    def limits(self, limits: BoundLimits, changed: list[tuple[str, Any, Any]]) -> str | None:
        """Shows limits that were not acknowledged yet; a reason to go on, if there is one."""
        if not self.as_json:
            table = Table("limit", "last run", "now", title=f"limits {limits.hash[:HASH_DIGITS]}")
            before = {name: old for name, old, _ in changed}
            for key, value in limits.resolved.items():
                table.add_row(key, str(before.get(key, value)), str(value))
            Console(stderr=True).print(table)
        if self.yes:
            return self.reason
        if self.acknowledge and limits.hash.startswith(self.acknowledge) and len(self.acknowledge) >= HASH_DIGITS:
            return "acknowledged"
        return None

    def reconciled(self, found: Reconciliation) -> str | None:
        """Shows the differences; a reason to go on in spite of them, if there is one."""
        if self.as_json:
            rows = [
                {"verdict": one.verdict, "client_ref": one.client_ref, "ours": one.ours, "venue": one.venue}
                for one in found.differences
            ]
            self.tell("reconciliation", {"agreed": found.agreed, "differences": rows})
        elif found.differences:
            table = Table("verdict", "reference", "ours", "at the venue", title=f"{found.agreed} agree")
            for one in found.differences:
                table.add_row(one.verdict, str(one.client_ref), one.ours, one.venue)
            Console(stderr=True).print(table)
        return self.reason if self.accept else None

    def tell(self, what: str, said: Mapping[str, Any]) -> None:
        """One line of what happens."""
        if self.as_json:
            print(json.dumps({"event": what, **said}), flush=True)
        else:
            print(f"{what:<11}{'  '.join(f'{key} {value}' for key, value in said.items())}", flush=True)

    def report(self, report: LiveReport) -> None:
        """The last line."""
        self.tell("report", report.to_json())


def header_of(strategy: Strategy) -> dict[str, Any]:
    """What a report says of the strategy: class, parameters, file, version."""
    path = Path(inspect.getfile(type(strategy)))
    return {
        "strategy": type(strategy).__name__,
        "parameters": strategy.parameters,
        "file": str(path),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "version": __version__,
    }


def _account(source: str) -> int:
    if source not in people.STRATEGIES:
        known = ", ".join(people.STRATEGIES)
        raise UsageFailure(f"source {source} has no account of its own: add --account NUMBER, or take one of {known}")
    return people.STRATEGIES[source]
