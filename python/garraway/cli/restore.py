"""`garraway restore`: a venue from a backup, whole or as it was at an earlier moment."""

import json
import sys
import time
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final

import typer

from garraway import backup as room
from garraway.backup import Moment, Plan, Restored, Target
from garraway.cli.backup import Unencrypted, Which, noted, size_text, time_text
from garraway.cli.config import settled
from garraway.cli.database import of_settings
from garraway.cli.failures import Failure, UsageFailure
from garraway.cli.options import Config, DatabaseUrl, Json, OwnFolder, service_options
from garraway.cli.secrets import backup_key

SECOND_NS: Final = 10**9
MICROSECOND_NS: Final = 1_000


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(restore)


def restore(  # noqa: PLR0913, PLR0917 - each is an option of the command line
    which: Which,
    config: Config = None,
    folder: OwnFolder = None,
    url: DatabaseUrl = None,
    to_seq: Annotated[int | None, typer.Option(min=1, help="The last command that is restored.")] = None,
    to_time: Annotated[
        str | None, typer.Option(help="The last moment that is restored (RFC 3339, such as 2026-03-01T10:15:00Z).")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Move the venue that stands there aside; drop PostgreSQL's tables.")
    ] = False,
    allow_unencrypted: Unencrypted = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Restore a venue that does not run. Everything is proved and made beside before anything is replaced.

    Settings or options name the folder and the database. With --to-seq or --to-time the journal ends there: decisions
    on money that lie behind wait for approval again, other commands of the outbox are held (`garraway outbox held`).
    """
    if to_seq is not None and to_time is not None:
        raise UsageFailure("--to-seq and --to-time name two moments: take one of them")
    moment = Moment(seq=to_seq, at_ns=None if to_time is None else _time_ns(to_time))
    settings = settled(config, service_options(folder=folder))
    database = of_settings(settings, url)
    target = Target(
        folder=settings.folder,
        database=database,
        key_folder=settings.key_folder.absolute(),
        overwrite=overwrite,
    )
    try:
        plan = room.plan(which, backup_key(settings), target, moment, allow_unencrypted=allow_unencrypted)
        if not yes:
            _ask(plan)
        expires_ns = settings.money.approval_expiry_s * SECOND_NS
        restored = room.carry_out(plan, now_ns=time.time_ns(), expires_ns=expires_ns)
    finally:
        database.close()
    noted(which, seq=restored.seq, how="restore")
    if as_json:
        print(json.dumps(_said(plan, restored)))
    else:
        _tell(plan, restored)


def _time_ns(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageFailure(f"time {text!r} is none: write it as 2026-03-01T10:15:00Z") from error
    if at.tzinfo is None:
        raise UsageFailure(f"time {text!r} has no zone: write it as {text}Z, or with another offset")
    return int(at.timestamp()) * SECOND_NS + at.microsecond * MICROSECOND_NS


def _ask(plan: Plan) -> None:
    """Raises: Failure: the answer is no, or there is nobody to ask."""
    manifest, target = plan.manifest, plan.target
    print(f"backup     {plan.backup}, made {time_text(manifest.made_at_ns)}, {size_text(manifest.stored)}")
    print(f"journal    commands 1 to {manifest.journal.seq}, the last of {time_text(manifest.journal.at_ns)}")
    if plan.moment != Moment():
        until = plan.moment.seq if plan.moment.at_ns is None else time_text(plan.moment.at_ns)
        print(f"until      {until}: what lies behind is left out, its decisions wait for people")
    print(f"folder     {target.folder}{', what stands there is moved aside' if target.folder.exists() else ''}")
    print(f"database   {target.database.shown}")
    if not sys.stdin.isatty():
        raise Failure("nobody is there to be asked: add --yes")
    if not typer.confirm("Restore?"):
        raise Failure("nothing was changed")


def _said(plan: Plan, restored: Restored) -> dict[str, Any]:
    return asdict(restored) | {
        "backup": str(plan.backup),
        "folder": str(plan.target.folder),
        "database": plan.target.database.shown,
        "at": time_text(restored.at_ns),
        "aside": [str(path) for path in restored.aside],
        "decisions": [asdict(decision) for decision in restored.decisions],
    }


def _tell(plan: Plan, restored: Restored) -> None:
    target, compared = plan.target, plan.manifest.journal.state_hash is not None and not restored.cut
    print(f"folder     {target.folder}\ndatabase   {target.database.shown}")
    print(f"seq        {restored.seq}, of {time_text(restored.at_ns)}")
    print(f"state      {restored.state_hash}{', as the backup says' if compared else ''}")
    print(f"sessions   {restored.sessions_ended} log-in sessions ended: everybody logs in again")
    print(f"keys       {restored.keys or f'none: put the files of the key folder back into {target.key_folder}'}")
    for path in restored.aside:
        print(f"aside      {path}: what stood there; remove it when you no longer need it")
    if restored.cut:
        print("views      emptied: the projector makes them again from the event log")
    for one in restored.decisions:
        print(f"{one.became:<10} command {one.outbox_id} of the outbox: {one.command}, {one.purpose}")
    if any(one.became == "held" for one in restored.decisions):
        print("Held commands are not sent: look at them with `garraway outbox held`.")
    print(
        "Start the venue: the exchange makes event log and streams again. API keys that were revoked after the "
        "backup are valid again: look through them."
    )
