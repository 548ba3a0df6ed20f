//! Fee plans, rebates, tiers, clearing accounts: who pays what.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::*;
use garraway_types::*;

const FEE: u32 = 3;

/// A venue with a spot instrument of 0.1 % and 0.2 %.
fn with_fees() -> Venue {
    let mut venue = Venue::new();
    let symbol = *b"FEE\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let terms =
        ListInstrument { symbol, maker_fee_rate: 1_000_000, taker_fee_rate: 2_000_000, ..spot_terms() };
    venue.list(FEE, terms);
    venue
}

/// Fees of maker and taker of the last trade.
fn fees(events: &[Event]) -> Vec<i64> {
    of_kind(events, EventKind::Filled).iter().map(|fill| fill.fee).collect()
}

#[test]
fn a_group_gives_its_accounts_their_plan() {
    let mut venue = with_fees();
    venue.define_plan(5, -1_000_000, 5_000_000);
    venue.define_group(1, "makers", USD, &[(0, 5)]);
    assert_eq!(fees(&venue.trade(FEE, 16, 18, 100, 100)), [10, 20]);
    venue.set_group(18, 1);
    assert_eq!(fees(&venue.trade(FEE, 16, 18, 100, 100)), [-10, 20], "a rebate for the maker");
    assert_eq!((venue.has(18, USD).0, venue.has(2, USD).0), (1_020_000, 10 + 20 - 10 + 20));
    let events = venue.limit(18, FEE, Side::Buy, 100, 100);
    assert_eq!(events[0].released, -(10_000 + 50), "its hold reckons with the larger rate");
    assert_eq!(fees(&venue.limit(16, FEE, Side::Sell, 100, 100)), [-10, 20]);
    let body = OpenAccount { group: 1, ..account_terms() };
    venue.open(20, body);
    venue.deposit(20, USD, 100_000);
    venue.limit(16, FEE, Side::Sell, 100, 100);
    assert_eq!(fees(&venue.limit(20, FEE, Side::Buy, 100, 100)), [10, 50]);
}

#[test]
fn the_venue_may_pay_more_in_rebates_than_it_takes() {
    let mut venue = with_fees();
    venue.define_plan(1, -2_000_000, 0);
    venue.define_group(1, "all", USD, &[(0, 1)]);
    venue.set_group(18, 1);
    venue.set_group(16, 1);
    assert_eq!(fees(&venue.trade(FEE, 16, 18, 100, 100)), [-20, 0]);
    assert_eq!(venue.has(2, USD), (-20, 0));
    // Carried over the fills of an order: 0.6 each, halves up.
    venue.limit(18, FEE, Side::Sell, 3, 300);
    let rebates: Vec<i64> = (0..3).map(|_| fees(&venue.limit(16, FEE, Side::Buy, 1, 300))[0]).collect();
    assert_eq!(rebates, [-1, 0, -1]);
}

#[test]
fn an_order_keeps_the_rates_that_it_was_accepted_with() {
    let mut venue = with_fees();
    venue.define_plan(1, 10_000_000, 10_000_000);
    venue.define_group(1, "all", USD, &[(0, 1)]);
    venue.set_group(18, 1);
    venue.limit(18, FEE, Side::Sell, 1_000, 100);
    venue.limit(18, FEE, Side::Buy, 1_000, 10);
    let held = venue.has(18, USD).1;
    venue.define_plan(1, 20_000_000, 30_000_000);
    assert_eq!(venue.has(18, USD).1, held);
    assert_eq!(fees(&venue.limit(16, FEE, Side::Buy, 100, 100)), [100, 20]);
    venue.set_group(18, 0);
    assert_eq!(fees(&venue.limit(16, FEE, Side::Buy, 100, 100)), [100, 20]);
    venue.define_plan(1, 40_000_000, 0);
    assert_eq!(fees(&venue.limit(16, FEE, Side::Buy, 100, 100)), [100, 20]);
    // A replacement takes the rates of its time, also where it keeps its place.
    venue.set_group(18, 1);
    assert_eq!(venue.replace(18, 1, 900, 100)[0].detail, 1);
    assert_eq!(fees(&venue.limit(16, FEE, Side::Buy, 100, 100)), [400, 20]);
    venue.replace(18, 2, 900, 10);
    assert_eq!(venue.has(18, USD).1, 9_000 + 360);
}

#[test]
fn two_hundred_and_fifty_five_pairs_of_rates_are_kept_at_most() {
    let mut venue = with_fees();
    venue.define_plan(1, 1, 1);
    venue.define_group(1, "all", USD, &[(0, 1)]);
    venue.set_group(18, 1);
    venue.limit(18, FEE, Side::Sell, 1, 900);
    venue.define_plan(1, 2, 2);
    for plan in 2..=254 {
        assert_eq!(reason(&venue.define_plan(plan, 0, 0)), None);
    }
    assert_eq!(reason(&venue.define_plan(255, 0, 0)), Some(Reject::WorkFull));
    venue.cancel(18, 1);
    assert_eq!(reason(&venue.define_plan(255, 0, 0)), None);
}

