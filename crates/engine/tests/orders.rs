//! What each kind of order does, one truth a test. Every command is followed by a proof of all invariants.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

use garraway_engine::{Engine, Setup};
use garraway_types::*;

/// A venue with one stock in continuous trading, one in pre-open, and four funded accounts.
struct Venue {
    engine: Engine,
    buffer: Vec<u8>,
    operator_seq: u64,
    refs: [u64; 32],
}

const A: u32 = 16;
const B: u32 = 17;
const C: u32 = 18;
const D: u32 = 19;
const STOCK: u32 = 1;
const EARLY: u32 = 2;
const BUY: u8 = 1;
const SELL: u8 = 2;

/// A limit order, good till cancelled.
fn limit(side: u8, price: i64, quantity: i64) -> FixedBody {
    FixedBody { side, order_type: 1, time_in_force: 1, price, quantity, ..FixedBody::empty() }
}

fn stop(side: u8, trigger: i64, bound: i64, quantity: i64) -> FixedBody {
    FixedBody { order_type: code::STOP, trigger, ..limit(side, bound, quantity) }
}

fn peg(order_type: u8, side: u8, offset: i64, worst: i64, quantity: i64) -> FixedBody {
    FixedBody { order_type, trigger: offset, ..limit(side, worst, quantity) }
}

impl Venue {
    fn new() -> Self {
        Self::with_slice(32_768)
    }

    fn with_slice(slice_events: u16) -> Self {
        let engine = Engine::new(Setup { slice_events, capacity: 100_000, reserve_orders: 0 });
        let mut venue = Self { engine, buffer: vec![0; EventSink::RESERVE], operator_seq: 0, refs: [0; 32] };
        for (asset, code, scale) in [(1, *b"USD\0\0\0\0\0", 2), (2, *b"ABC\0\0\0\0\0", 0)] {
            let body = DefineAsset { asset, code, scale, display: 0, reserved: 0, reserved_2: 0 };
            venue.operate(CommandKind::DefineAsset, 0, 0, &body);
        }
        for (instrument, phase) in [(STOCK, code::CONTINUOUS), (EARLY, code::PRE_OPEN)] {
            let mut symbol = [0; 16];
            symbol[0] = b'A' + instrument as u8;
            let body = ListInstrument {
                symbol,
                base_asset: 2,
                quote_asset: 1,
                execution: 1,
                kind: code::SPOT,
                phase,
                reserved: 0,
                price_unit: 10_000_000,
                lot_size: 1_000_000_000,
                tick: 1,
                min_price: 1,
                max_price: 10_000,
                max_quantity: 1_000_000,
                max_notional: i64::MAX,
                maker_fee_rate: 0,
                taker_fee_rate: 0,
            };
            venue.operate(CommandKind::ListInstrument, 0, instrument, &body);
        }
        for account in A..=D {
            let body = OpenAccount {
                firm: 1,
                max_quantity: 1_000_000,
                max_notional: i64::MAX,
                max_open_orders: 100_000,
                self_trade: if account == D { code::DECREMENT } else { code::CANCEL_NEWEST },
                self_trade_of: code::OF_ACCOUNT,
                group: 0,
                clearing: 0,
                positions: 0,
                reserved: 0,
                reserved_2: 0,
            };
            venue.operate(CommandKind::OpenAccount, account, 0, &body);
            for asset in [1, 2] {
                let body = FixedBody { asset, amount: 1_000_000_000, ..FixedBody::empty() };
                venue.operate(CommandKind::Deposit, account, 0, &body);
            }
        }
        venue
    }

    fn apply(&mut self, record: &[u8]) -> Vec<Event> {
        let command = Command::parse(record).unwrap();
        let mut sink = EventSink::with_tails(&mut self.buffer);
        self.engine.apply(self.engine.last_seq() + 1, Nanos(1), &command, &mut sink);
        let events = events_in(sink.written()).map(|(event, _)| event).collect();
        self.engine.check().unwrap();
        events
    }

    fn operate<T: Record>(
        &mut self,
        kind: CommandKind,
        account: u32,
        instrument: u32,
        body: &T,
    ) -> Vec<Event> {
        self.operator_seq += 1;
        let head = CommandHead {
            source: 1,
            source_seq: self.operator_seq,
            account,
            instrument,
            ..CommandHead::empty()
        };
        let mut record = Vec::new();
        encode_command(kind, head, body, NO_ITEMS, &[], &mut record);
        self.apply(&record)
    }

