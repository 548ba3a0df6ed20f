//! Futures: positions, collateral, holds, settlement, reduce-only, worked out by hand.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::*;
use garraway_types::*;

fn settled() -> Venue {
    let mut venue = Venue::new();
    venue.settle(FUTURE, 100);
    venue
}

fn reduce_only(side: Side, quantity: i64, price: i64) -> FixedBody {
    FixedBody { flags: code::REDUCE_ONLY, ..limit(side, quantity, price) }
}

#[test]
fn a_future_trades_from_its_first_settlement_price_on() {
    let mut venue = Venue::new();
    let events = venue.limit(16, FUTURE, Side::Buy, 1, 100);
    assert_eq!(reason(&events), Some(Reject::ReferenceUnknown));
    let events = venue.settle(FUTURE, 100);
    let said = events.iter().map(|event| (event.kind, event.detail, event.price, event.value));
    assert_eq!(said.collect::<Vec<_>>(), [(EventKind::ReferenceSet as u8, 2, 100, 0)]);
    assert_eq!(reason(&venue.limit(16, FUTURE, Side::Buy, 1, 100)), None);
}

#[test]
fn orders_hold_what_the_ends_of_the_price_range_could_cost() {
    let mut venue = settled();
    venue.limit(16, FUTURE, Side::Buy, 3, 90);
    assert_eq!(venue.has(16, USD), (1_000_000, 3 * (90 - 50) * 10));
    venue.limit(16, FUTURE, Side::Sell, 2, 120);
    assert_eq!(venue.has(16, USD), (1_000_000, 1_200 + 2 * (150 - 120) * 10));
    venue.cancel(16, 1);
    assert_eq!(venue.has(16, USD), (1_000_000, 600));
}

#[test]
fn a_trade_posts_the_difference_and_holds_collateral() {
    let mut venue = settled();
    let events = venue.trade(FUTURE, 16, 18, 4, 110);
    let fills = of_kind(&events, EventKind::Filled);
    let said: Vec<_> = fills.iter().map(|fill| (fill.account, fill.value, fill.released)).collect();
    assert_eq!(said, [(18, 4_400, 4 * 40 * 10), (16, 4_400, 4 * 60 * 10)]);
    // The buyer pays 10 above settlement for each lot, and both hold to their end of the range.
    assert_eq!(venue.has(16, USD), (1_000_000 - 400, 4 * 50 * 10));
    assert_eq!(venue.has(18, USD), (1_000_000 + 400, 4 * 50 * 10));
    // Closing half at 95: 5 below settlement.
    venue.trade(FUTURE, 18, 16, 2, 95);
    assert_eq!(venue.has(16, USD), (1_000_000 - 400 - 100, 2 * 50 * 10));
    assert_eq!(venue.has(18, USD), (1_000_000 + 400 + 100, 2 * 50 * 10));
    // Turning round: short 1 and long 1.
    venue.trade(FUTURE, 18, 16, 3, 100);
    assert_eq!((venue.has(16, USD).1, venue.has(18, USD).1), (500, 500));
}

#[test]
fn settlement_marks_every_position() {
    let mut venue = settled();
    venue.trade(FUTURE, 16, 18, 4, 100);
    venue.trade(FUTURE, 17, 18, 1, 100);
    let events = venue.settle(FUTURE, 103);
    use EventKind::{PositionMarked, Posted, ReferenceSet, SweepEnded};
    let step = [Posted, Posted, PositionMarked];
    let expected = [&[ReferenceSet][..], &step, &step, &step, &[SweepEnded]].concat();
    assert_eq!(kinds(&events), expected);
    let marked: Vec<_> = of_kind(&events, PositionMarked)
        .iter()
        .map(|event| (event.account, event.price, event.quantity, event.value, event.released))
        .collect();
    assert_eq!(marked, [(16, 103, 4, 120, -120), (17, 103, 1, 30, -30), (18, 103, -5, -150, 150)]);
    let posted: Vec<_> = of_kind(&events, Posted).iter().map(|event| (event.account, event.value)).collect();
    assert_eq!(posted, [(16, 120), (3, -120), (17, 30), (3, -30), (18, -150), (3, 150)]);
    assert_eq!((venue.has(3, USD), venue.has(16, USD)), ((0, 0), (1_000_120, 4 * 53 * 10)));
}

