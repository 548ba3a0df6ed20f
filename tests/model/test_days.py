"""Ends of day, changed terms, splits, busts with worked numbers."""

import pytest
from tests.model.commands import Kind
from tests.model.desk import ANN, BOB, CAT, FUT, MILLION, STOCK, USD, XYZ, Desk, kinds, refused
from tests.model.desk import TERMS as TERMS_OF_LISTING
from tests.model.events import Event, EventKind
from tests.model.limits import FEE_INCOME, OUTSIDE
from tests.model.positions import lots_of
from tests.model.rejects import Reason

BUY, SELL = 1, 2
HALT = 4
TERMS = {"tick": 1, "min_price": 1, "max_price": 1000, "max_quantity": MILLION, "max_notional": 10**12}


def told(events: list[Event], kind: EventKind) -> list[Event]:
    """The events of a kind."""
    return [each for each in events if each.kind == kind]


@pytest.mark.parametrize(
    ("dates", "reason"),
    [
        ([20260131], None),
        ([20260228], None),
        ([20260229], Reason.DateInvalid),
        ([0], Reason.DateInvalid),
        ([20261301], Reason.DateInvalid),
        ([2**32 - 1], Reason.DateInvalid),
        ([10101], None),
        ([101], Reason.DateInvalid),
        ([99991231], None),
        ([100000101], Reason.DateInvalid),
        ([20260131, 20260131], Reason.DateInvalid),
        ([20260131, 20260130], Reason.DateInvalid),
        ([20260131, 20260201], None),
    ],
)
def test_days_end_in_order(dates: list[int], reason: Reason | None) -> None:
    desk = Desk()
    assert [refused(desk.send(Kind.EndOfDay, business_date=each)) for each in dates][-1] == reason


def test_day_orders_go_and_figures_are_said_and_the_day_begins_anew() -> None:
    desk = Desk()
    for price in (100, 103, 99, 101):
        desk.cross(BOB, ANN, 2, price)
    desk.place(ANN, BUY, 5, 90, time_in_force=4)
    desk.place(ANN, BUY, 5, 90)
    desk.must(Kind.SetReference, instrument=STOCK, price=102, what=2)
    events = desk.must(Kind.EndOfDay, business_date=20260131)
    assert kinds(events) == ["DayEnded", "Canceled", "DayPrices", "DayTurnover", "SweepEnded"]
    assert (events[0].value, events[0].source, events[1].detail, events[1].source) == (20260131, 1, 6, 0)
    prices, turnover, ended = events[2:]
    assert (prices.price, prices.quantity, prices.leaves, prices.value, prices.fee) == (101, 100, 103, 99, 102)
    assert (turnover.quantity, turnover.leaves, turnover.value) == (8, 4, 2 * 403)
    assert (ended.detail, ended.value, ended.quantity, ended.instrument) == (28, events[0].event_id, 1, 0)
    assert desk.state.instruments[STOCK].reference == 102
    assert kinds(desk.must(Kind.EndOfDay, business_date=20260201)) == ["DayEnded", "SweepEnded"]
    assert desk.state.instruments[STOCK].reference == 101


def test_end_of_day_goes_on_in_slices_in_which_an_instrument_takes_only_cancels() -> None:
    desk = Desk(slice_events=8)
    for _ in range(8):
        desk.place(ANN, BUY, 1, 90, time_in_force=4)
    assert kinds(desk.must(Kind.EndOfDay, business_date=20260131)) == ["DayEnded"] + ["Canceled"] * 6
    assert refused(desk.send(Kind.SetPhase, instrument=STOCK, phase=HALT)) == Reason.InstrumentBusy
    assert kinds(desk.go_on()) == ["Canceled"] * 2 + ["SweepEnded"]
    assert refused(desk.send(Kind.SetPhase, instrument=STOCK, phase=HALT)) is None