    fn send(
        &mut self,
        kind: CommandKind,
        account: u32,
        client_ref: u64,
        instrument: u32,
        body: &FixedBody,
    ) -> Vec<Event> {
        let head = CommandHead { account, client_ref, instrument, ..CommandHead::empty() };
        let mut record = Vec::new();
        encode_command(kind, head, body, NO_ITEMS, &[], &mut record);
        self.apply(&record)
    }

    /// Places an order and, where work is left over, goes on until it is done. The account's references count from 1.
    fn place_in(&mut self, instrument: u32, account: u32, body: FixedBody) -> String {
        self.refs[account as usize] += 1;
        let client_ref = self.refs[account as usize];
        let events = self.send(CommandKind::PlaceOrder, account, client_ref, instrument, &body);
        self.finish(events)
    }

    fn place(&mut self, account: u32, body: FixedBody) -> String {
        self.place_in(STOCK, account, body)
    }

    fn replace(&mut self, account: u32, target: u64, price: i64, quantity: i64, trigger: i64) -> String {
        self.refs[account as usize] += 1;
        let client_ref = self.refs[account as usize];
        let body = FixedBody { target, price, quantity, trigger, ..FixedBody::empty() };
        let events = self.send(CommandKind::ReplaceOrder, account, client_ref, 0, &body);
        self.finish(events)
    }

    /// Cancels down to `quantity` lots in all.
    fn cancel(&mut self, account: u32, client_ref: u64, quantity: i64) -> String {
        let body = FixedBody { quantity, ..FixedBody::empty() };
        let events = self.send(CommandKind::CancelOrder, account, client_ref, 0, &body);
        self.finish(events)
    }

    fn finish(&mut self, mut events: Vec<Event>) -> String {
        while let Some(instrument) = self.engine.next_work() {
            events.extend(self.send(CommandKind::Continue, 0, 0, instrument.0, &FixedBody::empty()));
        }
        text(&events)
    }
}

/// Events as a reader sees them; `Filled` is left out beside its `Traded`.
fn text(events: &[Event]) -> String {
    let mut lines = Vec::new();
    for event in events {
        let kind = EventKind::from_code(event.kind).unwrap();
        let who = format!("{}{}", (b'A' + event.account.saturating_sub(A) as u8) as char, event.client_ref);
        let lots = format!("{}@{}", event.quantity, event.price);
        lines.push(match kind {
            EventKind::Filled => continue,
            EventKind::Traded => format!("trade {lots}, shown {}", event.leaves),
            EventKind::Accepted => format!("{who} accepted {lots}"),
            EventKind::Canceled => {
                format!("{who} canceled {} left {} why {}", event.quantity, event.leaves, event.detail)
            }
            EventKind::Rejected => format!("{who} {}", Reject::from_code(event.detail).unwrap()),
            EventKind::Triggered => format!("{who} triggered {lots} by {}", event.fee),
            EventKind::Refilled => format!("{who} refilled {} of {}", event.quantity, event.leaves),
            EventKind::Activated => format!("{who} activated {lots} held {}", -event.released),
            EventKind::Replaced => {
                format!("{who} replaced {lots} left {} kept {}", event.leaves, event.detail)
            }
            other => format!("{other:?}"),
        });
    }
    lines.join("; ")
}

#[test]
fn market_to_limit_rests_at_the_best_opposite_price() {
    let mut venue = Venue::new();
    venue.place(A, limit(SELL, 100, 5));
    venue.place(A, limit(SELL, 101, 5));
    let order = FixedBody { order_type: code::MARKET_TO_LIMIT, ..limit(BUY, 200, 8) };
    assert_eq!(venue.place(B, order), "B1 accepted 8@100; trade 5@100, shown 0");
    assert_eq!(venue.engine.order(AccountId(B), ClientRef(1)).unwrap().price, Price(100));
    let order = FixedBody { order_type: code::MARKET_TO_LIMIT, ..limit(SELL, 150, 8) };
    assert_eq!(venue.place(C, order), "C1 accepted 8@150; C1 canceled 8 left 0 why 2");
}

#[test]
fn an_iceberg_shows_a_slice_and_refills_behind() {
    let mut venue = Venue::new();
    venue.place(A, FixedBody { display: 3, ..limit(SELL, 100, 8) });
    venue.place(B, limit(SELL, 100, 2));
    assert_eq!(
        venue.place(C, limit(BUY, 100, 9)),
        "C1 accepted 9@100; trade 3@100, shown 0; A1 refilled 3 of 5; trade 2@100, shown 0; trade 3@100, shown 0; \
         A1 refilled 2 of 2; trade 1@100, shown 1"
    );
}

