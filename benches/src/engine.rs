//! The whole engine: 1,000 funded accounts, buyers and sellers apart, fees, all limits finite; its events are hashed.

use garraway_engine::{Engine, Setup};
use garraway_types::{
    Command, CommandHead, CommandKind, EVENT_SIZE, Event, EventKind, EventSink, FixedBody, Fnv, NO_ITEMS,
    Nanos, Side, code, commands_in, detail, encode_command, events_in,
};

use crate::measure::{Latencies, Report, report, timed};
use crate::venue::{ACCOUNTS, FIRST, INSTRUMENT, account_setup, applied};
use crate::workload::{Tape, Verb, Workload};

/// A workload as commands.
#[derive(Clone, Debug)]
pub struct EngineWorkload {
    /// Commands that define and fund the venue.
    pub setup: Vec<u8>,
    /// The operations as commands of 96 bytes.
    pub commands: Vec<u8>,
    /// How many operations.
    pub count: usize,
    /// The most orders that are open at a time: what a venue of this size reserves.
    pub peak: usize,
    /// By account, the workload's numbers of its orders in the order of their references, from 1.
    orders: Vec<Vec<u32>>,
}

impl EngineWorkload {
    /// Makes commands of a workload.
    pub fn new(workload: &Workload) -> Self {
        let mut commands = Vec::with_capacity(workload.operations.len() * garraway_types::FIXED_COMMAND);
        let mut orders = vec![Vec::new(); (FIRST + ACCOUNTS) as usize];
        let mut refs = vec![0u64; workload.last_order as usize + 1];
        for operation in &workload.operations {
            let half = ACCOUNTS / 2;
            let first = if operation.side == Side::Buy { FIRST } else { FIRST + half };
            let account = first + operation.order % half;
            if operation.verb != Verb::Cancel {
                orders[account as usize].push(operation.order);
                refs[operation.order as usize] = orders[account as usize].len() as u64;
            }
            let head = CommandHead {
                account,
                client_ref: refs[operation.order as usize],
                instrument: INSTRUMENT,
                ..CommandHead::empty()
            };
            let (kind, time_in_force) = match operation.verb {
                Verb::Add => (CommandKind::PlaceOrder, code::GOOD_TILL_CANCEL),
                Verb::Take => (CommandKind::PlaceOrder, code::IMMEDIATE_OR_CANCEL),
                Verb::Cancel => (CommandKind::CancelOrder, 0),
            };
            let body = FixedBody {
                side: operation.side as u8,
                order_type: code::LIMIT,
                time_in_force,
                price: operation.price,
                quantity: i64::from(operation.quantity),
                ..FixedBody::empty()
            };
            encode_command(kind, head, &body, NO_ITEMS, &[], &mut commands);
        }
        let mut workload = Self {
            setup: account_setup(ACCOUNTS, false),
            commands,
            count: workload.operations.len(),
            peak: 1,
            orders,
        };
        workload.peak = workload.measure_peak();
        workload
    }

    fn measure_peak(&self) -> usize {
        let mut engine = self.engine();
        let mut buffer = vec![1; EventSink::RESERVE];
        let mut sink = EventSink::without_tails(&mut buffer);
        let open = |command: Command<'_>| {
            sink.clear();
            engine.apply(engine.last_seq() + 1, Nanos(1), &command, &mut sink);
            engine.open_orders() as usize
        };
        commands_in(&self.commands).map(open).max().unwrap_or(0)
    }

    /// A fresh engine, defined and funded, with memory for its orders touched.
    pub fn engine(&self) -> Engine {
        applied(&self.setup, Setup { reserve_orders: self.peak, ..Setup::default() }, 1)
    }
}

/// Runs the workload `repeats` times through a fresh engine, and once more for latencies. Each command's events are hashed at once.
pub fn bench_engine(workload: &Workload, repeats: usize) -> Report {
    let workload = EngineWorkload::new(workload);
    let mut buffer = vec![1; EventSink::RESERVE];
    let mut runs = Vec::new();
    for _ in 0..repeats {
        let mut engine = workload.engine();
        let mut hash = Fnv::default();
        runs.push(timed(workload.count, || {
            let mut sink = EventSink::without_tails(&mut buffer);
            for bytes in workload.commands.chunks_exact(garraway_types::FIXED_COMMAND) {
                one(&mut engine, bytes, &mut sink, &mut hash);
            }
        }));
        std::hint::black_box(hash.value());
    }
    let mut latencies = Latencies::for_operations(workload.count);
    let (mut engine, mut hash) = (workload.engine(), Fnv::default());
    let (mut tape, mut rejects) = (Tape::default(), 0);
    for bytes in workload.commands.chunks_exact(garraway_types::FIXED_COMMAND) {
        let mut sink = EventSink::without_tails(&mut buffer);
        latencies.measure(|| one(&mut engine, bytes, &mut sink, &mut hash));
        read_events(sink.written(), &workload.orders, &mut tape, &mut rejects);
    }
    if let Err(what) = engine.check() {
        unreachable!("the engine is unsound after the workload: {what}");
    }
    report(runs, latencies, tape.trades, rejects, tape.hash.value())
}

#[inline(always)]
fn one(engine: &mut Engine, bytes: &[u8], sink: &mut EventSink<'_>, hash: &mut Fnv) {
    if let Ok(command) = Command::parse(bytes) {
        sink.clear();
        engine.apply(engine.last_seq() + 1, Nanos(1), &command, sink);
        hash.bytes(sink.written());
    }
}

/// Folds fills into the tape: the resting order's event, then the incoming one's.
fn read_events(bytes: &[u8], orders: &[Vec<u32>], tape: &mut Tape, rejects: &mut u64) {
    let order = |event: &Event| u64::from(orders[event.account as usize][event.client_ref as usize - 1]);
    let mut maker = 0;
    for (event, _) in events_in(bytes) {
        match EventKind::from_code(event.kind) {
            Some(EventKind::Rejected) => *rejects += 1,
            Some(EventKind::Filled) if event.detail == detail::MAKER => maker = order(&event),
            Some(EventKind::Filled) => {
                tape.fill(order(&event), maker, event.price as u64, event.quantity as u64)
            }
            _ => {}
        }
    }
}

/// The workload in batches of `chunk` commands into one reused buffer, as Python's `Engine.apply` does it: ns for one operation, a figure a run.
pub fn bench_engine_batches(workload: &Workload, chunk: usize, repeats: usize) -> Vec<f64> {
    let workload = EngineWorkload::new(workload);
    let mut buffer = vec![1; EventSink::RESERVE + chunk * 4 * EVENT_SIZE];
    let mut run = || {
        let mut engine = workload.engine();
        timed(workload.count, || {
            for batch in workload.commands.chunks(chunk * garraway_types::FIXED_COMMAND) {
                let mut sink = EventSink::without_tails(&mut buffer);
                for command in commands_in(batch) {
                    assert!(sink.has_room(), "the buffer is too small for a chunk");
                    engine.apply(engine.last_seq() + 1, Nanos(1), &command, &mut sink);
                }
            }
        })
    };
    (0..repeats).map(|_| run()).collect()
}
