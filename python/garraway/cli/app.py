"""The commands of `garraway`, put together. What a command does stands in its own file.

Only the file of the command that is asked for is imported: a process starts with the rooms that it needs, no others.
"""

import sys
from importlib import import_module
from typing import Final

import typer

from garraway import __version__
from garraway.cli.failures import Failure, known

COMMANDS: Final = (
    "up",
    "exchange",
    "market",
    "live",
    "paper",
    "stop",
    "status",
    "sweep",
    "replay",
    "backtest",
    "catalog",
    "journal",
    "db",
    "postgresql",
    "projector",
    "views",
    "backup",
    "restore",
    "outbox",
    "service",
    "ccxt-config",
    "admin",
    "audit",
    "totp",
    "bench",
    "config",
    "planner",
    "reference",
)
"""Each is a module beside this one that registers itself, in the order of the list of commands."""


def application(asked: str | None = None) -> typer.Typer:
    """The command line: with the command that is asked for alone, or with all where it is none of them."""
    app = typer.Typer(
        name="garraway",
        help="An exchange on one deterministic engine: commands in, events out.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(_garraway)
    for name in (asked,) if asked in COMMANDS else COMMANDS:
        import_module(f"garraway.cli.{name.replace('-', '_')}").register(app)
    app.command()(version)
    return app


def version() -> None:
    """Print the version."""
    print(__version__)


def main() -> None:
    """Runs the command line. A failure is one line on stderr and exit code 1; wrong usage is exit code 2."""
    try:
        application(sys.argv[1] if len(sys.argv) > 1 else None)()
    except Failure as failure:
        print(f"garraway: {failure}", file=sys.stderr)
        sys.exit(failure.exit_code)
    except known() as error:
        print(f"garraway: {error}", file=sys.stderr)
        sys.exit(1)


def _garraway() -> None:
    """An exchange on one deterministic engine: commands in, events out."""
