//! Orders of ours in a recorded queue against a list that is looked through from the front each time.

use garraway_engine::Engine;
use garraway_types::{
    AccountId, ClientRef, Command, CommandHead, CommandKind, DefineAsset, EventKind, EventSink, FixedBody,
    ListInstrument, NO_ITEMS, Nanos, OpenAccount, Record, Side, code, encode_command, events_in,
};

use crate::recorded::{AGGRESSORS, Floor, OrderRow, Played, REPORTED, RESTING, Recorded};

const OURS: u32 = 16;
const INSTRUMENT: u32 = 1;
const OPERATOR: u16 = 1;

struct Venue {
    engine: Engine,
    buffer: Vec<u8>,
    operator_seq: u64,
}

impl Floor for Venue {
    fn engine(&self) -> &Engine {
        &self.engine
    }

    fn apply(&mut self, at_ns: i64, record: &[u8]) {
        let command = Command::parse(record).expect("a command");
        let mut sink = EventSink::without_tails(&mut self.buffer);
        self.engine.apply(self.engine.last_seq() + 1, Nanos(at_ns), &command, &mut sink);
        let used = sink.used();
        let refused =
            events_in(&self.buffer[..used]).find(|(event, _)| event.kind == EventKind::Rejected as u8);
        assert!(refused.is_none(), "{:?}: {refused:?}", command.kind);
    }
}

impl Venue {
    fn new() -> Self {
        let mut venue =
            Self { engine: Engine::default(), buffer: vec![0; EventSink::RESERVE], operator_seq: 0 };
        for (asset, code) in [(1, *b"USD\0\0\0\0\0"), (2, *b"XYZ\0\0\0\0\0")] {
            let body = DefineAsset {
                asset,
                code,
                scale: 8,
                display: 2,
                ..DefineAsset::read(&[0; DefineAsset::SIZE])
            };
            venue.define(CommandKind::DefineAsset, CommandHead::empty(), &body);
        }
        let listing = ListInstrument {
            symbol: *b"XYZ\0\0\0\0\0\0\0\0\0\0\0\0\0",
            base_asset: 2,
            quote_asset: 1,
            execution: code::EXECUTION_BOOK,
            kind: 1,
            phase: code::CONTINUOUS,
            price_unit: 10_000_000,
            lot_size: 1_000_000_000,
            tick: 1,
            min_price: 1,
            max_price: 1_000,
            max_quantity: 1_000,
            max_notional: i64::MAX,
            ..ListInstrument::read(&[0; ListInstrument::SIZE])
        };
        let head = CommandHead { instrument: INSTRUMENT, ..CommandHead::empty() };
        venue.define(CommandKind::ListInstrument, head, &listing);
        for account in [OURS, RESTING, AGGRESSORS] {
            let head = CommandHead { account, ..CommandHead::empty() };
            let body = OpenAccount {
                firm: account,
                max_quantity: 1_000,
                max_notional: i64::MAX,
                max_open_orders: 100_000,
                self_trade: if account == RESTING { code::CANCEL_OLDEST } else { 0 },
                self_trade_of: if account == RESTING { code::OF_ACCOUNT } else { 0 },
                ..OpenAccount::read(&[0; OpenAccount::SIZE])
            };
            venue.define(CommandKind::OpenAccount, head, &body);
            for asset in [1, 2] {
                let body = FixedBody { asset, amount: 1 << 60, ..FixedBody::empty() };
                venue.define(CommandKind::Deposit, head, &body);
            }
        }
        venue
    }

    fn define<B: Record>(&mut self, kind: CommandKind, head: CommandHead, body: &B) {
        self.operator_seq += 1;
        let mut record = Vec::new();
        let head = CommandHead { source: OPERATOR, source_seq: self.operator_seq, ..head };
        encode_command(kind, head, body, NO_ITEMS, &[], &mut record);
        self.apply(0, &record);
    }

    fn place_ours(&mut self, side: Side, price: i64, quantity: i64) {
        let head =
            CommandHead { account: OURS, client_ref: 1, instrument: INSTRUMENT, ..CommandHead::empty() };
        let body = FixedBody {
            side: side as u8,
            order_type: code::LIMIT,
            time_in_force: code::GOOD_TILL_CANCEL,
            price,
            quantity,
            ..FixedBody::empty()
        };
        let mut record = Vec::new();
        encode_command(CommandKind::PlaceOrder, head, &body, NO_ITEMS, &[], &mut record);
        self.apply(0, &record);
    }