def test_terms_change_in_a_halt_only_and_orders_outside_them_go() -> None:
    desk = Desk()
    assert refused(desk.send(Kind.ChangeInstrument, instrument=STOCK, symbol=b"NEW", **TERMS)) == Reason.PhaseForbids
    for price, quantity in ((10, 1), (11, 1), (20, 50), (100, 1)):
        desk.place(ANN, BUY, quantity, price)
    desk.must(Kind.SetPhase, instrument=STOCK, phase=HALT)
    terms = TERMS | {"tick": 10, "min_price": 20, "max_quantity": 49}
    events = desk.must(Kind.ChangeInstrument, instrument=STOCK, symbol=b"NEW", **terms)
    assert kinds(events) == ["InstrumentChanged", "Canceled", "Canceled", "Canceled", "SweepEnded"]
    assert [(each.price, each.detail) for each in events[1:4]] == [(20, 10), (11, 10), (10, 10)]
    assert events[4].quantity == 3
    assert refused(desk.send(Kind.DefineAsset, asset=3, code=b"XYZ")) == Reason.AlreadyDefined
    assert desk.state.instruments[STOCK].symbol == b"NEW"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"instrument": 9, "tick": 0}, Reason.InstrumentUnknown),
        ({"symbol": b"FUT"}, Reason.AlreadyDefined),
        ({"symbol": b"XYZ"}, None),
        ({"symbol": b"a b"}, Reason.NameInvalid),
        ({"tick": 0}, Reason.TickInvalid),
        ({"tick": 3}, Reason.PriceRangeInvalid),
        ({"min_price": 0}, Reason.PriceRangeInvalid),
        ({"max_quantity": 2**32}, Reason.LimitInvalid),
        ({"max_notional": 0}, Reason.LimitInvalid),
    ],
)
def test_terms_that_can_be(values: dict[str, int | bytes], reason: Reason | None) -> None:
    desk = Desk()
    desk.must(Kind.SetPhase, instrument=STOCK, phase=HALT)
    given: dict[str, int | bytes] = {"instrument": STOCK, "symbol": b"XYZ", **TERMS, **values}
    assert refused(desk.send(Kind.ChangeInstrument, **given)) == reason


def test_range_of_a_future_stays_while_something_is_reckoned_with_it() -> None:
    desk = Desk()
    desk.must(Kind.SetPhase, instrument=FUT, phase=HALT)
    wider = TERMS | {"max_price": 2000}
    desk.must(Kind.ChangeInstrument, instrument=FUT, symbol=b"FUT", **wider)
    above = TERMS | {"min_price": 101}
    answer = desk.send(Kind.ChangeInstrument, instrument=FUT, symbol=b"FUT", **above)
    assert refused(answer) == Reason.PriceRangeInvalid
    desk.must(Kind.SetPhase, instrument=FUT, phase=1)
    desk.place(ANN, BUY, 1, 50, FUT)
    desk.must(Kind.SetPhase, instrument=FUT, phase=HALT)
    assert refused(desk.send(Kind.ChangeInstrument, instrument=FUT, symbol=b"FUT", **TERMS)) == Reason.PriceRangeInvalid
    desk.must(Kind.ChangeInstrument, instrument=FUT, symbol=b"FUT", **(wider | {"max_quantity": 10}))


def split(desk: Desk, numerator: int, denominator: int) -> list[Event]:
    """Halts XYZ and splits it."""
    desk.must(Kind.SetPhase, instrument=STOCK, phase=HALT)
    return desk.must(Kind.SplitInstrument, instrument=STOCK, numerator=numerator, denominator=denominator)


