"""Order entry as JSON: what a client may send, and its conversion into the engine's units. Touches `units`, `records`.

Every decimal is a string. What is off tick, too fine, or outside the instrument's terms is refused here with the field
named; all that depends on the state of the venue is left to the engine, whose rejects are states of the order.
"""

import re
from datetime import datetime
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta

from garraway.api.orders import NewOrder, Replacement
from garraway.api.problems import invalid, refused, translated
from garraway.api.strict_json import Json
from garraway.records import Flags, OrderType, Side, TimeInForce
from garraway.units import InstrumentTerms, OffTick, OutOfRange, TooFine, UnitsError, price_units, quantity_lots, scaled
from garraway.venues import Directory, Instrument, Standing

NANO_DECIMALS: Final = 9
BAND_UNIT: Final = 10**9
HIGHEST_REF: Final = 2**64 - 1
CLIENT_ORDER_ID: Final = r"^[A-Za-z0-9._:-]{1,36}$"
_CLIENT_ORDER_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,36}")
_DECIMAL_SCHEMA: Final = {"pattern": r"^[+-]?[0-9]{1,30}(\.[0-9]{1,30})?$", "examples": ["101.25"]}

Amount = Annotated[str, Meta(max_length=32, extra_json_schema=_DECIMAL_SCHEMA)]
Ref = Annotated[str, Meta(max_length=20, extra_json_schema={"pattern": "^[0-9]{1,20}$", "examples": ["42"]})]
ClientOrderId = Annotated[
    str, Meta(min_length=1, max_length=36, extra_json_schema={"pattern": CLIENT_ORDER_ID, "examples": ["mine-1"]})
]
AccountNumber = Annotated[int, Meta(ge=1, le=2**32 - 1)]
Symbol = Annotated[str, Meta(min_length=1, max_length=16, examples=["GARR"])]

SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
TYPES: Final = {kind.name.lower(): kind for kind in OrderType}
TIMES: Final = {
    "gtc": TimeInForce.GOOD_TILL_CANCEL,
    "ioc": TimeInForce.IMMEDIATE_OR_CANCEL,
    "fok": TimeInForce.FILL_OR_KILL,
    "day": TimeInForce.DAY,
    "gtd": TimeInForce.GOOD_TILL_DATE,
    "at_open": TimeInForce.AT_OPEN,
    "at_close": TimeInForce.AT_CLOSE,
}


class PlaceAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order to be placed. Which fields go together: docs/concepts/orders.md."""

    symbol: Symbol
    side: Literal["buy", "sell"]
    quantity: Amount
    type: Literal[
        "limit",
        "market",
        "market_to_limit",
        "stop",
        "stop_limit",
        "trailing_stop",
        "primary_peg",
        "midpoint_peg",
        "market_peg",
    ] = "limit"
    time_in_force: Literal["gtc", "ioc", "fok", "day", "gtd", "at_open", "at_close"] | None = None
    price: Amount | None = None
    trigger_price: Amount | None = None
    trailing_distance: Amount | None = None
    peg_offset: Amount | None = None
    display_quantity: Amount | None = None
    minimum_quantity: Amount | None = None
    expire_at: Annotated[str, Meta(max_length=35, examples=["2027-01-29T16:00:00Z"])] | None = None
    post_only: bool = False
    hidden: bool = False
    reduce_only: bool = False
    one_cancels_other: Ref | None = None
    one_triggers_other: Ref | None = None
    client_order_id: ClientOrderId | None = None
    account: AccountNumber | None = None


class ReplaceAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an order is replaced by; `quantity` is what it may fill in all."""

    price: Amount
    quantity: Amount
    trigger_price: Amount | None = None
    trailing_distance: Amount | None = None
    client_order_id: ClientOrderId | None = None
    account: AccountNumber | None = None


class ReduceAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order keeps its place and may fill so much in all."""

    quantity: Amount
    account: AccountNumber | None = None


Asked = TypeVar("Asked", bound=msgspec.Struct)


def converted(value: Json, kind: type[Asked]) -> Asked:
    """A JSON value as what was asked. Raises: Problem: 422 with the field named."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        text = str(error)
        found = re.search(r"at `\$\.([^`]+)`|field `([^`]+)`", text)
        name = next((part for part in found.groups() if part), "body") if found else "body"
        raise invalid(name[:64], "FieldInvalid", text) from error


