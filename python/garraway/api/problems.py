"""Errors as application/problem+json (RFC 9457): the one place where an error becomes an HTTP status.

Problem                 says its status, code, fields and whether to try again; routes raise it
├── invalid(...)        422, a field that cannot be taken, named
├── not_found(...)      404
├── conflict(...)       409
└── away(...)           503, the exchange or the database is away; try again

Errors of other rooms are translated by `problem_of`; what it does not know is a 500 that tells nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar, Final

import msgspec
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from garraway.api.allowance import Taken
from garraway.broker import (
    AccountsFull,
    AmountInvalid,
    ApprovalClosed,
    ApprovalMissing,
    ApprovalPending,
    BrokerError,
    DraftChanged,
    DraftClosed,
    DraftMissing,
    DraftStale,
    KeyReused,
    PayloadDiffers,
    RequestUnderWay,
    SameHands,
    SessionInvalid,
    SessionMissing,
    TransferMissing,
)
from garraway.identity import (
    Busy,
    Conflict,
    FactorMissing,
    Forbidden,
    GateStale,
    IdentityError,
    Locked,
    Missing,
    OAuthRefused,
    StepUpNeeded,
    TextInvalid,
    Unauthenticated,
)
from garraway.records import FieldInvalid, RecordsError
from garraway.store import StoreError
from garraway.units import OffTick, OutOfRange, TooFine, UnitsError
from garraway.venues import VenueError
from garraway.views import ViewsError

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:garraway:problem:"


@dataclass(frozen=True, slots=True)
class FieldError:
    """A field that cannot be taken: its place in the request, a code, and what to do."""

    field: str
    code: str
    detail: str


@dataclass
class Problem(Exception):
    """What went wrong with a request, as its reply says it."""

    status: int
    code: str
    detail: str
    errors: Sequence[FieldError] = ()
    retryable: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, object] = field(default_factory=dict)
    """Members besides those of every problem, e.g. the order that has a client_order_id already."""
    media_type: ClassVar[str] = MEDIA_TYPE

    @property
    def phrase(self) -> str:
        """The status in words."""
        return HTTPStatus(self.status).phrase

    def body(self, correlation_id: str) -> bytes:
        """The JSON of the reply."""
        said: dict[str, Any] = {
            "type": TYPE_PREFIX + self.code,
            "title": self.phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "errors": [{"field": one.field, "code": one.code, "detail": one.detail} for one in self.errors],
            "retryable": self.retryable,
            "correlation_id": correlation_id,
        }
        return msgspec.json.encode(said | dict(self.extra))


def invalid(name: str, code: str, detail: str) -> Problem:
    """422: this one field cannot be taken."""
    return Problem(422, code, detail, errors=[FieldError(name, code, detail)])


def not_found(code: str, detail: str) -> Problem:
    """404: there is no such thing, or it is not the caller's."""
    return Problem(404, code, detail)


def conflict(code: str, detail: str, *, retryable: bool = False, **extra: object) -> Problem:
    """409: it does not fit with what is there."""
    return Problem(409, code, detail, retryable=retryable, extra=extra)


def away(code: str, detail: str, *, retry_after_s: int = 1) -> Problem:
    """503: something needed is away; nothing was done, the same may be asked again."""
    return Problem(503, code, detail, retryable=True, headers={"Retry-After": str(retry_after_s)})


def throttled(taken: Taken) -> Problem:
    """429: more than the allowance."""
    detail = f"more than {taken.limit} requests a minute: wait {taken.retry_after_s} s"
    return Problem(429, "RateLimited", detail, retryable=True, headers={"Retry-After": str(taken.retry_after_s)})


def translated(name: str, convert: Callable[[], int]) -> int:
    """What `convert` gives; an error of `units` becomes a 422 that names the field."""
    try:
        return convert()
    except UnitsError as error:
        raise refused(name, error) from error


def refused(name: str, error: UnitsError) -> Problem:
    """422 for an error of `units`, with the field named."""
    return invalid(name, _units_code(error), str(error))


