//! The proof of a book finds each way in which it can be broken from outside.
#![allow(missing_docs, clippy::unwrap_used)]

use garraway_book::{Book, Slab, Slot};
use garraway_types::{Price, Side};

struct Sound {
    book: Book,
    slab: Slab<u64>,
    slots: Vec<Slot>,
}

/// Two bids at one price, one below, an ask above.
fn sound() -> Sound {
    let (mut book, mut slab) = (Book::default(), Slab::new(0));
    let mut slots = Vec::new();
    for (side, price) in [(Side::Buy, 100), (Side::Buy, 100), (Side::Buy, 90), (Side::Sell, 110)] {
        let slot = slab.insert(Price(price), slots.len() as u64 + 1, 5, side, [0; 2], 0);
        book.rest(&mut slab, slot);
        slots.push(slot);
    }
    assert_eq!(book.check(&slab, false), Ok(4));
    Sound { book, slab, slots }
}

fn fault(change: impl FnOnce(&mut Sound)) -> String {
    let mut broken = sound();
    change(&mut broken);
    broken.book.check(&broken.slab, false).unwrap_err().0
}

#[test]
fn an_order_of_another_price_or_side_does_not_belong() {
    assert_eq!(
        fault(|it| it.slab[it.slots[0]].price = Price(99)),
        "Buy at 100: order in slot 1 does not belong there"
    );
    assert_eq!(
        fault(|it| it.slab[it.slots[3]].side = Side::Buy),
        "Sell at 110: order in slot 4 does not belong there"
    );
}

#[test]
fn an_order_that_left_for_another_book_does_not_belong() {
    let left = fault(|it| {
        let mut other = Book::default();
        other.rest(&mut it.slab, it.slots[3]);
        other.leave(&mut it.slab, it.slots[3]);
    });
    assert_eq!(left, "Sell at 110: order in slot 4 does not belong there");
}

#[test]
fn an_order_that_stands_in_two_books_is_linked_wrongly() {
    let linked = fault(|it| {
        let mut other = Book::default();
        other.rest(&mut it.slab, it.slots[1]);
    });
    assert_eq!(linked, "Buy at 100: order in slot 2 is linked wrongly");
}

#[test]
fn priority_within_a_level_rises() {
    assert_eq!(
        fault(|it| it.slab[it.slots[0]].sequence = 2),
        "Buy at 100: order in slot 2 stands behind a later one"
    );
}

#[test]
fn an_order_has_something_open_and_the_level_counts_it() {
    assert_eq!(fault(|it| it.slab[it.slots[2]].leaves = 0), "Buy at 90: order in slot 3 has nothing open");
    let lots = "Buy at 90: orders have 6 lots, the level says 5";
    assert_eq!(fault(|it| it.slab[it.slots[2]].leaves = 6), lots);
}

#[test]
fn prices_that_meet_are_crossed() {
    let crossed = fault(|it| {
        let slot = it.slab.insert(Price(110), 9, 5, Side::Buy, [0; 2], 0);
        it.book.rest(&mut it.slab, slot);
    });
    assert_eq!(crossed, "crossed: bid 110, ask 110");
}

#[test]
#[should_panic(expected = "5 lots taken from 5: use leave")]
fn an_order_is_never_reduced_to_nothing() {
    let mut it = sound();
    it.book.reduce(&mut it.slab, it.slots[0], 5);
}