def test_split_two_for_one() -> None:
    desk = Desk()
    desk.cross(BOB, ANN, 3, 101)
    desk.place(ANN, BUY, 5, 100)
    desk.place(ANN, BUY, 5, 99)
    desk.place(ANN, BUY, 5, 98, flags=2)
    desk.place(BOB, SELL, 7, 200)
    events = split(desk, 2, 1)
    assert kinds(events) == [
        "InstrumentSplit",
        *["Posted"] * 4,
        "OrderSplit",
        "Canceled",
        "Canceled",
        "OrderSplit",
        "SweepEnded",
    ]
    assert [(each.account, each.value, each.detail, each.fee) for each in events[1:5]] == [
        (ANN, 1_000_003, 6, STOCK),
        (OUTSIDE, -1_000_003, 6, STOCK),
        (BOB, 999_997, 6, STOCK),
        (OUTSIDE, -999_997, 6, STOCK),
    ]
    assert [(each.price, each.quantity, each.leaves, each.released) for each in told(events, EventKind.OrderSplit)] == [
        (50, 5, 10, 0),
        (100, 7, 14, -7),
    ]
    assert [each.price for each in told(events, EventKind.Canceled)] == [99, 98]
    assert desk.state.instruments[STOCK].last == 50
    assert desk.balance(ANN, XYZ) == (2_000_006, 0)
    assert desk.balance(BOB, XYZ) == (1_999_994, 14)


def test_reverse_split_rounds_holdings_down_and_takes_orders_first() -> None:
    desk = Desk()
    desk.cross(BOB, ANN, 1, 70)
    desk.place(BOB, SELL, 25, 60)
    desk.place(BOB, SELL, 9, 61)
    events = split(desk, 1, 10)
    assert kinds(events) == ["InstrumentSplit", "OrderSplit", "Canceled", *["Posted"] * 4, "SweepEnded"]
    assert [(each.price, each.leaves, each.released) for each in told(events, EventKind.OrderSplit)] == [(600, 2, 23)]
    assert desk.balance(ANN, XYZ) == (100_000, 0)
    assert desk.balance(BOB, XYZ) == (99_999, 2)
    assert desk.state.instruments[STOCK].last == 700
    assert events[-1].quantity == 1


def test_split_keeps_ids_and_the_lower_one_is_first_where_prices_meet() -> None:
    desk = Desk()
    desk.place(ANN, BUY, 10, 100)
    desk.place(BOB, BUY, 10, 110)
    desk.place(ANN, BUY, 10, 105)
    before = [order.order_id for order in desk.state.instruments[STOCK].sides[BUY]]
    split(desk, 5, 1)
    assert [order.order_id for order in desk.state.instruments[STOCK].sides[BUY]] == before
    assert [order.price for order in desk.state.instruments[STOCK].sides[BUY]] == [22, 21, 20]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"instrument": 9}, Reason.InstrumentUnknown),
        ({"instrument": FUT}, Reason.KindInvalid),
        ({"numerator": 0}, Reason.RatioInvalid),
        ({"denominator": 1_000_001}, Reason.RatioInvalid),
        ({"numerator": 1_000_000, "denominator": 1_000_000}, None),
    ],
)
def test_splits_that_can_be(values: dict[str, int], reason: Reason | None) -> None:
    desk = Desk()
    desk.must(Kind.SetPhase, instrument=STOCK, phase=HALT)
    given = {"instrument": STOCK, "numerator": 2, "denominator": 1} | values
    assert refused(desk.send(Kind.SplitInstrument, **given)) == reason


def test_split_goes_on_in_slices_while_the_instrument_is_busy() -> None:
    desk = Desk(slice_events=8)
    desk.open(CAT)
    for price in (10, 20, 30, 40):
        desk.place(ANN, BUY, 1, price)
    assert kinds(split(desk, 2, 1)) == ["InstrumentSplit", *["Posted"] * 6]
    assert refused(desk.send(Kind.SetPhase, instrument=STOCK, phase=1)) == Reason.InstrumentBusy
    assert kinds(desk.go_on()) == ["OrderSplit"] * 4 + ["SweepEnded"]
    assert refused(desk.send(Kind.SetPhase, instrument=STOCK, phase=1)) is None


def test_instrument_is_busy_until_the_end_of_the_sweep_is_said() -> None:
    desk = Desk(slice_events=9)
    for account in (CAT, 19):
        desk.open(account)
    assert kinds(split(desk, 2, 1)) == ["InstrumentSplit", *["Posted"] * 8]
    assert refused(desk.send(Kind.SetPhase, instrument=STOCK, phase=1)) == Reason.InstrumentBusy
    assert kinds(desk.go_on()) == ["SweepEnded"]
    assert refused(desk.send(Kind.SetPhase, instrument=STOCK, phase=1)) is None


