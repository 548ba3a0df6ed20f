//! A day that was recorded order by order, played on the book among orders of ours.
//!
//! The record is the truth about its own orders: after each row they have what it leaves them, less what we took of them.
//! What an aggressor of the record buys or sells goes to orders of ours that stand before the order it met, and only what is left
//! to that order; so nothing trades twice, and an order of ours fills when, and only when, those ahead of it are gone.

use std::collections::HashMap;

use garraway_engine::{Engine, OpenOrder};
use garraway_types::{
    AccountId, ClientRef, CommandHead, CommandKind, FixedBody, InstrumentId, NO_ITEMS, Price, Side, code,
    encode_command,
};

/// The account that owns the record's orders.
pub const RESTING: u32 = 17;
/// The account of those who take them.
pub const AGGRESSORS: u32 = 18;

/// A row of a record: what became of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderRow {
    /// When, ns.
    pub at_ns: i64,
    /// The record's number of the order.
    pub order: u64,
    /// Price units.
    pub price: i64,
    /// Lots.
    pub quantity: i64,
    /// An ASCII letter: A add, X reduce, D delete, M modify, E execute, T trade beside the book, R clear, H halt.
    pub action: u8,
    /// 1 a bid, -1 an offer.
    pub side: i8,
    /// Bits of the catalog; [`REPORTED`] counts here.
    pub flags: u8,
}

/// An execution that leaves the book as it is: the change follows in a row of its own.
pub const REPORTED: u8 = 64;

/// What takes the record's commands: the engine, with whoever reads its events.
pub trait Floor {
    /// The engine as it stands.
    fn engine(&self) -> &Engine;

    /// Applies a command of source 0 and reads what came of it.
    fn apply(&mut self, at_ns: i64, record: &[u8]);
}

/// What was played, by what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Played {
    /// Rows.
    pub rows: u64,
    /// Executions of an order that was the first to be met, or stood behind orders of ours alone.
    pub executed: u64,
    /// Executions of an order that others of the record stood before: its lots are cancelled instead.
    pub passed_over: u64,
    /// Rows of orders that the record never added.
    pub unknown: u64,
    /// Adds that were refused.
    pub refused: u64,
    /// Lots that went to orders of ours.
    pub ours: u64,
    /// Trades beside the book, halts.
    pub beside: u64,
}

/// The record's orders on the book.
#[derive(Debug)]
pub struct Recorded {
    instrument: u32,
    /// The record's numbers of orders that may be open, and their references.
    refs: HashMap<u64, u64>,
    last_ref: u64,
    last_take: u64,
    played: Played,
    record: Vec<u8>,
}

impl Recorded {
    /// Nothing played yet on the book of `instrument`, whose accounts [`RESTING`] (which cancels its oldest order rather than
    /// trade with itself) and [`AGGRESSORS`] are open and rich.
    pub fn new(instrument: u32) -> Self {
        Self {
            instrument,
            refs: HashMap::new(),
            last_ref: 0,
            last_take: 0,
            played: Played::default(),
            record: Vec::new(),
        }
    }

    /// What was played so far.
    pub const fn played(&self) -> Played {
        self.played
    }

    /// Plays one row.
    pub fn play(&mut self, row: &OrderRow, floor: &mut impl Floor) {
        self.played.rows += 1;
        match row.action {
            b'A' => self.add(row, floor),
            b'X' => self.reduce(row, row.quantity, floor),
            b'D' => self.delete(row, floor),
            b'M' => self.modify(row, floor),
            b'E' => self.execute(row, floor),
            b'R' => self.clear(row, floor),
            _ => self.played.beside += 1,
        }
    }

    fn add(&mut self, row: &OrderRow, floor: &mut impl Floor) {
        self.last_ref += 1;
        let body = FixedBody {
            order_type: code::LIMIT,
            time_in_force: code::GOOD_TILL_CANCEL,
            ..self.priced(row, own_side(row), row.quantity)
        };
        let met = self.leaves_of_ours(row.price, own_side(row), floor);
        self.send(CommandKind::PlaceOrder, RESTING, self.last_ref, &body, row.at_ns, floor);
        self.played.ours += met - self.leaves_of_ours(row.price, own_side(row), floor);
        self.refs.insert(row.order, self.last_ref);
        let rests = self.open(row.order, floor).is_some();
        self.played.refused += u64::from(!rests && met == 0);
    }

    /// Takes lots from an order of the record, as far as it has them.
    fn reduce(&mut self, row: &OrderRow, lots: i64, floor: &mut impl Floor) {
        let Some(open) = self.open(row.order, floor) else {
            self.played.unknown += u64::from(!self.refs.contains_key(&row.order));
            return;
        };
        let (leaves, filled) = (open.leaves.0 as i64, open.filled.0 as i64);
        let left = leaves - lots.clamp(0, leaves);
        let quantity = if left == 0 { 0 } else { filled + left };
        if left < leaves {
            let body = FixedBody { quantity, ..FixedBody::empty() };
            self.send(CommandKind::CancelOrder, RESTING, open.client_ref.0, &body, row.at_ns, floor);
        }
    }

