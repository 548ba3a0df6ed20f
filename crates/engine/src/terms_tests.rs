//! Changes of terms and splits, on a venue whose phases the tests set themselves.

#[path = "../tests/common/mod.rs"]
pub(crate) mod common;

use common::*;
use garraway_types::*;

use crate::instruments::guard;

fn set_phase(venue: &mut Venue, phase: u8) {
    let instrument = venue.engine.instruments.of_order(SPOT);
    instrument.phase = phase;
    instrument.set_guard(guard::PHASE, phase != code::CONTINUOUS);
}

fn same_terms() -> ChangeInstrument {
    let terms = spot_terms();
    ChangeInstrument {
        symbol: terms.symbol,
        tick: terms.tick,
        min_price: terms.min_price,
        max_price: terms.max_price,
        max_quantity: terms.max_quantity,
        max_notional: terms.max_notional,
        reserved: 0,
    }
}

fn change(venue: &mut Venue, instrument: u32, body: ChangeInstrument) -> Vec<Event> {
    let head = CommandHead { instrument, ..CommandHead::empty() };
    let mut events = venue.operate(CommandKind::ChangeInstrument, head, &body);
    events.extend(venue.work());
    events
}

fn split(venue: &mut Venue, instrument: u32, numerator: u32, denominator: u32) -> Vec<Event> {
    let head = CommandHead { instrument, ..CommandHead::empty() };
    let body = SplitInstrument { numerator, denominator, reserved: 0 };
    venue.operate(CommandKind::SplitInstrument, head, &body)
}

#[test]
fn changes_are_judged_in_order() {
    let mut venue = Venue::new();
    let same = same_terms();
    let cases = [
        (99, same, Reject::InstrumentUnknown),
        (SPOT, ChangeInstrument { symbol: future_terms().symbol, tick: 0, ..same }, Reject::AlreadyDefined),
        (SPOT, ChangeInstrument { symbol: [0; 16], tick: 0, ..same }, Reject::NameInvalid),
        (SPOT, ChangeInstrument { tick: 0, min_price: 0, ..same }, Reject::TickInvalid),
        (SPOT, ChangeInstrument { tick: 3, max_quantity: 0, ..same }, Reject::PriceRangeInvalid),
        (SPOT, ChangeInstrument { max_price: 0, ..same }, Reject::PriceRangeInvalid),
        (SPOT, ChangeInstrument { max_quantity: 0, ..same }, Reject::LimitInvalid),
        (SPOT, ChangeInstrument { max_notional: 0, ..same }, Reject::LimitInvalid),
        (SPOT, same, Reject::PhaseForbids),
    ];
    for (instrument, body, expected) in cases {
        assert_eq!(reason(&change(&mut venue, instrument, body)), Some(expected), "{body:?}");
    }
    venue.settle(FUTURE, 100);
    let future = |min_price, max_price| ChangeInstrument {
        symbol: future_terms().symbol,
        min_price,
        max_price,
        ..same
    };
    assert_eq!(reason(&change(&mut venue, FUTURE, future(101, 150))), Some(Reject::PriceRangeInvalid));
    assert_eq!(reason(&change(&mut venue, FUTURE, future(50, 200))), Some(Reject::PhaseForbids));
    venue.limit(16, FUTURE, Side::Buy, 1, 100);
    assert_eq!(reason(&change(&mut venue, FUTURE, future(50, 200))), Some(Reject::PriceRangeInvalid));
    assert_eq!(reason(&change(&mut venue, FUTURE, future(50, 150))), Some(Reject::PhaseForbids));
}

