//! The mixed workload: every order type, time in force and command of trading, around a drifting price, on one instrument.
//!
//! It is generated against a live engine, so that cancels, replacements and links mostly aim at orders that are open; the bytes follow from the seed
//! and the engine's behaviour alone.

use garraway_engine::{Engine, Setup};
use garraway_types::{
    AccountId, ClientRef, Command, CommandHead, CommandKind, EventSink, FixedBody, Fnv, MassCancel,
    MassQuote, NO_ITEMS, Nanos, Quote, Record, code, commands_in, encode_command,
};

use crate::kinds::{Gathered, Kinds};
use crate::measure::{Latencies, Report, report, timed};
use crate::venue::{ACCOUNTS, FIRST, INSTRUMENT, account_setup, applied};

const SECOND_NS: i64 = 1_000_000_000;
const START_NS: i64 = 1_700_000_000 * SECOND_NS;
/// Time from one command to the next.
const STEP_NS: i64 = 1_000;
/// Commands between two ticks.
const TICK_EVERY: usize = 1_000;
/// Resting orders around which the book is stationary.
const LIVE: usize = 5_000;
const MID: i64 = 100_000;

/// The workload as commands, each with the time at which it is applied.
#[derive(Clone, Debug)]
pub struct MixedWorkload {
    setup: Vec<u8>,
    commands: Vec<u8>,
    count: usize,
    peak: usize,
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((u128::from(self.0) * u128::from(bound)) >> 64) as u64
    }
    fn chance(&mut self, of_hundred: u64) -> bool {
        self.below(100) < of_hundred
    }
    /// 1, 2, 3 ... each three quarters as likely as the one before.
    fn depth(&mut self) -> i64 {
        let mut depth = 1;
        while depth < 64 && self.chance(75) {
            depth += 1;
        }
        depth
    }
}

/// What the generator knows while it writes.
struct Writer {
    random: Random,
    engine: Engine,
    refs: Vec<u64>,
    live: Vec<(u32, u64)>,
    mid: i64,
    out: Vec<u8>,
    count: usize,
    peak: usize,
    buffer: Vec<u8>,
}

impl MixedWorkload {
    /// The workload of about `count` commands.
    pub fn new(count: usize, seed: u64) -> Self {
        let setup = account_setup(ACCOUNTS, true);
        let mut writer = Writer {
            random: Random(seed),
            engine: applied(&setup, Setup::default(), START_NS),
            refs: vec![0; (FIRST + ACCOUNTS) as usize],
            live: Vec::new(),
            mid: MID,
            out: Vec::new(),
            count: 0,
            peak: 1,
            buffer: vec![1; EventSink::RESERVE],
        };
        while writer.count < count {
            writer.step();
        }
        Self { setup, commands: writer.out, count: writer.count, peak: writer.peak }
    }

    fn engine(&self) -> Engine {
        let setup = Setup { reserve_orders: self.peak, ..Setup::default() };
        applied(&self.setup, setup, START_NS)
    }
}

impl Writer {
    fn step(&mut self) {
        if self.count.is_multiple_of(TICK_EVERY) {
            return self.fixed(CommandKind::Tick, CommandHead::empty(), FixedBody::empty());
        }
        if self.count.is_multiple_of(64) {
            self.mid += [-1, 0, 0, 1][self.random.below(4) as usize];
        }
        let crowded = self.live.len() > LIVE;
        match self.random.below(1_000) {
            0..1 => self.mass_cancel(),
            1..11 => self.mass_quote(),
            11..91 => self.replace(),
            91..350 if crowded => self.cancel(),
            91..250 => self.cancel(),
            roll => self.place(roll % 100),
        }
    }