#[test]
fn a_settlement_in_slices_keeps_the_instrument_busy() {
    let mut venue = Venue::with_slice(8);
    venue.settle(FUTURE, 100);
    venue.trade(FUTURE, 16, 18, 4, 100);
    venue.trade(FUTURE, 17, 18, 1, 100);
    let body = SetReference { price: 90, what: code::SETTLEMENT, reserved: 0, reserved_2: 0 };
    let head = CommandHead { instrument: FUTURE, ..CommandHead::empty() };
    let events = venue.operate(CommandKind::SetReference, head, &body);
    assert_eq!(events.len(), 4, "one position fits");
    assert_eq!(reason(&venue.limit(16, FUTURE, Side::Buy, 1, 90)), Some(Reject::InstrumentBusy));
    let again = venue.operate(CommandKind::SetReference, head, &body);
    assert_eq!(reason(&again), Some(Reject::InstrumentBusy));
    let events = venue.work();
    assert_eq!(events.last().map(|event| event.kind), Some(EventKind::SweepEnded as u8));
    assert_eq!(venue.has(3, USD), (0, 0));
    assert_eq!(reason(&venue.limit(16, FUTURE, Side::Buy, 1, 90)), None);
}

#[test]
fn reduce_only_orders_never_open_a_position() {
    let mut venue = settled();
    assert_eq!(reason(&venue.place(16, SPOT, reduce_only(Side::Buy, 1, 5))), Some(Reject::FlagsInvalid));
    let none = venue.place(16, FUTURE, reduce_only(Side::Sell, 1, 100));
    assert_eq!(reason(&none), Some(Reject::PositionTooSmall));
    venue.trade(FUTURE, 16, 18, 4, 100);
    let same_side = venue.place(16, FUTURE, reduce_only(Side::Buy, 1, 90));
    assert_eq!(reason(&same_side), Some(Reject::PositionTooSmall));
    let too_many = venue.place(16, FUTURE, reduce_only(Side::Sell, 5, 100));
    assert_eq!(reason(&too_many), Some(Reject::PositionTooSmall));
    let before = venue.has(16, USD);
    assert_eq!(reason(&venue.place(16, FUTURE, reduce_only(Side::Sell, 4, 110))), None);
    assert_eq!(venue.has(16, USD), before, "it holds no margin");
    // The position shrinks to 1 by another way; the resting order is cut to it before it trades.
    venue.limit(16, FUTURE, Side::Sell, 3, 100);
    venue.limit(18, FUTURE, Side::Buy, 3, 100);
    let events = venue.limit(18, FUTURE, Side::Buy, 4, 110);
    use EventKind::{Accepted, Canceled, Filled, Traded};
    assert_eq!(kinds(&events), [Accepted, Canceled, Traded, Filled, Filled]);
    let cut = events[1];
    assert_eq!((cut.account, cut.detail, cut.quantity, cut.leaves), (16, 12, 3, 1));
    assert_eq!(venue.has(16, USD).1, 0, "flat");
    let rest = venue.last_ref(18);
    venue.cancel(18, rest);
    // Nothing left: the resting order is cancelled whole before it would trade.
    venue.trade(FUTURE, 16, 18, 2, 100);
    let resting = venue.place(16, FUTURE, reduce_only(Side::Sell, 2, 120));
    assert_eq!(reason(&resting), None);
    venue.trade(FUTURE, 18, 16, 2, 100);
    let events = venue.limit(17, FUTURE, Side::Buy, 1, 120);
    assert_eq!(kinds(&events), [Accepted, Canceled]);
    assert_eq!((events[1].account, events[1].detail, events[1].leaves), (16, 12, 0));
}

#[test]
fn fees_of_futures_are_of_the_value_and_held_before() {
    let mut venue = Venue::new();
    let terms = ListInstrument {
        symbol: *b"FEE\0\0\0\0\0\0\0\0\0\0\0\0\0",
        maker_fee_rate: 1_000_000,
        taker_fee_rate: 10_000_000,
        ..future_terms()
    };
    venue.list(3, terms);
    venue.settle(3, 100);
    venue.limit(18, 3, Side::Sell, 2, 110);
    // 2 x 40 x 10 to the end of the range, 1 % of 2 x 150 x 10.
    assert_eq!(venue.has(18, USD).1, 800 + 30);
    let events = venue.limit(16, 3, Side::Buy, 2, 110);
    assert_eq!(events[0].released, -(2 * 60 * 10 + 22));
    let fees: Vec<_> = of_kind(&events, EventKind::Filled).iter().map(|fill| fill.fee).collect();
    assert_eq!((fees, venue.has(2, USD)), (vec![2, 22], (24, 0)));
    let closing = venue.place(16, 3, reduce_only(Side::Sell, 2, 110));
    assert_eq!(closing[0].released, -30, "a reduce-only order holds its fees");
}

