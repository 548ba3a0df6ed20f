"""Groups, fee plans, tiers, clearing accounts, rebates with worked numbers."""

import pytest
from tests.model.commands import Kind
from tests.model.desk import ANN, BOB, CAT, STOCK, USD, XYZ, Desk, refused
from tests.model.events import EventKind
from tests.model.limits import FEE_INCOME
from tests.model.rejects import Reason

BUY, SELL = 1, 2


def with_plans(**terms: int) -> Desk:
    """A desk with plan 1, a rebate of 10 % for the maker, and plan 2, 5 % for the taker."""
    desk = Desk(**terms)
    desk.must(Kind.DefineFeePlan, plan=1, maker_rate=-100_000_000, taker_rate=0)
    desk.must(Kind.DefineFeePlan, plan=2, maker_rate=0, taker_rate=50_000_000)
    return desk


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"plan": 0}, Reason.IdInvalid),
        ({"plan": 255}, None),
        ({"plan": 1, "maker_rate": -100_000_001}, Reason.FeeRateInvalid),
        ({"plan": 1, "taker_rate": 100_000_001}, Reason.FeeRateInvalid),
        ({"plan": 1, "maker_rate": -(2**63)}, Reason.FeeRateInvalid),
    ],
)
def test_fee_plans_that_can_be(values: dict[str, int], reason: Reason | None) -> None:
    assert refused(Desk().send(Kind.DefineFeePlan, **values)) == reason


@pytest.mark.parametrize(
    ("asset", "tiers", "reason"),
    [
        (0, [], None),
        (9, [], None),
        (9, [(0, 0)], Reason.AssetUnknown),
        (USD, [(0, 0), (10, 1)], None),
        (USD, [(0, 3)], Reason.FeePlanUnknown),
        (USD, [(-1, 0)], Reason.FeePlanUnknown),
        (USD, [(5, 0), (5, 1)], Reason.FeePlanUnknown),
    ],
)
def test_tiers_that_can_be(asset: int, tiers: list[tuple[int, int]], reason: Reason | None) -> None:
    items = [{"traded": traded, "plan": plan} for traded, plan in tiers]
    assert refused(with_plans().send(Kind.DefineGroup, items, group=1, asset=asset, name=b"G")) == reason


def test_rebate_is_paid_by_the_venue() -> None:
    desk = with_plans(taker_fee_rate=20_000_000)
    desk.must(Kind.DefineGroup, [{"traded": 0, "plan": 1}], group=1, asset=USD, name=b"G")
    desk.must(Kind.SetAccount, account=ANN, group=1)
    desk.place(ANN, SELL, 10, 100)
    events = desk.place(BOB, BUY, 10, 100)
    assert [each.fee for each in events if each.kind == EventKind.Filled] == [-100, 20]
    assert (desk.balance(ANN)[0], desk.balance(BOB)[0]) == (1_001_100, 998_980)
    assert desk.balance(FEE_INCOME)[0] == -80


def test_hold_reckons_with_the_dearer_rate_but_not_with_rebates() -> None:
    desk = with_plans(taker_fee_rate=20_000_000)
    desk.must(Kind.DefineGroup, [{"traded": 0, "plan": 1}], group=1, asset=USD, name=b"G")
    desk.must(Kind.DefineGroup, [{"traded": 0, "plan": 2}], group=2, asset=USD, name=b"H")
    for group, held in ((0, 1020), (1, 1000), (2, 1050)):
        desk.must(Kind.SetAccount, account=ANN, group=group)
        assert desk.place(ANN, BUY, 10, 100)[0].released == -held


def test_order_keeps_the_rates_that_it_was_accepted_with_and_a_replacement_takes_those_of_its_time() -> None:
    desk = with_plans()
    desk.must(Kind.DefineGroup, [{"traded": 0, "plan": 2}], group=1, asset=USD, name=b"G")
    desk.must(Kind.SetAccount, account=ANN, group=1)
    desk.place(ANN, BUY, 10, 100)
    assert desk.balance(ANN)[1] == 1050
    desk.must(Kind.DefineFeePlan, plan=2, maker_rate=70_000_000, taker_rate=0)
    assert desk.balance(ANN)[1] == 1050
    assert desk.place(BOB, SELL, 5, 100)[2].fee == 0
    assert desk.replace(ANN, 1, 10, 100)[0].released == 525 - 535
    assert desk.place(BOB, SELL, 5, 100)[2].fee == 35


