"""Orders in the words of the native API, and their way to the desk that all interfaces share. Touches nothing."""

from typing import Any, Final

from garraway.api.asked import PlaceAsked, converted, new_order
from garraway.api.desk import Told
from garraway.api.facades.alpaca.asking import Ask, came
from garraway.api.facades.alpaca.fields import Fields
from garraway.api.facades.alpaca.refusals import of_reject, refusal
from garraway.api.facades.alpaca.rendering import Said, order, order_id
from garraway.venues import Instrument

SIDES: Final = frozenset({"buy", "sell"})
TYPES: Final = frozenset({"market", "limit", "stop", "stop_limit", "trailing_stop"})
TIMES: Final = {
    "day": "day",
    "gtc": "gtc",
    "opg": "at_open",
    "cls": "at_close",
    "ioc": "ioc",
    "fok": "fok",
}
MARKET_TIMES: Final = TIMES | {"day": "ioc", "gtc": "ioc"}
"""Nothing rests of a market order here, whatever its time in force."""
RESTING: Final = frozenset({"day", "gtc"})
_PRICES: Final = {
    "market": (),
    "limit": ("limit_price",),
    "stop": ("stop_price",),
    "stop_limit": ("stop_price", "limit_price"),
    "trailing_stop": ("trail_price",),
}
_WORDS: Final = {"limit_price": "price", "stop_price": "trigger_price", "trail_price": "trailing_distance"}


def entry(body: Fields, instrument: Instrument) -> PlaceAsked:
    """The order, without its exits, in the words of the native API. Raises: Refusal, Problem."""
    kind = body.needed("type")
    if kind not in TYPES:
        raise body.refused("type", f"{kind[:32]!r} is not one of {', '.join(sorted(TYPES))}")
    words: dict[str, Any] = {
        "symbol": instrument.terms.symbol,
        "side": entry_side(body),
        "quantity": decimal(body, "qty"),
        "type": kind,
        "time_in_force": time_in_force(body, kind),
    }
    for name in _WORDS:
        if name in _PRICES[kind]:
            words[_WORDS[name]] = decimal(body, name)
        elif name in body.names:
            raise body.refused(name, f"an order of type {kind} has none")
    return converted(words, PlaceAsked)


def entry_side(body: Fields) -> str:
    """The side of the order itself. Raises: Refusal."""
    side = body.word("side", SIDES)
    if side is None:
        raise body.refused("side", "is required")
    return side


def time_in_force(body: Fields, kind: str) -> str:
    """Our word for it. Raises: Refusal."""
    time = body.word("time_in_force", frozenset(TIMES))
    if time is None:
        raise body.refused("time_in_force", "is required")
    if kind not in {"market", "limit"} and time not in RESTING:
        raise body.refused("time_in_force", f"an order of type {kind} is day or gtc")
    return (MARKET_TIMES if kind == "market" else TIMES)[time]


async def sent(ask: Ask, account: int, asked: PlaceAsked, text: str | None) -> Told:
    """Sends an order. Raises: Refusal: it was rejected, or its end is not known; Problem."""
    told = await tried(ask, account, asked, text)
    insist_accepted(ask, account, told)
    return told


async def tried(ask: Ask, account: int, asked: PlaceAsked, text: str | None) -> Told:
    """Sends an order and says what became of it. Raises: Problem."""
    services = ask.services
    made = new_order(asked, services.directory, account=account, now_ns=services.clock())
    began_s = services.monotonic_s()
    told = await services.desk.place(made, text)
    services.meters.acknowledged(told.status, services.monotonic_s() - began_s)
    return told


def insist_accepted(ask: Ask, account: int, told: Told) -> None:
    """Notes the command for the log. Raises: Refusal: it was rejected, or its end is not known."""
    ask.noted.update(command_seq=told.seq, order_ref=str(told.client_ref) if told.client_ref else None)
    if told.status == "unknown":
        named = f"; read order {order_id(account, told.client_ref)}" if told.client_ref else ""
        raise refusal(503, f"the order went out and no outcome came: it may stand, never send it again blindly{named}")
    if told.reason is not None:
        raise of_reject(told.reason)


async def replied(ask: Ask, account: int, told: Told, text: str) -> Said:
    """An order as it stands after a command. Raises: Refusal: it is not readable yet."""
    services = ask.services
    if await came(services, services.desk.last_seq):
        row = services.views.order(account, told.client_ref)
        said = order(services.views, services.directory, row, nested=True) if row is not None else None
        if said is not None:
            return said
    known = f"order {order_id(account, told.client_ref)}, client_order_id {text}"
    raise refusal(503, f"the order was accepted and cannot be read yet: never send it again, read {known}")


def decimal(body: Fields, name: str) -> str:
    """A decimal that has to come. Raises: Refusal."""
    found = body.decimal(name)
    if found is None:
        raise body.refused(name, "is required")
    return found
