"""What is displayed of orders that are more than plain limit orders, from hand-made events."""

import numpy as np
import pytest
from tests.venues.told import event, events

from garraway.records import Canceling, EventArray, Flags, Liquidity, OrderType, Phase, Side, TimeInForce
from garraway.venues import Books, OpenOrders, Order
from garraway.venues.orders import THIN_FROM

BUY = int(Side.BUY)
MAKER, TAKER = int(Liquidity.MAKER), int(Liquidity.TAKER)


def accepted(ref: int = 1, price: int = 100, lots: int = 50, **fields: int) -> EventArray:
    """A buy order of account 9 in instrument 1; `order_type`, `flags` and `tif` by name."""
    order_type, flags = fields.pop("order_type", OrderType.LIMIT), fields.pop("flags", 0)
    terms = {"side": BUY, "price": price, "quantity": lots, "leaves": lots, "value": order_type + 256 * flags}
    terms["detail"] = fields.pop("tif", TimeInForce.GOOD_TILL_CANCEL)
    return event("Accepted", account=9, instrument=1, client_ref=ref, **terms, **fields)


def of(kind: str, ref: int = 1, **fields: int) -> EventArray:
    """An event of that account's order."""
    return event(kind, account=9, instrument=1, client_ref=ref, side=BUY, **fields)


def phase(new: Phase) -> EventArray:
    return event("PhaseChanged", instrument=1, detail=new)


def shown(*parts: EventArray) -> list[tuple[int, int, int]]:
    """Price, lots and orders of the displayed bids."""
    books = Books()
    books.apply(events(*parts))
    return [(price, level.lots, level.orders) for price, level in books.ladders[1].best(BUY, 100)]


def order(*parts: EventArray, ref: int = 1) -> Order:
    found = OpenOrders()
    for _ in found.apply(events(*parts)):
        pass
    return found.by_key[9, ref]


@pytest.mark.parametrize("order_type", [OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP])
def test_a_stop_is_not_shown_before_it_is_triggered(order_type: OrderType) -> None:
    stop = accepted(order_type=order_type, fee=105)
    assert shown(stop) == []
    assert shown(stop, of("Triggered", price=100, quantity=50, leaves=50, value=1 << 16)) == [(100, 50, 1)]


def test_a_triggered_stop_bears_the_id_of_that_event() -> None:
    found = order(accepted(order_type=OrderType.STOP_LIMIT), of("Triggered", price=100, quantity=50, leaves=50))
    assert (found.order_id, found.waits) == (2 << 16, False)


def test_a_stop_that_is_replaced_still_waits() -> None:
    stop = accepted(order_type=OrderType.STOP_LIMIT)
    assert shown(stop, of("Replaced", ref=2, fee=1, price=101, quantity=60, leaves=60)) == []


def test_a_child_is_shown_once_it_is_activated() -> None:
    child = accepted(flags=Flags.ONE_TRIGGERS_OTHER)
    assert shown(child) == []
    assert shown(child, of("Activated", price=100, quantity=20, leaves=20)) == [(100, 20, 1)]


def test_a_child_that_is_a_stop_waits_for_its_trigger_afterwards() -> None:
    child = accepted(order_type=OrderType.STOP_LIMIT, flags=Flags.ONE_TRIGGERS_OTHER)
    activated = of("Activated", price=100, quantity=20, leaves=20)
    assert shown(child, activated) == []
    assert shown(child, activated, of("Triggered", price=100, quantity=20, leaves=20)) == [(100, 20, 1)]


def test_an_order_at_the_close_is_shown_from_its_auction_on() -> None:
    at_close = accepted(tif=TimeInForce.AT_CLOSE)
    assert shown(phase(Phase.CONTINUOUS), at_close) == []
    activated = of("Activated", price=100, quantity=50, leaves=50)
    assert shown(phase(Phase.CONTINUOUS), at_close, activated) == [(100, 50, 1)]
    assert shown(phase(Phase.CLOSING_AUCTION), at_close) == [(100, 50, 1)]


def test_an_order_at_the_open_is_shown() -> None:
    assert shown(phase(Phase.PRE_OPEN), accepted(tif=TimeInForce.AT_OPEN)) == [(100, 50, 1)]


@pytest.mark.parametrize(
    ("order_type", "flags"),
    [
        (OrderType.LIMIT, Flags.HIDDEN),
        (OrderType.PRIMARY_PEG, 0),
        (OrderType.MIDPOINT_PEG, 0),
        (OrderType.MARKET_PEG, 0),
    ],
)
def test_hidden_orders_and_pegs_are_never_shown(order_type: OrderType, flags: int) -> None:
    hidden = accepted(order_type=order_type, flags=flags)
    filled = of("Filled", detail=MAKER, price=100, quantity=20, leaves=30)
    assert shown(hidden) == shown(hidden, filled) == []
    assert order(hidden, filled).filled == 20


