//! The book with hidden parts, slices that refill and orders that go back to their place equals a naive twin: a list of orders,
//! sorted anew for every question. `GARRAWAY_TWIN` is how many operations to compare, 200,000 without it.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

use garraway_book::{Book, PARTS, Slab, Slot, Stand};
use garraway_types::{Price, Side};

/// An order of the twin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Naive {
    side: Side,
    stand: Stand,
    price: i64,
    sequence: u64,
    shown: u32,
    reserve: u32,
    display: u32,
    slot: Slot,
}

struct Twins {
    book: Book,
    slab: Slab<u64>,
    naive: Vec<Naive>,
    next: u64,
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

fn key(side: Side, price: i64) -> i64 {
    if side == Side::Sell { price } else { -price }
}

impl Twins {
    fn new() -> Self {
        Self { book: Book::default(), slab: Slab::new(0), naive: Vec::new(), next: 1 }
    }

    /// The twin's orders of a side, in the order in which they would be met.
    fn queue(&self, side: Side) -> Vec<Naive> {
        let mut queue: Vec<Naive> = self.naive.iter().filter(|order| order.side == side).copied().collect();
        queue.sort_by_key(|order| (key(side, order.price), order.stand == Stand::Hidden, order.sequence));
        queue
    }

    fn rest(&mut self, order: Naive) {
        let (price, side) = (Price(order.price), order.side);
        let slot = self.slab.insert(price, order.sequence, order.shown, side, [0; 2], 0);
        self.book.rest_in(&mut self.slab, slot, order.stand);
        self.naive.push(Naive { slot, ..order });
    }

    fn place(&mut self, random: &mut Random, spread: u64) {
        let side = if random.next(2) == 0 { Side::Buy } else { Side::Sell };
        let stand = if random.next(3) == 0 { Stand::Hidden } else { Stand::Displayed };
        let price = 1_000 + random.next(spread) as i64;
        let total = 1 + random.next(40) as u32;
        let display = if stand == Stand::Displayed && random.next(2) == 0 { 1 + total / 4 } else { 0 };
        let shown = if display == 0 { total } else { display.min(total) };
        let sequence = self.next;
        self.next += 1;
        let reserve = total - shown;
        self.rest(Naive { side, stand, price, sequence, shown, reserve, display, slot: 0 });
    }

    /// Trades lots of the first order of a side; a slice that is gone is followed by the next, behind all others.
    fn trade(&mut self, side: Side, lots: u32) {
        let first = self.queue(side).first().copied();
        let found = self.book.first_any(side);
        assert_eq!(found, first.map(|order| (Price(order.price), order.slot)));
        let Some(order) = first else { return };
        self.lose(order.slot, lots.min(order.shown));
    }

    fn lose(&mut self, slot: Slot, lots: u32) {
        let at = self.naive.iter().position(|order| order.slot == slot).unwrap();
        let order = &mut self.naive[at];
        order.shown -= lots;
        if order.shown > 0 {
            return self.book.reduce(&mut self.slab, slot, lots);
        }
        self.book.leave(&mut self.slab, slot);
        if order.reserve == 0 {
            self.naive.swap_remove(at);
            return self.slab.remove(slot);
        }
        order.shown = order.display.min(order.reserve);
        order.reserve -= order.shown;
        order.sequence = self.next;
        self.next += 1;
        let node = &mut self.slab[slot];
        (node.leaves, node.sequence) = (order.shown, order.sequence);
        let stand = order.stand;
        self.book.rest_in(&mut self.slab, slot, stand);
    }

    /// Takes an order out and puts it back, at its place or at another price.
    fn move_one(&mut self, at: usize, price: Option<i64>) {
        let order = &mut self.naive[at];
        self.book.leave(&mut self.slab, order.slot);
        order.price = price.unwrap_or(order.price);
        self.slab[order.slot].price = Price(order.price);
        self.book.rest_in(&mut self.slab, order.slot, order.stand);
    }

    fn step(&mut self, random: &mut Random, spread: u64) {
        let at = random.next(self.naive.len().max(1) as u64) as usize;
        let side = if random.next(2) == 0 { Side::Buy } else { Side::Sell };
        match random.next(10) {
            0..=3 if self.naive.len() < 60 => self.place(random, spread),
            4 if at < self.naive.len() => {
                let price = (random.next(2) == 0).then(|| 1_000 + random.next(spread) as i64);
                self.move_one(at, price);
            }
            5 if at < self.naive.len() => {
                let slot = self.naive[at].slot;
                self.naive.swap_remove(at);
                self.book.leave(&mut self.slab, slot);
                self.slab.remove(slot);
            }
            6 if at < self.naive.len() => {
                let order = self.naive[at];
                self.lose(order.slot, 1 + random.next(u64::from(order.shown)) as u32);
            }
            _ => self.trade(side, 1 + random.next(12) as u32),
        }
    }

    fn compare(&self) {
        assert_eq!(self.book.check(&self.slab, true).unwrap() as usize, self.naive.len());
        for side in [Side::Buy, Side::Sell] {
            let queue = self.queue(side);
            let best = queue.first().map(|order| Price(order.price));
            assert_eq!(self.book.best_any(side), best);
            assert_eq!(self.book.first_any(side).map(|(price, _)| price), best);
        }
        for (side, stand) in PARTS {
            let queue: Vec<Naive> =
                self.queue(side).into_iter().filter(|order| order.stand == stand).collect();
            let mut walked = Vec::new();
            for level in self.book.levels_in(side, stand) {
                assert_eq!(self.book.first_at(side, stand, level.price), Some(level.first));
                walked.extend(Book::queue(&self.slab, level.first));
            }
            assert_eq!(walked, queue.iter().map(|order| order.slot).collect::<Vec<_>>());
            let first = queue.first().map(|order| (Price(order.price), order.slot));
            assert_eq!(self.book.first_in(side, stand), first);
        }
    }
}

#[test]
fn a_book_with_hidden_parts_and_refills_equals_its_naive_twin() {
    let wanted: u64 =
        std::env::var("GARRAWAY_TWIN").ok().and_then(|text| text.parse().ok()).unwrap_or(200_000);
    let mut seed = 0u64;
    let mut done = 0;
    while done < wanted {
        seed += 1;
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let spread = [1, 4, 30, 3_000, 1 << 40][seed as usize % 5];
        let mut twins = Twins::new();
        for step in 0..1_000 {
            twins.step(&mut random, spread);
            if step % 8 == 0 {
                twins.compare();
            }
        }
        twins.compare();
        done += 1_000;
    }
}