    fn ours(&self) -> i64 {
        self.engine.order(AccountId(OURS), ClientRef(1)).map_or(0, |order| order.leaves.0 as i64)
    }
}

/// An order of the list; number 0 is ours.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    number: u64,
    is_buy: bool,
    price: i64,
    lots: i64,
}

/// The queue as a list in order of arrival.
#[derive(Default)]
struct Naive(Vec<Waiting>);

impl Naive {
    /// The order that is first in line among those of a side at this price or better.
    fn front(&self, is_buy: bool, price: i64) -> Option<usize> {
        let rank = |order: &Waiting| if is_buy { -order.price } else { order.price };
        let limit = if is_buy { -price } else { price };
        let places = 0..self.0.len();
        places
            .filter(|place| self.0[*place].is_buy == is_buy && rank(&self.0[*place]) <= limit)
            .min_by_key(|place| (rank(&self.0[*place]), *place))
    }

    fn lose(&mut self, number: u64, lots: i64) {
        if let Some(order) = self.0.iter_mut().find(|order| order.number == number) {
            order.lots -= lots;
        }
        self.0.retain(|order| order.lots > 0);
    }

    fn ours(&self) -> i64 {
        self.0.iter().find(|order| order.number == 0).map_or(0, |order| order.lots)
    }

    fn play(&mut self, row: &OrderRow) {
        let is_buy = row.side > 0;
        match row.action {
            b'A' => {
                let ours = self.0.iter().find(|order| order.number == 0).copied();
                let crosses = ours.filter(|ours| {
                    ours.is_buy != is_buy
                        && if is_buy { row.price >= ours.price } else { row.price <= ours.price }
                });
                let taken = crosses.map_or(0, |ours| ours.lots.min(row.quantity));
                self.lose(0, taken);
                if row.quantity > taken {
                    let lots = row.quantity - taken;
                    self.0.push(Waiting { number: row.order, is_buy, price: row.price, lots });
                }
            }
            b'X' => self.lose(row.order, row.quantity),
            b'D' => self.lose(row.order, i64::MAX),
            b'M' => {
                let known = self.0.iter_mut().find(|order| order.number == row.order);
                match known {
                    Some(order) if order.price == row.price && order.lots >= row.quantity => {
                        order.lots = row.quantity
                    }
                    _ => {
                        self.lose(row.order, i64::MAX);
                        self.play(&OrderRow { action: b'A', ..*row });
                    }
                }
            }
            b'E' => {
                if let Some(front) = self.front(is_buy, row.price)
                    && self.0[front].number == 0
                {
                    let lots = self.0[front].lots.min(row.quantity);
                    self.lose(0, lots);
                }
                if row.flags & REPORTED == 0 {
                    self.lose(row.order, row.quantity);
                }
            }
            _ => self.0.retain(|order| order.number == 0),
        }
    }
}

/// Numbers that look random.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as i64) % end
    }
}

/// A row that could follow, of the record's own book.
fn next_row(draw: &mut Draw, book: &mut Naive, number: u64) -> OrderRow {
    let pick = |draw: &mut Draw, book: &Naive| book.0[draw.below(book.0.len() as i64) as usize];
    let row = |action, order: Waiting, quantity| OrderRow {
        at_ns: number as i64,
        order: order.number,
        price: order.price,
        quantity,
        action,
        side: if order.is_buy { 1 } else { -1 },
        flags: 0,
    };
    let kind = if book.0.len() < 6 { 0 } else { draw.below(100) };
    let made = match kind {
        0..=39 => {
            let is_buy = draw.below(2) == 0;
            let best = book.front(!is_buy, if is_buy { 1_000 } else { 1 }).map(|place| book.0[place].price);
            let price = match (is_buy, best) {
                (true, Some(ask)) => ask - 1 - draw.below(4),
                (true, None) => 100 - draw.below(4),
                (false, Some(bid)) => bid + 1 + draw.below(4),
                (false, None) => 101 + draw.below(4),
            };
            row(b'A', Waiting { number, is_buy, price: price.clamp(1, 1_000), lots: 0 }, 1 + draw.below(9))
        }
        40..=54 => {
            let order = pick(draw, book);
            row(b'X', order, 1 + draw.below(order.lots))
        }
        55..=69 => row(b'D', pick(draw, book), 0),
        70..=75 => {
            let order = pick(draw, book);
            row(b'M', order, 1 + draw.below(12))
        }
        76..=97 => {
            let is_buy = draw.below(2) == 0;
            let place = book.front(is_buy, if is_buy { 1 } else { 1_000 });
            let order = match place {
                Some(place) if draw.below(20) != 0 => book.0[place],
                _ => pick(draw, book),
            };
            row(b'E', order, 1 + draw.below(order.lots))
        }
        98 => row(b'T', pick(draw, book), 1),
        _ => row(b'E', pick(draw, book), 1),
    };
    if made.action == b'T' {
        return OrderRow { action: b'H', ..made };
    }
    book.play(&made);
    made
}

