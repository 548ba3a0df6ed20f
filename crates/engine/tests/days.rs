//! Ends of days, trades taken back, changes of terms, splits.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::*;
use garraway_types::*;

#[test]
fn dates_rise_and_are_days_of_the_calendar() {
    let mut venue = Venue::new();
    for date in [0, 20_260_132, 20_260_229] {
        assert_eq!(reason(&venue.end_day(date)), Some(Reject::DateInvalid), "{date}");
    }
    let events = venue.end_day(20_260_130);
    assert_eq!(kinds(&events), [EventKind::DayEnded, EventKind::SweepEnded]);
    assert_eq!((events[0].value, events[1].value), (20_260_130, events[0].event_id as i64));
    assert_eq!((events[0].source, events[1].source, events[1].detail), (1, 0, 28));
    assert_eq!(reason(&venue.end_day(20_260_130)), Some(Reject::DateInvalid));
}

#[test]
fn a_day_ends_with_its_orders_prices_and_turnover() {
    let mut venue = Venue::new();
    let day = |side, price| FixedBody { time_in_force: code::DAY, ..limit(side, 5, price) };
    venue.place(16, SPOT, day(Side::Buy, 10));
    venue.place(18, SPOT, day(Side::Sell, 90));
    venue.place(17, SPOT, day(Side::Buy, 11));
    venue.buy(16, 5, 10);
    for price in [20, 30, 15, 25] {
        venue.trade(SPOT, 16, 18, 2, price);
    }
    let events = venue.end_day(20_260_130);
    use EventKind::{Canceled, DayEnded, DayPrices, DayTurnover, SweepEnded};
    assert_eq!(kinds(&events), [DayEnded, Canceled, Canceled, Canceled, DayPrices, DayTurnover, SweepEnded]);
    let canceled: Vec<_> =
        of_kind(&events, Canceled).iter().map(|event| (event.account, event.detail)).collect();
    assert_eq!(canceled, [(17, 6), (16, 6), (18, 6)]);
    let prices = events[4];
    let said = (prices.price, prices.quantity, prices.leaves, prices.value, prices.fee);
    assert_eq!(said, (25, 20, 30, 15, 0));
    assert_eq!((events[5].quantity, events[5].leaves, events[5].value, events[6].quantity), (8, 4, 180, 3));
    assert_eq!(kinds(&venue.end_day(20_260_131)), [DayEnded, SweepEnded], "nothing traded");
    venue.settle(SPOT, 27);
    venue.trade(SPOT, 16, 18, 1, 40);
    assert_eq!(of_kind(&venue.end_day(20_260_201), DayPrices)[0].fee, 27);
}

#[test]
fn a_day_in_slices_ends_like_one_in_a_piece() {
    let run = |slice| {
        let mut venue = Venue::with_slice(slice);
        venue.define_plan(1, 0, 0);
        venue.define_group(1, "tiers", USD, &[(10, 1)]);
        for account in [16, 18] {
            venue.set_group(account, 1);
        }
        for price in 1..8 {
            venue.place(16, SPOT, FixedBody { time_in_force: code::DAY, ..limit(Side::Buy, 1, price) });
        }
        venue.trade(SPOT, 17, 18, 1, 20);
        let events = venue.end_day(20_260_130);
        let said: Vec<_> =
            events.iter().map(|event| (event.kind, event.account, event.quantity, event.released)).collect();
        (said, events.last().map(|event| event.quantity))
    };
    let (whole, slices) = (run(1_000), run(8));
    assert_eq!(whole, slices);
    assert_eq!(whole.1, Some(7));
}

struct Bust {
    trade: u64,
    price: i64,
    quantity: i64,
    new_price: i64,
    fees: [i64; 2],
    buyer: u32,
    seller: u32,
}