#[test]
fn an_iceberg_that_is_reduced_loses_what_is_not_shown_first_and_keeps_its_place() {
    let mut venue = Venue::new();
    venue.place(A, FixedBody { display: 3, ..limit(SELL, 100, 8) });
    venue.place(B, limit(SELL, 100, 2));
    assert_eq!(venue.cancel(A, 1, 4), "A1 canceled 4 left 4 why 1");
    assert_eq!(venue.replace(A, 1, 100, 2, 0), "A2 replaced 2@100 left 2 kept 1");
    assert_eq!(
        venue.place(C, limit(BUY, 100, 3)),
        "C1 accepted 3@100; trade 2@100, shown 0; trade 1@100, shown 1"
    );
}

#[test]
fn decrement_reckons_with_the_slice() {
    let mut venue = Venue::new();
    venue.place(D, FixedBody { display: 3, ..limit(SELL, 100, 8) });
    assert_eq!(
        venue.place(D, limit(BUY, 100, 4)),
        "D2 accepted 4@100; D1 canceled 3 left 5 why 5; D2 canceled 3 left 1 why 5; D1 refilled 3 of 5; \
         D1 canceled 1 left 4 why 5; D2 canceled 1 left 0 why 5"
    );
}

#[test]
fn hidden_orders_trade_behind_displayed_ones_of_their_price() {
    let mut venue = Venue::new();
    venue.place(A, FixedBody { flags: code::HIDDEN, ..limit(SELL, 100, 4) });
    venue.place(B, limit(SELL, 100, 4));
    venue.place(B, FixedBody { flags: code::HIDDEN, ..limit(SELL, 99, 1) });
    assert_eq!(
        venue.place(C, limit(BUY, 100, 6)),
        "C1 accepted 6@100; trade 1@99, shown 0; trade 4@100, shown 0; trade 1@100, shown 0"
    );
    let post_only = FixedBody { flags: code::POST_ONLY, ..limit(BUY, 100, 1) };
    assert_eq!(venue.place(C, post_only), "C2 PostOnlyWouldTrade");
}

#[test]
fn a_minimum_is_had_at_once_or_nothing_trades() {
    let mut venue = Venue::new();
    venue.place(A, FixedBody { display: 1, ..limit(SELL, 100, 3) });
    let order = FixedBody { minimum: 4, ..limit(BUY, 100, 6) };
    assert_eq!(venue.place(B, order), "B1 accepted 6@100; B1 canceled 6 left 0 why 3");
    let order = FixedBody { minimum: 3, ..limit(BUY, 100, 6) };
    assert_eq!(
        venue.place(B, order),
        "B2 accepted 6@100; trade 1@100, shown 0; A1 refilled 1 of 2; trade 1@100, shown 0; A1 refilled 1 of 1; \
         trade 1@100, shown 0"
    );
    assert_eq!(venue.engine.order(AccountId(B), ClientRef(2)).unwrap().leaves, Quantity(3));
}

#[test]
fn a_dry_run_counts_refills_and_asks_for_room() {
    let mut venue = Venue::with_slice(12);
    venue.place(A, FixedBody { display: 1, ..limit(SELL, 100, 9) });
    let fill_or_kill = FixedBody { time_in_force: code::FILL_OR_KILL, ..limit(BUY, 100, 2) };
    assert_eq!(
        venue.place(B, fill_or_kill),
        "B1 accepted 2@100; trade 1@100, shown 0; A1 refilled 1 of 8; trade 1@100, shown 0; A1 refilled 1 of 7"
    );
    let fill_or_kill = FixedBody { time_in_force: code::FILL_OR_KILL, ..limit(BUY, 100, 3) };
    assert_eq!(venue.place(B, fill_or_kill), "B2 DryRunTooLarge");
}

fn traded(venue: &mut Venue, price: i64) {
    venue.place(C, limit(SELL, price, 1));
    venue.place(D, limit(BUY, price, 1));
}