def test_money_of_the_asset_stays_while_it_is_split() -> None:
    desk = Desk(slice_events=8)
    for account in (CAT, 19):
        desk.open(account)
    split(desk, 2, 1)
    for kind in (Kind.Deposit, Kind.Withdraw):
        assert refused(desk.send(kind, account=ANN, asset=XYZ, amount=1)) == Reason.InstrumentBusy
        assert refused(desk.send(kind, account=ANN, asset=XYZ, amount=0)) == Reason.AmountInvalid
        assert refused(desk.send(kind, account=ANN, asset=USD, amount=1)) is None
    desk.go_on()
    assert refused(desk.send(Kind.Withdraw, account=ANN, asset=XYZ, amount=2 * MILLION)) is None


def test_split_orders_keep_their_carry() -> None:
    """A fill of 4 at 10 % carries 0.4; after 1 for 2 the rest of 4 at 2 is worth 8, and 0.8 + 0.4 round to 1."""
    desk = Desk(maker_fee_rate=100_000_000)
    desk.place(ANN, BUY, 12, 1)
    desk.place(BOB, SELL, 4, 1)
    assert told(split(desk, 1, 2), EventKind.OrderSplit)[0].leaves == 4
    assert desk.balance(ANN)[1] == 8 + 1
    desk.must(Kind.SetPhase, instrument=STOCK, phase=1)
    assert desk.place(BOB, SELL, 1, 2)[2].fee == 1


def test_result_of_the_day_goes_through_a_split() -> None:
    """Ann bought 10 at 100; two for one she has 20 at a last price of 50, and has lost nothing."""
    desk = Desk()
    desk.must(Kind.SetLimits, scope=1, id=ANN, max_loss=1, asset=USD)
    desk.cross(BOB, ANN, 10, 100)
    split(desk, 2, 1)
    desk.must(Kind.SetPhase, instrument=STOCK, phase=1)
    assert refused(desk.place(ANN, BUY, 1, 10)) is None


def bust(desk: Desk, traded: Event, **values: int) -> list[Event]:
    """Busts a trade that Bob sold to Ann, without fees unless told otherwise."""
    given = {"instrument": traded.instrument, "trade": traded.event_id}
    given |= {"price": traded.price, "quantity": traded.quantity}
    return desk.send(Kind.BustTrade, **(given | {"buyer": ANN, "seller": BOB} | values))


def test_bust_gives_everything_back_but_once_only() -> None:
    desk = Desk(maker_fee_rate=10_000_000, taker_fee_rate=20_000_000)
    trade = desk.cross(BOB, ANN, 10, 100)
    events = bust(desk, trade, buyer_fee=20, seller_fee=10)
    assert kinds(events) == ["TradeBusted", *["Posted"] * 5]
    assert [(each.account, each.instrument, each.value) for each in events[1:]] == [
        (ANN, XYZ, -10),
        (BOB, XYZ, 10),
        (ANN, USD, 1020),
        (BOB, USD, -990),
        (FEE_INCOME, USD, -30),
    ]
    assert {(each.detail, each.fee) for each in events[1:]} == {(3, trade.event_id)}
    assert [each.source for each in events] == [1, 1, 0, 0, 0, 0]
    for account in (ANN, BOB):
        assert (desk.balance(account), desk.balance(account, XYZ)) == ((MILLION, 0), (MILLION, 0))
    assert refused(bust(desk, trade)) == Reason.TradeInvalid


