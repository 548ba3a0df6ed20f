//! The book equals a naive twin: a list of orders, searched from end to end. `GARRAWAY_TWIN` is how many operations to compare, 240,000
//! without it.
#![allow(missing_docs, clippy::unwrap_used)]

use garraway_book::{Book, Fills, Node, Slab, Slot};
use garraway_types::{Price, Side};

/// An order of the twin: side, price, sequence, lots.
type Naive = (Side, i64, u64, u32);

#[derive(Default)]
struct Recorder {
    fills: Vec<(u64, i64, u32)>,
    most: usize,
}

impl Fills<u64> for Recorder {
    fn has_room(&mut self) -> bool {
        self.fills.len() < self.most
    }
    fn fill(&mut self, _slot: Slot, order: &mut Node<u64>, lots: u32) {
        self.fills.push((order.sequence, order.price.0, lots));
    }
}

struct Twins {
    book: Book,
    slab: Slab<u64>,
    slots: Vec<(u64, Slot)>,
    naive: Vec<Naive>,
}

fn better(side: Side, price: i64) -> i64 {
    if side == Side::Sell { price } else { -price }
}

impl Twins {
    fn new() -> Self {
        Self { book: Book::default(), slab: Slab::new(0), slots: Vec::new(), naive: Vec::new() }
    }

    /// The twin's orders that an order of `side` would meet, in the order in which it would.
    fn queue(&self, side: Side, limit: i64) -> Vec<Naive> {
        let resting = side.opposite();
        let reached =
            |order: &&Naive| order.0 == resting && better(resting, order.1) <= better(resting, limit);
        let mut queue: Vec<Naive> = self.naive.iter().filter(reached).copied().collect();
        queue.sort_by_key(|order| (better(resting, order.1), order.2));
        queue
    }

    fn enter(&mut self, side: Side, price: i64, sequence: u64, lots: u32, most: usize) {
        let queue = self.queue(side, price);
        let walked = self.book.would_meet(&self.slab, side, Price(price));
        let walked: Vec<Naive> =
            walked.map(|node| (node.side, node.price.0, node.sequence, node.leaves)).collect();
        assert_eq!(walked, queue);
        let (mut left, mut expected) = (lots, Vec::new());
        for order in queue.iter().take(most) {
            let traded = left.min(order.3);
            if traded == 0 {
                break;
            }
            left -= traded;
            expected.push((order.2, order.1, traded));
            self.take_from_naive(order.2, traded);
        }
        let mut recorder = Recorder { most, ..Recorder::default() };
        let rest = self.book.take(&mut self.slab, side, Price(price), lots, &mut recorder);
        assert_eq!((recorder.fills, rest), (expected, left));
        if rest > 0 && self.queue(side, price).is_empty() {
            let slot = self.slab.insert(Price(price), sequence, rest, side, [0; 2], sequence);
            self.book.rest(&mut self.slab, slot);
            self.slots.push((sequence, slot));
            self.naive.push((side, price, sequence, rest));
        }
    }

    fn take_from_naive(&mut self, sequence: u64, lots: u32) {
        let at = self.naive.iter().position(|order| order.2 == sequence).unwrap();
        self.naive[at].3 -= lots;
        if self.naive[at].3 == 0 {
            self.naive.remove(at);
            self.slots.retain(|(other, _)| *other != sequence);
        }
    }

    fn cancel(&mut self, pick: usize, keep: u32) {
        let Some(&(sequence, slot)) = self.slots.get(pick % self.slots.len().max(1)) else { return };
        let leaves = self.slab[slot].leaves;
        if keep > 0 && keep < leaves {
            self.book.reduce(&mut self.slab, slot, leaves - keep);
            self.take_from_naive(sequence, leaves - keep);
        } else {
            self.book.leave(&mut self.slab, slot);
            self.slab.remove(slot);
            self.take_from_naive(sequence, leaves);
        }
    }

    fn compare(&self) {
        assert_eq!(self.book.check(&self.slab, false).unwrap() as usize, self.naive.len());
        for side in [Side::Buy, Side::Sell] {
            let walked: Vec<Naive> = self
                .book
                .levels(side)
                .flat_map(|level| Book::queue(&self.slab, level.first))
                .map(|slot| (side, self.slab[slot].price.0, self.slab[slot].sequence, self.slab[slot].leaves))
                .collect();
            let limit = if side == Side::Buy { i64::MIN + 1 } else { i64::MAX };
            assert_eq!(walked, self.queue(side.opposite(), limit));
            assert_eq!(self.book.best(side).map(|price| price.0), walked.first().map(|order| order.1));
        }
    }
}

struct Random(u64);

impl Random {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % below
    }
}

/// Operations of one book.
const STEPS: u64 = 400;

/// How prices are drawn: narrow, wide, drifting, jumping between far places, at the ends of what fits.
fn price(style: u64, step: u64, random: &mut Random) -> i64 {
    match style {
        0 => 1_000 + random.next(20) as i64,
        1 => 1 + random.next(1_000_000) as i64,
        2 => 50_000 + step as i64 * 3 + random.next(100) as i64,
        3 => [10, 1_000_000, 1 << 40][random.next(3) as usize] + random.next(3_000) as i64,
        4 => [1, i64::MAX - 1][random.next(2) as usize],
        _ => (100_000 + random.next(60) * random.next(60)) as i64,
    }
}

#[test]
fn book_equals_its_naive_twin() {
    let wanted: u64 =
        std::env::var("GARRAWAY_TWIN").ok().and_then(|text| text.parse().ok()).unwrap_or(240_000);
    for seed in 1..=wanted.div_ceil(STEPS) {
        let mut random = Random(seed * 0x9e37_79b9);
        let (mut twins, style) = (Twins::new(), seed % 6);
        for step in 0..STEPS {
            let pick = random.next(1 << 20) as usize;
            match random.next(10) {
                0..=5 => {
                    let side = if random.next(2) == 0 { Side::Buy } else { Side::Sell };
                    let lots = 1 + random.next(50) as u32;
                    let most = if random.next(8) == 0 { random.next(4) as usize } else { usize::MAX >> 40 };
                    twins.enter(side, price(style, step, &mut random), step + 1, lots, most);
                }
                6..=7 => twins.cancel(pick, 0),
                _ => twins.cancel(pick, 1 + random.next(20) as u32),
            }
            twins.compare();
        }
    }
}

#[test]
fn largest_quantities_are_counted() {
    let mut twins = Twins::new();
    for sequence in 1..=1_000 {
        twins.enter(Side::Sell, 10, sequence, u32::MAX, 10_000);
    }
    assert_eq!(twins.book.levels(Side::Sell).next().unwrap().quantity, 1_000 * u64::from(u32::MAX));
    twins.enter(Side::Buy, 10, 2_000, u32::MAX, 10_000);
    twins.compare();
}

#[test]
fn a_price_that_jumps_to_and_fro_keeps_the_book_whole() {
    let mut twins = Twins::new();
    for step in 0..3_000u64 {
        let far = if step % 2 == 0 { 1 } else { 1 << 50 };
        twins.enter(Side::Sell, far + (step % 700) as i64, step + 1, 5, 10_000);
        if step % 64 == 0 {
            twins.compare();
        }
    }
    twins.compare();
}
