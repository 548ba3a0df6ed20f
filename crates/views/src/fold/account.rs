//! One account: its open orders, what was done lately, its money and its positions.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use super::order::Order;
use super::position::Position;

/// Orders done lately that are kept of an account.
pub const DONE_KEPT: usize = 1_000;
/// Fills that are kept of an account.
pub const FILLS_KEPT: usize = 1_000;

/// What an account has of an asset, in ledger units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// All of it.
    pub total: i128,
    /// The part held for open orders and positions.
    pub held: i128,
}

/// An order's side of a trade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    /// The event.
    pub event_id: u64,
    /// The trade.
    pub trade_id: u64,
    /// When.
    pub at_ns: i64,
    /// The order's reference at that time.
    pub client_ref: u64,
    /// The client's own text.
    pub text: Option<Arc<str>>,
    /// The instrument.
    pub instrument: u32,
    /// 1 buy, 2 sell.
    pub side: u8,
    /// Whether the order was at rest.
    pub maker: bool,
    /// Price units.
    pub price: i64,
    /// Lots.
    pub quantity: i64,
    /// Lots still open afterwards.
    pub leaves: i64,
    /// Price x quantity, in ledger units of the quote asset.
    pub value: i64,
    /// In ledger units of the quote asset; negative: a rebate.
    pub fee: i64,
}

/// An account.
#[derive(Debug, Default)]
pub struct Account {
    /// The firm that answers for it.
    pub firm: u32,
    /// On whose balances it trades, 0 for its own.
    pub clearing: u32,
    /// The highest reference that events tell of. The engine's own may be higher: a mass quote uses references up that no event
    /// names. What is refused with `ClientRefStale` then brings this one forward.
    pub last_ref: u64,
    /// Open orders by reference.
    pub open: BTreeMap<u64, Order>,
    /// What it has, by asset.
    pub balances: BTreeMap<u32, Balance>,
    /// What it traded, by instrument.
    pub positions: BTreeMap<u32, Position>,
    done: VecDeque<Arc<Order>>,
    fills: VecDeque<Fill>,
    /// References by text, of open orders and those done lately; the latest of each.
    by_text: HashMap<Arc<str>, u64>,
    done_by_ref: HashMap<u64, Arc<Order>>,
}

impl Account {
    /// Keeps an open order.
    pub fn keep(&mut self, order: Order) {
        if let Some(text) = &order.text {
            self.by_text.insert(text.clone(), order.client_ref);
        }
        self.open.insert(order.client_ref, order);
    }

    /// Keeps an order that is done, and forgets the oldest where there are too many.
    pub fn finish(&mut self, order: Order) {
        if let Some(text) = &order.text {
            let named = self.by_text.entry(text.clone()).or_default();
            *named = (*named).max(order.client_ref);
        }
        let order = Arc::new(order);
        self.done_by_ref.insert(order.client_ref, order.clone());
        self.done.push_back(order);
        if self.done.len() > DONE_KEPT
            && let Some(oldest) = self.done.pop_front()
        {
            self.forget(&oldest);
        }
    }

    /// Keeps a fill, and forgets the oldest where there are too many.
    pub fn fill(&mut self, fill: Fill) {
        self.fills.push_back(fill);
        if self.fills.len() > FILLS_KEPT {
            self.fills.pop_front();
        }
    }

    /// An order that is open or was done lately.
    pub fn order(&self, client_ref: u64) -> Option<&Order> {
        self.open.get(&client_ref).or_else(|| self.done_by_ref.get(&client_ref).map(|order| &**order))
    }

    /// The latest order with this text that is open or was done lately.
    pub fn order_by_text(&self, text: &str) -> Option<&Order> {
        self.order(*self.by_text.get(text)?)
    }

    /// Orders done lately, the latest first.
    pub fn done(&self) -> impl Iterator<Item = &Order> {
        self.done.iter().rev().map(|order| &**order)
    }

    /// Fills lately, the latest first.
    pub fn fills(&self) -> impl Iterator<Item = &Fill> {
        self.fills.iter().rev()
    }

    fn forget(&mut self, order: &Arc<Order>) {
        let same = |kept: &Arc<Order>| Arc::ptr_eq(kept, order);
        if self.done_by_ref.get(&order.client_ref).is_some_and(same) {
            self.done_by_ref.remove(&order.client_ref);
        }
        if let Some(text) = &order.text
            && self.by_text.get(text) == Some(&order.client_ref)
            && self.order(order.client_ref).is_none()
        {
            self.by_text.remove(text);
        }
    }
}