#[test]
fn orders_outside_of_changed_terms_are_cancelled() {
    for slice in [8, 1_000] {
        let mut venue = Venue::with_slice(slice);
        for (price, quantity) in [(10, 5), (11, 5), (12, 60), (20, 5), (9, 5), (30, 5)] {
            venue.buy(16, quantity, price);
        }
        venue.sell(18, 5, 40);
        let stop = FixedBody { order_type: code::STOP_LIMIT, trigger: 35, ..limit(Side::Buy, 5, 20) };
        assert_eq!(reason(&venue.place(17, SPOT, stop)), None);
        set_phase(&mut venue, code::HALT);
        let symbol = *b"NEW\0\0\0\0\0\0\0\0\0\0\0\0\0";
        let body = ChangeInstrument {
            symbol,
            tick: 2,
            min_price: 10,
            max_price: 30,
            max_quantity: 50,
            ..same_terms()
        };
        let events = change(&mut venue, SPOT, body);
        let canceled: Vec<_> = of_kind(&events, EventKind::Canceled)
            .iter()
            .map(|event| (event.account, event.price, event.detail))
            .collect();
        let expected = [(16, 12, 10), (16, 11, 10), (16, 9, 10), (17, 20, 10), (18, 40, 10)];
        assert_eq!(canceled, expected);
        let end = events[events.len() - 1];
        assert_eq!((end.kind, end.quantity, end.instrument), (EventKind::SweepEnded as u8, 5, SPOT));
        assert!(venue.engine.listing_by_symbol("NEW").is_some_and(|listing| listing.terms.tick == 2));
        set_phase(&mut venue, code::CONTINUOUS);
        assert_eq!(reason(&venue.buy(16, 1, 11)), Some(Reject::PriceOffTick));
        assert_eq!(reason(&venue.buy(16, 1, 32)), Some(Reject::PriceOutOfRange));
        assert_eq!(reason(&venue.buy(16, 1, 12)), None);
    }
}

#[test]
fn splits_are_judged_in_order() {
    let mut venue = Venue::new();
    assert_eq!(reason(&split(&mut venue, 99, 0, 1)), Some(Reject::InstrumentUnknown));
    assert_eq!(reason(&split(&mut venue, FUTURE, 0, 1)), Some(Reject::KindInvalid));
    for (numerator, denominator) in [(0, 1), (1, 0), (1_000_001, 1), (1, 1_000_001)] {
        assert_eq!(reason(&split(&mut venue, SPOT, numerator, denominator)), Some(Reject::RatioInvalid));
    }
    assert_eq!(reason(&split(&mut venue, SPOT, 2, 1)), Some(Reject::PhaseForbids));
    let symbol = *b"TWIN\0\0\0\0\0\0\0\0\0\0\0\0";
    venue.list(9, ListInstrument { symbol, ..spot_terms() });
    assert_eq!(reason(&split(&mut venue, SPOT, 2, 1)), Some(Reject::KindInvalid));
}

#[test]
fn a_split_of_two_for_one_doubles_holdings_and_lots() {
    for slice in [8, 1_000] {
        let mut venue = Venue::with_slice(slice);
        venue.trade(SPOT, 16, 18, 3, 100);
        venue.sell(18, 10, 120);
        venue.buy(16, 10, 90);
        venue.buy(17, 10, 91);
        let hidden = FixedBody { flags: code::HIDDEN, ..limit(Side::Buy, 5, 80) };
        venue.place(17, SPOT, hidden);
        venue.limit(16, SPOT, Side::Sell, 4, 90 + 2);
        venue.buy(17, 1, 92);
        set_phase(&mut venue, code::CLOSED);
        let mut events = split(&mut venue, SPOT, 2, 1);
        if slice == 8 {
            assert_eq!(reason(&venue.deposit(16, ABC, 5)), Some(Reject::InstrumentBusy));
            assert_eq!(reason(&venue.deposit(16, USD, 5)), None);
            venue.withdraw(16, USD, 5);
        }
        events.extend(venue.work());
        assert_eq!((events[0].quantity, events[0].leaves), (2, 1));
        let posted: Vec<_> =
            of_kind(&events, EventKind::Posted).iter().map(|event| (event.account, event.value)).collect();
        assert_eq!(posted[..2], [(16, 10_002), (1, -10_002)]);
        assert_eq!(posted.iter().map(|(_, value)| value).sum::<i64>(), 0);
        let kept: Vec<_> = of_kind(&events, EventKind::OrderSplit)
            .iter()
            .map(|event| (event.account, event.price, event.quantity, event.leaves))
            .collect();
        assert_eq!(kept, [(16, 45, 10, 20), (16, 46, 3, 6), (18, 60, 10, 20)]);
        let canceled: Vec<_> =
            of_kind(&events, EventKind::Canceled).iter().map(|event| (event.account, event.price)).collect();
        assert_eq!(canceled, [(17, 91), (17, 80)], "off tick, hidden");
        assert_eq!(events.last().map(|event| (event.kind, event.quantity)), Some((22, 2)));
        assert_eq!((venue.has(18, ABC), venue.has(16, ABC)), ((19_994, 20), (20_004, 6)));
        let instrument = venue.engine.instruments.of_order(SPOT);
        assert_eq!((instrument.last, instrument.day.lots, instrument.day.high), (46, 8, 50));
    }
}

