"""Errors as Alpaca words them: {"code": 42210000, "message": "qty: ..."}. Touches nothing.

The first three digits of a code are the HTTP status. Routes of this facade raise a `Refusal`; problems of the rest of
the API become one in `worded`; a reject of the engine becomes one in `of_reject`.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

import msgspec

from garraway.api.problems import Problem
from garraway.records import Reject

PER_STATUS: Final = 100_000
PLAIN: Final = 10_000


@dataclass
class Refusal(Problem):
    """A problem in Alpaca's words: `code` is its number in text."""

    media_type: ClassVar[str] = "application/json"

    def body(self, correlation_id: str) -> bytes:
        """The JSON of the reply; the correlation id goes in the header alone."""
        del correlation_id
        return msgspec.json.encode({"code": int(self.code), "message": self.detail})


def refusal(status: int, text: str, detail: int = PLAIN) -> Refusal:
    """A refusal with this status and text; `detail` are the last five digits of its code."""
    return Refusal(status, str(status * PER_STATUS + detail), text)


def malformed(name: str, why: str) -> Refusal:
    """A field or parameter that cannot be taken."""
    return refusal(422, f"{name}: {why}")


def unsupported(name: str, why: str = "not supported here") -> Refusal:
    """What Alpaca knows and this venue has nothing for."""
    return refusal(422, f"{name}: {why}")


def unknown_order() -> Refusal:
    """No such order, or not the caller's."""
    return refusal(404, "order not found")


def worded(problem: Problem) -> Problem:
    """A problem of any part of the API, in Alpaca's words."""
    if isinstance(problem, Refusal):
        return problem
    headers = {name: value for name, value in problem.headers.items() if name != "WWW-Authenticate"}
    known = _WORDS.get(problem.code)
    if known is not None:
        status, detail, text = known
        return Refusal(status, str(status * PER_STATUS + detail), text or problem.detail, headers=headers)
    text = problem.detail
    if problem.errors:
        field = problem.errors[0].field
        text = f"{_NAMES.get(field, field)}: {text}"
    return Refusal(problem.status, str(problem.status * PER_STATUS + PLAIN), text, headers=headers)


def of_reject(reason: Reject) -> Refusal:
    """What the engine rejected: an order that was never open, in Alpaca's words."""
    status, text = _REJECTS.get(reason.name, (422, ""))
    return refusal(status, text or f"{reason.name}: {reason.doc} Remedy: {reason.remedy}.")


_UNAUTHORIZED: Final = 401, PLAIN, "request is not authorized"
_WORDS: Final = {
    "Unauthenticated": _UNAUTHORIZED,
    "Forbidden": _UNAUTHORIZED,
    "FactorMissing": _UNAUTHORIZED,
    "StepUpNeeded": _UNAUTHORIZED,
    "Missing": _UNAUTHORIZED,
    "RateLimited": (429, PLAIN, "rate limit exceeded: wait as long as Retry-After says"),
    "ClientOrderIdTaken": (422, PLAIN + 1, "client_order_id must be unique"),
    "RouteUnknown": (404, PLAIN, "endpoint not found"),
    "MethodNotAllowed": (405, PLAIN, "method not allowed"),
    "Fault": (500, PLAIN, "internal server error occurred"),
}
"""Code of a problem -> status, last digits, text."""
_NAMES: Final = {
    "quantity": "qty",
    "price": "limit_price",
    "trigger_price": "stop_price",
    "trailing_distance": "trail_price",
    "account": "garraway-account",
}
_BALANCE: Final = 403, "insufficient balance for the order"
_REJECTS: Final = {
    "FundsInsufficient": _BALANCE,
    "HeldTooMuch": _BALANCE,
    "PhaseForbids": (403, "market is closed, or takes no such order now"),
    "KillSwitched": (403, "new orders are rejected by user request"),
    "Restricted": (403, "asset is not tradable for this account"),
    "RateExceeded": (403, "the account's limit of orders in a second is reached"),
    "OpenOrdersTooMany": (403, "the account's limit of open orders is reached"),
    "OrderUnknown": (404, "order not found"),
}
"""Reason of the engine -> status, text; every other one is 422 with the engine's own words."""