    fn place(&mut self, roll: u64) {
        let side = 1 + self.random.below(2) as u8;
        let away = if side == 1 { -1 } else { 1 };
        let depth = self.random.depth();
        let passive = self.mid + away * depth;
        let through = self.mid - away * (4 + self.random.below(8) as i64);
        let quantity = 1 + self.random.below(100) as i64;
        let resting =
            [code::GOOD_TILL_CANCEL, code::DAY, code::GOOD_TILL_DATE][self.random.below(3) as usize];
        let limit = FixedBody {
            side,
            order_type: code::LIMIT,
            time_in_force: code::GOOD_TILL_CANCEL,
            price: passive,
            quantity,
            ..FixedBody::empty()
        };
        let take = FixedBody { time_in_force: code::IMMEDIATE_OR_CANCEL, price: through, ..limit };
        let beyond = self.mid - away * depth;
        let body = match roll {
            0..30 => FixedBody { time_in_force: resting, ..limit },
            30..42 => take,
            42..46 => FixedBody { order_type: code::MARKET, ..take },
            46..49 => FixedBody { time_in_force: code::FILL_OR_KILL, ..take },
            49..53 => FixedBody { flags: code::POST_ONLY, ..limit },
            53..61 => FixedBody { display: 1 + quantity as u32 / 2, quantity: quantity * 4, ..limit },
            61..66 => FixedBody { flags: code::HIDDEN, ..limit },
            66..69 => FixedBody { minimum: 1 + quantity as u32 / 2, ..take },
            69..72 => FixedBody { order_type: code::MARKET_TO_LIMIT, price: through, ..limit },
            72..77 => {
                FixedBody { order_type: code::STOP, trigger: beyond, price: beyond - away * 20, ..limit }
            }
            77..82 => {
                FixedBody { order_type: code::STOP_LIMIT, trigger: beyond, price: beyond - away * 2, ..limit }
            }
            82..86 => FixedBody {
                order_type: code::TRAILING_STOP,
                trigger: depth,
                price: self.mid - away * 500,
                ..limit
            },
            86..89 => FixedBody {
                order_type: code::PRIMARY_PEG,
                trigger: -(depth % 4),
                price: self.mid - away * 50,
                ..limit
            },
            89..91 => FixedBody { order_type: code::MIDPOINT_PEG, price: self.mid - away * 50, ..limit },
            91..92 => FixedBody {
                order_type: code::MARKET_PEG,
                trigger: -depth,
                price: self.mid - away * 50,
                ..limit
            },
            92..96 => return self.linked(limit, code::ONE_CANCELS_OTHER, beyond, away),
            _ => return self.linked(limit, code::ONE_TRIGGERS_OTHER, beyond, away),
        };
        let account = self.account();
        self.order(account, body);
    }

    /// A limit order, and a stop that is linked with it.
    fn linked(&mut self, limit: FixedBody, flag: u8, beyond: i64, away: i64) {
        let account = self.account();
        let target = self.order(account, limit);
        if self.engine.order(AccountId(account), ClientRef(target)).is_some() {
            let stop = FixedBody {
                order_type: code::STOP,
                flags: flag,
                target,
                trigger: beyond,
                price: beyond - away * 20,
                ..limit
            };
            self.order(account, stop);
        }
    }

    fn order(&mut self, account: u32, body: FixedBody) -> u64 {
        let expire_s = if body.time_in_force == code::GOOD_TILL_DATE {
            (self.now_ns() / SECOND_NS) as u32 + 1 + self.random.below(3) as u32
        } else {
            0
        };
        let client_ref = self.next_ref(account, 1);
        self.fixed(CommandKind::PlaceOrder, head(account, client_ref), FixedBody { expire_s, ..body });
        if self.engine.order(AccountId(account), ClientRef(client_ref)).is_some() {
            self.live.push((account, client_ref));
        }
        client_ref
    }

    fn cancel(&mut self) {
        if let Some((account, client_ref)) = self.pick() {
            self.fixed(CommandKind::CancelOrder, head(account, client_ref), FixedBody::empty());
        }
    }

    fn replace(&mut self) {
        let Some((account, target)) = self.pick() else { return };
        let Some(order) = self.engine.order(AccountId(account), ClientRef(target)) else { return };
        let (client_ref, move_by) = (self.next_ref(account, 1), self.random.below(5) as i64 - 2);
        let total = (order.filled.0 + order.leaves.0) as i64;
        let quantity =
            if self.random.chance(50) { total } else { 1 + self.random.below(2 * total as u64) as i64 };
        let body = FixedBody { target, price: order.price.0 + move_by, quantity, ..FixedBody::empty() };
        self.fixed(CommandKind::ReplaceOrder, head(account, client_ref), body);
        self.live.push((account, client_ref));
    }

    fn mass_cancel(&mut self) {
        let body = MassCancel {
            id: self.account(),
            scope: code::SCOPE_ACCOUNT,
            side: 0,
            reserved: 0,
            reserved_2: 0,
        };
        let head = CommandHead { instrument: INSTRUMENT, ..CommandHead::empty() };
        let mut record = Vec::new();
        encode_command(CommandKind::MassCancel, head, &body, NO_ITEMS, &[], &mut record);
        self.apply(&record);
    }

