//! Very many resting orders: what one costs in memory over ten thousand instruments, and how long snapshot and restore of a million take.

use std::time::Instant;

use garraway_engine::{Engine, LookAhead, Setup};
use garraway_types::{
    Command, CommandHead, CommandKind, EventSink, FixedBody, NO_ITEMS, Nanos, Side, code, commands_in,
    encode_command,
};

use crate::venue::{ACCOUNTS, Definitions, FIRST, applied};

/// Prices on each side of an instrument.
const DEPTH: u64 = 50;
const MID: i64 = 100_000;

/// What very many orders cost.
#[derive(Clone, Copy, Debug)]
pub struct ManyReport {
    /// Orders resting at the end.
    pub orders: usize,
    /// Bytes of resident memory that the engine took, for one order.
    pub bytes_per_order: f64,
    /// Nanoseconds for one placement while the venue fills.
    pub place_ns: f64,
    /// Nanoseconds for one command in the full venue: placements, cancels and trades. The median over batches, which leaves out
    /// those in which the machine did something else.
    pub command_ns: f64,
}

/// How long a full venue takes to be written and read back.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotReport {
    /// Orders open.
    pub orders: usize,
    /// Bytes of the snapshot.
    pub bytes: usize,
    /// Milliseconds to write it.
    pub snapshot_ms: f64,
    /// Milliseconds to read it back, the proof of all invariants included.
    pub restore_ms: f64,
    /// Whether the restored engine has the same state hash.
    pub equal: bool,
}

struct Filler {
    engine: Engine,
    instruments: u32,
    state: u64,
    refs: Vec<u64>,
    /// Commands encoded before the clock starts.
    commands: Vec<u8>,
}

impl Filler {
    fn new(orders: usize, instruments: u32) -> Self {
        let mut definitions = Definitions::new();
        for instrument in 1..=instruments {
            definitions.instrument(instrument, code::CONTINUOUS);
        }
        for account in FIRST..FIRST + ACCOUNTS {
            let buys = account < FIRST + ACCOUNTS / 2;
            definitions.account(account, buys, !buys);
        }
        let setup = Setup { reserve_orders: orders + orders / 64, ..Setup::default() };
        Self {
            engine: applied(&definitions.out, setup, 1),
            instruments,
            state: 23,
            refs: vec![0; (FIRST + ACCOUNTS) as usize],
            commands: Vec::new(),
        }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((u128::from(self.state) * u128::from(bound)) >> 64) as u64
    }

    fn place(&mut self, time_in_force: u8, through: bool) {
        let side = if self.below(2) == 0 { Side::Buy } else { Side::Sell };
        let half = ACCOUNTS / 2;
        let first = if side == Side::Buy { FIRST } else { FIRST + half };
        let account = first + self.below(u64::from(half)) as u32;
        self.refs[account as usize] += 1;
        let away = 1 + self.below(DEPTH) as i64;
        let away = if (side == Side::Buy) == through { away } else { -away };
        let body = FixedBody {
            side: side as u8,
            order_type: code::LIMIT,
            time_in_force,
            price: MID + away,
            quantity: 1 + self.below(100) as i64,
            ..FixedBody::empty()
        };
        let instrument = 1 + self.below(u64::from(self.instruments)) as u32;
        let head = CommandHead {
            account,
            client_ref: self.refs[account as usize],
            instrument,
            ..CommandHead::empty()
        };
        encode_command(CommandKind::PlaceOrder, head, &body, NO_ITEMS, &[], &mut self.commands);
    }

    fn cancel(&mut self) {
        let account = FIRST + self.below(u64::from(ACCOUNTS)) as u32;
        let client_ref = 1 + self.below(self.refs[account as usize].max(1));
        let head = CommandHead { account, client_ref, ..CommandHead::empty() };
        encode_command(
            CommandKind::CancelOrder,
            head,
            &FixedBody::empty(),
            NO_ITEMS,
            &[],
            &mut self.commands,
        );
    }

    /// Applies what was encoded; nanoseconds in all.
    fn run(&mut self, buffer: &mut [u8]) -> u128 {
        let start = Instant::now();
        let mut ahead = LookAhead::default();
        for (at, bytes) in self.commands.chunks_exact(garraway_types::FIXED_COMMAND).enumerate() {
            ahead.before(&self.engine, commands_in(&self.commands[at * garraway_types::FIXED_COMMAND..]));
            if let Ok(command) = Command::parse(bytes) {
                let mut sink = EventSink::without_tails(buffer);
                self.engine.apply(self.engine.last_seq() + 1, Nanos(1), &command, &mut sink);
            }
        }
        let taken = start.elapsed().as_nanos();
        self.commands.clear();
        taken
    }

    /// Fills the venue; nanoseconds for one placement.
    fn fill(&mut self, orders: usize, buffer: &mut [u8]) -> f64 {
        let mut taken = 0;
        for _ in 0..orders.div_ceil(BATCH) {
            for _ in 0..BATCH {
                self.place(code::GOOD_TILL_CANCEL, false);
            }
            taken += self.run(buffer);
        }
        taken as f64 / self.engine.open_orders() as f64
    }
}

const BATCH: usize = 1_000;
const MIXED: usize = 1_000_000;

/// Fills `instruments` books with `orders` orders, then runs a million placements, cancels and takers over them.
pub fn bench_many(orders: usize, instruments: u32) -> ManyReport {
    let mut buffer = vec![1; EventSink::RESERVE];
    let before = resident_bytes();
    let mut filler = Filler::new(orders, instruments);
    let place_ns = filler.fill(orders, &mut buffer);
    let resting = filler.engine.open_orders() as usize;
    let bytes_per_order = resident_bytes().saturating_sub(before) as f64 / resting as f64;
    let mut taken = Vec::with_capacity(MIXED / BATCH);
    for _ in 0..MIXED / BATCH {
        for _ in 0..BATCH {
            match filler.below(100) {
                0..55 => filler.place(code::GOOD_TILL_CANCEL, false),
                55..90 => filler.cancel(),
                _ => filler.place(code::IMMEDIATE_OR_CANCEL, true),
            }
        }
        taken.push(filler.run(&mut buffer));
    }
    taken.sort_unstable();
    let command_ns = taken[taken.len() / 2] as f64 / BATCH as f64;
    ManyReport { orders: resting, bytes_per_order, place_ns, command_ns }
}

/// Writes and restores a venue with `orders` open orders.
pub fn bench_snapshot(orders: usize, instruments: u32) -> SnapshotReport {
    let mut buffer = vec![1; EventSink::RESERVE];
    let mut filler = Filler::new(orders, instruments);
    filler.fill(orders, &mut buffer);
    let mut bytes = vec![1; 256 * orders];
    bytes.clear();
    let start = Instant::now();
    filler.engine.snapshot(&mut bytes);
    let snapshot_ms = start.elapsed().as_secs_f64() * 1e3;
    let start = Instant::now();
    let restored = Engine::restore(&bytes, orders);
    let restore_ms = start.elapsed().as_secs_f64() * 1e3;
    let equal = restored.is_ok_and(|restored| restored.state_hash() == filler.engine.state_hash());
    let orders = filler.engine.open_orders() as usize;
    SnapshotReport { orders, bytes: bytes.len(), snapshot_ms, restore_ms, equal }
}

/// Resident memory of this process. Source: proc(5), `statm`.
fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: usize = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * 4_096
}