#[test]
fn stops_are_triggered_in_order_of_trigger_and_cascade() {
    let mut venue = Venue::new();
    venue.place(A, stop(BUY, 103, 110, 1));
    venue.place(A, stop(BUY, 102, 110, 1));
    venue.place(A, FixedBody { order_type: code::STOP_LIMIT, ..stop(BUY, 101, 101, 5) });
    venue.place(B, limit(SELL, 101, 1));
    venue.place(B, limit(SELL, 102, 1));
    venue.place(B, limit(SELL, 103, 2));
    assert_eq!(
        venue.place(C, limit(BUY, 101, 1)),
        "C1 accepted 1@101; trade 1@101, shown 0; A3 triggered 5@101 by 101"
    );
    assert_eq!(
        venue.place(C, limit(BUY, 102, 1)),
        "C2 accepted 1@102; trade 1@102, shown 0; A2 triggered 1@110 by 102; trade 1@103, shown 1; \
         A1 triggered 1@110 by 103; trade 1@103, shown 0"
    );
    assert_eq!(venue.engine.order(AccountId(A), ClientRef(3)).unwrap().leaves, Quantity(5));
    assert_eq!(
        venue.place(A, stop(SELL, 105, 90, 1)),
        "A4 accepted 1@90; A4 triggered 1@90 by 103; A4 canceled 1 left 0 why 5"
    );
}

#[test]
fn stops_go_on_in_small_slices() {
    for slice in [8, 9, 12, 40] {
        let mut venue = Venue::with_slice(slice);
        for _ in 0..6 {
            venue.place(A, stop(BUY, 100, 110, 1));
        }
        venue.place(B, limit(SELL, 101, 6));
        let expected: Vec<_> = (1..=6)
            .map(|n| {
                format!(
                    "A{n} triggered 1@110 by {}; trade 1@101, shown {}",
                    if n == 1 { 100 } else { 101 },
                    6 - n
                )
            })
            .collect();
        venue.place(C, limit(SELL, 100, 1));
        let said = venue.place(D, limit(BUY, 100, 1));
        assert_eq!(said, format!("D1 accepted 1@100; trade 1@100, shown 0; {}", expected.join("; ")));
    }
}

#[test]
fn a_trailing_stop_follows_the_last_price_at_its_distance() {
    let mut venue = Venue::new();
    let trailing = FixedBody { order_type: code::TRAILING_STOP, ..stop(SELL, 5, 50, 1) };
    assert_eq!(venue.place(A, trailing), "A1 TriggerInvalid");
    traded(&mut venue, 100);
    venue.place(A, trailing);
    traded(&mut venue, 96);
    traded(&mut venue, 110);
    traded(&mut venue, 106);
    venue.place(B, limit(BUY, 90, 5));
    venue.place(C, limit(BUY, 105, 1));
    assert_eq!(
        venue.place(D, limit(SELL, 105, 1)),
        "D5 accepted 1@105; trade 1@105, shown 0; A2 triggered 1@50 by 105; trade 1@90, shown 4"
    );
}

#[test]
fn a_replaced_trailing_stop_starts_from_the_last_price_only_with_another_distance() {
    let mut venue = Venue::new();
    traded(&mut venue, 100);
    venue.place(A, FixedBody { order_type: code::TRAILING_STOP, ..stop(SELL, 5, 50, 1) });
    traded(&mut venue, 98);
    assert_eq!(venue.replace(A, 1, 40, 1, 0), "A2 replaced 1@40 left 1 kept 0");
    assert_eq!(venue.replace(A, 2, 40, 1, 5), "A3 replaced 1@40 left 1 kept 1");
    traded(&mut venue, 96);
    assert_eq!(venue.replace(A, 3, 40, 1, 6), "A4 replaced 1@40 left 1 kept 0");
    traded(&mut venue, 91);
    assert!(venue.place(C, limit(SELL, 90, 1)).ends_with("accepted 1@90"));
    assert!(venue.place(D, limit(BUY, 90, 1)).contains("A4 triggered 1@40 by 90"));
}

#[test]
fn a_trailing_stop_with_another_limit_keeps_the_best_last_price() {
    let mut venue = Venue::new();
    traded(&mut venue, 100);
    venue.place(A, FixedBody { order_type: code::TRAILING_STOP, ..stop(SELL, 5, 50, 1) });
    traded(&mut venue, 98);
    assert_eq!(venue.replace(A, 1, 40, 1, 0), "A2 replaced 1@40 left 1 kept 0");
    venue.place(C, limit(SELL, 95, 1));
    assert!(venue.place(D, limit(BUY, 95, 1)).contains("A2 triggered 1@40 by 95"));
}

