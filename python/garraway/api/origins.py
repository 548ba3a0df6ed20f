"""Where a request comes from, as a parameter of a route: for audit entries and sessions. Touches nothing."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.types import Scope

from garraway.identity import Origin


def origin_of(scope: Scope) -> Origin:
    """Where a request comes from, as its scope tells after the edge."""
    agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"").decode("latin-1")
    return Origin(scope["garraway.address"], agent, scope["garraway.reply"].correlation_id)


async def _origin(request: Request) -> Origin:
    return origin_of(request.scope)


From = Annotated[Origin, Depends(_origin)]
"""The request's origin."""