def new_order(asked: PlaceAsked, directory: Directory, *, account: int, now_ns: int) -> NewOrder:
    """The order in the engine's units. Raises: Problem: 422 with the field named."""
    instrument = directory.symbol(asked.symbol)
    if instrument is None:
        raise invalid("symbol", "InstrumentUnknown", f"symbol {asked.symbol!r} is not listed")
    standing, terms, kind = directory.standings.get(instrument.number), instrument.terms, TYPES[asked.type]
    side = SIDES[asked.side]
    flags, target = _links(asked) if _is_special(asked) else (Flags.NONE, 0)
    return NewOrder(
        account=account,
        instrument=instrument.number,
        side=side,
        order_type=kind,
        time_in_force=_time(asked, kind),
        price=_price(asked, instrument, standing, side),
        quantity=_lots("quantity", asked.quantity, terms),
        flags=flags,
        target=target,
        trigger=_trigger(asked, kind, terms, standing),
        display=_lots("display_quantity", asked.display_quantity, terms) if asked.display_quantity is not None else 0,
        minimum=_lots("minimum_quantity", asked.minimum_quantity, terms) if asked.minimum_quantity is not None else 0,
        expire_s=_expiry(asked.expire_at, now_ns) if asked.expire_at is not None else 0,
    )


def replacement(
    asked: ReplaceAsked, instrument: Instrument, standing: Standing | None, *, account: int, target: int
) -> Replacement:
    """The replacement in the engine's units. Raises: Problem: 422 with the field named."""
    terms = instrument.terms
    if asked.trailing_distance is not None:
        trigger = _difference("trailing_distance", asked.trailing_distance, terms)
    else:
        trigger = _on_tick("trigger_price", asked.trigger_price, terms, standing)
    return Replacement(
        account=account,
        target=target,
        price=_on_tick("price", asked.price, terms, standing),
        quantity=_lots("quantity", asked.quantity, terms),
        trigger=trigger,
    )


def reference(name: str, text: str) -> int:
    """An order's reference from its text. Raises: Problem."""
    if text.isascii() and text.isdigit() and 1 <= len(text) <= 20 and 1 <= int(text) <= HIGHEST_REF:
        return int(text)
    raise invalid(name, "RefInvalid", f"reference {text[:32]!r} is no number from 1 to 2^64 - 1")


def client_order_id(text: str | None) -> str | None:
    """The id, if it is one. Raises: Problem."""
    if text is not None and _CLIENT_ORDER_ID.fullmatch(text) is None:
        detail = f"client_order_id {text[:40]!r} is not 1 to 36 of A-Z a-z 0-9 . _ : -"
        raise invalid("client_order_id", "ClientOrderIdInvalid", detail)
    return text


def _is_special(asked: PlaceAsked) -> bool:
    linked = asked.one_cancels_other is not None or asked.one_triggers_other is not None
    return linked or asked.post_only or asked.hidden or asked.reduce_only


def _links(asked: PlaceAsked) -> tuple[Flags, int]:
    flags = Flags.NONE
    if asked.post_only:
        flags |= Flags.POST_ONLY
    if asked.hidden:
        flags |= Flags.HIDDEN
    if asked.reduce_only:
        flags |= Flags.REDUCE_ONLY
    if asked.one_cancels_other is None and asked.one_triggers_other is None:
        return flags, 0
    if asked.one_triggers_other is None:
        assert asked.one_cancels_other is not None
        return flags | Flags.ONE_CANCELS_OTHER, reference("one_cancels_other", asked.one_cancels_other)
    if asked.one_cancels_other is not None:
        raise invalid("one_cancels_other", "LinkInvalid", "an order is linked in one way: leave out one of the two")
    return flags | Flags.ONE_TRIGGERS_OTHER, reference("one_triggers_other", asked.one_triggers_other)


def _time(asked: PlaceAsked, kind: OrderType) -> TimeInForce:
    """As asked; without a word a market order is immediate, all else stands until it is cancelled."""
    if asked.time_in_force is not None:
        return TIMES[asked.time_in_force]
    return TimeInForce.IMMEDIATE_OR_CANCEL if kind is OrderType.MARKET else TimeInForce.GOOD_TILL_CANCEL


def _price(asked: PlaceAsked, instrument: Instrument, standing: Standing | None, side: Side) -> int:
    if asked.price is not None:
        return _on_tick("price", asked.price, instrument.terms, standing)
    if asked.type in {"limit", "stop_limit"} or standing is None:
        raise invalid("price", "FieldMissing", f"an order of type {asked.type} needs a price")
    return worst_price(instrument.terms, standing, side)


