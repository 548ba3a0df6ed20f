"""The table of endpoints, with the permission of each, and the application that answers them. Touches nothing else.

It stands under a prefix of its own; an error raised here becomes a reply where all errors of the API do, in the words
of `refusals`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from starlette.types import Receive, Scope, Send

from garraway.api.facades.binance import account, market, orders
from garraway.api.facades.binance.asking import Ask, asked
from garraway.api.facades.binance.refusals import refusal
from garraway.identity import Permission

ROOT: Final = "/api/v3"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path; no permission: public."""

    method: str
    path: str
    permission: Permission | None
    answer: Callable[[Ask], Awaitable[Any]]
    parameters: frozenset[str] = frozenset()
    """What it takes besides those of a signature; anything else is refused."""

    @property
    def once(self) -> bool:
        """Whether a signed request has its effect once."""
        return self.method != "GET"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PLACE: Final = Permission("place", "orders")
_CANCEL: Final = Permission("cancel", "orders")
_ORDERS: Final = Permission("view", "orders")
_ORDER_NAMES: Final = "symbol side type timeInForce quantity price stopPrice icebergQty newClientOrderId"
_ONE_ORDER: Final = _names("symbol orderId origClientOrderId")
_SYMBOLS: Final = _names("symbol symbols")
_STRETCH: Final = "startTime endTime limit"

ENDPOINTS: Final = (
    Endpoint("GET", "/ping", None, market.ping),
    Endpoint("GET", "/time", None, market.time),
    Endpoint("GET", "/exchangeInfo", None, market.exchange_info, _SYMBOLS),
    Endpoint("GET", "/depth", None, market.depth, _names("symbol limit")),
    Endpoint("GET", "/trades", None, market.trades, _names("symbol limit")),
    Endpoint("GET", "/aggTrades", None, market.aggregate_trades, _names(f"symbol fromId {_STRETCH}")),
    Endpoint("GET", "/klines", None, market.klines, _names(f"symbol interval {_STRETCH}")),
    Endpoint("GET", "/ticker/24hr", None, market.ticker_day, _SYMBOLS),
    Endpoint("GET", "/ticker/price", None, market.ticker_price, _SYMBOLS),
    Endpoint("GET", "/ticker/bookTicker", None, market.ticker_book, _SYMBOLS),
    Endpoint("POST", "/order", _PLACE, orders.place, _names(f"{_ORDER_NAMES} newOrderRespType")),
    Endpoint("DELETE", "/order", _CANCEL, orders.cancel, _ONE_ORDER | {"newClientOrderId"}),
    Endpoint("GET", "/order", _ORDERS, orders.order, _ONE_ORDER),
    Endpoint("GET", "/openOrders", _ORDERS, orders.open_orders, _names("symbol")),
    Endpoint("DELETE", "/openOrders", _CANCEL, orders.cancel_all, _names("symbol")),
    Endpoint("GET", "/allOrders", _ORDERS, orders.all_orders, _names(f"symbol orderId {_STRETCH}")),
    Endpoint("GET", "/account", Permission("view", "balances"), account.account, _names("omitZeroBalances")),
    Endpoint(
        "GET", "/myTrades", Permission("view", "fills"), account.my_trades, _names(f"symbol orderId fromId {_STRETCH}")
    ),
)


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers a request under the facade's prefix. Raises: Refusal, Problem, errors of the rooms below."""
    del receive  # the edge has read the body
    path = scope["path"].removeprefix(scope["root_path"])
    endpoint = _BY_PATH.get((scope["method"], path))
    if endpoint is None:
        known = any(path == other for _, other in _BY_PATH)
        raise refusal(-1020, "This operation is not supported.", 405 if known else 404)
    scope["garraway.route"] = scope["root_path"] + path
    said = await endpoint.answer(asked(scope, endpoint.permission, endpoint.parameters, once=endpoint.once))
    body = msgspec.json.encode(said)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


_BY_PATH: Final = {(one.method, ROOT + one.path): one for one in ENDPOINTS}
