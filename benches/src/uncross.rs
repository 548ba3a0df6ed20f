//! Auctions on a large book: what an order costs on its way in, an indication, and the whole uncross in its slices.

use std::time::Instant;

use garraway_engine::{Engine, Setup};
use garraway_types::{
    Command, CommandHead, CommandKind, Event, EventKind, EventSink, FixedBody, NO_ITEMS, Nanos, Record,
    SetPhase, code, commands_in, encode_command, events_in,
};

use crate::venue::{ACCOUNTS, FIRST, INSTRUMENT, account_setup};

/// What the benchmark of auctions found.
#[derive(Clone, Debug, PartialEq)]
pub struct UncrossReport {
    /// Orders in the book.
    pub orders: usize,
    /// ns for an order on its way in, median of three runs like the rest.
    pub entry_ns: f64,
    /// ms for a `Tick` that indicates the price.
    pub indication_ms: f64,
    /// ms for the uncross, all slices.
    pub uncross_ms: f64,
    /// ms for its longest slice.
    pub slice_ms: f64,
    /// Commands that it took.
    pub slices: usize,
    /// Trades that it made.
    pub trades: u64,
}

/// Fills a book with `orders` that cross, every `special`-th an iceberg, a hidden order or one with a minimum (0: none), and uncrosses it.
pub fn bench_uncross(orders: usize, special: usize) -> UncrossReport {
    let commands = entries(orders, special);
    let mut runs: Vec<UncrossReport> = (0..3).map(|_| run(orders, &commands)).collect();
    runs.sort_by(|one, other| one.uncross_ms.total_cmp(&other.uncross_ms));
    runs.swap_remove(1)
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % bound) as i64
    }
}

fn entries(orders: usize, special: usize) -> Vec<u8> {
    let (mut out, mut random) = (Vec::new(), Random(7));
    let half = ACCOUNTS / 2;
    for n in 0..orders {
        let is_buy = random.below(2) == 0;
        let place = (n as u32 / 2) % half;
        let account = if is_buy { FIRST + place } else { FIRST + half + place };
        let quantity = 1 + random.below(100);
        let mut body = FixedBody {
            side: if is_buy { 1 } else { 2 },
            order_type: code::LIMIT,
            time_in_force: code::GOOD_TILL_CANCEL,
            price: if is_buy { 9_900 + random.below(600) } else { 9_500 + random.below(600) },
            quantity,
            ..FixedBody::empty()
        };
        if special != 0 && n % special == 0 {
            match random.below(3) {
                0 => body.display = (quantity / 4) as u32,
                1 => body.flags = code::HIDDEN,
                _ => body.minimum = quantity as u32,
            }
        }
        let client_ref = n as u64 + 1;
        let head = CommandHead { account, client_ref, instrument: INSTRUMENT, ..CommandHead::empty() };
        encode_command(CommandKind::PlaceOrder, head, &body, NO_ITEMS, &[], &mut out);
    }
    out
}

fn phase(source_seq: u64, phase: u8) -> Vec<u8> {
    let head = CommandHead { source: 1, source_seq, instrument: INSTRUMENT, ..CommandHead::empty() };
    let (body, mut out) = (SetPhase { phase, reserved: 0, reserved_2: 0 }, Vec::new());
    encode_command(CommandKind::SetPhase, head, &body, NO_ITEMS, &[], &mut out);
    out
}

fn system(kind: CommandKind, instrument: u32) -> Vec<u8> {
    let (head, mut out) = (CommandHead { instrument, ..CommandHead::empty() }, Vec::new());
    encode_command(kind, head, &FixedBody::empty(), NO_ITEMS, &[], &mut out);
    out
}

/// An engine with the buffer for its events.
struct Bench {
    engine: Engine,
    buffer: Vec<u8>,
    trades: u64,
}

impl Bench {
    /// Applies the commands one after the other; the time in ms.
    fn apply(&mut self, commands: &[u8]) -> f64 {
        let mut sink = EventSink::without_tails(&mut self.buffer);
        let start = Instant::now();
        for command in commands_in(commands) {
            sink.clear();
            self.engine.apply(self.engine.last_seq() + 1, Nanos(1), &command, &mut sink);
        }
        let elapsed = start.elapsed().as_secs_f64() * 1e3;
        let first = Event::read(sink.written());
        assert_ne!(first.kind, EventKind::Rejected as u8, "refused: {first:?}");
        let is_trade = |(event, _): &(Event, &[u8])| event.kind == EventKind::Traded as u8;
        self.trades += events_in(sink.written()).filter(is_trade).count() as u64;
        elapsed
    }
}

fn run(orders: usize, commands: &[u8]) -> UncrossReport {
    let engine = Engine::new(Setup { reserve_orders: orders, ..Setup::default() });
    let mut bench = Bench { engine, buffer: vec![1; EventSink::RESERVE], trades: 0 };
    let definitions = account_setup(ACCOUNTS, false);
    bench.apply(&definitions);
    let defined =
        commands_in(&definitions).filter(|command: &Command<'_>| command.head.source == 1).count() as u64;
    bench.apply(&phase(defined + 1, code::VOLATILITY_AUCTION));
    let entry_ns = bench.apply(commands) * 1e6 / orders.max(1) as f64;
    let indication_ms = bench.apply(&system(CommandKind::Tick, 0));
    let mut slices = vec![bench.apply(&phase(defined + 2, code::CONTINUOUS))];
    while let Some(instrument) = bench.engine.next_work() {
        slices.push(bench.apply(&system(CommandKind::Continue, instrument.0)));
    }
    UncrossReport {
        orders,
        entry_ns,
        indication_ms,
        uncross_ms: slices.iter().sum(),
        slice_ms: slices.iter().copied().fold(0.0, f64::max),
        slices: slices.len(),
        trades: bench.trades,
    }
}

#[cfg(test)]
mod tests {
    use super::bench_uncross;

    #[test]
    fn a_small_auction_trades() {
        let report = bench_uncross(2_000, 5);
        assert!(report.trades > 400, "{report:?}");
    }
}
