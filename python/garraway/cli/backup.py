"""`garraway backup`, `garraway backup list | verify`: backups of a venue that may be running."""

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import typer

from garraway import backup as room
from garraway.backup import BackupError, Checked, Kept, Made, Manifest, Proof, Shelf, Source
from garraway.backup.proofs import How
from garraway.cli.config import settled
from garraway.cli.database import of_settings
from garraway.cli.failures import Failure
from garraway.cli.options import Config, DatabaseUrl, Json, OwnFolder, Parent, Resolved, service_options
from garraway.cli.parent import end_with
from garraway.cli.secrets import backup_key
from garraway.cli.up.plan import BACK_OFFICE_NUMBER
from garraway.config import Settings, resolved_text

UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB")
STEP: Final = 1024
MS_NS: Final = 10**6

To = Annotated[
    Path | None,
    typer.Option("--to", help="Folder of the backups; without it the settings' backup.folder."),
]
Which = Annotated[Path, typer.Argument(help="The backup's own folder, as `backup list` shows it.")]
Unencrypted = Annotated[
    bool,
    typer.Option("--allow-unencrypted", help="Take a backup that is not encrypted though a key is set."),
]


@dataclass(frozen=True, slots=True)
class _Asked:
    settings: Settings
    shelf: Shelf


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(rich_markup_mode=None)
    group.callback(invoke_without_command=True)(backup)
    group.command("list")(list_backups)
    group.command("verify")(verify)
    app.add_typer(group, name="backup")


def backup(  # noqa: PLR0913, PLR0917 - each is an option of the command line
    context: typer.Context,
    config: Config = None,
    folder: OwnFolder = None,
    url: DatabaseUrl = None,
    to: To = None,
    replay: Annotated[
        bool, typer.Option(help="Also replay the journal, so that the backup tells the state's hash.")
    ] = True,
    as_json: Json = False,
    resolved: Resolved = False,
    parent: Parent = 0,
) -> None:
    """Back up a venue that may be running: SQL and journal at one `seq`, and what is too old removed.

    Settings [backup] say where to, for how long, and with which key it is encrypted.
    """
    if context.invoked_subcommand is not None:
        return
    end_with(parent)
    asked = _asked(config, folder, to, resolved=resolved)
    settings, database = asked.settings, of_settings(asked.settings, url)
    source = Source(
        folder=settings.folder,
        database=database,
        key_folder=settings.key_folder,
        outbox_source=BACK_OFFICE_NUMBER,
        sync=settings.venue.durability == "fsync",
        settings=resolved_text(settings),
    )
    try:
        made = room.make(
            source,
            asked.shelf,
            backup_key(settings),
            retention_days=settings.backup.retention_days,
            replay=replay,
            now_ns=time.time_ns,
        )
    finally:
        database.close()
    _tell_made(made, room.last_proof(asked.shelf.folder), as_json=as_json)


def list_backups(config: Config = None, folder: OwnFolder = None, to: To = None, as_json: Json = False) -> None:
    """List the backups, oldest first, looked at from outside. Exit code 1 where one is not whole."""
    shelf = _asked(config, folder, to).shelf
    kept = shelf.kept()
    if as_json:
        print(json.dumps([_kept_said(one) for one in kept]))
    else:
        for one in kept:
            print(_kept_line(one))
        print(f"{len(kept)} backups, {size_text(sum(one.stored for one in kept))}")
        print(_proof_line(room.last_proof(shelf.folder)))
    broken = [one for one in kept if one.damage is not None]
    if broken:
        raise Failure(f"{len(broken)} of {len(kept)} backups are not whole: {broken[0].damage}")


def verify(
    which: Which,
    config: Config = None,
    replay: Annotated[bool, typer.Option(help="Also replay the journal, and compare the state's hash.")] = True,
    allow_unencrypted: Unencrypted = False,
    as_json: Json = False,
) -> None:
    """Read a whole backup: every checksum, every seal, the journal replayed. Exit code 1 where anything is wrong."""
    secret = backup_key(settled(config))
    found = room.check(which, secret, replay=replay, allow_unencrypted=allow_unencrypted)
    if replay:
        noted(which, seq=found.manifest.journal.seq, how="verify")
    said = _checked_said(which, found)
    if as_json:
        print(json.dumps(said))
        return
    for name, value in said.items():
        print(f"{name:<12} {'-' if value is None else value}")


def noted(which: Path, *, seq: int, how: How) -> None:
    """Notes beside a backup that it was proved; says so where that cannot be written."""
    try:
        room.note_proof(which, seq=seq, at_ns=time.time_ns(), how=how)
    except BackupError as error:
        print(error, file=sys.stderr)


