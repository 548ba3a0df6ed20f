"""The table of endpoints, with the permission of each, and the application that answers them. Touches nothing else.

It stands under a prefix of its own; an error raised here becomes a reply where all errors of the API do, in the words
of `refusals`.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgspec
from starlette.types import Receive, Scope, Send

from garraway.api.facades.alpaca import account, assets, clock, market, orders, placing, portfolio, positions, symbols
from garraway.api.facades.alpaca.asking import Ask, asked
from garraway.api.facades.alpaca.refusals import refusal
from garraway.identity import Permission


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path; no permission: public. A part in braces of the path is what it names."""

    method: str
    path: str
    permission: Permission | None
    answer: Callable[[Ask], Awaitable[Any]]
    query: frozenset[str] = frozenset()
    body: frozenset[str] = frozenset()
    """What it takes; anything else is refused."""
    status: int = 200


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PLACE: Final = Permission("place", "orders")
_REPLACE: Final = Permission("replace", "orders")
_CANCEL: Final = Permission("cancel", "orders")
_ORDERS: Final = Permission("view", "orders")
_MARKET: Final = Permission("view", "market")
_ACCOUNTS: Final = Permission("view", "accounts")
_BALANCES: Final = Permission("view", "balances")
_POSITIONS: Final = Permission("view", "positions")
_CLOSE: Final = Permission("close", "positions")
_FILLS: Final = Permission("view", "fills")
_ANALYTICS: Final = Permission("view", "analytics")
_PORTFOLIO_NAMES: Final = _names(
    "period timeframe intraday_reporting start end date_end pnl_reset extended_hours cashflow_types"
)
_FILL_NAMES: Final = _names("activity_types after until date direction page_size page_token")


