"""Limits, buckets, kill switches and restricted lists with worked numbers."""

import pytest
from tests.model.commands import Kind
from tests.model.desk import ANN, BOB, CAT, FUT, STOCK, USD, XYZ, Desk, refused
from tests.model.limits import BILLION, I64_MIN
from tests.model.rejects import Reason

ACCOUNT, GROUP, FIRM, INSTRUMENT, VENUE = 1, 2, 3, 4, 5
BUY, SELL = 1, 2


def limited(scope: int, number: int, **limits: int) -> Desk:
    """A desk with a group 1 without tiers, and some limits."""
    desk = Desk()
    desk.must(Kind.DefineGroup, group=1, name=b"G")
    desk.must(Kind.SetAccount, account=ANN, group=1)
    desk.must(Kind.SetLimits, scope=scope, id=number, **limits)
    return desk


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"scope": 0, "id": ANN}, Reason.ScopeInvalid),
        ({"scope": 5, "id": 0}, Reason.ScopeInvalid),
        ({"scope": 1, "id": 1}, Reason.ScopeInvalid),
        ({"scope": 1, "id": 99}, Reason.ScopeInvalid),
        ({"scope": 2, "id": 1}, Reason.ScopeInvalid),
        ({"scope": 3, "id": 0}, Reason.ScopeInvalid),
        ({"scope": 3, "id": 2**32 - 1}, None),
        ({"scope": 4, "id": 3}, Reason.ScopeInvalid),
        ({"scope": 1, "id": ANN, "max_held": 1}, Reason.AssetUnknown),
        ({"scope": 1, "id": ANN, "max_loss": 1, "asset": 3}, Reason.AssetUnknown),
        ({"scope": 1, "id": ANN, "max_quantity": -1}, Reason.LimitInvalid),
        ({"scope": 9, "id": 0, "max_loss": I64_MIN, "asset": 1}, Reason.LimitInvalid),
        ({"scope": 3, "id": 1, "max_position": 1}, Reason.LimitInvalid),
        ({"scope": 3, "id": 1, "max_loss": 1, "asset": 1}, Reason.LimitInvalid),
        ({"scope": 3, "id": 1, "max_held": 1, "asset": 1}, None),
        ({"scope": 4, "id": 1, "max_held": 1, "asset": 1}, Reason.LimitInvalid),
        ({"scope": 4, "id": 1, "max_position": 1}, Reason.LimitInvalid),
        ({"scope": 4, "id": 1, "max_rate": 1, "max_open_orders": 1, "max_quantity": 1, "max_notional": 1}, None),
    ],
)
def test_limits_that_can_be_set(values: dict[str, int], reason: Reason | None) -> None:
    assert refused(Desk().send(Kind.SetLimits, **values)) == reason


@pytest.mark.parametrize(("scope", "number"), [(ACCOUNT, ANN), (GROUP, 1), (FIRM, 1), (INSTRUMENT, STOCK)])
def test_size_of_an_order_is_limited_in_every_scope(scope: int, number: int) -> None:
    desk = limited(scope, number, max_quantity=10, max_notional=1000)
    assert refused(desk.place(ANN, BUY, 11, 1)) == Reason.QuantityTooLarge
    assert refused(desk.place(ANN, BUY, 10, 101)) == Reason.NotionalTooLarge
    assert refused(desk.place(ANN, BUY, 10, 100)) is None
    assert refused(desk.place(BOB, BUY, 11, 1)) == (Reason.QuantityTooLarge if scope >= FIRM else None)


@pytest.mark.parametrize(("scope", "number"), [(ACCOUNT, ANN), (GROUP, 1), (FIRM, 1), (INSTRUMENT, STOCK)])
def test_open_orders_are_limited_in_every_scope_but_not_for_replacements(scope: int, number: int) -> None:
    desk = limited(scope, number, max_open_orders=2)
    desk.place(ANN, BUY, 1, 10)
    desk.place(BOB, BUY, 1, 10)
    shared = scope >= FIRM
    assert refused(desk.place(ANN, BUY, 1, 9)) == (Reason.OpenOrdersTooMany if shared else None)
    assert refused(desk.place(ANN, BUY, 1, 8)) == Reason.OpenOrdersTooMany
    assert refused(desk.replace(ANN, 1, 2, 11)) is None


