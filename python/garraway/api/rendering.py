"""Orders, fills and money as this API says them: decimals in strings, ids in strings, times twice. Touches `units`."""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal, cast

from pydantic import Field

from garraway.api.asked import SIDES, TIMES, TYPES
from garraway.api.decimals import Decimal, Id, Said
from garraway.api.ports import FillRow, OrderRow
from garraway.records import Canceling, Flags, OrderType, reject
from garraway.units import AssetTerms, InstrumentTerms, money_text, price_text, quantity_text, scaled_text
from garraway.venues import Directory

NANO: Final = 10**9
SideSaid = Literal["buy", "sell"]
TypeSaid = Literal[
    "limit",
    "market",
    "market_to_limit",
    "stop",
    "stop_limit",
    "trailing_stop",
    "primary_peg",
    "midpoint_peg",
    "market_peg",
]
StateSaid = Literal["open", "filled", "canceled", "rejected", "replaced", "unknown"]
"""Of an unknown one the end was pruned."""
TimeSaid = Literal["gtc", "ioc", "fok", "day", "gtd", "at_open", "at_close"]
At = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-11-29T12:00:00.000000000Z"])]
_SIDES: Final[dict[int, SideSaid]] = {1: "buy", 2: "sell"}
_TYPES: Final = cast("dict[int, TypeSaid]", {int(code): name for name, code in TYPES.items()})
_TIMES: Final = cast("dict[int, TimeSaid]", {int(code): name for name, code in TIMES.items()})
_PEGS: Final = frozenset({OrderType.PRIMARY_PEG, OrderType.MIDPOINT_PEG, OrderType.MARKET_PEG})


class OrderSaid(Said):
    """An order. `order_ref` names it within its account; `replaced_by` is the order in its place."""

    order_ref: Id
    order_id: Id | None
    client_order_id: str | None
    account: int
    symbol: str
    side: SideSaid
    type: TypeSaid
    time_in_force: TimeSaid
    status: StateSaid
    reason: str | None
    replaced_by: Id | None
    price: Decimal
    trigger_price: Decimal | None
    trailing_distance: Decimal | None
    peg_offset: Decimal | None
    quantity: Decimal
    filled_quantity: Decimal
    open_quantity: Decimal
    display_quantity: Decimal | None
    average_price: Decimal | None
    fee: Decimal
    post_only: bool
    hidden: bool
    reduce_only: bool
    placed_at: At
    placed_ts_ns: int
    changed_at: At
    changed_ts_ns: int


class FillSaid(Said):
    """An order's side of a trade."""

    fill_id: Id
    trade_id: Id
    order_ref: Id
    client_order_id: str | None
    account: int
    symbol: str
    side: SideSaid
    liquidity: Literal["maker", "taker"]
    price: Decimal
    quantity: Decimal
    open_quantity: Decimal
    value: Decimal
    fee: Decimal
    fee_asset: str
    at: At
    ts_ns: int


def at_text(at_ns: int) -> str:
    """RFC 3339 in UTC with nanoseconds."""
    seconds, nanos = divmod(at_ns, NANO)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanos:09d}Z"


