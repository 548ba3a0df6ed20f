"""`garraway admin bootstrap | load-keys | rotate-signing-key`: what only whoever owns the machine may do."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from garraway.cli.config import settled
from garraway.cli.database import of_settings
from garraway.cli.failures import UsageFailure
from garraway.cli.identity import identity_of
from garraway.cli.options import Config, DatabaseUrl, OwnFolder, service_options
from garraway.cli.secrets import fetched
from garraway.identity import Identity, Origin, SecretFiles, SigningKeys, keys, people
from garraway.store import insist_current

ORIGIN = Origin("local", "garraway admin")
SECOND = 1_000_000_000


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    admin = typer.Typer(help="Administer users from this machine.", no_args_is_help=True, rich_markup_mode=None)
    admin.command()(bootstrap)
    admin.command()(load_keys)
    admin.command()(rotate_signing_key)
    app.add_typer(admin, name="admin")


def bootstrap(
    login: Annotated[str, typer.Option(help="E-mail address of the first SuperAdmin.")],
    name: Annotated[str, typer.Option(help="The person's name.")] = "Administrator",
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")] = False,
    folder: OwnFolder = None,
    url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Make the first administrator. Works once; it is audited. A second factor is enrolled at the first log-in."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else _typed()
    with _opened(folder, url, config) as identity:
        number = people.bootstrap(identity, login=login, name=name, password=password, origin=ORIGIN)
    print(f"user {number} is SuperAdmin: log in and enrol a second factor")


def load_keys(
    file: Annotated[Path, typer.Argument(help="JSON list of keys of service accounts, mode 0600.")],
    folder: OwnFolder = None,
    url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Take API keys of service accounts from a file; those that are known already are left as they are."""
    with _opened(folder, url, config) as identity:
        new = keys.load_file(identity, file, origin=ORIGIN)
    print(f"{len(new)} new keys" + "".join(f"\n  {one}" for one in new))


def rotate_signing_key(folder: OwnFolder = None, config: Config = None) -> None:
    """Make a new key for access tokens; the one before is accepted for another hour."""
    at_s = time.time_ns() // SECOND
    settings = settled(config, service_options(folder=folder))
    files = SecretFiles(fetched(settings, keys=True).keys.passphrases)
    made = SigningKeys.open(settings.key_folder, at_s=at_s, files=files).rotate(at_s=at_s)
    print(f"key {made.kid} signs from now on")


def _typed() -> str:
    if not sys.stdin.isatty():
        raise UsageFailure("there is no terminal to ask for the password: give it on stdin with --password-stdin")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


@contextmanager
def _opened(folder: Path | None, url: str | None, config: Path | None) -> Iterator[Identity]:
    settings = settled(config, service_options(folder=folder))
    database = of_settings(settings, url)
    insist_current(database)
    with identity_of(settings, database, fetched(settings, keys=True)) as identity:
        yield identity
    database.close()
