"""`garraway audit verify | export | grants`: the audit chain, read and proved whole."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from garraway.cli.config import settled
from garraway.cli.database import of_settings, opened
from garraway.cli.failures import UsageFailure
from garraway.cli.options import Config, DatabaseUrl, Json, OwnFolder, service_options
from garraway.config import Settings
from garraway.identity import audit, audit_heads
from garraway.identity.audit_heads import HeadFile
from garraway.store import Database, insist_current
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
    folder: OwnFolder = None,
    audit_key: Annotated[
        str | None,
        typer.Option(help="Public key of the signed heads, 64 hexadecimal digits; without it that of the key's file."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Read every entry again. Exit code 1 where one was changed, moved, added, removed, or all were written again.

    The chains must hold every head that the venue signed (FOLDER/audit-heads.jsonl), and every --head.
    """
    signed = _signed(url, folder, config, audit_key)
    must = audit_heads.noted(signed or [])
    for chain, head in (_head(text) for text in noted or ()):
        if must[chain].setdefault(head.seq, head.hash) != head.hash:
            raise UsageFailure(f"--head says another hash of entry {head.seq} of {chain!r} than a signed head")
    with _opened(url, folder, config) as database, database.reading() as connection:
        found = audit.verify(connection, noted=must)
    if as_json:
        print(json.dumps([asdict(one) for one in found]))
        return
    for one in found:
        print(f"{one.chain}:{one.entries}:{one.hash}")
    print(_told(signed), file=sys.stderr)


def export(
    chain: Annotated[ChainName, typer.Option(help="Which chain.")] = ChainName.ADMIN,
    form: Annotated[
        Format, typer.Option("--format", help="csv guards against formulas; jsonl is exact.")
    ] = Format.JSONL,
    after: Annotated[int, typer.Option(min=0, help="Only entries after this number.")] = 0,
    url: DatabaseUrl = None,
    config: Config = None,
    folder: OwnFolder = None,
) -> None:
    """Print the entries of a chain, and sign its head."""
    write = audit.export_csv if form is Format.CSV else audit.export_jsonl
    with _opened(url, folder, config) as database:
        if _has_heads(url, folder, config):
            settings = _settings(folder, config)
            settings.folder.mkdir(parents=True, exist_ok=True)
            HeadFile.open(settings.folder, settings.key_folder).sign(database, at_ns=time.time_ns())
        with database.reading() as connection:
            write(audit_entries(connection, chain, after_seq=after), sys.stdout)


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


@contextmanager
def _opened(url: str | None, folder: Path | None, config: Path | None) -> Iterator[Database]:
    database = of_settings(_settings(folder, config), url) if folder is not None else opened(url, config)
    insist_current(database)
    try:
        yield database
    finally:
        database.close()


def _settings(folder: Path | None, config: Path | None) -> Settings:
    return settled(config, service_options(folder=folder))


def _has_heads(url: str | None, folder: Path | None, config: Path | None) -> bool:
    """Whether a folder is meant: a database of --url alone may be any venue's."""
    return url is None or folder is not None or config is not None


def _signed(
    url: str | None, folder: Path | None, config: Path | None, audit_key: str | None
) -> list[audit_heads.SignedHeads] | None:
    """The signed heads; None where no folder is meant, or the venue never signed any."""
    if not _has_heads(url, folder, config):
        return None
    settings = _settings(folder, config)
    path, key = settings.folder / audit_heads.FILE, settings.key_folder / audit_heads.KEY_FILE
    if audit_key is None and not path.exists() and not key.exists():
        return None
    return audit_heads.read(path, audit_key or HeadFile.open(settings.folder, settings.key_folder).public_key)


def _told(signed: list[audit_heads.SignedHeads] | None) -> str:
    if not signed:
        return "no signed heads were looked at: a chain that was written again whole would not be found (--folder)"
    return f"held to {len(signed)} signed heads"


def _head(text: str) -> tuple[str, AuditHead]:
    chain, _, rest = text.partition(":")
    entries, _, hashed = rest.partition(":")
    if chain not in audit.CHAINS or not entries.isdigit() or len(hashed) != 64:
        raise UsageFailure(f"--head {text!r} is not CHAIN:ENTRIES:HASH: copy a line that `audit verify` printed")
    return chain, AuditHead(int(entries), hashed)
