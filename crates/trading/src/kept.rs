//! What is kept of a run: fills, marks of what the account is worth, counts. Columns of whole numbers, grown and never moved.

use crate::market::Fill;

/// What the account was worth at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EquityRow {
    /// When, ns.
    pub at_ns: i64,
    /// What all was worth, in the quote asset.
    pub equity: f64,
    /// The part that would be there if every position had been paid in full.
    pub cash: f64,
}

/// What is kept of a run, beside the orders.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// All fills.
    pub fills: Vec<Fill>,
    /// Marks.
    pub equity: Vec<EquityRow>,
    /// Commands sent.
    pub commands: u64,
    /// Handlers that failed and were skipped.
    pub failures: u64,
    /// Calls of handlers.
    pub calls: u64,
}
