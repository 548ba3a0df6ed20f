//! A book equals a naive twin, a list searched from end to end, for any row of operations: orders that rest, trade, stop for want of
//! room or are prevented from trading, and orders that leave or are reduced. GARRAWAY_PROPERTIES is how many rows are tried,
//! GARRAWAY_PROPERTIES_SEED from where they are drawn.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

use garraway_book::{Book, Fills, Node, Prevented, Slab, Slot};
use garraway_types::{Price, Side};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Trade,
    CancelNewest,
    CancelOldest,
    Decrement,
}

#[derive(Clone, Debug)]
enum Operation {
    /// An order that meets at most `most` others; what is left of it rests where that does not cross.
    Enter { side: Side, price: i64, lots: u32, most: usize, owner: u8, mode: Mode },
    /// An order leaves, or keeps so many lots.
    Leave { pick: usize, keep: u32 },
}

/// An order of the twin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Naive {
    side: Side,
    price: i64,
    sequence: u64,
    lots: u32,
    owner: u8,
}

/// What was done to a resting order: its sequence, lots that traded, lots that were taken.
type Met = (u64, u32, u32);

fn taken(mode: Mode, resting: u32, incoming: u32) -> Prevented {
    let common = resting.min(incoming);
    match mode {
        Mode::Trade => unreachable!("nothing is prevented"),
        Mode::CancelNewest => Prevented { resting: 0, incoming },
        Mode::CancelOldest => Prevented { resting, incoming: 0 },
        Mode::Decrement => Prevented { resting: common, incoming: common },
    }
}

struct Recorder {
    owner: u8,
    mode: Mode,
    most: usize,
    met: Vec<Met>,
    gone: Vec<Slot>,
}

impl Fills<u8> for Recorder {
    fn has_room(&mut self) -> bool {
        self.met.len() < self.most
    }
    fn is_prevented(&mut self, order: &Node<u8>) -> bool {
        self.mode != Mode::Trade && order.payload == self.owner
    }
    fn prevent(&mut self, slot: Slot, order: &mut Node<u8>, left: u32) -> Prevented {
        let prevented = taken(self.mode, order.leaves, left);
        self.met.push((order.sequence, 0, prevented.resting));
        if prevented.resting == order.leaves {
            self.gone.push(slot);
        }
        prevented
    }
    fn fill(&mut self, slot: Slot, order: &mut Node<u8>, lots: u32) {
        self.met.push((order.sequence, lots, 0));
        if order.leaves == 0 {
            self.gone.push(slot);
        }
    }
}

/// The book and its twin.
struct Twins {
    book: Book,
    slab: Slab<u8>,
    slots: Vec<Slot>,
    naive: Vec<Naive>,
    last: u64,
}

fn rank(side: Side, price: i64) -> i64 {
    if side == Side::Sell { price } else { -price }
}

impl Twins {
    fn new() -> Self {
        Self { book: Book::default(), slab: Slab::new(0), slots: Vec::new(), naive: Vec::new(), last: 0 }
    }

    /// The twin's orders of a side up to a limit, in the order in which they would trade.
    fn queue(&self, resting: Side, limit: i64) -> Vec<Naive> {
        let reached =
            |order: &&Naive| order.side == resting && rank(resting, order.price) <= rank(resting, limit);
        let mut queue: Vec<Naive> = self.naive.iter().filter(reached).copied().collect();
        queue.sort_by_key(|order| (rank(resting, order.price), order.sequence));
        queue
    }

    /// Takes an order through the twin: what it meets, and what is left of it.
    fn enter_naively(&mut self, order: Naive, most: usize, mode: Mode) -> (Vec<Met>, u32) {
        let (mut met, mut left) = (Vec::new(), order.lots);
        for resting in self.queue(order.side.opposite(), order.price) {
            if left == 0 || met.len() == most {
                break;
            }
            let own = mode != Mode::Trade && resting.owner == order.owner;
            let common = resting.lots.min(left);
            let prevented = if own {
                taken(mode, resting.lots, left)
            } else {
                Prevented { resting: common, incoming: common }
            };
            met.push(if own {
                (resting.sequence, 0, prevented.resting)
            } else {
                (resting.sequence, common, 0)
            });
            left -= prevented.incoming;
            let at = self.naive.iter().position(|other| other.sequence == resting.sequence).unwrap();
            self.naive[at].lots -= prevented.resting;
            if self.naive[at].lots > 0 {
                break;
            }
            self.naive.remove(at);
        }
        (met, left)
    }

    fn apply(&mut self, operation: &Operation) -> Result<(), TestCaseError> {
        match *operation {
            Operation::Enter { side, price, lots, most, owner, mode } => {
                self.last += 1;
                let order = Naive { side, price, sequence: self.last, lots, owner };
                self.enter(order, most, mode)
            }
            Operation::Leave { pick, keep } if !self.slots.is_empty() => {
                self.leave(pick % self.slots.len(), keep);
                Ok(())
            }
            Operation::Leave { .. } => Ok(()),
        }
    }