/// The rows of a record, and how many stand before ours is placed.
fn record(seed: u64) -> (Vec<OrderRow>, usize) {
    let (mut draw, mut book) = (Draw(seed), Naive::default());
    let rows = (1..=300).map(|number| next_row(&mut draw, &mut book, number)).collect();
    (rows, 40 + draw.below(100) as usize)
}

fn fills_equal(seed: u64) -> Played {
    let (rows, before) = record(seed);
    let (mut venue, mut naive, mut recorded) = (Venue::new(), Naive::default(), Recorded::new(INSTRUMENT));
    let mut draw = Draw(seed ^ 0x5555);
    for (at, row) in rows.iter().enumerate() {
        if at == before {
            let is_buy = draw.below(2) == 0;
            let at_front = naive.front(is_buy, if is_buy { 1 } else { 1_000 });
            let other = naive.front(!is_buy, if is_buy { 1_000 } else { 1 });
            let (Some(own), Some(other)) = (at_front, other) else { return recorded.played() };
            let (own, other) = (naive.0[own].price, naive.0[other].price);
            let step = draw.below(4) - 1;
            let price = if is_buy { (own - step).min(other - 1) } else { (own + step).max(other + 1) };
            let lots = 1 + draw.below(12);
            venue.place_ours(if is_buy { Side::Buy } else { Side::Sell }, price, lots);
            naive.0.push(Waiting { number: 0, is_buy, price, lots });
            assert_eq!(venue.ours(), lots, "seed {seed}: it rests");
        }
        recorded.play(row, &mut venue);
        if row.action != b'H' {
            naive.play(row);
        }
        assert_eq!(venue.ours(), naive.ours(), "seed {seed}, row {at} {row:?}");
    }
    venue.engine.check().expect("sound");
    recorded.played()
}

#[test]
fn an_order_fills_exactly_when_those_ahead_of_it_are_gone() {
    let played: Vec<_> = (1..=1_000).map(fills_equal).collect();
    let sum = |of: fn(&Played) -> u64| played.iter().map(of).sum::<u64>();
    assert!(sum(|one| one.ours) > 1_000, "ours trade");
    assert!(sum(|one| one.executed) > 10_000 && sum(|one| one.passed_over) > 1_000);
    assert_eq!(sum(|one| one.refused), 0);
}

#[test]
fn the_recorded_orders_are_what_the_record_says_while_ours_only_waits() {
    let (rows, _) = record(7);
    let (mut venue, mut naive, mut recorded) = (Venue::new(), Naive::default(), Recorded::new(INSTRUMENT));
    for row in &rows {
        recorded.play(row, &mut venue);
        if row.action != b'H' {
            naive.play(row);
        }
        let lots = |side| {
            venue
                .engine
                .levels(garraway_types::InstrumentId(INSTRUMENT), side)
                .map(|level| level.quantity as i64)
                .sum::<i64>()
        };
        let naive_lots = |is_buy| {
            naive.0.iter().filter(|order| order.is_buy == is_buy).map(|order| order.lots).sum::<i64>()
        };
        assert_eq!((lots(Side::Buy), lots(Side::Sell)), (naive_lots(true), naive_lots(false)), "{row:?}");
    }
}

#[test]
fn a_reported_execution_fills_ours_and_leaves_the_book() {
    let mut venue = Venue::new();
    let mut recorded = Recorded::new(INSTRUMENT);
    let row = OrderRow { at_ns: 1, order: 5, price: 100, quantity: 4, action: b'A', side: 1, flags: 0 };
    recorded.play(&row, &mut venue);
    venue.place_ours(Side::Buy, 101, 3);
    recorded.play(&OrderRow { action: b'E', flags: REPORTED, quantity: 2, ..row }, &mut venue);
    assert_eq!(venue.ours(), 1);
    let left = venue.engine.order(AccountId(RESTING), ClientRef(1)).map(|order| order.leaves.0);
    assert_eq!(left, Some(4));
    recorded.play(&OrderRow { action: b'R', ..row }, &mut venue);
    assert_eq!((venue.engine.open_orders(), venue.ours()), (1, 1));
}