#[test]
fn ten_thousand_trailing_stops_follow_every_trade() {
    let mut venue = Venue::new();
    traded(&mut venue, 5_000);
    for n in 0..10_000 {
        let body = FixedBody { order_type: code::TRAILING_STOP, ..stop(SELL, 4_000 + n % 900, 1, 1) };
        let head =
            CommandHead { account: A, client_ref: 1 + n as u64, instrument: STOCK, ..CommandHead::empty() };
        let mut record = Vec::new();
        encode_command(CommandKind::PlaceOrder, head, &body, NO_ITEMS, &[], &mut record);
        let mut sink = EventSink::with_tails(&mut venue.buffer);
        let command = Command::parse(&record).unwrap();
        venue.engine.apply(venue.engine.last_seq() + 1, Nanos(1), &command, &mut sink);
    }
    for price in 5_001..5_100 {
        traded(&mut venue, price);
    }
    assert_eq!(venue.engine.open_orders(), 10_000);
}

#[test]
fn pegs_follow_the_displayed_book() {
    let mut venue = Venue::new();
    venue.place(A, limit(BUY, 100, 1));
    venue.place(A, limit(SELL, 110, 1));
    venue.place(B, peg(code::PRIMARY_PEG, BUY, -2, 101, 3));
    venue.place(B, peg(code::MIDPOINT_PEG, BUY, 0, 200, 3));
    assert_eq!(venue.place(C, limit(SELL, 105, 1)), "C1 accepted 1@105; trade 1@105, shown 0");
    venue.place(A, limit(BUY, 103, 1));
    // Now the middle is 106.5, down to 106; the primary peg stands at its limit of 101.
    assert_eq!(
        venue.place(C, limit(SELL, 98, 5)),
        "C2 accepted 5@98; trade 2@106, shown 0; trade 1@103, shown 0; trade 2@101, shown 0"
    );
}

#[test]
fn a_peg_that_comes_to_cross_enters_and_goes_back() {
    let mut venue = Venue::new();
    venue.place(A, limit(BUY, 100, 1));
    venue.place(A, limit(SELL, 110, 1));
    venue.place(B, peg(code::MARKET_PEG, BUY, -5, 200, 3));
    venue.place(C, FixedBody { flags: code::HIDDEN, ..limit(SELL, 107, 2) });
    // The ask rises to 112: the peg reaches the hidden order.
    assert_eq!(venue.replace(A, 2, 112, 1, 0), "A3 replaced 1@112 left 1 kept 0; trade 2@107, shown 0");
    assert_eq!(venue.engine.order(AccountId(B), ClientRef(1)).unwrap().leaves, Quantity(1));
}

#[test]
fn a_peg_without_a_reference_sleeps() {
    let mut venue = Venue::new();
    venue.place(B, peg(code::PRIMARY_PEG, SELL, 0, 1, 3));
    assert_eq!(venue.place(A, limit(BUY, 100, 1)), "A1 accepted 1@100");
    assert_eq!(venue.place(C, limit(SELL, 105, 1)), "C1 accepted 1@105");
    assert_eq!(
        venue.place(D, limit(BUY, 105, 2)),
        "D1 accepted 2@105; trade 1@105, shown 0; trade 1@105, shown 0"
    );
}

fn pair(venue: &mut Venue, quantity: i64) {
    venue.place(A, limit(SELL, 110, quantity));
    let flags = code::ONE_CANCELS_OTHER;
    venue.place(A, FixedBody { flags, target: 1, ..stop(SELL, 95, 90, quantity) });
}

#[test]
fn a_pair_holds_once_and_stays_level() {
    let mut venue = Venue::new();
    pair(&mut venue, 10);
    assert_eq!(venue.engine.balance(AccountId(A), AssetId(2)).held, 10);
    assert_eq!(
        venue.place(B, limit(BUY, 110, 4)),
        "B1 accepted 4@110; trade 4@110, shown 6; A2 canceled 4 left 6 why 8"
    );
    assert_eq!(venue.replace(A, 1, 111, 10, 0), "A3 LinkInvalid");
    assert_eq!(venue.cancel(A, 2, 1), "A2 canceled 5 left 1 why 1; A1 canceled 5 left 1 why 8");
    assert_eq!(venue.engine.balance(AccountId(A), AssetId(2)).held, 1);
    assert_eq!(
        venue.place(B, limit(BUY, 110, 4)),
        "B2 accepted 4@110; trade 1@110, shown 0; A2 canceled 1 left 0 why 8"
    );
}

