//! Books of more levels than any window holds.
#![allow(missing_docs, clippy::unwrap_used)]

use garraway_book::{Book, Fills, Node, Slab, Slot};
use garraway_types::{Price, Side};

const LEVELS: i64 = 200_000;

struct Takes(Vec<i64>);

impl Fills<()> for Takes {
    fn has_room(&mut self) -> bool {
        true
    }
    fn fill(&mut self, _slot: Slot, order: &mut Node<()>, _lots: u32) {
        self.0.push(order.price.0);
    }
}

fn filled(side: Side, price_at: impl Fn(i64) -> i64) -> (Book, Slab<()>) {
    let (mut book, mut slab) = (Book::default(), Slab::new(0));
    for step in 0..LEVELS {
        let slot = slab.insert(Price(price_at(step)), step as u64, 1, side, [0; 2], ());
        book.rest(&mut slab, slot);
    }
    (book, slab)
}

#[test]
fn levels_side_by_side_are_walked_and_taken_best_first_however_many() {
    for price_at in [|step: i64| 1 + step, |step| LEVELS - step, |step| 1 + step * 77_773 % LEVELS] {
        let (mut book, mut slab) = filled(Side::Sell, price_at);
        assert_eq!(book.check(&slab, false), Ok(LEVELS as u32));
        assert!(book.levels(Side::Sell).map(|level| level.price.0).eq(1..=LEVELS));
        let mut takes = Takes(Vec::new());
        let left = book.take(&mut slab, Side::Buy, Price(LEVELS - 10), u32::MAX, &mut takes);
        assert!(takes.0.iter().copied().eq(1..=LEVELS - 10) && left == u32::MAX - (LEVELS as u32 - 10));
        assert_eq!(book.check(&slab, false), Ok(10));
    }
}