def test_corrected_price_moves_the_difference_and_cannot_be_busted_any_more() -> None:
    desk = Desk()
    trade = desk.cross(BOB, ANN, 10, 100)
    events = bust(desk, trade, new_price=90)
    assert [(each.account, each.value, each.detail) for each in events[1:]] == [(ANN, 100, 4), (BOB, -100, 4)]
    assert (events[0].price, events[0].quantity, events[0].fee) == (100, 10, 90)
    assert refused(bust(desk, trade)) == Reason.TradeInvalid


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"buyer": 1}, Reason.AccountUnknown),
        ({"instrument": 9}, Reason.InstrumentUnknown),
        ({"instrument": 9, "seller": 0}, Reason.AccountUnknown),
        ({"trade": 2**63}, Reason.TradeInvalid),
        ({"price": 0}, Reason.TradeInvalid),
        ({"quantity": 0}, Reason.TradeInvalid),
        ({"quantity": 2**32}, Reason.TradeInvalid),
        ({"price": 2**62}, Reason.TradeInvalid),
        ({"new_price": -1}, Reason.TradeInvalid),
        ({"new_price": 100}, Reason.TradeInvalid),
        ({"buyer_fee": 1001}, Reason.TradeInvalid),
        ({"seller_fee": -1001}, Reason.TradeInvalid),
        ({"seller_fee": -(2**63)}, Reason.TradeInvalid),
        ({"quantity": 2_000_000}, Reason.FundsInsufficient),
        ({"trade": 0}, None),
        ({"buyer": BOB, "seller": ANN}, None),
        ({"buyer": ANN, "seller": ANN, "quantity": 2_000_000}, None),
    ],
)
def test_trades_that_can_be_busted(values: dict[str, int], reason: Reason | None) -> None:
    desk = Desk()
    trade = desk.cross(BOB, ANN, 10, 100)
    assert refused(bust(desk, trade, **values)) == reason


def test_bust_of_a_future_takes_positions_back() -> None:
    desk = Desk()
    trade = desk.cross(BOB, ANN, 10, 120, FUT)
    desk.must(Kind.SetReference, instrument=FUT, price=130, what=2)
    events = bust(desk, trade)
    assert [(each.account, each.value) for each in events[1:]] == [(ANN, -100), (BOB, 100), (FEE_INCOME, 0)]
    assert (desk.balance(ANN), desk.balance(BOB)) == ((MILLION, 0), (MILLION, 0))
    assert lots_of(desk.state, ANN, FUT) == 0


def test_bust_of_a_future_reckons_with_open_orders() -> None:
    """At a highest price of 2^60 a position has 3 lots at most; Cat, long 2, may sell 5, but not once she has none."""
    desk = Desk()
    terms = TERMS_OF_LISTING | {"kind_of": 2, "max_price": 2**60, "max_quantity": 3, "max_notional": 2**62}
    desk.must(Kind.ListInstrument, instrument=3, symbol=b"BIG", **terms)
    desk.must(Kind.SetReference, instrument=3, price=1, what=2)
    desk.open(CAT, max_notional=2**62)
    desk.must(Kind.Deposit, account=BOB, asset=USD, amount=2**62)
    trade = desk.cross(BOB, CAT, 2, 1, 3)
    for quantity in (3, 2):
        assert refused(desk.place(CAT, SELL, quantity, 2**60, 3)) is None
    assert refused(desk.place(CAT, SELL, 1, 2**60, 3)) == Reason.PositionTooLarge
    assert refused(bust(desk, trade, buyer=CAT)) == Reason.PositionTooLarge
    assert refused(bust(desk, trade, buyer=CAT, new_price=2)) is None


def test_bust_of_a_future_needs_its_collateral() -> None:
    desk = Desk()
    trade = desk.cross(BOB, ANN, 10, 120, FUT)
    desk.cross(ANN, BOB, 10, 120, FUT)
    desk.must(Kind.Withdraw, account=ANN, asset=USD, amount=MILLION - 8799)
    assert refused(bust(desk, trade)) == Reason.FundsInsufficient
    desk.must(Kind.Deposit, account=ANN, asset=USD, amount=1)
    assert refused(bust(desk, trade)) is None
    assert lots_of(desk.state, ANN, FUT) == -10
    assert desk.balance(ANN) == (9000, 9000)