    fn mass_quote(&mut self) {
        let account = self.account();
        let client_ref = self.next_ref(account, 2);
        let quote = Quote {
            instrument: INSTRUMENT,
            reserved: 0,
            bid_price: self.mid - self.random.depth(),
            bid_quantity: 1 + self.random.below(100) as i64,
            ask_price: self.mid + self.random.depth(),
            ask_quantity: 1 + self.random.below(100) as i64,
        };
        let mut record = Vec::new();
        encode_command(
            CommandKind::MassQuote,
            head(account, client_ref),
            &MassQuote { reserved: 0 },
            &[quote],
            &[],
            &mut record,
        );
        self.apply(&record);
    }

    fn account(&mut self) -> u32 {
        FIRST + self.random.below(u64::from(ACCOUNTS)) as u32
    }

    fn next_ref(&mut self, account: u32, count: u64) -> u64 {
        let last = &mut self.refs[account as usize];
        *last += count;
        *last + 1 - count
    }

    /// An open order, taken from the list; those found to be done are dropped.
    fn pick(&mut self) -> Option<(u32, u64)> {
        while !self.live.is_empty() {
            let place = self.random.below(self.live.len() as u64) as usize;
            let (account, client_ref) = self.live.swap_remove(place);
            // One in fifty aims at a dead order on purpose.
            if self.engine.order(AccountId(account), ClientRef(client_ref)).is_some() || self.random.chance(2)
            {
                return Some((account, client_ref));
            }
        }
        None
    }

    fn fixed(&mut self, kind: CommandKind, head: CommandHead, body: FixedBody) {
        let mut record = Vec::new();
        encode_command(kind, head, &body, NO_ITEMS, &[], &mut record);
        self.apply(&record);
    }

    /// Writes the command, applies it, and goes on with what it leaves.
    fn apply(&mut self, record: &[u8]) {
        self.out.extend_from_slice(record);
        let now = self.now_ns();
        self.count += 1;
        if let Ok(command) = Command::parse(record) {
            let mut sink = EventSink::without_tails(&mut self.buffer);
            self.engine.apply(self.engine.last_seq() + 1, Nanos(now), &command, &mut sink);
        }
        self.peak = self.peak.max(self.engine.open_orders() as usize);
        if let Some(instrument) = self.engine.next_work() {
            let head = CommandHead { instrument: instrument.0, ..CommandHead::empty() };
            self.fixed(CommandKind::Continue, head, FixedBody::empty());
        }
    }

    fn now_ns(&self) -> i64 {
        START_NS + self.count as i64 * STEP_NS
    }
}

fn head(account: u32, client_ref: u64) -> CommandHead {
    CommandHead { account, client_ref, instrument: INSTRUMENT, ..CommandHead::empty() }
}

/// Runs the mixed workload `repeats` times through a fresh engine, and once more for latencies, in all and by kind of command. The tape is
/// the hash of all events.
pub fn bench_mixed(count: usize, seed: u64, repeats: usize) -> (Report, Kinds) {
    let workload = MixedWorkload::new(count, seed);
    let mut buffer = vec![1; EventSink::RESERVE];
    let mut runs = Vec::new();
    for _ in 0..repeats {
        let mut engine = workload.engine();
        let mut at = START_NS;
        runs.push(timed(workload.count, || {
            for command in commands_in(&workload.commands) {
                let mut sink = EventSink::without_tails(&mut buffer);
                engine.apply(engine.last_seq() + 1, Nanos(at), &command, &mut sink);
                at += STEP_NS;
            }
        }));
    }
    let mut latencies = Latencies::for_operations(workload.count);
    let (mut engine, mut hash, mut at) = (workload.engine(), Fnv::default(), START_NS);
    let (mut trades, mut rejects) = (0, 0);
    let mut kinds = Gathered::default();
    for command in commands_in(&workload.commands) {
        let mut sink = EventSink::without_tails(&mut buffer);
        latencies.measure(|| engine.apply(engine.last_seq() + 1, Nanos(at), &command, &mut sink));
        hash.bytes(sink.written());
        crate::venue::count(sink.written(), &mut trades, &mut rejects);
        kinds.take(&command, latencies.last(), sink.written());
        at += STEP_NS;
    }
    if let Err(what) = engine.check() {
        unreachable!("the engine is unsound after the workload: {what}");
    }
    let report = report(runs, latencies, trades, rejects, hash.value());
    let kinds = kinds.rows([report.p99_ns, report.p999_ns]);
    (report, kinds)
}

const _: () = assert!(Quote::SIZE == 40);