#[test]
fn a_trader_trades_on_its_clearing_accounts_balances() {
    let mut venue = with_fees();
    venue.open(30, OpenAccount { clearing: 17, ..account_terms() });
    let events = venue.limit(30, FEE, Side::Buy, 10, 100);
    assert_eq!((events[0].account, events[0].released), (30, -1_002));
    assert_eq!((venue.has(17, USD), venue.has(30, USD)), ((1_000_000, 1_002), (0, 0)));
    let events = venue.limit(18, FEE, Side::Sell, 4, 100);
    let fills: Vec<_> =
        of_kind(&events, EventKind::Filled).iter().map(|fill| (fill.account, fill.fee)).collect();
    assert_eq!(fills, [(30, 0), (18, 1)]);
    assert_eq!((venue.has(17, USD), venue.has(17, ABC).0), ((999_600, 602), 10_004));
    venue.cancel(30, 1);
    assert_eq!(venue.has(17, USD), (999_600, 0));
    venue.limit(18, FEE, Side::Buy, 20, 50);
    venue.limit(30, FEE, Side::Sell, 20, 50);
    assert_eq!((venue.has(17, ABC).0, venue.has(30, ABC)), (9_984, (0, 0)));
    // What its clearing account has not, it cannot order.
    let most = venue.limit(30, FEE, Side::Buy, 3_900, 100);
    assert_eq!(reason(&most), None);
    venue.limit(30, FEE, Side::Buy, 3_900, 100);
    assert_eq!(reason(&venue.limit(17, FEE, Side::Buy, 3_900, 100)), Some(Reject::FundsInsufficient));
}

#[test]
fn a_traders_own_holds_are_limited() {
    let mut venue = Venue::new();
    venue.open(30, OpenAccount { clearing: 17, ..account_terms() });
    venue.buy(17, 100, 10);
    venue.set_limits(1, 30, SetLimits { max_held: 50, asset: USD, ..no_limits() });
    assert_eq!(reason(&venue.buy(30, 5, 10)), None);
    assert_eq!(reason(&venue.buy(30, 1, 1)), Some(Reject::HeldTooMuch));
    venue.set_limits(1, 30, SetLimits { max_position: 10_010, ..no_limits() });
    assert_eq!(reason(&venue.buy(30, 6, 1)), Some(Reject::PositionTooLarge), "its clearing account's lots");
    assert_eq!(reason(&venue.buy(30, 5, 1)), None);
}

#[test]
fn tiers_are_looked_at_as_days_end_and_start_anew_with_the_month() {
    let mut venue = with_fees();
    venue.define_plan(1, 3_000_000, 3_000_000);
    venue.define_plan(2, 4_000_000, 4_000_000);
    venue.define_group(1, "tiers", USD, &[(10_000, 1), (20_000, 2)]);
    venue.set_group(18, 1);
    venue.trade(FEE, 16, 18, 100, 100);
    assert_eq!(fees(&venue.trade(FEE, 16, 18, 10, 100)), [1, 2], "not before the day ends");
    let changed = of_kind(&venue.end_day(20_260_129), EventKind::FeePlanChanged);
    let said: Vec<_> = changed.iter().map(|event| (event.account, event.detail, event.value)).collect();
    assert_eq!(said, [(18, 1, 11_000)]);
    assert_eq!(fees(&venue.trade(FEE, 16, 18, 100, 100)), [30, 20]);
    // The end of the month's last day: the tier reached counts, and the value starts anew with the month.
    let changed = of_kind(&venue.end_day(20_260_130), EventKind::FeePlanChanged);
    assert_eq!((changed.len(), changed[0].detail, changed[0].value), (1, 2, 21_000));
    assert_eq!(of_kind(&venue.end_day(20_260_202), EventKind::FeePlanChanged).len(), 0);
    let changed = of_kind(&venue.end_day(20_260_203), EventKind::FeePlanChanged);
    assert_eq!((changed.len(), changed[0].detail, changed[0].value), (1, 0, 0));
    assert_eq!(fees(&venue.trade(FEE, 16, 18, 100, 100)), [10, 20]);
    // A group redefined is looked at at once; so is one that an account comes into, at 0.
    venue.define_group(1, "tiers", USD, &[(10_000, 2)]);
    assert_eq!(fees(&venue.trade(FEE, 16, 18, 100, 100)), [40, 20]);
    venue.define_group(2, "others", USD, &[(0, 1), (5_000, 2)]);
    venue.set_group(18, 2);
    assert_eq!(fees(&venue.trade(FEE, 16, 18, 100, 100)), [30, 20]);
    venue.define_group(2, "others", ABC, &[(0, 1), (5_000, 2)]);
    assert_eq!(fees(&venue.trade(FEE, 16, 18, 100, 100)), [30, 20], "another asset: the value is 0");
}
