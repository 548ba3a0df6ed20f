//! Every limit on every scope, and the order in which orders are asked.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::*;
use garraway_types::*;

const SCOPES: [(u8, u32); 4] = [
    (code::SCOPE_ACCOUNT, 16),
    (code::SCOPE_GROUP, 1),
    (code::SCOPE_FIRM, 1),
    (code::SCOPE_INSTRUMENT, SPOT),
];

/// A venue with account 16 in group 1.
fn grouped() -> Venue {
    let mut venue = Venue::new();
    venue.define_group(1, "desk", 0, &[]);
    venue.set_group(16, 1);
    venue
}

fn placed(venue: &mut Venue, account: u32, side: Side, quantity: i64, price: i64) -> Option<Reject> {
    reason(&venue.limit(account, SPOT, side, quantity, price))
}

#[test]
fn quantity_and_value_are_limited_on_every_scope() {
    for (scope, id) in SCOPES {
        let mut venue = grouped();
        venue.set_limits(scope, id, SetLimits { max_quantity: 10, ..no_limits() });
        assert_eq!(placed(&mut venue, 16, Side::Buy, 11, 10), Some(Reject::QuantityTooLarge), "{scope}");
        assert_eq!(placed(&mut venue, 16, Side::Buy, 10, 10), None, "{scope}");
        let target = venue.last_ref(16);
        assert_eq!(reason(&venue.replace(16, target, 11, 10)), Some(Reject::QuantityTooLarge), "{scope}");
        venue.set_limits(scope, id, SetLimits { max_notional: 100, ..no_limits() });
        assert_eq!(placed(&mut venue, 16, Side::Sell, 10, 11), Some(Reject::NotionalTooLarge), "{scope}");
        assert_eq!(placed(&mut venue, 16, Side::Sell, 9, 11), None, "{scope}");
        assert_eq!(reason(&venue.replace(16, target, 9, 12)), Some(Reject::NotionalTooLarge), "{scope}");
        let other = if scope == code::SCOPE_INSTRUMENT { Some(Reject::NotionalTooLarge) } else { None };
        assert_eq!(placed(&mut venue, 18, Side::Sell, 10, 11), other, "{scope}");
        venue.set_limits(scope, id, no_limits());
        assert_eq!(placed(&mut venue, 16, Side::Buy, 11, 10), None, "{scope}");
    }
}

#[test]
fn open_orders_are_limited_on_every_scope() {
    for (scope, id) in SCOPES {
        let mut venue = grouped();
        venue.buy(16, 1, 5);
        venue.buy(18, 1, 5);
        if scope == code::SCOPE_FIRM {
            venue.buy(17, 1, 5);
        } else if scope != code::SCOPE_INSTRUMENT {
            venue.buy(16, 1, 5);
        }
        venue.set_limits(scope, id, SetLimits { max_open_orders: 3, ..no_limits() });
        assert_eq!(placed(&mut venue, 16, Side::Buy, 1, 5), None, "{scope}");
        assert_eq!(placed(&mut venue, 16, Side::Buy, 1, 5), Some(Reject::OpenOrdersTooMany), "{scope}");
        assert_eq!(reason(&venue.replace(16, 1, 2, 5)), None, "{scope}: replacements are not asked");
        let target = venue.last_ref(16);
        venue.cancel(16, target);
        assert_eq!(placed(&mut venue, 16, Side::Buy, 1, 5), None, "{scope}");
    }
}

#[test]
fn a_bucket_holds_a_second_and_fills_by_the_nanosecond() {
    for (scope, id) in [(code::SCOPE_ACCOUNT, 16), (code::SCOPE_FIRM, 1), (code::SCOPE_INSTRUMENT, SPOT)] {
        let mut venue = Venue::new();
        venue.at = 1_000_000_000;
        venue.set_limits(scope, id, SetLimits { max_rate: 2, ..no_limits() });
        let other = if scope == code::SCOPE_FIRM { 17 } else { 16 };
        assert_eq!(placed(&mut venue, 16, Side::Buy, 1, 5), None);
        assert_eq!(placed(&mut venue, other, Side::Buy, 5_000, 5), Some(Reject::QuantityTooLarge));
        assert_eq!(
            placed(&mut venue, 16, Side::Buy, 1, 5),
            Some(Reject::RateExceeded),
            "{scope}: a refusal costs"
        );
        venue.at += 499_999_999;
        assert_eq!(reason(&venue.replace(16, 1, 2, 5)), Some(Reject::RateExceeded));
        venue.at += 1;
        assert_eq!(reason(&venue.replace(16, 1, 2, 5)), None);
        venue.set_limits(scope, id, SetLimits { max_rate: 2, ..no_limits() });
        assert_eq!(placed(&mut venue, 16, Side::Buy, 1, 5), Some(Reject::RateExceeded), "the same value");
        venue.set_limits(scope, id, SetLimits { max_rate: 1, ..no_limits() });
        assert_eq!(placed(&mut venue, 16, Side::Buy, 1, 5), None, "another value: full");
    }
}