_TRADING: Final = (
    Endpoint("GET", "/v2/assets", _MARKET, assets.listed, query=_names("status asset_class exchange attributes")),
    Endpoint("GET", "/v2/assets/{asset}", _MARKET, assets.one),
    Endpoint("GET", "/v2/account", _BALANCES, account.account),
    Endpoint("GET", "/v2/account/configurations", _ACCOUNTS, account.configurations),
    Endpoint(
        "PATCH", "/v2/account/configurations", _ACCOUNTS, account.configure, body=frozenset(account.CONFIGURATION)
    ),
    Endpoint("GET", "/v2/account/activities", _FILLS, account.fills, query=_FILL_NAMES),
    Endpoint("GET", "/v2/account/activities/{kind}", _FILLS, account.fills, query=_FILL_NAMES - {"activity_types"}),
    Endpoint("GET", "/v2/account/portfolio/history", _ANALYTICS, portfolio.portfolio, query=_PORTFOLIO_NAMES),
    Endpoint("GET", "/v2/positions", _POSITIONS, positions.listed),
    Endpoint("DELETE", "/v2/positions", _CLOSE, positions.close_all, query=_names("cancel_orders"), status=207),
    Endpoint("GET", "/v2/positions/{asset}", _POSITIONS, positions.one),
    Endpoint("DELETE", "/v2/positions/{asset}", _CLOSE, positions.close, query=_names("qty percentage")),
    Endpoint("POST", "/v2/orders", _PLACE, placing.place, body=placing.PLACE_NAMES),
    Endpoint(
        "GET",
        "/v2/orders",
        _ORDERS,
        orders.listed,
        query=_names("status limit after until direction nested side symbols"),
    ),
    Endpoint("DELETE", "/v2/orders", _CANCEL, orders.cancel_all, status=207),
    Endpoint(
        "GET", "/v2/orders:by_client_order_id", _ORDERS, orders.read_by_text, query=_names("client_order_id nested")
    ),
    Endpoint("GET", "/v2/orders/{order}", _ORDERS, orders.read, query=_names("nested")),
    Endpoint("PATCH", "/v2/orders/{order}", _REPLACE, placing.replace, body=placing.REPLACE_NAMES),
    Endpoint("DELETE", "/v2/orders/{order}", _CANCEL, orders.cancel, status=204),
    Endpoint("GET", "/v2/clock", _MARKET, clock.clock),
    Endpoint("GET", "/v2/calendar", _MARKET, clock.sessions, query=_names("start end")),
)
_FEED: Final = "feed currency"
_PAGE: Final = "start end limit page_token sort"
_BARS: Final = f"timeframe adjustment asof {_FEED} {_PAGE}"
_TRADES: Final = f"asof {_FEED} {_PAGE}"
_SHARES: Final = (
    ("bars", market.bars, _BARS),
    ("trades", market.trades, _TRADES),
    ("quotes", market.no_quotes, _TRADES),
    ("bars/latest", market.latest_bars, _FEED),
    ("trades/latest", market.latest_trades, _FEED),
    ("quotes/latest", market.latest_quotes, _FEED),
)
_PAIRS: Final = (
    ("bars", market.bars, f"timeframe currency {_PAGE}"),
    ("trades", market.trades, f"currency {_PAGE}"),
    ("quotes", market.no_quotes, f"currency {_PAGE}"),
    ("latest/bars", market.latest_bars, ""),
    ("latest/trades", market.latest_trades, ""),
    ("latest/quotes", market.latest_quotes, ""),
    ("latest/orderbooks", market.latest_books, ""),
    ("snapshots", market.snapshots, ""),
)
_STOCKS: Final = "/v2/stocks"
_DATA: Final = (
    *(
        Endpoint(
            "GET", f"{_STOCKS}/{path}", None, partial(answer, kind=symbols.SHARE), query=_names(f"symbols {names}")
        )
        for path, answer, names in (*_SHARES, ("snapshots", market.snapshots, _FEED))
    ),
    *(
        Endpoint("GET", f"{_STOCKS}/{{symbol}}/{path}", None, partial(answer, kind=symbols.SHARE), query=_names(names))
        for path, answer, names in (*_SHARES, ("snapshot", market.snapshots, _FEED))
    ),
    *(
        Endpoint(
            "GET",
            f"/v1beta3/crypto/us/{path}",
            None,
            partial(answer, kind=symbols.CRYPTO),
            query=_names(f"symbols {names}"),
        )
        for path, answer, names in _PAIRS
    ),
)
ENDPOINTS: Final = (*_TRADING, *_DATA)


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers a request under the facade's prefix. Raises: Refusal, Problem, errors of the rooms below."""
    del receive  # the edge has read the body
    endpoint, named = _found(scope["method"], scope["path"].removeprefix(scope["root_path"]))
    scope["garraway.route"] = scope["root_path"] + endpoint.path
    ask = asked(scope, endpoint.permission, query=endpoint.query, body=endpoint.body, named=named)
    said = await endpoint.answer(ask)
    body = _ENCODER.encode(said) if endpoint.status != 204 else b""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": endpoint.status, "headers": headers if body else []})
    await send({"type": "http.response.body", "body": body})


def _found(method: str, path: str) -> tuple[Endpoint, str]:
    """The endpoint, and what the path names. Raises: Refusal."""
    endpoint = _EXACT.get((method, path))
    if endpoint is not None:
        return endpoint, ""
    known = any(path == other for _, other in _EXACT)
    for pattern, one in _NAMING:
        match = pattern.fullmatch(path)
        if match is not None and one.method == method:
            return one, match[1]
        known = known or match is not None
    raise refusal(405, "method not allowed") if known else refusal(404, "endpoint not found")


_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_EXACT: Final = {(one.method, one.path): one for one in ENDPOINTS if "{" not in one.path}
_NAMING: Final = [
    (re.compile(re.sub(r"\\\{\w+\\\}", "([^/]+(?:/[^/]+)?)", re.escape(one.path))), one)
    for one in ENDPOINTS
    if "{" in one.path
]
"""What a path names may hold one slash: a pair is called BTC/USD."""
