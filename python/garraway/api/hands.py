"""By whose hand a change is made: the caller, where the request came from, and why. Touches nothing."""

from typing import Annotated, Final

from fastapi import Header
from pydantic import Field
from starlette.requests import Request

from garraway.api.permits import Caller
from garraway.broker import Hand

Reason = Annotated[str, Field(min_length=3, max_length=200, description="Why: it stands in the audit chain.")]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,64}$",
        description="The same key and body: the same answer, one effect.",
    ),
]
REPLAYED: Final = "idempotent-replayed"


def hand_of(caller: Caller, reason: str) -> Hand:
    """The caller at this moment."""
    return Hand(principal=caller.principal, origin=caller.origin, at_ns=caller.services.clock(), reason=reason)


def whole(request: Request) -> bytes:
    """Everything that makes a request what it is: method, path, body."""
    body: bytes = request.scope["garraway.body"]
    return request.method.encode() + b" " + request.url.path.encode() + b"\n" + body