fn bust(venue: &mut Venue, instrument: u32, it: &Bust) -> Vec<Event> {
    let body = BustTrade {
        trade: it.trade,
        price: it.price,
        quantity: it.quantity,
        new_price: it.new_price,
        buyer_fee: it.fees[0],
        seller_fee: it.fees[1],
        buyer: it.buyer,
        seller: it.seller,
        reserved: 0,
    };
    let head = CommandHead { instrument, ..CommandHead::empty() };
    venue.operate(CommandKind::BustTrade, head, &body)
}

fn traded(events: &[Event]) -> u64 {
    of_kind(events, EventKind::Traded)[0].event_id
}

#[test]
fn a_trade_in_spot_is_taken_back_once() {
    let mut venue = Venue::new();
    let trade = traded(&venue.trade(SPOT, 16, 18, 10, 50));
    let it = Bust { trade, price: 50, quantity: 10, new_price: 0, fees: [3, -2], buyer: 16, seller: 18 };
    let events = bust(&mut venue, SPOT, &it);
    let said: Vec<_> =
        events.iter().map(|event| (event.kind, event.account, event.instrument, event.value)).collect();
    let posted = EventKind::Posted as u8;
    assert_eq!(
        said,
        [
            (EventKind::TradeBusted as u8, 0, SPOT, trade as i64),
            (posted, 16, ABC, -10),
            (posted, 18, ABC, 10),
            (posted, 16, USD, 503),
            (posted, 18, USD, -502),
            (posted, 2, USD, -1),
        ]
    );
    assert!(events[1..].iter().all(|event| event.detail == 3 && event.fee == trade as i64));
    assert_eq!(events.iter().map(|event| event.source).collect::<Vec<_>>(), [1, 1, 0, 0, 0, 0]);
    assert_eq!((venue.has(16, USD).0, venue.has(18, ABC).0), (1_000_003, 10_000));
    assert_eq!(reason(&bust(&mut venue, SPOT, &it)), Some(Reject::TradeInvalid));
}

#[test]
fn a_trade_is_corrected_to_another_price() {
    let mut venue = Venue::new();
    let trade = traded(&venue.trade(SPOT, 16, 18, 10, 50));
    let it = Bust { trade, price: 50, quantity: 10, new_price: 57, fees: [0, 0], buyer: 16, seller: 18 };
    let events = bust(&mut venue, SPOT, &it);
    let said: Vec<_> = events[1..].iter().map(|event| (event.account, event.detail, event.value)).collect();
    assert_eq!((events[0].fee, said), (57, vec![(16, 4, -70), (18, 4, 70)]));
    assert_eq!(reason(&bust(&mut venue, SPOT, &Bust { new_price: 0, ..it })), Some(Reject::TradeInvalid));
}

#[test]
fn trades_that_cannot_be_are_refused() {
    let mut venue = Venue::new();
    let trade = traded(&venue.trade(SPOT, 16, 18, 10, 50));
    let good = || Bust { trade, price: 50, quantity: 10, new_price: 0, fees: [0, 0], buyer: 16, seller: 18 };
    let future = (venue.engine.last_seq() + 100) << 16;
    let cases = [
        (SPOT, Bust { buyer: 99, price: 0, ..good() }, Reject::AccountUnknown),
        (99, Bust { seller: 2, ..good() }, Reject::AccountUnknown),
        (99, Bust { price: 0, ..good() }, Reject::InstrumentUnknown),
        (FUTURE, Bust { price: 0, ..good() }, Reject::ReferenceUnknown),
        (SPOT, Bust { trade: future, ..good() }, Reject::TradeInvalid),
        (SPOT, Bust { price: 0, ..good() }, Reject::TradeInvalid),
        (SPOT, Bust { price: 1 << 62, quantity: 1, ..good() }, Reject::TradeInvalid),
        (SPOT, Bust { quantity: 0, ..good() }, Reject::TradeInvalid),
        (SPOT, Bust { quantity: 1 << 32, ..good() }, Reject::TradeInvalid),
        (SPOT, Bust { new_price: -1, ..good() }, Reject::TradeInvalid),
        (SPOT, Bust { new_price: 50, ..good() }, Reject::TradeInvalid),
        (SPOT, Bust { new_price: 1 << 61, ..good() }, Reject::TradeInvalid),
        (SPOT, Bust { fees: [501, 0], ..good() }, Reject::TradeInvalid),
        (SPOT, Bust { fees: [0, -501], ..good() }, Reject::TradeInvalid),
        (SPOT, Bust { quantity: 20_000, ..good() }, Reject::FundsInsufficient),
    ];
    for (at, (instrument, it, expected)) in cases.into_iter().enumerate() {
        assert_eq!(reason(&bust(&mut venue, instrument, &it)), Some(expected), "case {at}");
    }
    venue.withdraw(16, ABC, 10_005);
    assert_eq!(reason(&bust(&mut venue, SPOT, &good())), Some(Reject::FundsInsufficient));
    venue.deposit(16, ABC, 5);
    assert_eq!(reason(&bust(&mut venue, SPOT, &good())), None);
}