def test_tier_is_looked_at_when_the_day_ends_and_the_month_begins_anew_behind_it() -> None:
    desk = with_plans()
    tiers = [{"traded": 0, "plan": 0}, {"traded": 2000, "plan": 2}]
    desk.must(Kind.DefineGroup, tiers, group=1, asset=USD, name=b"G")
    desk.must(Kind.SetAccount, account=ANN, group=1)
    desk.cross(BOB, ANN, 10, 100)
    assert [each.kind for each in desk.must(Kind.EndOfDay, business_date=20260130)].count(EventKind.FeePlanChanged) == 0
    desk.cross(BOB, ANN, 10, 100)
    told = [each for each in desk.must(Kind.EndOfDay, business_date=20260202) if each.kind == EventKind.FeePlanChanged]
    assert [(each.account, each.detail, each.value, each.source) for each in told] == [(ANN, 2, 2000, 0)]
    assert desk.state.accounts[ANN].traded == 0
    told = [each for each in desk.must(Kind.EndOfDay, business_date=20260203) if each.kind == EventKind.FeePlanChanged]
    assert [(each.account, each.detail, each.value) for each in told] == [(ANN, 0, 0)]


def test_coming_into_a_group_forgets_what_was_traded_but_redefining_it_does_not() -> None:
    desk = with_plans()
    desk.must(Kind.DefineGroup, [{"traded": 5000, "plan": 2}], group=1, asset=USD, name=b"G")
    desk.must(Kind.SetAccount, account=ANN, group=1)
    desk.cross(BOB, ANN, 10, 100)
    desk.cross(ANN, ANN, 10, 100)
    assert desk.state.accounts[ANN].traded == 3000
    desk.must(Kind.DefineGroup, [{"traded": 3000, "plan": 2}], group=1, asset=USD, name=b"G")
    assert desk.state.accounts[ANN].plan == 2
    desk.must(Kind.SetAccount, account=ANN, group=1)
    assert (desk.state.accounts[ANN].plan, desk.state.accounts[ANN].traded) == (2, 3000)
    desk.must(Kind.DefineGroup, [{"traded": 3000, "plan": 2}], group=1, asset=XYZ, name=b"G")
    assert (desk.state.accounts[ANN].plan, desk.state.accounts[ANN].traded) == (0, 0)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"group": 1}, Reason.GroupUnknown),
        ({"clearing": CAT}, Reason.ClearingInvalid),
        ({"clearing": 1}, Reason.ClearingInvalid),
        ({"clearing": ANN}, None),
        ({"clearing": ANN, "firm": 2}, Reason.ClearingInvalid),
        ({"clearing": ANN, "group": 1, "self_trade": 5}, Reason.SelfTradeInvalid),
    ],
)
def test_accounts_that_can_be_opened(values: dict[str, int], reason: Reason | None) -> None:
    assert refused(Desk().open(CAT, funds=0, **values)) == reason


def test_trader_trades_on_the_balances_of_its_clearing_account() -> None:
    desk = Desk()
    desk.open(CAT, funds=0, clearing=ANN)
    assert refused(desk.open(19, funds=0, clearing=CAT)) == Reason.ClearingInvalid
    assert refused(desk.send(Kind.Deposit, account=CAT, asset=USD, amount=1)) == Reason.ClearingInvalid
    assert refused(desk.send(Kind.Withdraw, account=CAT, asset=9, amount=1)) == Reason.AssetUnknown
    desk.place(CAT, BUY, 10, 100)
    assert desk.balance(ANN) == (10**6, 1000)
    assert [each.account for each in desk.place(BOB, SELL, 4, 100)] == [BOB, 0, CAT, BOB]
    assert (desk.balance(ANN), desk.balance(ANN, XYZ)) == ((999_600, 600), (1_000_004, 0))
    assert desk.balance(CAT) == (0, 0)
    assert refused(desk.place(CAT, BUY, 10**4, 101, STOCK)) == Reason.FundsInsufficient