def size_text(size: int) -> str:
    """Bytes for people: `1.5 GiB`."""
    value, unit = float(size), UNITS[0]
    for unit in UNITS:  # noqa: B007 - the last one is what is wanted
        if value < STEP:
            break
        value /= STEP
    return f"{value:.0f} {unit}" if unit == UNITS[0] else f"{value:.1f} {unit}"


def time_text(at_ns: int) -> str:
    """A time for people, to the ms, UTC."""
    return f"{np.datetime64(at_ns // MS_NS, 'ms')}Z"


def _asked(config: Path | None, folder: Path | None, to: Path | None, *, resolved: bool = False) -> _Asked:
    settings = settled(config, service_options(folder=folder), resolved=resolved)
    return _Asked(settings, Shelf((to or settings.backup_folder).absolute()))


def _tell_made(made: Made, proof: Proof | None, *, as_json: bool) -> None:
    said = _said(made.manifest) | {"path": str(made.path), "removed": [path.name for path in made.removed]}
    said["last_proof"] = None if proof is None else asdict(proof) | {"at": time_text(proof.at_ns)}
    if as_json:
        print(json.dumps(said))
        return
    print(
        f"{made.path}\nseq {made.manifest.journal.seq}, state {made.manifest.journal.state_hash or 'not replayed'}, "
        f"{made.manifest.took_ms / 1000:.1f} s, {'encrypted' if made.manifest.encrypted else 'NOT ENCRYPTED'}"
    )
    print(f"\n{'what':<12}{'parts':>8}{'holds':>14}{'takes':>14}")
    for kind, (parts, size, stored) in _sizes(made.manifest).items():
        print(f"{kind:<12}{parts:>8}{size_text(size):>14}{size_text(stored):>14}")
    print("\nleft out:")
    for text in made.manifest.left_out:
        print(f"  {text}")
    for path in made.removed:
        print(f"removed, too old: {path.name}")
    print(_proof_line(proof))


def _proof_line(proof: Proof | None) -> str:
    if proof is None:
        return "none of them was ever proved: garraway backup verify BACKUP"
    return f"last proved: {proof.backup}, {time_text(proof.at_ns)}, by {proof.how}"


def _sizes(manifest: Manifest) -> dict[str, tuple[int, int, int]]:
    """By kind: parts, bytes that they hold, bytes that they take; and the sum."""
    found: dict[str, tuple[int, int, int]] = {}
    for part in manifest.parts:
        parts, size, stored = found.get(part.kind, (0, 0, 0))
        found[part.kind] = (parts + 1, size + part.size, stored + part.stored)
    return found | {"all": (len(manifest.parts), manifest.size, manifest.stored)}


def _said(manifest: Manifest) -> dict[str, Any]:
    return {
        "seq": manifest.journal.seq,
        "at": time_text(manifest.journal.at_ns),
        "made_at": time_text(manifest.made_at_ns),
        "state_hash": manifest.journal.state_hash,
        "encrypted": manifest.encrypted,
        "garraway": manifest.garraway,
        "database": manifest.sql.dialect,
        "revision": manifest.sql.revision,
        "took_s": manifest.took_ms / 1000,
        "sizes": {
            kind: {"parts": parts, "holds_bytes": size, "takes_bytes": stored}
            for kind, (parts, size, stored) in _sizes(manifest).items()
        },
        "left_out": list(manifest.left_out),
    }


def _kept_said(one: Kept) -> dict[str, Any]:
    said = {"path": str(one.path), "stored_bytes": one.stored, "damage": one.damage}
    return said if one.manifest is None else said | _said(one.manifest)


def _kept_line(one: Kept) -> str:
    if one.manifest is None:
        return f"{one.path}  NOT WHOLE: {one.damage}"
    manifest = one.manifest
    words = "encrypted" if manifest.encrypted else "not encrypted"
    return f"{one.path}  seq {manifest.journal.seq}  {size_text(one.stored)}  {manifest.sql.dialect}  {words}"


def _checked_said(which: Path, found: Checked) -> dict[str, Any]:
    manifest = found.manifest
    return {
        "backup": str(which),
        "whole": True,
        "seq": manifest.journal.seq,
        "at": time_text(manifest.journal.at_ns),
        "state_hash": found.state_hash or manifest.journal.state_hash,
        "replayed": found.state_hash is not None,
        "encrypted": manifest.encrypted,
        "parts": len(manifest.parts),
        "holds_bytes": manifest.size,
        "takes_bytes": manifest.stored,
    }