def order_said(row: OrderRow, directory: Directory) -> OrderSaid:
    """An order of the fold."""
    instrument = directory.instruments[row["instrument"]]
    terms, quote = instrument.terms, directory.assets[instrument.quote_asset]
    kind, flags = OrderType(row["order_type"]), Flags(row["flags"])
    trigger = _difference(row["trigger"], terms)
    return OrderSaid(
        order_ref=str(row["client_ref"]),
        order_id=str(row["order_id"]) if row["order_id"] else None,
        client_order_id=row["text"],
        account=row["account"],
        symbol=terms.symbol,
        side=side_said(row["side"]),
        type=_TYPES[kind],
        time_in_force=_TIMES[row["time_in_force"]],
        status=cast("StateSaid", row["state"]),
        reason=_reason(row),
        replaced_by=str(row["replaced_by"]) if row["replaced_by"] else None,
        price=price_text(row["price"], terms),
        trigger_price=price_text(row["trigger"], terms) if kind in {OrderType.STOP, OrderType.STOP_LIMIT} else None,
        trailing_distance=trigger if kind is OrderType.TRAILING_STOP else None,
        peg_offset=trigger if kind in _PEGS else None,
        quantity=quantity_text(row["quantity"], terms),
        filled_quantity=quantity_text(row["filled"], terms),
        open_quantity=quantity_text(row["leaves"], terms),
        display_quantity=quantity_text(row["display"], terms) if row["display"] else None,
        average_price=average_price(row["value"], row["filled"], terms, quote),
        fee=money_text(row["fee"], quote),
        post_only=Flags.POST_ONLY in flags,
        hidden=Flags.HIDDEN in flags,
        reduce_only=Flags.REDUCE_ONLY in flags,
        placed_at=at_text(row["placed_at_ns"]),
        placed_ts_ns=row["placed_at_ns"],
        changed_at=at_text(row["changed_at_ns"]),
        changed_ts_ns=row["changed_at_ns"],
    )


def order_of_history(row: dict[str, object]) -> OrderRow:
    """An order of the SQL views, as the fold has it."""
    states = {1: "open", 2: "filled", 3: "canceled"}
    kind, shown = row["order_type"], row["trigger_price"]
    is_limit = kind == OrderType.LIMIT
    said = {name: row[name] for name in _SAME}
    return said | {  # type: ignore[return-value] # the columns of view_orders are those of the fold
        "text": row["client_text"] or None,
        "trigger": 0 if is_limit else shown,
        "display": shown if is_limit else 0,
        "waits": False,
        "replaced_by": 0,
        "event_id": row["changed_id"],
        "state": states.get(int(str(row["state"])), "unknown"),
    }


_SAME: Final = (
    "account", "client_ref", "order_id", "instrument", "side", "order_type", "time_in_force", "flags", "price",
    "quantity", "leaves", "filled", "value", "fee", "placed_at_ns", "changed_at_ns", "reason",
)  # fmt: skip


def fill_said(row: FillRow, account: int, directory: Directory) -> FillSaid:
    """A fill."""
    instrument = directory.instruments[row["instrument"]]
    terms, quote = instrument.terms, directory.assets[instrument.quote_asset]
    return FillSaid(
        fill_id=str(row["event_id"]),
        trade_id=str(row["trade_id"]),
        order_ref=str(row["client_ref"]),
        client_order_id=row["text"],
        account=account,
        symbol=terms.symbol,
        side=side_said(row["side"]),
        liquidity="maker" if row["maker"] else "taker",
        price=price_text(row["price"], terms),
        quantity=quantity_text(row["quantity"], terms),
        open_quantity=quantity_text(row["leaves"], terms),
        value=money_text(row["value"], quote),
        fee=money_text(row["fee"], quote),
        fee_asset=quote.code,
        at=at_text(row["at_ns"]),
        ts_ns=row["at_ns"],
    )


def side_said(side: int) -> SideSaid:
    """The side's name."""
    return _SIDES[side]


def price_or_none(units: int, terms: InstrumentTerms) -> str | None:
    """A price; none where it is 0."""
    return price_text(units, terms) if units else None


def _reason(row: OrderRow) -> str | None:
    if row["state"] == "rejected":
        return reject(row["reason"]).name
    if row["state"] == "canceled":
        return Canceling(row["reason"]).name.lower()
    return None


def _difference(units: int, terms: InstrumentTerms) -> str:
    return scaled_text(units * terms.price_unit, 9, shown=terms.price_decimals)


def average_price(value: int, filled: int, terms: InstrumentTerms, quote: AssetTerms) -> str | None:
    """What a whole of the base cost on average, cut to 1e-9: for display, nothing is reckoned with it."""
    if not filled:
        return None
    nano = value * NANO * NANO // (10**quote.scale * filled * terms.lot_size)
    return scaled_text(nano, 9, shown=terms.price_decimals)


assert set(SIDES.values()) == set(_SIDES)
