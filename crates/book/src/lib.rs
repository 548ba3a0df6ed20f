//! One order book: place, cancel, reduce, replace, match. Knows no account and no clock.
//!
//! Orders of all books lie in one [`Slab`], a cache line each, linked into the queues of price levels. Levels lie in a
//! [`Ladder`](ladder::Ladder) per side. What else belongs to an order is the payload `T`, which the book never reads.
#![forbid(unsafe_code)]
#![deny(clippy::disallowed_types, clippy::disallowed_methods, clippy::float_arithmetic)]

mod bitmap;
mod book;
mod ladder;
mod slab;

pub use book::{Book, BookFault, Fills, LevelView, PARTS, Prevented};
pub use slab::{NIL, Node, Slab, Slot, Stand};
