"""What the application needs to know of a facade. Touches nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp

from garraway.api.problems import Problem
from garraway.api.services import Services


@dataclass(frozen=True, slots=True)
class Facade:
    """Another venue's interface: where it is mounted, who answers, and how it words a problem."""

    prefix: str
    app: ASGIApp
    worded: Callable[[Problem], Problem]
    operations: tuple[str, ...]
    """All that can be asked of it, as the matrix of permissions names it: `METHOD /path`, of a WebSocket its own words.

    Made from the tables that answer, so that nothing is answered that is not named here.
    """
    streams: Callable[[Services], ASGIApp] | None = None
    """Makes what serves its WebSockets on the port of the API, if it has any there."""
