"""Where a request comes from, as a parameter of a route: for audit entries and sessions. Touches nothing."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from garraway.identity import Origin


async def _origin(request: Request) -> Origin:
    scope = request.scope
    agent = request.headers.get("user-agent", "")
    return Origin(scope["garraway.address"], agent, scope["garraway.reply"].correlation_id)


From = Annotated[Origin, Depends(_origin)]
"""The request's origin."""
