"""`garraway config check | show | migrate`: what the settings are, and what is wrong with them."""

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from garraway.cli.failures import Failure
from garraway.cli.options import Config, Json
from garraway.config import (
    Draft,
    Finding,
    Host,
    MigrationRefused,
    Reference,
    Secret,
    SecretUnavailable,
    Settings,
    check,
    migrate,
    read,
    toml_text,
    version_of,
)
from garraway.config.settings import VERSION
from garraway.secrets import providers


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(help="Look at the settings.", no_args_is_help=True, rich_markup_mode=None)
    group.command("check")(check_settings)
    group.command("show")(show)
    group.command("migrate")(migrate_file)
    app.add_typer(group, name="config")


def check_settings(
    config: Config = None,
    as_json: Json = False,
    host: Annotated[
        bool, typer.Option("--host", help="Also ask this host: ports, paths, open files, memory, disk, secrets.")
    ] = False,
) -> None:
    """Tell everything that is wrong with the settings at once: where, what, and what to do.

    File, environment and all rules across sections; with --host also what only this host can tell. Exit code 1 where
    there is an error; warnings alone are exit code 0.
    """
    found = findings(config, host=host)
    errors = sum(one.severity == "error" for one in found)
    if as_json:
        print(
            json.dumps({"errors": errors, "warnings": len(found) - errors, "findings": [asdict(one) for one in found]})
        )
    else:
        for one in found:
            print(one)
    if errors:
        raise Failure(f"{errors} of {len(found)} findings are errors: mend them and check again")
    if not as_json:
        print(f"settings of {config or 'the defaults'} are sound, {len(found)} warnings")


def show(config: Config = None, as_json: Json = False) -> None:
    """Print all settings as they are used, defaults and environment included. Secrets are shown as references."""
    draft = read(config, os.environ)
    if draft.settings is None:
        raise Failure("the settings cannot be read:\n" + "\n".join(map(str, draft.findings)))
    settings = draft.settings
    print(json.dumps(settings.shown()) if as_json else toml_text(settings.shown()), end="\n" if as_json else "")


def migrate_file(
    config: Annotated[Path, typer.Option("--config", help="File of settings (TOML) of an older version.")],
    write: Annotated[
        bool, typer.Option("--write", help="Write it back; the file of before is kept beside it as FILE.vN.")
    ] = False,
) -> None:
    """Bring a file of settings to the present version, and print it. Comments are not kept."""
    try:
        document = tomllib.loads(config.read_text(encoding="utf-8"))
        text = toml_text(migrate(document))
    except (OSError, ValueError, MigrationRefused) as error:
        raise Failure(f"{config} cannot be migrated: {error}") from error
    version = version_of(document)
    if not write:
        print(text, end="")
        return
    if version == VERSION:
        print(f"{config} is of version {VERSION} already: nothing is written")
        return
    kept = config.with_name(f"{config.name}.v{version}")
    new = config.with_name(f"{config.name}.new")
    try:
        os.link(config, kept)
        new.write_text(text, encoding="utf-8")
        new.chmod(config.stat().st_mode & 0o777)
        new.replace(config)
    except OSError as error:
        raise Failure(f"{config} cannot be written back: {error}") from error
    print(f"{config} is now of version {VERSION}; the file of before is {kept}")


def settled(
    config: Path | None,
    options: Mapping[str, tuple[str, str]] | None = None,
    *,
    host: bool = False,
    resolved: bool = False,
) -> Settings:
    """The settings for a start; errors refuse it.

    Args:
        config: the file of settings; None for the defaults.
        options: what the command line says: see `garraway.config.read`.
        host: whether this host is asked too, beyond development: by whoever starts everything.
        resolved: whether the file holds all there is: the supervisor has checked it, the environment is in it.
    Raises: Failure: all errors, a line each.
    """
    draft = read(config, {} if resolved else os.environ, options or {})
    found = _findings(draft, config, host=host and draft.settings is not None and draft.settings.strict)
    errors = [one for one in found if one.severity == "error"]
    if errors or draft.settings is None:
        raise Failure("the settings cannot be used:\n" + "\n".join(map(str, errors)))
    return draft.settings


def findings(config: Path | None, *, host: bool) -> tuple[Finding, ...]:
    """Everything that is wrong with the settings of this file, with `host` on this host too."""
    return _findings(read(config, os.environ), config, host=host)


def _findings(draft: Draft, config: Path | None, *, host: bool) -> tuple[Finding, ...]:
    settings = draft.settings or draft.provisional
    if not host or settings is None:
        return check(draft)
    known = providers(settings.secrets, os.environ)

    def resolve(reference: Reference) -> Secret:
        if reference.provider not in known:
            raise SecretUnavailable("its provider is not set up", "see the finding provider-other")
        return known[reference.provider].fetch(reference)

    return check(draft, host=Host.here(), resolve=resolve, file=config)
