//! The book alone: cancels by handle, from an array of handles by order number.

use garraway_book::{Book, Fills, NIL, Node, Slab, Slot};
use garraway_types::Price;

use crate::measure::{Latencies, Report, report, timed};
use crate::workload::{Operation, Tape, Verb, Workload};

struct Run {
    book: Book,
    slab: Slab<u32>,
    handles: Vec<Slot>,
    tape: Tape,
    rejects: u64,
}

struct Recorder<'a> {
    taker: u32,
    handles: &'a mut [Slot],
    tape: &'a mut Tape,
}

impl Fills<u32> for Recorder<'_> {
    #[inline(always)]
    fn has_room(&mut self) -> bool {
        true
    }

    #[inline(always)]
    fn fill(&mut self, _slot: Slot, maker: &mut Node<u32>, lots: u32) {
        if maker.leaves == 0 {
            self.handles[maker.payload as usize] = NIL;
        }
        self.tape.fill(
            u64::from(self.taker),
            u64::from(maker.payload),
            maker.price.0 as u64,
            u64::from(lots),
        );
    }
}

impl Run {
    fn new(workload: &Workload) -> Self {
        let mut handles = vec![1; workload.last_order as usize + 1];
        handles.fill(NIL);
        let slab = Slab::new(200_000);
        Self { book: Book::default(), slab, handles, tape: Tape::default(), rejects: 0 }
    }

    #[inline(always)]
    fn apply(&mut self, operation: &Operation) {
        let &Operation { verb, side, order, price, quantity } = operation;
        if verb == Verb::Cancel {
            let slot = std::mem::replace(&mut self.handles[order as usize], NIL);
            if slot == NIL {
                self.rejects += 1;
            } else {
                self.book.leave(&mut self.slab, slot);
                self.slab.remove(slot);
            }
            return;
        }
        let mut fills = Recorder { taker: order, handles: &mut self.handles, tape: &mut self.tape };
        let left = self.book.take(&mut self.slab, side, Price(price), quantity, &mut fills);
        if left > 0 && verb == Verb::Add {
            let slot = self.slab.insert(Price(price), u64::from(order), left, side, [0; 2], order);
            self.book.rest(&mut self.slab, slot);
            self.handles[order as usize] = slot;
        }
    }
}

/// Runs the workload `repeats` times through a fresh book, and once more for latencies.
pub fn bench_book(workload: &Workload, repeats: usize) -> Report {
    let count = workload.operations.len();
    let mut runs = Vec::new();
    for _ in 0..repeats {
        let mut run = Run::new(workload);
        runs.push(timed(count, || workload.operations.iter().for_each(|operation| run.apply(operation))));
    }
    let mut latencies = Latencies::for_operations(count);
    let mut run = Run::new(workload);
    workload.operations.iter().for_each(|operation| latencies.measure(|| run.apply(operation)));
    report(runs, latencies, run.tape.trades, run.rejects, run.tape.hash.value())
}