#[test]
fn a_trade_in_a_future_is_taken_back_with_its_positions() {
    let mut venue = Venue::new();
    venue.settle(FUTURE, 100);
    let trade = traded(&venue.trade(FUTURE, 16, 18, 4, 110));
    venue.settle(FUTURE, 120);
    let it = Bust { trade, price: 110, quantity: 4, new_price: 0, fees: [0, 0], buyer: 16, seller: 18 };
    let events = bust(&mut venue, FUTURE, &it);
    let said: Vec<_> = events[1..].iter().map(|event| (event.account, event.value)).collect();
    assert_eq!(said, [(16, -400), (18, 400), (2, 0)]);
    assert_eq!((venue.has(16, USD), venue.has(18, USD)), ((1_000_000, 0), (1_000_000, 0)));
    // Positions the other way round need collateral.
    let trade = traded(&venue.trade(FUTURE, 16, 18, 4, 120));
    venue.trade(FUTURE, 18, 16, 4, 120);
    venue.withdraw(18, USD, 1_000_000 - 4 * 70 * 10 + 1);
    let it = Bust { trade, price: 120, ..it };
    assert_eq!(reason(&bust(&mut venue, FUTURE, &it)), Some(Reject::FundsInsufficient));
    venue.deposit(18, USD, 1);
    assert_eq!(reason(&bust(&mut venue, FUTURE, &it)), None);
    assert_eq!((venue.has(16, USD).1, venue.has(18, USD)), (4 * 30 * 10, (2_800, 2_800)));
    let correction = Bust { trade: trade - (1 << 16), new_price: 121, ..it };
    let events = bust(&mut venue, FUTURE, &Bust { price: 120, ..correction });
    assert_eq!(reason(&events), Some(Reject::FundsInsufficient).filter(|_| false), "the buyer pays 40");
    assert_eq!((venue.has(16, USD).0, venue.has(18, USD).0), (1_000_000 - 40, 2_840));
}

/// A halted spot instrument with a pair and so many hidden buys that a slice of eight events ends between the two orders of the pair.
fn halted_with_a_pair() -> Venue {
    let mut venue = Venue::with_slice(8);
    let day = FixedBody { time_in_force: code::DAY, ..limit(Side::Buy, 2, 90) };
    venue.place(16, SPOT, day);
    let linked = FixedBody { order_type: code::STOP, flags: code::ONE_CANCELS_OTHER, target: 1, ..day };
    venue.place(16, SPOT, FixedBody { price: 200, trigger: 200, ..linked });
    for _ in 0..6 {
        venue.place(17, SPOT, FixedBody { flags: code::HIDDEN, ..day });
    }
    let body = SetPhase { phase: code::HALT, reserved: 0, reserved_2: 0 };
    let head = CommandHead { instrument: SPOT, ..CommandHead::empty() };
    venue.operate(CommandKind::SetPhase, head, &body);
    assert_eq!(venue.engine.open_orders(), 8);
    venue
}