    fn enter(&mut self, order: Naive, most: usize, mode: Mode) -> Result<(), TestCaseError> {
        let (side, limit) = (order.side, Price(order.price));
        let walked: Vec<u64> =
            self.book.would_meet(&self.slab, side, limit).map(|node| node.sequence).collect();
        let queue: Vec<u64> =
            self.queue(side.opposite(), order.price).iter().map(|other| other.sequence).collect();
        prop_assert_eq!(walked, queue);
        let expected = self.enter_naively(order, most, mode);
        let mut recorder = Recorder { owner: order.owner, mode, most, met: Vec::new(), gone: Vec::new() };
        let left = self.book.take(&mut self.slab, side, limit, order.lots, &mut recorder);
        self.slots.retain(|slot| !recorder.gone.contains(slot));
        prop_assert_eq!((recorder.met, left), expected);
        if left > 0 && self.queue(side.opposite(), order.price).is_empty() {
            let slot = self.slab.insert(limit, order.sequence, left, side, [0; 2], order.owner);
            self.book.rest(&mut self.slab, slot);
            self.slots.push(slot);
            self.naive.push(Naive { lots: left, ..order });
        }
        Ok(())
    }

    fn leave(&mut self, at: usize, keep: u32) {
        let slot = self.slots[at];
        let (sequence, leaves) = (self.slab[slot].sequence, self.slab[slot].leaves);
        let of_twin = self.naive.iter().position(|order| order.sequence == sequence).unwrap();
        if keep > 0 && keep < leaves {
            self.book.reduce(&mut self.slab, slot, leaves - keep);
            self.naive[of_twin].lots = keep;
        } else {
            self.book.leave(&mut self.slab, slot);
            self.slab.remove(slot);
            self.slots.remove(at);
            self.naive.remove(of_twin);
        }
    }

    fn compare(&self) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.book.check(&self.slab, false), Ok(self.naive.len() as u32));
        prop_assert_eq!(self.slab.live() as usize, self.naive.len());
        for side in [Side::Buy, Side::Sell] {
            let worst = if side == Side::Buy { i64::MIN + 1 } else { i64::MAX };
            let levels = self.book.levels(side).flat_map(|level| Book::queue(&self.slab, level.first));
            let walked: Vec<Naive> = levels
                .map(|slot| {
                    let node = &self.slab[slot];
                    let (sequence, lots, owner) = (node.sequence, node.leaves, node.payload);
                    Naive { side: node.side, price: node.price.0, sequence, lots, owner }
                })
                .collect();
            prop_assert_eq!(&walked, &self.queue(side, worst));
            prop_assert_eq!(
                self.book.best(side).map(|price| price.0),
                walked.first().map(|order| order.price)
            );
        }
        Ok(())
    }
}

/// Mostly near each other, some anywhere, some at the ends of what fits.
fn price() -> impl Strategy<Value = i64> {
    prop_oneof![
        8 => 1_000..1_030i64,
        3 => 1..2_000i64,
        1 => 1..1_000_000i64,
        1 => prop_oneof![Just(1), Just(64), Just(1 << 40), Just(i64::MAX - 1)],
    ]
}

fn operation() -> impl Strategy<Value = Operation> {
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let mode = prop_oneof![
        3 => Just(Mode::Trade),
        1 => Just(Mode::CancelNewest),
        1 => Just(Mode::CancelOldest),
        1 => Just(Mode::Decrement),
    ];
    let lots = prop_oneof![9 => 1..40u32, 1 => Just(u32::MAX)];
    let most = prop_oneof![7 => Just(usize::MAX), 1 => 0..4usize];
    let enter = (side, price(), lots, most, 0..4u8, mode);
    prop_oneof![
        7 => enter.prop_map(|(side, price, lots, most, owner, mode)| Operation::Enter { side, price, lots, most, owner, mode }),
        3 => (any::<u16>(), 0..30u32).prop_map(|(pick, keep)| Operation::Leave { pick: pick.into(), keep }),
    ]
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}: give a number")))
}

fn config() -> Config {
    Config {
        cases: number("GARRAWAY_PROPERTIES", 256) as u32,
        rng_seed: RngSeed::Fixed(number("GARRAWAY_PROPERTIES_SEED", 1)),
        failure_persistence: None,
        max_shrink_iters: number("GARRAWAY_PROPERTIES_SHRINK", 20_000) as u32,
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_book_equals_its_twin_for_any_row_of_operations(operations in vec(operation(), 1..250)) {
        let mut twins = Twins::new();
        for operation in &operations {
            twins.apply(operation)?;
            twins.compare()?;
        }
    }
}
