"""What the application needs to know of a facade. Touches nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp

from garraway.api.problems import Problem


@dataclass(frozen=True, slots=True)
class Facade:
    """Another venue's interface: where it is mounted, who answers, and how it words a problem."""

    prefix: str
    app: ASGIApp
    worded: Callable[[Problem], Problem]
