"""`garraway totp`: the code of a second factor, for those who try it out without an authenticator app."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import pyotp
import typer

from garraway.cli.failures import UsageFailure


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(totp)


def totp(
    uri: Annotated[str, typer.Argument(help="The address `otpauth://totp/...` that enrolling a second factor gives.")],
    ahead: Annotated[int, typer.Option(min=0, max=1, help="1 for the code of the next half minute.")] = 0,
) -> None:
    """Print the code of this half minute. Each code is good once."""
    try:
        made = pyotp.parse_uri(uri)
    except ValueError as error:
        raise UsageFailure(f"no address of a second factor: {error}") from error
    if not isinstance(made, pyotp.TOTP):
        raise UsageFailure("the address is not of a time-based second factor (totp)")
    print(made.now() if ahead == 0 else _next(made))


def _next(made: pyotp.TOTP) -> str:
    return made.at(datetime.now(UTC) + timedelta(seconds=made.interval))