def test_an_iceberg_shows_its_slice_and_then_the_next_one() -> None:
    iceberg = accepted(fee=20)
    assert shown(iceberg) == [(100, 20, 1)]
    part = of("Filled", detail=MAKER, price=100, quantity=15, leaves=35)
    assert shown(iceberg, part) == [(100, 5, 1)]
    rest = of("Filled", detail=MAKER, price=100, quantity=5, leaves=30)
    refilled = of("Refilled", price=100, quantity=20, leaves=30)
    assert shown(iceberg, part, rest, refilled) == [(100, 20, 1)]
    assert order(iceberg, part, rest, refilled).order_id == 4 << 16


def test_an_iceberg_that_trades_on_entering_shows_a_whole_slice_afterwards() -> None:
    assert shown(accepted(fee=20), of("Filled", detail=TAKER, price=99, quantity=15, leaves=35)) == [(100, 20, 1)]


def test_an_icebergs_slice_trades_in_an_auction_on_either_side() -> None:
    uncrossed = event("Uncrossed", instrument=1, price=100, quantity=15)
    filled = of("Filled", detail=TAKER, price=100, quantity=15, leaves=35)
    collected = [phase(Phase.OPENING_AUCTION), accepted(fee=20), uncrossed, filled]
    assert shown(*collected) == [(100, 5, 1)]
    later = [
        phase(Phase.CONTINUOUS),
        accepted(ref=2, fee=20),
        of("Filled", ref=2, detail=TAKER, quantity=15, leaves=35),
    ]
    assert shown(*collected, *later) == [(100, 25, 2)]


def test_a_cancel_takes_what_is_not_shown_first() -> None:
    iceberg = accepted(fee=20)
    assert shown(iceberg, of("Canceled", detail=Canceling.BY_OWNER, quantity=25, leaves=25)) == [(100, 20, 1)]
    assert shown(iceberg, of("Canceled", detail=Canceling.BY_OWNER, quantity=40, leaves=10)) == [(100, 10, 1)]


def test_self_trade_prevention_takes_from_the_slice_at_rest() -> None:
    iceberg = accepted(fee=20)
    assert shown(iceberg, of("Canceled", detail=Canceling.SELF_TRADE, quantity=15, leaves=35)) == [(100, 5, 1)]


def test_self_trade_prevention_of_an_entering_iceberg_leaves_a_whole_slice() -> None:
    entering = accepted(fee=20, event_id=7 << 16)
    reduced = of("Canceled", detail=Canceling.SELF_TRADE, quantity=15, leaves=35, event_id=7 << 16 | 2)
    assert shown(entering, reduced) == [(100, 20, 1)]


def test_an_iceberg_replaced_at_another_price_shows_a_whole_slice() -> None:
    part = of("Filled", detail=MAKER, price=100, quantity=15, leaves=35)
    lost = of("Replaced", ref=2, fee=1, price=101, quantity=50, leaves=35)
    assert shown(accepted(fee=20), part, lost) == [(101, 20, 1)]
    kept = of("Replaced", ref=2, fee=1, detail=1, price=100, quantity=45, leaves=30)
    assert shown(accepted(fee=20), part, kept) == [(100, 5, 1)]
    assert order(accepted(fee=20), part, kept, ref=2).order_id == 1 << 16


def test_a_split_changes_price_and_lots() -> None:
    split = event("InstrumentSplit", instrument=1, quantity=2, leaves=1)
    filled = of("Filled", detail=MAKER, price=100, quantity=10, leaves=40)
    after = order(accepted(), filled, split, of("OrderSplit", price=50, quantity=40, leaves=80))
    assert (after.price, after.leaves, after.filled) == (50, 80, 20)


def test_what_a_fold_of_one_account_needs_of_phases_is_seen() -> None:
    mine = OpenOrders(account=9)
    told = events(
        phase(Phase.CLOSING_AUCTION), accepted(tif=TimeInForce.AT_CLOSE), event("Accepted", account=8, leaves=1)
    )
    assert [change.after.shown_lots for change in mine.apply(told) if change.after is not None] == [50]


def test_long_stretches_keep_what_special_orders_were_told_of_once() -> None:
    plain = [
        part
        for ref in range(1_000, 1_000 + THIN_FROM)
        for part in (accepted(ref=ref, price=90), of("Canceled", ref=ref, detail=1, quantity=50))
    ]
    special = [
        accepted(ref=1, fee=20),
        accepted(ref=2, order_type=OrderType.STOP_LIMIT),
        accepted(ref=3, flags=Flags.HIDDEN),
        accepted(ref=4, price=95),
    ]
    replaced = [
        of("Replaced", ref=11, fee=1, price=101, quantity=50, leaves=50),
        of("Replaced", ref=12, fee=2, price=102, quantity=50, leaves=50),
        of("Replaced", ref=13, fee=3, price=103, quantity=50, leaves=50),
        of("Replaced", ref=14, fee=4, price=94, quantity=50, leaves=50),
    ]
    told = events(*special, *plain, *replaced)
    for size in (1, 100, len(told) - 3, len(told)):
        books = Books()
        for start in range(0, len(told), size):
            books.apply(told[start : start + size])
        levels = [(price, level.lots) for price, level in books.ladders[1].best(BUY, 100)]
        assert levels == [(101, 20), (94, 50)], size
        assert sorted(books.orders.by_key) == [(9, 11), (9, 12), (9, 13), (9, 14)]
    assert len(np.unique(told["event_id"])) == len(told)
