"""The table of endpoints, with the permission of each. Touches nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from garraway.api.facades.binance import account, market, orders
from garraway.api.facades.binance.asking import Ask
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


def find(method: str, path: str) -> Endpoint | None:
    """The endpoint of a method and a path."""
    return _BY_PATH.get((method, path))


def knows(path: str) -> bool:
    """Whether a path has endpoints, whatever their methods."""
    return any(path == other for _, other in _BY_PATH)


def endpoint(method: str, path: str) -> Endpoint:
    """The endpoint of a method and a path behind `ROOT`, which is there."""
    return _BY_PATH[method, ROOT + path]


_BY_PATH: Final = {(one.method, ROOT + one.path): one for one in ENDPOINTS}