def worst_price(terms: InstrumentTerms, standing: Standing, side: Side) -> int:
    """The price that an order without a limit has at worst: the end of the collar. Raises: Problem: there is none.

    A market order trades no further than that end in any case (docs/concepts/phases.md).
    """
    around = standing.last or standing.reference
    if not around or standing.rules is None or not standing.rules.collar:
        raise invalid(
            "price", "FieldMissing", f"{terms.symbol} has no last price or no collar now: give the worst price"
        )
    if side is Side.BUY:
        highest = around * (BAND_UNIT + standing.rules.collar) // BAND_UNIT
        return max(standing.ticks.down(min(highest, terms.max_price)), terms.min_price)
    lowest = -(-around * (BAND_UNIT - standing.rules.collar) // BAND_UNIT)
    return min(standing.ticks.up(max(lowest, terms.min_price)), terms.max_price)


def _trigger(asked: PlaceAsked, kind: OrderType, terms: InstrumentTerms, standing: Standing | None) -> int:
    belongs = _TRIGGERS.get(kind)
    if belongs is None and asked.trigger_price is asked.trailing_distance is asked.peg_offset is None:
        return 0
    for name in ("trigger_price", "trailing_distance", "peg_offset"):
        given = getattr(asked, name)
        if given is not None and name != belongs:
            raise invalid(name, "TriggerInvalid", f"an order of type {asked.type} has no {name}: leave it out")
    if belongs is None:
        return 0
    if belongs == "trigger_price":
        if asked.trigger_price is None:
            raise invalid("trigger_price", "FieldMissing", f"an order of type {asked.type} needs a trigger_price")
        return _on_tick("trigger_price", asked.trigger_price, terms, standing)
    if belongs == "trailing_distance":
        if asked.trailing_distance is None:
            raise invalid("trailing_distance", "FieldMissing", "a trailing stop needs a trailing_distance")
        return _difference("trailing_distance", asked.trailing_distance, terms)
    return _difference("peg_offset", asked.peg_offset, terms) if asked.peg_offset is not None else 0


_TRIGGERS: Final = {
    OrderType.STOP: "trigger_price",
    OrderType.STOP_LIMIT: "trigger_price",
    OrderType.TRAILING_STOP: "trailing_distance",
    OrderType.PRIMARY_PEG: "peg_offset",
    OrderType.MIDPOINT_PEG: "peg_offset",
    OrderType.MARKET_PEG: "peg_offset",
}


def _on_tick(name: str, text: str | None, terms: InstrumentTerms, standing: Standing | None) -> int:
    """A price on the instrument's tick, the table of ticks included; 0 where there is none."""
    if text is None:
        return 0

    try:
        units = price_units(text, terms)
        if standing is not None and units % standing.ticks.tick_at(units):
            raise OffTick(f"price {text!r} of {terms.symbol} is off the tick that applies there")
    except UnitsError as error:
        raise refused(name, error) from error
    return units


def _difference(name: str, text: str, terms: InstrumentTerms) -> int:
    """A difference of prices: a multiple of the listed tick."""

    def convert() -> int:
        nano = scaled(text, NANO_DECIMALS, what=name)
        units, rest = divmod(nano, terms.price_unit)
        if rest:
            raise TooFine(f"{name} {text!r} is finer than {terms.symbol} counts prices")
        if units % terms.tick:
            raise OffTick(f"{name} {text!r} is no multiple of the tick of {terms.symbol}")
        if abs(units) > terms.max_price:
            raise OutOfRange(f"{name} {text!r} is beyond the highest price of {terms.symbol}")
        return units

    return translated(name, convert)


def _lots(name: str, text: str, terms: InstrumentTerms) -> int:
    try:
        return quantity_lots(text, terms)
    except UnitsError as error:
        raise refused(name, error) from error


def _expiry(text: str, now_ns: int) -> int:
    """Seconds since the Unix epoch."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid("expire_at", "TimeInvalid", f"expire_at {text!r} is no time: write it as RFC 3339") from error
    if at.tzinfo is None or at.microsecond:
        raise invalid("expire_at", "TimeInvalid", f"expire_at {text!r} must be whole seconds with an offset")
    expire_s = int(at.timestamp())
    if not now_ns < expire_s * BAND_UNIT or expire_s >= 2**32:
        raise invalid("expire_at", "TimeInvalid", f"expire_at {text!r} is past, or beyond the year 2106")
    return expire_s
