"""`garraway stop`: the emergency stop of strategies, and how it is lifted."""

import asyncio
import json
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from garraway.cli.failures import Failure, UsageFailure
from garraway.cli.options import DEFAULT_FOLDER, Folder, Json
from garraway.cli.up import people
from garraway.trading.stop import FOLDER, Locks, Stopped
from garraway.trading.stop import stop as stop_accounts
from garraway.trading.stop import unlock as unlock_accounts
from garraway.venues import Directory, Tape


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(stop)


def stop(
    folder: Folder = DEFAULT_FOLDER,
    all_: Annotated[bool, typer.Option("--all", help="Every account that a strategy trades.")] = False,
    account: Annotated[list[int] | None, typer.Option("--account", help="One account; may be given again.")] = None,
    keep_positions: Annotated[
        bool, typer.Option("--keep-positions", help="Cancel and lock, but do not flatten.")
    ] = False,
    lift: Annotated[bool, typer.Option("--unlock", help="Lift the lock instead; needs --reason.")] = False,
    reason: Annotated[str, typer.Option(help="Why; kept with the lock.")] = "",
    as_json: Json = False,
) -> None:
    """Cancel all orders of strategies' accounts, close their positions at the market, and lock them.

    It needs no running strategy. The lock refuses every new order of the account and every start of a strategy on it,
    until `garraway stop --unlock --reason TEXT`. Exit code 1: a position could not be closed.
    """
    if not all_ and not account:
        raise UsageFailure("say which accounts: --all, or --account NUMBER")
    accounts = sorted({*(account or ()), *(_accounts(folder) if all_ else ())})
    if lift:
        asyncio.run(unlock_accounts(folder, accounts, reason=reason, at_ns=time.time_ns()))
        print(json.dumps({"unlocked": accounts}) if as_json else f"unlocked: {', '.join(map(str, accounts))}")
        return
    why = reason or "garraway stop"
    stopped = asyncio.run(stop_accounts(folder, accounts, reason=why, at_ns=time.time_ns(), flatten=not keep_positions))
    if as_json:
        print(json.dumps(stopped.to_json()))
    else:
        _tell(stopped)
    if stopped.left and not keep_positions:
        raise Failure(f"{len(stopped.left)} positions are still there: the accounts are locked, run this again")


def _accounts(folder: Path) -> set[int]:
    """Accounts of strategies: of every run in the folder, those that are locked, and the demonstration's."""
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in (folder / FOLDER).glob("*/run.json")]
    directory, tape = Directory(), Tape(folder)
    while len((batch := tape.read()).events):
        directory.apply(batch.events, batch.tails)
    demo = set(people.STRATEGIES.values()) & directory.accounts.keys()
    return {int(run["account"]) for run in runs} | set(Locks(folder).read()) | demo


def _tell(stopped: Stopped) -> None:
    console = Console()
    locked = ", ".join(map(str, stopped.accounts)) or "none that the venue has"
    console.print(
        f"{stopped.cancelled} orders cancelled, {stopped.flattened} orders to close positions; locked: {locked}"
    )
    if stopped.left:
        table = Table("account", "symbol", "lots", "why it is still there")
        for one in stopped.left:
            table.add_row(str(one.account), one.symbol, str(one.lots), one.why)
        console.print(table)
