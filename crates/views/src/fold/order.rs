//! One order as events tell it: what it shows in the book, and how each event changes it. The twin of
//! `python/garraway/venues/orders.py`.

use std::sync::Arc;

use garraway_types::{Event, EventKind, code, detail};

/// What has become of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It may still trade.
    Open,
    /// All of it traded.
    Filled,
    /// It lost what was open; why, as `Canceled` says.
    Canceled(u8),
    /// It was refused; why, as `Rejected` says.
    Rejected(u8),
    /// The order with this reference stands in its place.
    Replaced(u64),
}

impl State {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Filled => "filled",
            Self::Canceled(_) => "canceled",
            Self::Rejected(_) => "rejected",
            Self::Replaced(_) => "replaced",
        }
    }
}

/// An order; prices in price units, quantities in lots, value and fee in ledger units of the quote asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Whose it is.
    pub account: u32,
    /// Its reference.
    pub client_ref: u64,
    /// The client's own text, where the command that placed or replaced it had one.
    pub text: Option<Arc<str>>,
    /// The id that it bears now; 0 of one that was refused.
    pub order_id: u64,
    /// The instrument.
    pub instrument: u32,
    /// 1 buy, 2 sell.
    pub side: u8,
    /// As placed.
    pub order_type: u8,
    /// As placed.
    pub time_in_force: u8,
    /// As placed.
    pub flags: u8,
    /// Limit or bound.
    pub price: i64,
    /// As placed: the trigger of a stop, the distance of a trailing stop, the offset of a peg; else 0.
    pub trigger: i64,
    /// Lots ordered.
    pub quantity: i64,
    /// Lots open.
    pub leaves: i64,
    /// Lots filled.
    pub filled: i64,
    /// Lots of an iceberg's whole slice, 0 where it is none.
    pub display: i64,
    /// Lots of the present slice.
    pub slice_lots: i64,
    /// Whether it stands outside the book: a stop, a child, an order at the close before its auction.
    pub waits: bool,
    /// What its fills were worth.
    pub value: i128,
    /// What its fills cost.
    pub fee: i128,
    /// When it was placed.
    pub placed_at_ns: i64,
    /// When it last changed.
    pub changed_at_ns: i64,
    /// The event that changed it last.
    pub event_id: u64,
    /// What has become of it.
    pub state: State,
}

impl Order {
    /// What `Accepted`, or `Replaced` of an order that is not known, tells.
    pub fn plain(event: &Event, text: Option<Arc<str>>) -> Self {
        Self {
            account: event.account,
            client_ref: event.client_ref,
            text,
            order_id: event.event_id,
            instrument: event.instrument,
            side: event.side,
            order_type: code::LIMIT,
            time_in_force: code::GOOD_TILL_CANCEL,
            flags: 0,
            price: event.price,
            trigger: 0,
            quantity: event.quantity,
            leaves: event.leaves,
            filled: event.quantity - event.leaves,
            display: 0,
            slice_lots: 0,
            waits: false,
            value: 0,
            fee: 0,
            placed_at_ns: event.at_ns,
            changed_at_ns: event.at_ns,
            event_id: event.event_id,
            state: State::Open,
        }
    }

    /// An order that was accepted in this phase.
    pub fn accepted(event: &Event, text: Option<Arc<str>>, phase: u8) -> Self {
        let (flags, order_type) = ((event.value >> 8) as u8, event.value as u8);
        let display = if order_type == code::LIMIT { event.fee } else { 0 };
        let at_close = event.detail == code::AT_CLOSE && phase != code::CLOSING_AUCTION;
        Self {
            order_type,
            time_in_force: event.detail,
            flags,
            display,
            slice_lots: display.min(event.leaves),
            trigger: event.fee - display,
            waits: is_stop(order_type) || flags & code::ONE_TRIGGERS_OTHER != 0 || at_close,
            ..Self::plain(event, text)
        }
    }

    /// An order that was refused.
    pub fn rejected(event: &Event, text: Option<Arc<str>>) -> Self {
        Self {
            order_id: 0,
            leaves: 0,
            filled: 0,
            state: State::Rejected(event.detail),
            ..Self::plain(event, text)
        }
    }

    /// This order after `Replaced`.
    pub fn replaced(&self, event: &Event, text: Option<Arc<str>>) -> Self {
        let kept = event.detail == 1;
        let mut order = Self {
            client_ref: event.client_ref,
            text,
            price: event.price,
            quantity: event.quantity,
            leaves: event.leaves,
            filled: event.quantity - event.leaves,
            order_id: if kept { self.order_id } else { event.event_id },
            ..self.clone()
        };
        if kept {
            order.slice_lots = order.slice_lots.min(order.leaves);
        } else {
            order.slice(None);
        }
        order.note(event);
        order
    }

    /// Takes an event of this order other than the one that placed or replaced it; `split` is the instrument's last
    /// split, new and old, `at_rest` whether it is the order that was met, and not the one that came.
    pub fn change(&mut self, kind: EventKind, event: &Event, at_rest: bool, split: (i64, i64)) {
        self.leaves = event.leaves;
        match kind {
            EventKind::Filled => {
                self.filled += event.quantity;
                self.value += i128::from(event.value);
                self.fee += i128::from(event.fee);
                self.slice(at_rest.then_some(event.quantity));
            }
            // Otherwise what is not shown goes first.
            EventKind::Canceled if event.detail == detail::SELF_TRADE && at_rest => {
                self.slice(Some(event.quantity));
            }
            EventKind::Canceled => self.slice_lots = self.slice_lots.min(self.leaves),
            EventKind::OrderSplit => {
                let (new, old) = split;
                self.price = event.price;
                self.filled = (i128::from(self.filled) * i128::from(new) / i128::from(old)) as i64;
                self.quantity = self.filled + self.leaves;
            }
            EventKind::Refilled => {
                self.order_id = event.event_id;
                self.slice_lots = event.quantity;
            }
            _ => {
                self.order_id = event.event_id;
                self.price = event.price;
                self.quantity = self.filled + self.leaves;
                self.waits = kind == EventKind::Activated && is_stop(self.order_type);
                self.slice(None);
            }
        }
        self.note(event);
        if self.leaves == 0 {
            let canceled = kind == EventKind::Canceled;
            self.state = if canceled { State::Canceled(event.detail) } else { State::Filled };
        }
    }

    /// Lots that stand in the displayed book.
    pub fn shown_lots(&self) -> i64 {
        let peg = matches!(self.order_type, code::PRIMARY_PEG | code::MIDPOINT_PEG | code::MARKET_PEG);
        if self.waits || peg || self.flags & code::HIDDEN != 0 {
            return 0;
        }
        if self.display > 0 { self.slice_lots.min(self.leaves) } else { self.leaves }
    }

    /// An iceberg with so many lots of its slice gone; none: it enters, and shows a new slice once it rests.
    fn slice(&mut self, taken: Option<i64>) {
        if self.display > 0 {
            let whole = self.display.min(self.leaves);
            self.slice_lots = taken.map_or(whole, |taken| (self.slice_lots - taken).max(0));
        }
    }

    fn note(&mut self, event: &Event) {
        self.changed_at_ns = event.at_ns;
        self.event_id = event.event_id;
    }
}

fn is_stop(order_type: u8) -> bool {
    matches!(order_type, code::STOP | code::STOP_LIMIT | code::TRAILING_STOP)
}
