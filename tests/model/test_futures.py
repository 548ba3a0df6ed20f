"""Futures with worked numbers: prices from 1 to 1000, settled at 100, a price unit is a dollar a lot."""

import pytest
from tests.model.commands import Kind
from tests.model.desk import ANN, BOB, CAT, FUT, TERMS, USD, XYZ, Desk, kinds, refused
from tests.model.events import EventKind
from tests.model.limits import FEE_INCOME, SETTLEMENT
from tests.model.positions import lots_of
from tests.model.rejects import Reason

BUY, SELL = 1, 2
REDUCE_ONLY = 16


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({}, None),
        ({"base_asset": XYZ}, Reason.AssetUnknown),
        ({"quote_asset": 9}, Reason.AssetUnknown),
        ({"kind_of": 0}, Reason.AssetUnknown),
        ({"kind_of": 4, "base_asset": XYZ}, Reason.KindInvalid),
        ({"kind_of": 4, "base_asset": XYZ, "tick": 0}, Reason.KindInvalid),
        ({"phase": 0}, Reason.PhaseInvalid),
        ({"phase": 8}, Reason.PhaseInvalid),
        ({"phase": 7}, None),
        ({"lot_size": 0}, Reason.NotionalNotExact),
        ({"lot_size": 1, "price_unit": 10**18}, None),
        ({"max_price": 2**42, "max_quantity": 2**20 - 1}, None),
        ({"max_price": 2**42, "max_quantity": 2**20}, Reason.LimitInvalid),
    ],
)
def test_futures_that_can_be_listed(terms: dict[str, int], reason: Reason | None) -> None:
    values = TERMS | {"kind_of": 2, "base_asset": 0} | terms
    assert refused(Desk().send(Kind.ListInstrument, instrument=9, symbol=b"NEW", **values)) == reason


def test_orders_hold_what_they_could_lose_and_positions_too() -> None:
    """Buying 10 at 120 can lose 10 x (120 - 1), selling them 10 x (1000 - 120)."""
    desk = Desk()
    assert desk.place(ANN, BUY, 10, 120, FUT)[0].released == -1190
    events = desk.place(BOB, SELL, 10, 120, FUT)
    assert events[0].released == -8800
    assert [(each.value, each.released) for each in events[2:]] == [(1200, 1190), (1200, 8800)]
    assert desk.balance(ANN) == (10**6 - 200, 10 * 99)
    assert desk.balance(BOB) == (10**6 + 200, 10 * 900)
    assert (lots_of(desk.state, ANN, FUT), lots_of(desk.state, BOB, FUT)) == (10, -10)
    assert desk.balance(ANN, XYZ) == (10**6, 0)


def test_closing_brings_what_the_position_was_worth() -> None:
    desk = Desk()
    desk.cross(BOB, ANN, 10, 120, FUT)
    desk.cross(ANN, BOB, 10, 150, FUT)
    assert (desk.balance(ANN), desk.balance(BOB)) == ((1_000_300, 0), (999_700, 0))
    assert not desk.state.register.positions


def test_position_can_turn_over_in_one_trade() -> None:
    desk = Desk()
    desk.cross(BOB, ANN, 10, 100, FUT)
    desk.cross(ANN, BOB, 25, 90, FUT)
    assert (lots_of(desk.state, ANN, FUT), lots_of(desk.state, BOB, FUT)) == (-15, 15)
    assert desk.balance(ANN) == (10**6 - 250, 15 * 900)
    assert desk.balance(BOB) == (10**6 + 250, 15 * 99)


def test_fees_are_of_price_times_lots_and_held_at_the_highest_price_by_sells() -> None:
    desk = Desk(maker_fee_rate=10_000_000, taker_fee_rate=20_000_000)
    assert desk.place(ANN, SELL, 10, 120, FUT)[0].released == -(8800 + 200)
    assert [each.fee for each in desk.place(BOB, BUY, 10, 120, FUT)[2:]] == [12, 24]
    assert desk.balance(FEE_INCOME)[0] == 36
    assert desk.balance(BOB) == (10**6 - 200 - 24, 990)


def test_without_a_settlement_price_there_are_no_orders_and_the_first_one_only_starts_it() -> None:
    desk = Desk()
    desk.must(Kind.ListInstrument, instrument=3, symbol=b"NEW", **(TERMS | {"kind_of": 2}))
    assert refused(desk.place(ANN, BUY, 1, 100, 3)) == Reason.ReferenceUnknown
    events = desk.must(Kind.SetReference, instrument=3, price=7, what=2)
    assert [(each.kind, each.price, each.value) for each in events] == [(EventKind.ReferenceSet, 7, 0)]
    assert refused(desk.place(ANN, BUY, 1, 100, 3)) is None


def test_settlement_moves_gains_and_collateral_alike() -> None:
    desk = Desk()
    desk.cross(BOB, ANN, 10, 100, FUT)
    free = [desk.balance(account)[0] - desk.balance(account)[1] for account in (ANN, BOB)]
    events = desk.must(Kind.SetReference, instrument=FUT, price=130, what=2)
    assert kinds(events) == ["ReferenceSet", *["Posted", "Posted", "PositionMarked"] * 2, "SweepEnded"]
    assert [(each.account, each.instrument, each.value, each.fee) for each in events[1:3]] == [
        (ANN, USD, 300, FUT),
        (SETTLEMENT, USD, -300, FUT),
    ]
    marked = events[6]
    assert (marked.account, marked.price, marked.quantity, marked.value, marked.released) == (BOB, 130, -10, -300, 300)
    assert [desk.balance(account)[0] - desk.balance(account)[1] for account in (ANN, BOB)] == free
    assert desk.balance(SETTLEMENT) == (0, 0)
    assert (events[0].source, events[1].source, events[7].source) == (1, 0, 0)
    assert (events[7].detail, events[7].value, events[7].quantity) == (19, events[0].event_id, 0)