def test_bucket_holds_a_second_of_orders_and_fills_with_time() -> None:
    desk = limited(ACCOUNT, ANN, max_rate=2)
    assert [refused(desk.place(ANN, BUY, 1, 10)) for _ in range(3)] == [None, None, Reason.RateExceeded]
    desk.at_ns += BILLION // 2 - 1
    assert refused(desk.place(ANN, BUY, 1, 10)) == Reason.RateExceeded
    desk.at_ns += 1
    assert [refused(desk.place(ANN, BUY, 1, 10)) for _ in range(2)] == [None, Reason.RateExceeded]
    desk.at_ns += 100 * BILLION
    assert [refused(desk.place(ANN, BUY, 1, 10)) for _ in range(3)] == [None, None, Reason.RateExceeded]


def test_bucket_is_charged_by_what_is_refused_later_but_not_by_what_is_refused_before() -> None:
    desk = limited(ACCOUNT, ANN, max_rate=1)
    assert refused(desk.place(ANN, 3, 1, 10)) == Reason.SideInvalid
    assert refused(desk.place(ANN, BUY, 10, 1, FUT, flags=16)) == Reason.PositionTooSmall
    assert refused(desk.place(ANN, BUY, 1, 10)) == Reason.RateExceeded


def test_no_bucket_is_charged_unless_all_have_enough() -> None:
    desk = limited(ACCOUNT, ANN, max_rate=1)
    desk.must(Kind.SetLimits, scope=FIRM, id=1, max_rate=2)
    assert [refused(desk.place(ANN, BUY, 1, 10)) for _ in range(3)] == [None, Reason.RateExceeded, Reason.RateExceeded]
    assert [refused(desk.place(BOB, BUY, 1, 10)) for _ in range(2)] == [None, Reason.RateExceeded]


def test_account_has_one_bucket_of_the_lower_of_its_rate_and_its_groups() -> None:
    desk = limited(GROUP, 1, max_rate=2)
    assert [refused(desk.place(ANN, BUY, 1, 10)) for _ in range(3)] == [None, None, Reason.RateExceeded]
    desk.must(Kind.SetLimits, scope=ACCOUNT, id=ANN, max_rate=5)
    assert refused(desk.place(ANN, BUY, 1, 10)) == Reason.RateExceeded
    desk.must(Kind.SetLimits, scope=ACCOUNT, id=ANN, max_rate=1)
    assert [refused(desk.place(ANN, BUY, 1, 10)) for _ in range(2)] == [None, Reason.RateExceeded]
    desk.must(Kind.SetAccount, account=ANN, group=0)
    assert refused(desk.place(ANN, BUY, 1, 10)) == Reason.RateExceeded


def test_position_in_a_stock_counts_what_is_owned_and_what_is_bought() -> None:
    desk = limited(ACCOUNT, ANN, max_position=1_000_010)
    desk.place(ANN, BUY, 6, 10)
    assert refused(desk.place(ANN, BUY, 5, 10)) == Reason.PositionTooLarge
    assert refused(desk.replace(ANN, 1, 11, 10)) == Reason.PositionTooLarge
    assert refused(desk.replace(ANN, 1, 10, 10)) is None
    assert refused(desk.place(ANN, SELL, 1000, 10)) is None


def test_position_in_a_future_is_limited_both_ways() -> None:
    desk = limited(ACCOUNT, ANN, max_position=10)
    desk.cross(BOB, ANN, 8, 100, FUT)
    assert refused(desk.place(ANN, BUY, 3, 100, FUT)) == Reason.PositionTooLarge
    assert refused(desk.place(ANN, SELL, 19, 100, FUT)) == Reason.PositionTooLarge
    assert refused(desk.place(ANN, SELL, 18, 100, FUT)) is None
    assert refused(desk.place(ANN, BUY, 2, 90, FUT)) is None


def test_what_is_held_for_orders_is_limited_by_account_and_by_firm() -> None:
    desk = limited(ACCOUNT, ANN, max_held=1000, asset=USD)
    assert refused(desk.place(ANN, BUY, 11, 100)) == Reason.HeldTooMuch
    assert refused(desk.place(ANN, BUY, 6, 100)) is None
    assert refused(desk.place(ANN, BUY, 5, 100)) == Reason.HeldTooMuch
    assert refused(desk.place(ANN, SELL, 5000, 200)) is None
    desk.must(Kind.SetLimits, scope=FIRM, id=1, max_held=700, asset=USD)
    assert refused(desk.place(BOB, BUY, 2, 100)) == Reason.HeldTooMuch
    assert refused(desk.place(BOB, BUY, 1, 100)) is None
    desk.must(Kind.SetLimits, scope=FIRM, id=1, max_held=1, asset=USD)
    assert refused(desk.replace(ANN, desk.refs[ANN] - 2, 5, 100)) is None


