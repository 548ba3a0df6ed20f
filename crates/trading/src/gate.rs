//! Where risk limits stand: between an intent and its command, and behind everything that changes what a strategy is worth.

use crate::account::Account;
use crate::intent::Intent;
use crate::market::Fill;
use crate::order::Order;

/// Why a limit refused an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Code of the limit, below 1,000.
    pub reason: u16,
    /// The value, the limit and what to do.
    pub text: String,
}

/// What a limit asks for once something has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Go,
    /// Cancel the orders of an instrument, by its place, and close its position at the market.
    Close(usize),
    /// Cancel what is open; take no new orders (the gate refuses them from now on).
    Stop,
    /// The same, and close all positions at the market.
    Flatten,
}

/// What a gate is told. The account has it already.
#[derive(Clone, Copy, Debug)]
pub enum Happened<'a> {
    /// An order left.
    Sent(&'a Order),
    /// An order can fill no more.
    Done(&'a Order),
    /// An order of ours filled.
    Filled(&'a Fill),
    /// An instrument, by its place, has a new quote.
    Marked(usize),
}

/// Limits of a strategy. Time and state are handed in.
pub trait Gate: Send + Sync {
    /// Judges an order before it leaves.
    ///
    /// # Errors
    /// The refusal, which the order keeps as its reason.
    fn judge(&mut self, account: &Account, intent: &Intent) -> Result<(), Refusal>;

    /// Is told what happened.
    fn happened(&mut self, account: &Account, what: Happened<'_>);

    /// What is to be done, asked after everything that happened at once was told.
    fn look(&mut self, account: &Account) -> Action;
}