/// Found by the properties: the other of a pair was due and nobody went on with it.
#[test]
fn what_a_slice_of_a_sweep_makes_due_is_not_left_behind() {
    let head = CommandHead { instrument: SPOT, ..CommandHead::empty() };
    for kind in [CommandKind::SplitInstrument, CommandKind::ChangeInstrument, CommandKind::EndOfDay] {
        let mut venue = halted_with_a_pair();
        let mut events = match kind {
            CommandKind::SplitInstrument => {
                venue.operate(kind, head, &SplitInstrument { numerator: 1, denominator: 1, reserved: 0 })
            }
            CommandKind::EndOfDay => {
                venue.operate(kind, CommandHead::empty(), &EndOfDay { business_date: 20_260_102 })
            }
            _ => {
                let ListInstrument { symbol, tick, max_price, max_notional, .. } = spot_terms();
                let (min_price, max_quantity) = (91, 1_000);
                let body = ChangeInstrument {
                    symbol,
                    tick,
                    min_price,
                    max_price,
                    max_quantity,
                    max_notional,
                    reserved: 0,
                };
                venue.operate(kind, head, &body)
            }
        };
        assert_eq!(venue.engine.next_work(), Some(InstrumentId(SPOT)), "{kind:?}");
        events.extend(venue.work());
        let canceled = of_kind(&events, EventKind::Canceled);
        let linked = canceled.iter().filter(|event| event.detail == detail::LINKED).count();
        assert_eq!((canceled.len(), linked, venue.engine.open_orders()), (8, 1, 0), "{kind:?}");
    }
}

/// Found by the properties: the day's end gave an auction another reference price, and the next tick said nothing of it.
#[test]
fn a_reference_price_of_the_days_end_is_indicated() {
    let mut venue = Venue::new();
    let body = SetPhase { phase: code::VOLATILITY_AUCTION, reserved: 0, reserved_2: 0 };
    let head = CommandHead { instrument: SPOT, ..CommandHead::empty() };
    venue.operate(CommandKind::SetPhase, head, &body);
    venue.buy(16, 1, 74);
    venue.sell(18, 1, 70);
    let tick = |venue: &mut Venue| {
        let events = venue.send(CommandKind::Tick, CommandHead::empty(), &FixedBody::empty(), NO_ITEMS);
        of_kind(&events, EventKind::Indicated).iter().map(|event| event.price).collect::<Vec<_>>()
    };
    assert_eq!(tick(&mut venue), [70]);
    venue.settle(SPOT, 72);
    assert_eq!(tick(&mut venue), []);
    venue.end_day(20_260_102);
    assert_eq!(tick(&mut venue), [72]);
}

#[test]
fn a_split_rounds_holdings_down() {
    let mut venue = Venue::new();
    let head = CommandHead { instrument: SPOT, ..CommandHead::empty() };
    let body = SetPhase { phase: code::HALT, reserved: 0, reserved_2: 0 };
    venue.operate(CommandKind::SetPhase, head, &body);
    let body = SplitInstrument { numerator: 1, denominator: 3, reserved: 0 };
    venue.operate(CommandKind::SplitInstrument, head, &body);
    assert_eq!((venue.has(16, ABC), venue.has(1, ABC)), ((3_333, 0), (-9_999, 0)));
}

/// A command of the operator's and the `Continue`s after it, each with what it said.
fn in_commands<B: Record>(
    venue: &mut Venue,
    kind: CommandKind,
    instrument: u32,
    body: &B,
) -> Vec<Vec<EventKind>> {
    let head = CommandHead { instrument, ..CommandHead::empty() };
    let mut commands = vec![kinds(&venue.operate(kind, head, body))];
    while let Some(InstrumentId(instrument)) = venue.engine.next_work() {
        let head = CommandHead { instrument, ..CommandHead::empty() };
        let events = venue.send(CommandKind::Continue, head, &FixedBody::empty(), NO_ITEMS);
        commands.push(kinds(&events));
    }
    commands
}