#[test]
fn a_reverse_split_rounds_down_and_merges_prices() {
    for slice in [8, 1_000] {
        let mut venue = Venue::with_slice(slice);
        venue.deposit(16, ABC, 1);
        for (price, quantity) in [(100, 6), (101, 2), (100, 5), (99, 1)] {
            venue.buy(16, quantity, price);
        }
        venue.sell(18, 9, 200);
        venue.sell(18, 501, 150);
        set_phase(&mut venue, code::SUSPENDED);
        let mut events = split(&mut venue, SPOT, 1, 2);
        events.extend(venue.work());
        let kept: Vec<_> = of_kind(&events, EventKind::OrderSplit)
            .iter()
            .map(|event| (event.price, event.quantity, event.leaves, event.released))
            .collect();
        let expected =
            [(202, 2, 1, 0), (200, 6, 3, 0), (200, 5, 2, 100), (300, 501, 250, 251), (400, 9, 4, 5)];
        assert_eq!(kept, expected);
        let canceled: Vec<_> =
            of_kind(&events, EventKind::Canceled).iter().map(|event| (event.price, event.detail)).collect();
        assert_eq!(canceled, [(99, 10)], "half a lot is none");
        assert_eq!(
            (venue.has(16, ABC).0, venue.has(18, ABC), venue.has(1, ABC).0),
            (5_000, (5_000, 254), -15_000)
        );
        let orders: Vec<u32> =
            venue.engine.orders(InstrumentId(SPOT), Side::Buy).map(|it| it.price.0 as u32).collect();
        assert_eq!(orders, [202, 200, 200]);
    }
}

#[test]
fn a_split_keeps_what_was_filled_and_the_loss_of_the_day() {
    let mut venue = Venue::new();
    venue.set_limits(1, 16, SetLimits { max_loss: 100, asset: USD, ..no_limits() });
    venue.sell(18, 10, 100);
    venue.buy(16, 10, 100);
    venue.sell(18, 8, 90);
    venue.buy(17, 2, 90);
    // A loss of 10 x 10 = 100.
    assert_eq!(reason(&venue.buy(16, 1, 5)), Some(Reject::LossReached));
    set_phase(&mut venue, code::CLOSED);
    split(&mut venue, SPOT, 2, 1);
    venue.work();
    set_phase(&mut venue, code::CONTINUOUS);
    assert_eq!(reason(&venue.buy(16, 1, 5)), Some(Reject::LossReached), "20 lots at 45");
    let target = venue.last_ref(18);
    assert_eq!(reason(&venue.replace(18, target, 4, 45)), None);
    let events = &venue.said[venue.said.len() - 1];
    assert_eq!((events.kind, events.detail), (EventKind::Canceled as u8, 4), "4 of 16 were filled");
}