def test_loss_of_the_day_stops_all_but_reducing_orders() -> None:
    """Ann buys 10 at 100; at a last price of 91 she has lost 90 and at 90 the limit of 100."""
    desk = limited(ACCOUNT, ANN, max_loss=100, asset=USD)
    desk.cross(BOB, ANN, 10, 100)
    desk.open(CAT, firm=2)
    desk.cross(CAT, BOB, 1, 91)
    assert refused(desk.place(ANN, BUY, 1, 10)) is None
    desk.cross(CAT, BOB, 1, 90)
    assert refused(desk.place(ANN, BUY, 1, 10)) == Reason.LossReached
    assert refused(desk.place(BOB, BUY, 1, 10)) is None
    desk.must(Kind.EndOfDay, business_date=20260131)
    assert refused(desk.place(ANN, BUY, 1, 10)) is None


def test_loss_counts_from_when_the_limit_came_and_futures_from_their_settlement_price() -> None:
    desk = Desk()
    desk.cross(BOB, ANN, 10, 120, FUT)
    desk.must(Kind.SetLimits, scope=ACCOUNT, id=ANN, max_loss=50, asset=USD)
    desk.open(CAT, firm=2)
    desk.cross(CAT, BOB, 1, 96, FUT)
    assert refused(desk.place(ANN, BUY, 1, 10)) is None
    desk.cross(CAT, BOB, 1, 95, FUT)
    assert refused(desk.place(ANN, BUY, 1, 10, FUT)) == Reason.LossReached
    assert refused(desk.place(ANN, SELL, 10, 200, FUT, flags=16)) is None


@pytest.mark.parametrize(("scope", "number"), [(ACCOUNT, ANN), (FIRM, 1), (INSTRUMENT, STOCK), (VENUE, 0)])
def test_kill_switch_stops_orders_and_replacements_until_it_is_lifted(scope: int, number: int) -> None:
    desk = Desk()
    desk.place(ANN, BUY, 1, 10)
    event = desk.must(Kind.SetKill, scope=scope, id=number, on=1)[0]
    assert (event.detail, event.value, event.fee, event.account, event.instrument) == (1, number, scope, 0, 0)
    assert refused(desk.place(ANN, BUY, 1, 10)) == Reason.KillSwitched
    assert refused(desk.replace(ANN, 1, 2, 10)) == Reason.KillSwitched
    desk.must(Kind.SetKill, scope=scope, id=number, on=0)
    assert refused(desk.place(ANN, BUY, 1, 10)) is None


@pytest.mark.parametrize(
    "values",
    [
        {"scope": 2, "id": 1},
        {"scope": 5, "id": 1},
        {"scope": 3, "id": 0},
        {"scope": 1, "id": 3},
        {"scope": 6},
        {"on": 2},
    ],
)
def test_kill_switches_that_cannot_be(values: dict[str, int]) -> None:
    assert refused(Desk().send(Kind.SetKill, **({"scope": 1, "id": ANN, "on": 1} | values))) == Reason.ScopeInvalid


@pytest.mark.parametrize(("scope", "number"), [(ACCOUNT, ANN), (GROUP, 1), (FIRM, 1)])
def test_restricted_instruments_are_refused_last(scope: int, number: int) -> None:
    desk = limited(ACCOUNT, ANN, max_rate=100)
    event = desk.must(Kind.SetRestriction, scope=scope, id=number, instrument=STOCK, on=1)[0]
    assert (event.instrument, event.detail, event.value, event.fee) == (STOCK, 1, number, scope)
    assert refused(desk.place(ANN, BUY, 1000, 1001)) == Reason.PriceOutOfRange
    assert refused(desk.place(ANN, BUY, 10_000, 1000)) == Reason.FundsInsufficient
    assert refused(desk.place(ANN, BUY, 1, 10)) == Reason.Restricted
    assert refused(desk.place(ANN, BUY, 1, 10, FUT)) is None


def test_limits_of_a_trader_count_what_its_clearing_account_holds_for_it() -> None:
    desk = Desk()
    desk.open(CAT, funds=0, clearing=ANN)
    desk.must(Kind.SetLimits, scope=ACCOUNT, id=CAT, max_held=100, asset=XYZ)
    assert refused(desk.place(CAT, SELL, 101, 10)) == Reason.HeldTooMuch
    assert refused(desk.place(CAT, SELL, 100, 10)) is None
    assert desk.balance(ANN, XYZ) == (10**6, 100)
    assert refused(desk.place(ANN, SELL, 10**6 - 99, 10)) == Reason.FundsInsufficient
