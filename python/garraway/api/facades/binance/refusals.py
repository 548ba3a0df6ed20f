"""Errors as Binance words them: {"code": -1121, "msg": "Invalid symbol."}. Touches nothing.

Routes of this facade raise a `Refusal`; problems of the rest of the API become one in `worded`; a reject of the engine
becomes one in `of_reject`. Source: Binance Spot API documentation, "Error codes for Binance".
"""

from dataclasses import dataclass
from typing import ClassVar, Final

import msgspec

from garraway.api.problems import Problem
from garraway.records import Reject


@dataclass
class Refusal(Problem):
    """A problem in Binance's words: `code` is its number in text."""

    media_type: ClassVar[str] = "application/json"

    def body(self, correlation_id: str) -> bytes:
        """The JSON of the reply; the correlation id goes in the header alone."""
        del correlation_id
        return msgspec.json.encode({"code": int(self.code), "msg": self.detail})


def refusal(code: int, text: str, status: int = 400) -> Refusal:
    """A refusal with this number and text."""
    return Refusal(status, str(code), text)


def missing(name: str) -> Refusal:
    """A parameter that has to come did not."""
    return refusal(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def malformed(name: str) -> Refusal:
    """A parameter that cannot be read."""
    return refusal(-1100, f"Illegal characters found in parameter '{name}'.")


def unread(count: int, read: int) -> Refusal:
    """A parameter that the request does not have here."""
    return refusal(-1104, f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{count}'.")


def worded(problem: Problem) -> Problem:
    """A problem of any part of the API, in Binance's words."""
    if isinstance(problem, Refusal):
        return problem
    if problem.status == 422 and problem.errors and problem.errors[0].field in _FILTERS:
        return _of_field(problem)
    status, code, text = _WORDS.get(problem.code) or _by_status(problem)
    headers = {name: value for name, value in problem.headers.items() if name != "WWW-Authenticate"}
    return Refusal(status, str(code), text or problem.detail, headers=headers)


def of_reject(reason: Reject) -> Refusal:
    """What the engine rejected: an order that was never open, in Binance's words."""
    code, text = _REJECTS.get(reason.name, (-2010, f"{reason.name}: {reason.doc} Remedy: {reason.remedy}."))
    return refusal(code, text)


def _of_field(problem: Problem) -> Refusal:
    field, code = problem.errors[0].field, problem.errors[0].code
    if code in {"DecimalInvalid", "FieldInvalid"}:
        return malformed(_NAMES.get(field, field))
    if code == "FieldMissing":  # a market order where nothing says how far it may go
        return refusal(-2010, problem.detail)
    return refusal(-1013, f"Filter failure: {_FILTERS[field]}")


def _by_status(problem: Problem) -> tuple[int, int, str]:
    if problem.status == 503:
        return 503, -1001, "Internal error; unable to process your request. Please try again."
    if problem.status >= 500:
        return problem.status, -1000, "An unknown error occurred while processing the request."
    return 400 if problem.status in {409, 422} else problem.status, -1100, ""


_NOT_PERMITTED: Final = 401, -2015, "Invalid API-key, IP, or permissions for action."
_WORDS: Final = {
    "Unauthenticated": _NOT_PERMITTED,
    "Forbidden": _NOT_PERMITTED,
    "FactorMissing": _NOT_PERMITTED,
    "StepUpNeeded": _NOT_PERMITTED,
    "Missing": _NOT_PERMITTED,
    "RateLimited": (429, -1003, "Too many requests; wait as long as Retry-After says."),
    "ClientOrderIdTaken": (400, -2010, "Duplicate order sent."),
    "RouteUnknown": (404, -1020, "This operation is not supported."),
    "MethodNotAllowed": (405, -1020, "This operation is not supported."),
    "JsonMalformed": (400, -1135, ""),
    "JsonTooDeep": (400, -1135, ""),
    "KeyRepeated": (400, -1135, ""),
}
"""Code of a problem -> status, number, text."""
_FILTERS: Final = {
    "price": "PRICE_FILTER",
    "trigger_price": "PRICE_FILTER",
    "quantity": "LOT_SIZE",
    "display_quantity": "ICEBERG_PARTS",
}
_NAMES: Final = {"trigger_price": "stopPrice", "display_quantity": "icebergQty"}
_CLOSED: Final = -2010, "Market is closed."
_REJECTS: Final = {
    "FundsInsufficient": (-2010, "Account has insufficient balance for requested action."),
    "HeldTooMuch": (-2010, "Account has insufficient balance for requested action."),
    "PostOnlyWouldTrade": (-2010, "Order would immediately match and take."),
    "PhaseForbids": _CLOSED,
    "KillSwitched": (-2010, "This action is disabled on this account."),
    "Restricted": (-2010, "This symbol is restricted for this account."),
    "OrderUnknown": (-2011, "Unknown order sent."),
    "PriceOffTick": (-1013, "Filter failure: PRICE_FILTER"),
    "PriceOutOfRange": (-1013, "Filter failure: PRICE_FILTER"),
    "PriceOutsideBand": (-1013, "Filter failure: PERCENT_PRICE"),
    "PriceOutsideCollar": (-1013, "Filter failure: PERCENT_PRICE"),
    "QuantityTooLarge": (-1013, "Filter failure: LOT_SIZE"),
    "QuantityInvalid": (-1013, "Filter failure: LOT_SIZE"),
    "NotionalTooLarge": (-1013, "Filter failure: NOTIONAL"),
    "PositionTooLarge": (-1013, "Filter failure: MAX_POSITION"),
    "OpenOrdersTooMany": (-1013, "Filter failure: MAX_NUM_ORDERS"),
    "RateExceeded": (-1015, "Too many new orders; the account's limit of orders in a second is reached."),
    "TimeInForceInvalid": (-1115, "Invalid timeInForce."),
}
"""Reason of the engine -> number, text; every other one is -2010 with the engine's own words."""
