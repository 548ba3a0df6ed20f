"""`garraway audit verify | export | grants`: the audit chain, read and proved whole."""

import json
import sys
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from garraway.cli.database import opened
from garraway.cli.failures import UsageFailure
from garraway.cli.options import Config, DatabaseUrl, Json
from garraway.identity import audit
from garraway.store import insist_current
from garraway.store.audit import AuditHead, audit_entries
from garraway.store.roles import projector_grants, service_grants


class Format(StrEnum):
    """What an export is written as."""

    CSV = "csv"
    JSONL = "jsonl"


class ChainName(StrEnum):
    """Which chain."""

    ADMIN = "admin"
    SECURITY = "security"


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    room = typer.Typer(help="The audit chain.", no_args_is_help=True, rich_markup_mode=None)
    room.command()(verify)
    room.command()(export)
    room.command()(grants)
    app.add_typer(room, name="audit")


def verify(
    url: DatabaseUrl = None,
    config: Config = None,
    noted: Annotated[
        list[str] | None,
        typer.Option("--head", help="CHAIN:ENTRIES:HASH as an earlier verify printed it; kept off this machine."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Read every entry again. Exit code 1 where one was changed, moved, added or removed.

    Without --head nobody can tell whether the newest entries were cut off together with the chain's head.
    """
    heads = dict(_head(text) for text in noted or ())
    database = opened(url, config)
    insist_current(database)
    with database.reading() as connection:
        found = audit.verify(connection, heads=heads)
    database.close()
    if as_json:
        print(json.dumps([asdict(one) for one in found]))
    else:
        for one in found:
            print(f"{one.chain}:{one.entries}:{one.hash}")


def export(
    chain: Annotated[ChainName, typer.Option(help="Which chain.")] = ChainName.ADMIN,
    form: Annotated[
        Format, typer.Option("--format", help="csv guards against formulas; jsonl is exact.")
    ] = Format.JSONL,
    after: Annotated[int, typer.Option(min=0, help="Only entries after this number.")] = 0,
    url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Print the entries of a chain."""
    database = opened(url, config)
    insist_current(database)
    write = audit.export_csv if form is Format.CSV else audit.export_jsonl
    with database.reading() as connection:
        write(audit_entries(connection, chain, after_seq=after), sys.stdout)
    database.close()


def grants(
    role: Annotated[str, typer.Option(help="The service's role on PostgreSQL; it must not own the tables.")],
    projector_role: Annotated[
        str | None, typer.Option(help="The projector's role, which is made the owner of the view tables.")
    ] = None,
) -> None:
    """Print SQL that lets a role do the service's work, but not change the audit chain. Run it after each migration.

    Run it as the owner of the tables, who must be a member of the projector's role or a superuser.
    """
    for statement in (*service_grants(role), *(projector_grants(projector_role) if projector_role else ())):
        print(f"{statement};")


def _head(text: str) -> tuple[str, AuditHead]:
    chain, _, rest = text.partition(":")
    entries, _, hashed = rest.partition(":")
    if chain not in audit.CHAINS or not entries.isdigit() or len(hashed) != 64:
        raise UsageFailure(f"--head {text!r} is not CHAIN:ENTRIES:HASH: copy a line that `audit verify` printed")
    return chain, AuditHead(int(entries), hashed)