#[test]
fn the_lower_rate_of_account_and_group_counts_and_fills_the_bucket_when_it_changes() {
    let mut venue = grouped();
    let rate = |max_rate| SetLimits { max_rate, ..no_limits() };
    venue.set_limits(code::SCOPE_ACCOUNT, 16, rate(3));
    venue.set_limits(code::SCOPE_GROUP, 1, rate(1));
    assert_eq!(placed(&mut venue, 16, Side::Buy, 1, 5), None);
    assert_eq!(placed(&mut venue, 16, Side::Buy, 1, 5), Some(Reject::RateExceeded));
    venue.set_limits(code::SCOPE_ACCOUNT, 16, rate(2));
    assert_eq!(
        placed(&mut venue, 16, Side::Buy, 1, 5),
        Some(Reject::RateExceeded),
        "1 is still the lower one"
    );
    venue.set_group(16, 0);
    assert_eq!(placed(&mut venue, 16, Side::Buy, 1, 5), None);
    assert_eq!(placed(&mut venue, 16, Side::Buy, 1, 5), None);
    assert_eq!(placed(&mut venue, 16, Side::Buy, 1, 5), Some(Reject::RateExceeded));
}

#[test]
fn positions_in_spot_count_what_is_held_and_open() {
    for (scope, id) in &SCOPES[..2] {
        let mut venue = grouped();
        venue.buy(16, 10, 5);
        venue.set_limits(*scope, *id, SetLimits { max_position: 10_030, ..no_limits() });
        assert_eq!(placed(&mut venue, 16, Side::Buy, 21, 5), Some(Reject::PositionTooLarge));
        assert_eq!(placed(&mut venue, 16, Side::Buy, 20, 5), None);
        assert_eq!(reason(&venue.replace(16, 1, 11, 5)), Some(Reject::PositionTooLarge));
        assert_eq!(placed(&mut venue, 16, Side::Sell, 4_000, 50), None, "sells are not asked");
        venue.cancel(16, 1);
        assert_eq!(placed(&mut venue, 16, Side::Buy, 10, 5), None);
        venue.trade(SPOT, 18, 16, 100, 5);
        assert_eq!(venue.has(16, ABC).0, 9_930, "bought its own 30 first");
        assert_eq!(placed(&mut venue, 16, Side::Buy, 101, 5), Some(Reject::PositionTooLarge));
        assert_eq!(placed(&mut venue, 16, Side::Buy, 100, 5), None);
    }
}

#[test]
fn holds_are_limited_for_accounts_and_for_a_firm_together() {
    let held = |max_held, asset| SetLimits { max_held, asset, ..no_limits() };
    for (scope, id) in &SCOPES[..3] {
        let mut venue = grouped();
        let other = if *scope == code::SCOPE_FIRM { 17 } else { 16 };
        venue.buy(other, 10, 5);
        venue.set_limits(*scope, *id, held(100, USD));
        assert_eq!(placed(&mut venue, 16, Side::Buy, 11, 5), Some(Reject::HeldTooMuch), "{scope}");
        assert_eq!(placed(&mut venue, 16, Side::Sell, 1_000, 50), None, "another asset");
        assert_eq!(placed(&mut venue, 16, Side::Buy, 10, 5), None);
        let last = venue.last_ref(16);
        assert_eq!(reason(&venue.replace(16, last, 10, 6)), Some(Reject::HeldTooMuch));
        venue.set_limits(*scope, *id, held(10, USD));
        assert_eq!(reason(&venue.replace(16, last, 10, 4)), None, "{scope}: it holds less than before");
    }
}

#[test]
fn kill_switches_refuse_orders_and_take_cancels() {
    let scopes = [
        (code::SCOPE_ACCOUNT, 16),
        (code::SCOPE_FIRM, 1),
        (code::SCOPE_INSTRUMENT, SPOT),
        (code::SCOPE_VENUE, 0),
    ];
    for (scope, id) in scopes {
        let mut venue = Venue::new();
        venue.buy(16, 1, 5);
        venue.set_kill(scope, id, 1);
        assert_eq!(placed(&mut venue, 16, Side::Buy, 5_000, 5), Some(Reject::KillSwitched), "{scope}");
        assert_eq!(reason(&venue.replace(16, 1, 2, 5)), Some(Reject::KillSwitched));
        assert_eq!(reason(&venue.cancel(16, 1)), None);
        venue.set_kill(scope, id, 0);
        assert_eq!(placed(&mut venue, 16, Side::Buy, 1, 5), None);
    }
}

