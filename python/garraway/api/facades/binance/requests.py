"""Requests of the WebSocket API: the methods, and how one is read. Touches `identity`.

A method is an endpoint of the REST interface under another name; the key and the signature are parameters. Signed are
all parameters but the signature, sorted by name, `name=value` joined by `&`. Source: Binance Spot API documentation,
"WebSocket API", "Request security".
"""

from dataclasses import dataclass
from typing import Any, Final

import msgspec
from starlette.types import Scope

from garraway.api.facades.binance.asking import SIGNED, Ask, Signed, taken
from garraway.api.facades.binance.endpoints import Endpoint, endpoint
from garraway.api.facades.binance.refusals import malformed, missing, refusal, unread
from garraway.identity import Permission, Principal

PATH: Final = "/ws-api/v3"
CALL: Final = "garraway.call"
"""Where the scope of a request that came over the hub has its `Call`: nothing from outside has one."""
OWN: Final = frozenset({"apiKey", "returnRateLimits"})
"""What a request may bear besides what its endpoint takes; how much of a limit is used is not told."""


@dataclass(slots=True)
class Call:
    """What a request has the hub do besides answering."""

    follows: tuple[int, Principal] | None = None
    """The account whose events the connection gets from now on, and who may see it."""
    unfollows: bool = False


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """A message of a client; its numbers as they were written, because they were signed so."""

    method: str
    id: int | str | None = None
    params: dict[str, msgspec.Raw] = {}


async def subscribe(ask: Ask) -> dict[str, Any]:
    """Has the connection told of the account: orders, fills, balances."""
    assert ask.caller is not None
    ask.caller.scope[CALL].follows = ask.account, ask.caller.principal
    return {"subscriptionId": 0}


async def unsubscribe(ask: Ask) -> dict[str, Any]:
    """Has the connection told of no account any more."""
    del ask
    return {}


SUBSCRIBE: Final = Endpoint("POST", "/userDataStream", Permission("view", "orders"), subscribe)
UNSUBSCRIBE: Final = Endpoint("DELETE", "/userDataStream", None, unsubscribe, frozenset({"subscriptionId"}))
METHODS: Final = {
    "ping": endpoint("GET", "/ping"),
    "time": endpoint("GET", "/time"),
    "exchangeInfo": endpoint("GET", "/exchangeInfo"),
    "depth": endpoint("GET", "/depth"),
    "trades.recent": endpoint("GET", "/trades"),
    "trades.historical": endpoint("GET", "/trades"),
    "trades.aggregate": endpoint("GET", "/aggTrades"),
    "klines": endpoint("GET", "/klines"),
    "ticker.24hr": endpoint("GET", "/ticker/24hr"),
    "ticker.price": endpoint("GET", "/ticker/price"),
    "ticker.book": endpoint("GET", "/ticker/bookTicker"),
    "order.place": endpoint("POST", "/order"),
    "order.cancel": endpoint("DELETE", "/order"),
    "order.status": endpoint("GET", "/order"),
    "openOrders.status": endpoint("GET", "/openOrders"),
    "openOrders.cancelAll": endpoint("DELETE", "/openOrders"),
    "allOrders": endpoint("GET", "/allOrders"),
    "account.status": endpoint("GET", "/account"),
    "myTrades": endpoint("GET", "/myTrades"),
    "userDataStream.subscribe.signature": SUBSCRIBE,
    "userDataStream.unsubscribe": UNSUBSCRIBE,
}


async def answer(scope: Scope) -> Any:  # noqa: ANN401 - what the endpoint says
    """The result of a request. Raises: Refusal, Problem, errors of the rooms below."""
    asked = _read(scope["garraway.body"])
    method = METHODS.get(asked.method)
    if method is None:
        raise refusal(-1020, "This operation is not supported.", 404)
    scope["garraway.route"] = f"{scope['root_path']}{PATH}/{asked.method}"
    sent = {name: _text(name, raw) for name, raw in asked.params.items()}
    known = method.parameters | OWN | (SIGNED if method.permission is not None else frozenset())
    if not sent.keys() <= known:
        raise unread(len(sent), len(sent.keys() & known))
    signed = Signed(sent.get("apiKey", ""), lambda: _unsigned(sent))
    if method is UNSUBSCRIBE:
        scope[CALL].unfollows = True
    return await method.answer(taken(scope, sent, method.permission, signed, once=method.once))


def _read(body: bytes) -> Asked:
    try:
        return msgspec.json.decode(body, type=Asked)
    except msgspec.MsgspecError as error:
        raise refusal(-1135, f"Invalid JSON Request: {error}") from error


def _text(name: str, raw: msgspec.Raw) -> str:
    """A parameter as it was written: text, number, truth, or a list of texts. Raises: Refusal."""
    written = bytes(raw)
    if written[:1] == b'"':
        return msgspec.json.decode(written, type=str)
    if written[:1] in {b"{", b"n"}:
        raise malformed(name)
    return written.decode()


def _unsigned(sent: dict[str, str]) -> tuple[bytes, str]:
    signature = sent.get("signature")
    if not signature:
        raise missing("signature")
    payload = "&".join(f"{name}={sent[name]}" for name in sorted(sent) if name != "signature")
    return payload.encode(), signature