#[test]
fn positions_are_limited_both_ways_and_stay_countable() {
    let mut venue = settled();
    venue.set_limits(1, 16, SetLimits { max_position: 5, ..no_limits() });
    venue.trade(FUTURE, 16, 18, 4, 100);
    let mut ask =
        |side, lots| reason(&venue.limit(16, FUTURE, side, lots, if side == Side::Buy { 60 } else { 140 }));
    assert_eq!(ask(Side::Buy, 2), Some(Reject::PositionTooLarge));
    assert_eq!(ask(Side::Buy, 1), None);
    assert_eq!(ask(Side::Sell, 10), Some(Reject::PositionTooLarge));
    assert_eq!(ask(Side::Sell, 9), None);
    assert_eq!(ask(Side::Sell, 1), Some(Reject::PositionTooLarge));
    // Prices up to 2^61 leave room for one lot.
    let terms = ListInstrument {
        symbol: *b"BIG\0\0\0\0\0\0\0\0\0\0\0\0\0",
        price_unit: 1_000_000_000,
        max_price: 1 << 61,
        max_quantity: 1,
        max_notional: i64::MAX,
        ..future_terms()
    };
    assert_eq!(reason(&venue.list(4, terms)), None);
    venue.settle(4, 100);
    assert_eq!(reason(&venue.limit(18, 4, Side::Buy, 1, 100)), None);
    assert_eq!(reason(&venue.limit(18, 4, Side::Buy, 1, 100)), Some(Reject::PositionTooLarge));
}

#[test]
fn a_traders_collateral_is_held_by_its_clearing_account() {
    let mut venue = settled();
    venue.open(30, OpenAccount { clearing: 17, ..account_terms() });
    venue.open(31, OpenAccount { clearing: 17, ..account_terms() });
    venue.limit(30, FUTURE, Side::Buy, 2, 100);
    assert_eq!((venue.has(30, USD), venue.has(17, USD).1), ((0, 0), 1_000));
    venue.limit(18, FUTURE, Side::Sell, 2, 100);
    venue.trade(FUTURE, 18, 31, 1, 90);
    assert_eq!(venue.has(17, USD), (1_000_000 - 100, 2 * 500 + 500));
    let events = venue.settle(FUTURE, 110);
    let posted = of_kind(&events, EventKind::Posted);
    let marked = of_kind(&events, EventKind::PositionMarked);
    assert_eq!(posted.iter().map(|event| event.account).collect::<Vec<_>>(), [18, 3, 17, 3, 17, 3]);
    assert_eq!(marked.iter().map(|event| event.account).collect::<Vec<_>>(), [18, 30, 31]);
}

#[test]
fn positions_from_before_count_in_the_days_loss_from_the_settlement_price() {
    let mut venue = settled();
    venue.trade(FUTURE, 16, 18, 10, 120);
    venue.set_limits(1, 16, SetLimits { max_loss: 1_000, asset: USD, ..no_limits() });
    venue.trade(FUTURE, 17, 18, 1, 91);
    assert_eq!(reason(&venue.limit(16, FUTURE, Side::Buy, 1, 60)), None, "9 x 10 x 10 lost");
    venue.trade(FUTURE, 17, 18, 1, 90);
    assert_eq!(reason(&venue.limit(16, FUTURE, Side::Buy, 1, 60)), Some(Reject::LossReached));
    assert_eq!(reason(&venue.place(16, FUTURE, reduce_only(Side::Sell, 10, 140))), None);
    venue.settle(FUTURE, 90);
    assert_eq!(reason(&venue.limit(16, FUTURE, Side::Buy, 1, 60)), Some(Reject::LossReached));
    venue.end_day(20_260_105);
    assert_eq!(reason(&venue.limit(16, FUTURE, Side::Buy, 1, 60)), None, "a new day, from 90");
}