/// An account that may have more orders than the others.
const TRADER: u32 = 19;

fn open_trader(venue: &mut Venue) {
    venue.open(TRADER, OpenAccount { firm: 3, max_open_orders: 200, ..account_terms() });
    venue.deposit(TRADER, USD, 1_000_000);
}

#[test]
fn a_command_of_a_sweep_looks_at_two_orders_for_each_event_that_it_may_make() {
    use EventKind::{Canceled, DayEnded, InstrumentChanged, SweepBegun, SweepEnded};
    let changed = ChangeInstrument {
        symbol: spot_terms().symbol,
        tick: 2,
        min_price: 2,
        max_price: 1_000,
        max_quantity: spot_terms().max_quantity,
        max_notional: spot_terms().max_notional,
        reserved: 0,
    };
    let canceled = MassCancel { id: 17, scope: code::SCOPE_ACCOUNT, side: 0, reserved: 0, reserved_2: 0 };
    for (kind, first) in [
        (CommandKind::EndOfDay, DayEnded),
        (CommandKind::ChangeInstrument, InstrumentChanged),
        (CommandKind::MassCancel, SweepBegun),
    ] {
        let mut venue = Venue::with_slice(8);
        open_trader(&mut venue);
        for _ in 0..100 {
            venue.buy(TRADER, 1, 90);
        }
        venue.place(17, SPOT, FixedBody { time_in_force: code::DAY, ..limit(Side::Buy, 1, 89) });
        let head = CommandHead { instrument: SPOT, ..CommandHead::empty() };
        venue.operate(
            CommandKind::SetPhase,
            head,
            &SetPhase { phase: code::HALT, reserved: 0, reserved_2: 0 },
        );
        let commands = match kind {
            CommandKind::EndOfDay => {
                in_commands(&mut venue, kind, 0, &EndOfDay { business_date: 20_260_130 })
            }
            CommandKind::MassCancel => in_commands(&mut venue, kind, SPOT, &canceled),
            _ => in_commands(&mut venue, kind, SPOT, &changed),
        };
        // The instrument and 101 orders, sixteen at a time; of the end of a day the future and four accounts as well.
        let mut expected = vec![Vec::new(); 7];
        expected[0].push(first);
        expected[6].extend([Canceled, SweepEnded]);
        assert_eq!(commands, expected, "{kind:?}");
    }
}

#[test]
fn a_split_deals_with_each_order_once_and_forgets_them_in_slices() {
    let mut venue = Venue::with_slice(8);
    open_trader(&mut venue);
    for price in 1..=60 {
        venue.buy(TRADER, 1, 2 * price);
    }
    let head = CommandHead { instrument: SPOT, ..CommandHead::empty() };
    venue.operate(CommandKind::SetPhase, head, &SetPhase { phase: code::HALT, reserved: 0, reserved_2: 0 });
    let body = SplitInstrument { numerator: 2, denominator: 1, reserved: 0 };
    let commands = in_commands(&mut venue, CommandKind::SplitInstrument, SPOT, &body);
    assert!(commands.iter().all(|command| command.len() <= 8));
    let said = commands.concat();
    assert_eq!(said.iter().filter(|kind| **kind == EventKind::OrderSplit).count(), 60);
    assert_eq!(commands.last(), Some(&vec![EventKind::SweepEnded]));
    assert!(
        commands.iter().rev().skip(1).take(3).all(Vec::is_empty),
        "sixteen are forgotten at a time: {commands:?}"
    );
    let prices: Vec<i64> =
        venue.engine.levels(InstrumentId(SPOT), Side::Buy).map(|level| level.price.0).collect();
    assert_eq!(prices, (1..=60).rev().collect::<Vec<_>>());
}
