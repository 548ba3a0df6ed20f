"""What routes take from the application: its services. Touches nothing."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from garraway.api.services import Services


async def _services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


Served = Annotated[Services, Depends(_services)]
"""The services, as a parameter of a route."""