#[test]
fn a_pairs_stop_that_is_triggered_takes_the_limit_order_with_it() {
    let mut venue = Venue::new();
    pair(&mut venue, 10);
    venue.place(B, limit(BUY, 92, 7));
    venue.place(C, limit(BUY, 95, 1));
    assert_eq!(
        venue.place(D, limit(SELL, 95, 1)),
        "D1 accepted 1@95; trade 1@95, shown 0; A2 triggered 10@90 by 95; trade 7@92, shown 0; A2 canceled 3 left 0 why 2; \
         A1 canceled 10 left 0 why 8"
    );
}

#[test]
fn of_a_pair_in_the_book_only_as_many_lots_trade_as_it_holds() {
    let mut venue = Venue::new();
    venue.place(A, limit(SELL, 110, 10));
    let body = FixedBody {
        order_type: code::STOP_LIMIT,
        target: 1,
        flags: code::ONE_CANCELS_OTHER,
        ..stop(SELL, 95, 100, 10)
    };
    venue.place(A, body);
    traded(&mut venue, 95);
    assert_eq!(
        venue.place(B, limit(BUY, 110, 14)),
        "B1 accepted 14@110; trade 10@100, shown 0; A1 canceled 10 left 0 why 8"
    );
    assert_eq!(venue.engine.balance(AccountId(A), AssetId(2)).held, 0);
}

#[test]
fn a_child_starts_with_what_its_parent_filled() {
    let mut venue = Venue::new();
    venue.place(A, limit(BUY, 100, 10));
    let child = FixedBody { flags: code::ONE_TRIGGERS_OTHER, target: 1, ..limit(SELL, 120, 10) };
    assert_eq!(venue.place(A, child), "A2 accepted 10@120");
    let child = FixedBody { flags: code::ONE_TRIGGERS_OTHER, target: 1, ..stop(SELL, 90, 80, 10) };
    assert_eq!(venue.place(A, child), "A3 accepted 10@80");
    assert_eq!(venue.place(A, child), "A4 LinkInvalid");
    venue.place(B, limit(SELL, 100, 4));
    assert_eq!(
        venue.cancel(A, 1, 0),
        "A1 canceled 6 left 0 why 1; A2 activated 4@120 held 4; A3 activated 4@80 held 0"
    );
    assert_eq!(
        venue.place(B, limit(BUY, 120, 1)),
        "B2 accepted 1@120; trade 1@120, shown 3; A3 canceled 1 left 3 why 8"
    );
}

#[test]
fn a_child_whose_parent_filled_nothing_is_cancelled() {
    let mut venue = Venue::new();
    venue.place(A, limit(BUY, 100, 10));
    venue.place(A, FixedBody { flags: code::ONE_TRIGGERS_OTHER, target: 1, ..limit(SELL, 120, 5) });
    assert_eq!(venue.cancel(A, 1, 0), "A1 canceled 10 left 0 why 1; A2 canceled 5 left 0 why 8");
    venue.place(A, limit(BUY, 100, 10));
    let child = FixedBody { flags: code::ONE_TRIGGERS_OTHER, target: 3, ..limit(BUY, 9_999, 1) };
    venue.place(A, child);
    assert_eq!(venue.replace(A, 4, 9_000, 1, 0), "A5 LinkInvalid");
    assert_eq!(venue.cancel(A, 4, 0), "A4 canceled 1 left 0 why 1");
}

#[test]
fn a_child_without_funds_is_cancelled_and_its_pair_with_it() {
    let mut venue = Venue::new();
    venue.place(A, limit(BUY, 100, 10));
    let flags = code::ONE_TRIGGERS_OTHER;
    venue.place(A, FixedBody { flags, target: 1, ..limit(SELL, 120, 10) });
    venue.place(A, FixedBody { flags, target: 1, ..stop(SELL, 90, 80, 10) });
    venue.operate(
        CommandKind::Withdraw,
        A,
        0,
        &FixedBody { asset: 2, amount: 1_000_000_000, ..FixedBody::empty() },
    );
    venue.place(B, limit(SELL, 100, 9));
    venue.operate(CommandKind::Withdraw, A, 0, &FixedBody { asset: 2, amount: 5, ..FixedBody::empty() });
    assert_eq!(
        venue.place(B, limit(SELL, 100, 1)),
        "B2 accepted 1@100; trade 1@100, shown 0; A2 canceled 10 left 0 why 9; A3 canceled 10 left 0 why 8"
    );
}