    fn delete(&mut self, row: &OrderRow, floor: &mut impl Floor) {
        self.reduce(row, i64::MAX, floor);
        self.refs.remove(&row.order);
    }

    fn modify(&mut self, row: &OrderRow, floor: &mut impl Floor) {
        match self.open(row.order, floor) {
            Some(open) if open.price.0 == row.price && open.leaves.0 as i64 >= row.quantity => {
                self.reduce(row, open.leaves.0 as i64 - row.quantity, floor);
            }
            _ => {
                self.delete(row, floor);
                self.add(row, floor);
            }
        }
    }

    fn execute(&mut self, row: &OrderRow, floor: &mut impl Floor) {
        let side = own_side(row).opposite();
        let mut left = row.quantity;
        let mut first = self.first(row.price, side, floor);
        while let Some(ours) = first.filter(|met| is_ours(met) && left > 0) {
            let lots = left.min(ours.leaves.0 as i64);
            self.take(row, side, lots, floor);
            self.played.ours += lots as u64;
            left -= lots;
            first = self.first(row.price, side, floor);
        }
        if row.flags & REPORTED != 0 {
            self.played.executed += 1;
            return;
        }
        let named = self.refs.get(&row.order).copied();
        let met = first.filter(|met| met.account.0 == RESTING && Some(met.client_ref.0) == named);
        let traded = met.map_or(0, |met| left.min(met.leaves.0 as i64));
        if traded > 0 {
            self.take(row, side, traded, floor);
        }
        let is_next = met.is_some() || left == 0;
        self.played.executed += u64::from(is_next);
        self.played.passed_over += u64::from(!is_next && named.is_some());
        self.reduce(row, row.quantity - traded, floor);
    }

    /// Cancels everything that the record has open, in the order of its adds.
    fn clear(&mut self, row: &OrderRow, floor: &mut impl Floor) {
        let mut open: Vec<_> = self.refs.drain().map(|(_, client_ref)| client_ref).collect();
        open.sort_unstable();
        for client_ref in open {
            if floor.engine().order(AccountId(RESTING), ClientRef(client_ref)).is_some() {
                let body = FixedBody::empty();
                self.send(CommandKind::CancelOrder, RESTING, client_ref, &body, row.at_ns, floor);
            }
        }
    }

    /// An aggressor takes so many lots at the row's price or better.
    fn take(&mut self, row: &OrderRow, side: Side, lots: i64, floor: &mut impl Floor) {
        self.last_take += 1;
        let body = FixedBody {
            order_type: code::LIMIT,
            time_in_force: code::IMMEDIATE_OR_CANCEL,
            ..self.priced(row, side, lots)
        };
        self.send(CommandKind::PlaceOrder, AGGRESSORS, self.last_take, &body, row.at_ns, floor);
    }

    fn priced(&self, row: &OrderRow, side: Side, quantity: i64) -> FixedBody {
        FixedBody { side: side as u8, price: row.price, quantity, ..FixedBody::empty() }
    }

    fn first(&self, price: i64, side: Side, floor: &impl Floor) -> Option<OpenOrder> {
        floor.engine().would_meet(InstrumentId(self.instrument), side, Price(price))
    }

    /// Lots of ours that an order of this side and limit could meet.
    fn leaves_of_ours(&self, price: i64, side: Side, floor: &impl Floor) -> u64 {
        let engine = floor.engine();
        if self.first(price, side, floor).is_none() {
            return 0;
        }
        let reached = |order: &OpenOrder| match side {
            Side::Buy => order.price.0 <= price,
            Side::Sell => order.price.0 >= price,
        };
        let meets = engine.orders(InstrumentId(self.instrument), side.opposite()).take_while(reached);
        meets.filter(is_ours).map(|order| order.leaves.0).sum()
    }

    fn open(&self, order: u64, floor: &impl Floor) -> Option<OpenOrder> {
        let client_ref = *self.refs.get(&order)?;
        floor.engine().order(AccountId(RESTING), ClientRef(client_ref))
    }

    fn send(
        &mut self,
        kind: CommandKind,
        account: u32,
        client_ref: u64,
        body: &FixedBody,
        at_ns: i64,
        floor: &mut impl Floor,
    ) {
        let head = CommandHead { account, client_ref, instrument: self.instrument, ..CommandHead::empty() };
        self.record.clear();
        encode_command(kind, head, body, NO_ITEMS, &[], &mut self.record);
        floor.apply(at_ns, &self.record);
    }
}

fn is_ours(order: &OpenOrder) -> bool {
    order.account.0 != RESTING && order.account.0 != AGGRESSORS
}

fn own_side(row: &OrderRow) -> Side {
    if row.side < 0 { Side::Sell } else { Side::Buy }
}
