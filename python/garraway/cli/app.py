"""The commands of `garraway`, put together. What a command does stands in its own file."""

import sys

import typer

from garraway import __version__
from garraway.cli import (
    admin,
    audit,
    bench,
    ccxt_config,
    config,
    db,
    exchange,
    journal,
    market,
    planner,
    projector,
    reference,
    replay,
    service,
    status,
    views,
)
from garraway.cli import up as up_room
from garraway.cli.failures import FAILURES, Failure

app = typer.Typer(
    name="garraway",
    help="An exchange on one deterministic engine: commands in, events out.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
up_room.register(app)
exchange.register(app)
market.register(app)
status.register(app)
replay.register(app)
journal.register(app)
db.register(app)
projector.register(app)
views.register(app)
service.register(app)
ccxt_config.register(app)
admin.register(app)
audit.register(app)
bench.register(app)
config.register(app)
planner.register(app)
reference.register(app)


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


def main() -> None:
    """Runs the command line. A failure is one line on stderr and exit code 1; wrong usage is exit code 2."""
    try:
        app()
    except Failure as failure:
        print(f"garraway: {failure}", file=sys.stderr)
        sys.exit(failure.exit_code)
    except FAILURES as error:
        print(f"garraway: {error}", file=sys.stderr)
        sys.exit(1)