#[test]
fn orders_are_collected_before_the_opening() {
    let mut venue = Venue::new();
    assert_eq!(venue.place_in(EARLY, A, limit(BUY, 105, 5)), "A1 accepted 5@105");
    assert_eq!(venue.place_in(EARLY, B, limit(SELL, 100, 5)), "B1 accepted 5@100");
    let market = FixedBody { order_type: code::MARKET, time_in_force: code::AT_OPEN, ..limit(BUY, 200, 2) };
    assert_eq!(venue.place_in(EARLY, A, market), "A2 accepted 2@200");
    let at_close = FixedBody { time_in_force: code::AT_CLOSE, ..limit(BUY, 100, 2) };
    assert_eq!(venue.place_in(EARLY, A, at_close), "A3 accepted 2@100");
    for (body, reason) in [
        (FixedBody { time_in_force: code::IMMEDIATE_OR_CANCEL, ..limit(BUY, 1, 1) }, "PhaseForbids"),
        (FixedBody { flags: code::POST_ONLY, ..limit(BUY, 1, 1) }, "PhaseForbids"),
        (FixedBody { order_type: code::MARKET_TO_LIMIT, ..limit(BUY, 1, 1) }, "PhaseForbids"),
    ] {
        assert!(venue.place_in(EARLY, C, body).ends_with(reason));
    }
    assert_eq!(venue.replace(A, 1, 106, 5, 0), "A4 replaced 5@106 left 5 kept 0");
    assert_eq!(venue.cancel(A, 3, 0), "A3 canceled 2 left 0 why 1");
}

#[test]
fn a_mass_cancel_takes_everything_that_belongs() {
    for slice in [8, 12, 32_768] {
        let mut venue = Venue::with_slice(slice);
        venue.place(A, limit(BUY, 100, 1));
        venue.place(A, FixedBody { display: 1, ..limit(BUY, 101, 3) });
        venue.place(A, FixedBody { flags: code::HIDDEN, ..limit(BUY, 99, 1) });
        venue.place(A, peg(code::PRIMARY_PEG, BUY, -1, 90, 1));
        venue.place(A, stop(BUY, 150, 160, 1));
        venue.place(A, FixedBody { flags: code::ONE_TRIGGERS_OTHER, target: 1, ..limit(SELL, 120, 1) });
        venue.place(A, FixedBody { time_in_force: code::AT_CLOSE, ..limit(SELL, 120, 1) });
        venue.place_in(EARLY, A, limit(SELL, 120, 1));
        venue.place(B, limit(BUY, 100, 1));
        let body = MassCancel { id: A, scope: code::SCOPE_ACCOUNT, side: 0, reserved: 0, reserved_2: 0 };
        let events = venue.operate(CommandKind::MassCancel, 0, 0, &body);
        let said = venue.finish(events);
        // A child of which the parent goes is cancelled by the sweep if it comes there first, else by its link.
        let links = if slice == 32_768 { "A6 canceled 1 left 0 why 7" } else { "A6 canceled 1 left 0 why" };
        assert!(said.starts_with(
            "SweepBegun; A2 canceled 3 left 0 why 7; A1 canceled 1 left 0 why 7; A3 canceled 1 left 0 why 7; \
             A4 canceled 1 left 0 why 7; A5 canceled 1 left 0 why 7"
        ), "{said}");
        assert!(said.contains(links) && said.ends_with("A8 canceled 1 left 0 why 7; SweepEnded"), "{said}");
        assert_eq!(venue.engine.open_orders(), 1);
    }
}

#[test]
fn a_mass_cancel_leaves_orders_that_come_after_it() {
    let mut venue = Venue::with_slice(8);
    for price in 91..=98 {
        venue.place(A, limit(BUY, price, 1));
    }
    let body = MassCancel { id: A, scope: code::SCOPE_ACCOUNT, side: 0, reserved: 0, reserved_2: 0 };
    venue.operate(CommandKind::MassCancel, 0, 0, &body);
    // What is left of the sweep is done behind the order.
    let said = "A9 accepted 1@90; A2 canceled 1 left 0 why 7; A1 canceled 1 left 0 why 7; SweepEnded";
    assert_eq!(venue.place(A, limit(BUY, 90, 1)), said);
    assert_eq!(venue.engine.open_orders(), 1);
}