#[test]
fn restricted_lists_are_of_accounts_groups_and_firms() {
    for (scope, id) in &SCOPES[..3] {
        let mut venue = grouped();
        venue.restrict(*scope, *id, SPOT, 1);
        assert_eq!(placed(&mut venue, 16, Side::Buy, 1, 5), Some(Reject::Restricted), "{scope}");
        assert_eq!(placed(&mut venue, 16, Side::Buy, 4_000, 400), Some(Reject::NotionalTooLarge));
        assert_eq!(placed(&mut venue, 18, Side::Buy, 1, 5), None);
        venue.restrict(*scope, *id, SPOT, 0);
        assert_eq!(placed(&mut venue, 16, Side::Buy, 1, 5), None);
    }
}

#[test]
fn losses_of_the_day_stop_new_orders() {
    for (scope, id) in &SCOPES[..2] {
        let mut venue = grouped();
        venue.trade(SPOT, 16, 18, 100, 50);
        venue.set_limits(*scope, *id, SetLimits { max_loss: 100, asset: USD, ..no_limits() });
        venue.trade(SPOT, 17, 18, 1, 10);
        assert_eq!(placed(&mut venue, 16, Side::Buy, 1, 5), None, "bought before the limit was set");
        venue.trade(SPOT, 16, 18, 10, 30);
        venue.trade(SPOT, 17, 18, 1, 21);
        assert_eq!(placed(&mut venue, 16, Side::Buy, 1, 5), None, "a loss of 90");
        venue.trade(SPOT, 17, 18, 1, 20);
        assert_eq!(placed(&mut venue, 16, Side::Buy, 1, 5), Some(Reject::LossReached), "a loss of 100");
        venue.restrict(1, 16, SPOT, 1);
        assert_eq!(placed(&mut venue, 16, Side::Buy, 1, 5), Some(Reject::LossReached));
        venue.withdraw(16, USD, 900_000);
        assert_eq!(placed(&mut venue, 16, Side::Buy, 3_000, 130), Some(Reject::FundsInsufficient));
        venue.restrict(1, 16, SPOT, 0);
        venue.set_limits(*scope, *id, no_limits());
        venue.set_limits(*scope, *id, SetLimits { max_loss: 100, asset: USD, ..no_limits() });
        assert_eq!(placed(&mut venue, 16, Side::Buy, 1, 5), None, "it came under the limit anew");
    }
}

#[test]
fn limits_are_asked_in_the_order_of_the_codes() {
    let mut venue = grouped();
    let all = SetLimits {
        asset: USD,
        max_rate: 1,
        max_open_orders: 1,
        max_quantity: 1_000,
        max_notional: 100_000,
        max_position: 10_500,
        max_held: 1_000,
        max_loss: 1,
        ..no_limits()
    };
    venue.set_limits(1, 16, all);
    venue.buy(16, 1, 50);
    venue.sell(18, 1, 50);
    venue.trade(SPOT, 17, 18, 1, 10);
    venue.restrict(1, 16, SPOT, 1);
    venue.set_kill(1, 16, 1);
    let ask = |venue: &mut Venue, quantity, price| {
        venue.at += 1_000_000_000;
        placed(venue, 16, Side::Buy, quantity, price)
    };
    assert_eq!(ask(&mut venue, 2_000, 990), Some(Reject::KillSwitched));
    venue.set_kill(1, 16, 0);
    assert_eq!(ask(&mut venue, 2_000, 990), Some(Reject::QuantityTooLarge));
    assert_eq!(placed(&mut venue, 16, Side::Buy, 2_000, 990), Some(Reject::RateExceeded));
    assert_eq!(ask(&mut venue, 1_000, 990), Some(Reject::NotionalTooLarge));
    assert_eq!(ask(&mut venue, 1_000, 90), Some(Reject::PositionTooLarge));
    venue.set_limits(1, 16, SetLimits { max_open_orders: 0, max_rate: 0, ..all });
    assert_eq!(ask(&mut venue, 400, 90), Some(Reject::HeldTooMuch));
    assert_eq!(ask(&mut venue, 4, 9), Some(Reject::LossReached));
    venue.set_limits(1, 16, SetLimits { max_loss: 0, max_rate: 0, max_open_orders: 1, ..all });
    assert_eq!(ask(&mut venue, 4, 9), Some(Reject::Restricted));
    venue.restrict(1, 16, SPOT, 0);
    assert_eq!(ask(&mut venue, 4, 9), None);
    assert_eq!(ask(&mut venue, 400, 90), Some(Reject::OpenOrdersTooMany));
}

/// Found by the properties: a partly filled order, replaced by the lowest number of lots, stopped the engine.
#[test]
fn a_replacement_by_the_lowest_number_of_lots_is_refused() {
    let mut venue = Venue::new();
    venue.sell(16, 2, 100);
    venue.buy(18, 1, 100);
    let refused = venue.replace(16, 1, i64::MIN, 90);
    assert_eq!(reason(&refused), Some(Reject::QuantityInvalid));
}
