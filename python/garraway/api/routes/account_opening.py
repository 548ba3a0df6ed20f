"""Opening an account of one's own. Decided in SQL, carried out by the engine."""

from typing import Annotated

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from garraway.api.decimals import Said
from garraway.api.hands import hand_of
from garraway.api.permits import Caller, needs
from garraway.api.serving import Served

routes = APIRouter(prefix="/api/v1", tags=["accounts"])


class OpenedSaid(Said):
    """The number of the account: it is listed once the engine has opened it."""

    account: int


@routes.post("/accounts", status_code=202)
async def open_account(services: Served, caller: Annotated[Caller, needs("create", "accounts")]) -> OpenedSaid:
    """Opens an account of the caller's own."""
    hand = hand_of(caller, "asked for by the client")
    return OpenedSaid(account=await run_in_threadpool(services.back_office.open_account, hand))