#[test]
fn a_mass_quote_replaces_the_quotes_before() {
    let mut venue = Venue::new();
    let quote = |bid_price, ask_price| Quote {
        instrument: STOCK,
        reserved: 0,
        bid_price,
        bid_quantity: 5,
        ask_price,
        ask_quantity: 5,
    };
    let send = |venue: &mut Venue, client_ref: u64, quotes: &[Quote]| {
        let head = CommandHead { account: A, client_ref, ..CommandHead::empty() };
        let mut record = Vec::new();
        encode_command(CommandKind::MassQuote, head, &MassQuote { reserved: 0 }, quotes, &[], &mut record);
        let events = venue.apply(&record);
        venue.finish(events)
    };
    assert_eq!(send(&mut venue, 1, &[quote(99, 101)]), "A1 accepted 5@99; A2 accepted 5@101");
    venue.place(B, limit(BUY, 101, 5));
    assert_eq!(
        send(&mut venue, 3, &[quote(98, 100), Quote { instrument: 9, ..quote(1, 2) }]),
        "A1 canceled 5 left 0 why 1; A3 accepted 5@98; A4 accepted 5@100; A5 InstrumentUnknown; A6 InstrumentUnknown"
    );
    assert_eq!(send(&mut venue, 6, &[quote(98, 100)]), "A6 ClientRefStale");
    assert_eq!(send(&mut venue, 7, &[]), "A7 QuantityInvalid");
    let mut small = Venue::with_slice(12);
    assert_eq!(send(&mut small, 1, &[quote(98, 100)]), "A1 WorkFull");
}

#[test]
fn the_first_reason_in_the_order_of_the_codes_is_given() {
    let mut venue = Venue::new();
    let bad = |body: FixedBody| body;
    for (body, reason) in [
        (bad(FixedBody { side: 3, order_type: 0, ..limit(BUY, 0, 0) }), Reject::SideInvalid),
        (bad(FixedBody { order_type: 10, time_in_force: 0, ..limit(BUY, 0, 0) }), Reject::OrderTypeInvalid),
        (bad(FixedBody { order_type: 2, ..limit(BUY, 0, 0) }), Reject::TimeInForceInvalid),
        (bad(FixedBody { flags: 12, ..limit(BUY, 0, 0) }), Reject::FlagsInvalid),
        (bad(FixedBody { flags: 16, ..limit(BUY, 0, 0) }), Reject::FlagsInvalid),
        (bad(limit(BUY, 0, 0)), Reject::QuantityInvalid),
        (bad(FixedBody { display: 5, ..limit(BUY, 0, 5) }), Reject::PriceOutOfRange),
        (bad(FixedBody { display: 5, ..limit(BUY, 9, 5) }), Reject::DisplayInvalid),
        (bad(FixedBody { minimum: 6, ..limit(BUY, 9, 5) }), Reject::MinimumInvalid),
        (bad(FixedBody { trigger: 1, ..limit(BUY, 9, 5) }), Reject::TriggerInvalid),
        (bad(FixedBody { expire_s: 1, ..limit(BUY, 9, 5) }), Reject::ExpiryInvalid),
        (bad(FixedBody { time_in_force: 5, ..limit(BUY, 9, 5) }), Reject::ExpiryInvalid),
        (bad(FixedBody { flags: 4, target: 7, ..limit(BUY, 9, 5) }), Reject::LinkInvalid),
        (bad(FixedBody { time_in_force: 6, ..limit(BUY, 9, 5) }), Reject::PhaseForbids),
        (bad(limit(BUY, 9, 1_000_001)), Reject::QuantityTooLarge),
        (bad(limit(BUY, 10_000, 1_000_000)), Reject::FundsInsufficient),
    ] {
        let said = venue.place(A, body);
        assert!(said.ends_with(&reason.to_string()), "{said}, not {reason}");
    }
}

#[test]
fn a_peg_enters_no_further_than_its_limit() {
    let mut venue = Venue::new();
    venue.place(A, FixedBody { flags: code::HIDDEN, ..limit(SELL, 97, 5) });
    venue.place(A, limit(SELL, 100, 5));
    assert_eq!(venue.place(B, peg(code::MARKET_PEG, BUY, -1, 95, 3)), "B1 accepted 3@95");
    assert_eq!(
        venue.place(B, peg(code::MARKET_PEG, BUY, -1, 98, 3)),
        "B2 accepted 3@98; trade 3@97, shown 0"
    );
}
