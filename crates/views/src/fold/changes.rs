//! What the fold changed since it was last asked: what a publisher sends. Nothing is noted that nobody watches.

use std::collections::{BTreeSet, HashSet};

use garraway_types::EventKind;

use super::account::Fill;
use super::market::Trade;
use super::order::Order;

/// One change that belongs to an account, in the order of the events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Private {
    /// An order after an event of this kind.
    Order(EventKind, Box<Order>),
    /// A fill.
    Fill(Box<Fill>),
    /// An order in whose place another came; that one is told next.
    Gone(Box<Order>),
    /// Ledger units of an asset that came or went other than by a trade.
    Posted {
        /// Of which asset.
        asset: u32,
        /// How many; negative: they went.
        change: i128,
        /// When.
        at_ns: i64,
    },
}

/// A trade, or that one was taken back or corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tape {
    /// A trade.
    Trade(Trade),
    /// The trade with this id was taken back, or its price corrected to one that is not 0.
    Bust {
        /// Which.
        trade_id: u64,
        /// When.
        at_ns: i64,
        /// 0 where it was taken back.
        price: i64,
    },
}

/// Changes since they were last taken.
#[derive(Debug, Default)]
pub struct Changes {
    /// Accounts whose changes are noted.
    pub accounts: HashSet<u32>,
    /// Instruments whose trades are noted.
    pub tapes: HashSet<u32>,
    /// Orders and fills: (account, change).
    pub private: Vec<(u32, Private)>,
    /// (account, asset) whose balance changed.
    pub balances: BTreeSet<(u32, u32)>,
    /// (account, instrument) whose position changed.
    pub positions: BTreeSet<(u32, u32)>,
    /// Trades: (instrument, trade).
    pub trades: Vec<(u32, Tape)>,
}

impl Changes {
    pub(super) fn order(&mut self, kind: EventKind, order: &Order) {
        if self.accounts.contains(&order.account) {
            self.private.push((order.account, Private::Order(kind, Box::new(order.clone()))));
        }
    }

    pub(super) fn fill(&mut self, account: u32, fill: &Fill) {
        if self.accounts.contains(&account) {
            self.private.push((account, Private::Fill(Box::new(fill.clone()))));
        }
    }

    pub(super) fn gone(&mut self, order: &Order) {
        if self.accounts.contains(&order.account) {
            self.private.push((order.account, Private::Gone(Box::new(order.clone()))));
        }
    }

    pub(super) fn posted(&mut self, account: u32, asset: u32, change: i128, at_ns: i64) {
        if self.accounts.contains(&account) {
            self.private.push((account, Private::Posted { asset, change, at_ns }));
        }
    }

    pub(super) fn balance(&mut self, account: u32, asset: u32) {
        if self.accounts.contains(&account) {
            self.balances.insert((account, asset));
        }
    }

    pub(super) fn position(&mut self, account: u32, instrument: u32) {
        if self.accounts.contains(&account) {
            self.positions.insert((account, instrument));
        }
    }

    pub(super) fn tape(&mut self, instrument: u32, tape: Tape) {
        if self.tapes.contains(&instrument) {
            self.trades.push((instrument, tape));
        }
    }
}