def problem_of(error: Exception) -> Problem | None:  # noqa: C901 - a row of rooms
    """The problem that an error of any room is; None: it is a fault of ours."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        return _of_validation(error)
    if isinstance(error, HTTPException):
        return Problem(
            error.status_code,
            _HTTP_CODES.get(error.status_code, "Refused"),
            str(error.detail),
            headers=error.headers or {},
        )
    if isinstance(error, UnitsError):
        return Problem(422, _units_code(error), str(error))
    if isinstance(error, FieldInvalid) and error.field is not None:
        return invalid(error.field, "FieldInvalid", f"{error.field} is beyond what the engine can count")
    if isinstance(error, RecordsError):
        return Problem(422, "FieldInvalid", str(error))
    if isinstance(error, IdentityError):
        return _of_identity(error)
    if isinstance(error, BrokerError):
        return _of_broker(error)
    if isinstance(error, StoreError | SQLAlchemyError):
        return away("DatabaseAway", "the database is away at the moment: ask again")
    if isinstance(error, ViewsError):
        return away("ViewsAway", "the event log cannot be read at the moment: ask again")
    if isinstance(error, VenueError):
        return away("ExchangeAway", "the exchange is away at the moment: ask again")
    return None


FAULT: Final = Problem(500, "Fault", "this is a fault of ours: give the correlation id to the operator")
_HTTP_CODES: Final = {
    400: "Malformed",
    404: "RouteUnknown",
    405: "MethodNotAllowed",
    413: "BodyTooLarge",
    415: "MediaTypeUnsupported",
}


def _units_code(error: UnitsError) -> str:
    known = (OffTick, OutOfRange, TooFine)
    return next((kind.__name__ for kind in known if isinstance(error, kind)), "DecimalInvalid")


def _of_identity(error: IdentityError) -> Problem | None:
    if isinstance(error, TextInvalid):
        return invalid(error.field, type(error).__name__, str(error))
    if isinstance(error, Locked):
        headers = {"Retry-After": str(error.retry_after_s)}
        return Problem(429, "Locked", str(error), retryable=True, headers=headers)
    for kind, status in _IDENTITY.items():
        if isinstance(error, kind):
            headers = CHALLENGE if status == 401 else {"Retry-After": "1"} if status == 503 else {}
            return Problem(status, kind.__name__, str(error), retryable=status == 503, headers=headers)
    return None


def _of_broker(error: BrokerError) -> Problem | None:
    if isinstance(error, AmountInvalid):
        return invalid("amount", "AmountInvalid", str(error))
    if isinstance(error, SessionInvalid):
        return invalid(error.field, "SessionInvalid", str(error))
    for kind, status in _BROKER.items():
        if isinstance(error, kind):
            return Problem(status, kind.__name__, str(error), retryable=kind is RequestUnderWay)
    return None


CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="garraway"'}
_BROKER: Final[dict[type[BrokerError], int]] = {
    KeyReused: 422,
    TransferMissing: 404,
    ApprovalMissing: 404,
    DraftMissing: 404,
    SessionMissing: 404,
    SameHands: 403,
    AccountsFull: 409,
    DraftChanged: 409,
    DraftClosed: 409,
    DraftStale: 409,
    ApprovalClosed: 409,
    ApprovalPending: 409,
    PayloadDiffers: 409,
    RequestUnderWay: 409,
}
_IDENTITY: Final[dict[type[IdentityError], int]] = {
    Unauthenticated: 401,
    StepUpNeeded: 403,
    FactorMissing: 403,
    Forbidden: 403,
    Busy: 503,
    GateStale: 503,
    Conflict: 409,
    Missing: 404,
    OAuthRefused: 400,
}
"""The nearest kind first; what is not here is a fault of ours."""


def _of_validation(error: RequestValidationError) -> Problem:
    errors = [
        FieldError(".".join(str(part) for part in one["loc"][1:]) or str(one["loc"][0]), "FieldInvalid", one["msg"])
        for one in error.errors()
    ]
    named = ", ".join(one.field for one in errors)
    return Problem(422, "FieldInvalid", f"cannot take {named}: see errors", errors=errors)