def test_settlement_of_a_trader_is_posted_to_its_clearing_account() -> None:
    desk = Desk()
    desk.open(CAT, funds=0, clearing=ANN)
    desk.cross(BOB, CAT, 10, 100, FUT)
    assert desk.balance(ANN) == (10**6, 990)
    events = desk.must(Kind.SetReference, instrument=FUT, price=90, what=2)
    assert [each.account for each in events[1:7]] == [BOB, SETTLEMENT, BOB, ANN, SETTLEMENT, CAT]
    assert desk.balance(ANN) == (10**6 - 100, 890)


def test_settlement_goes_on_in_slices_while_the_future_is_busy() -> None:
    desk = Desk(slice_events=8)
    desk.cross(BOB, ANN, 10, 100, FUT)
    assert kinds(desk.must(Kind.SetReference, instrument=FUT, price=130, what=2)) == [
        "ReferenceSet",
        *["Posted", "Posted", "PositionMarked"],
    ]
    assert refused(desk.place(ANN, BUY, 1, 100, FUT)) == Reason.InstrumentBusy
    assert refused(desk.send(Kind.SetReference, instrument=FUT, price=140, what=2)) == Reason.InstrumentBusy
    assert refused(desk.send(Kind.SetReference, instrument=FUT, price=1001, what=2)) == Reason.ReferenceInvalid
    assert kinds(desk.go_on()) == ["Posted", "Posted", "PositionMarked", "SweepEnded"]
    assert refused(desk.place(ANN, BUY, 1, 100, FUT)) is None
    assert kinds(desk.go_on()) == ["Rejected"]


def test_reduce_only_orders_are_for_no_more_than_the_position_and_hold_their_fee_alone() -> None:
    desk = Desk(taker_fee_rate=20_000_000)
    desk.cross(BOB, ANN, 10, 100, FUT)
    assert refused(desk.place(ANN, BUY, 1, 100, FUT, flags=REDUCE_ONLY)) == Reason.PositionTooSmall
    assert refused(desk.place(ANN, SELL, 11, 100, FUT, flags=REDUCE_ONLY)) == Reason.PositionTooSmall
    assert desk.place(ANN, SELL, 10, 200, FUT, flags=REDUCE_ONLY)[0].released == -200
    assert refused(desk.replace(ANN, desk.refs[ANN], 11, 200)) == Reason.PositionTooSmall


def test_resting_reduce_only_order_loses_what_the_position_has_lost_before_it_trades() -> None:
    desk = Desk()
    desk.cross(BOB, ANN, 10, 100, FUT)
    desk.place(ANN, SELL, 10, 200, FUT, flags=REDUCE_ONLY)
    desk.cross(ANN, BOB, 7, 100, FUT)
    events = desk.place(BOB, BUY, 10, 200, FUT)
    assert kinds(events) == ["Accepted", "Canceled", "Traded", "Filled", "Filled"]
    assert (events[1].detail, events[1].account, events[1].quantity, events[1].leaves) == (12, ANN, 7, 3)
    assert (events[2].quantity, events[4].leaves) == (3, 7)
    assert lots_of(desk.state, ANN, FUT) == 0


def test_reduce_only_order_without_a_position_goes_when_it_is_met() -> None:
    desk = Desk()
    desk.cross(BOB, ANN, 10, 100, FUT)
    desk.place(ANN, SELL, 10, 200, FUT, flags=REDUCE_ONLY)
    desk.cross(ANN, BOB, 10, 100, FUT)
    assert kinds(desk.place(BOB, BUY, 10, 200, FUT)) == ["Accepted", "Canceled"]


def test_both_orders_of_a_trade_may_be_reduced() -> None:
    desk = Desk()
    desk.open(CAT)
    desk.cross(BOB, ANN, 10, 100, FUT)
    desk.place(ANN, SELL, 10, 200, FUT, flags=REDUCE_ONLY)
    desk.cross(ANN, CAT, 4, 100, FUT)
    events = desk.place(BOB, BUY, 10, 200, FUT, flags=REDUCE_ONLY)
    assert kinds(events) == ["Accepted", "Canceled", "Traded", "Filled", "Filled"]
    assert lots_of(desk.state, BOB, FUT) == -4


def test_position_stays_within_what_can_be_counted() -> None:
    desk = Desk()
    desk.must(
        Kind.ListInstrument,
        instrument=3,
        symbol=b"BIG",
        **(TERMS | {"kind_of": 2, "max_price": 2**60, "max_quantity": 3, "max_notional": 2**62}),
    )
    desk.must(Kind.SetReference, instrument=3, price=1, what=2)
    assert refused(desk.place(ANN, BUY, 3, 1, 3)) is None
    assert refused(desk.place(ANN, BUY, 1, 1, 3)) == Reason.PositionTooLarge
