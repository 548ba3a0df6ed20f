//! An order of ours, from the intent to its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};

use garraway_types::Side;

use crate::intent::Intent;

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// On its way to the venue.
    Sent = 1,
    /// Accepted, open.
    Open = 2,
    /// Filled in full.
    Filled = 3,
    /// Ended with something unfilled.
    Cancelled = 4,
    /// Ended by its time.
    Expired = 5,
    /// Refused by the venue.
    Rejected = 6,
    /// Refused by a risk limit; it never left.
    Refused = 7,
    /// Replaced by another, which goes on for it.
    Replaced = 8,
}

impl State {
    /// All of them, by code from 1.
    pub const ALL: [Self; 8] = [
        Self::Sent,
        Self::Open,
        Self::Filled,
        Self::Cancelled,
        Self::Expired,
        Self::Rejected,
        Self::Refused,
        Self::Replaced,
    ];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Open => "open",
            Self::Filled => "filled",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Rejected => "rejected",
            Self::Refused => "refused",
            Self::Replaced => "replaced",
        }
    }

    /// Whether it may still fill.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Sent | Self::Open)
    }
}

/// How a fill came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Liquidity {
    /// Our order rested.
    Maker = 1,
    /// Our order met one that rested.
    Taker = 2,
    /// Dealt by the house at its quote.
    Dealt = 3,
}

impl Liquidity {
    /// By the code of the event.
    pub const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Maker,
            2 => Self::Taker,
            _ => Self::Dealt,
        }
    }

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Maker => "maker",
            Self::Taker => "taker",
            Self::Dealt => "dealt",
        }
    }
}

/// What a strategy holds of its order: the present reference, state and lots filled, kept by the desk.
#[derive(Debug)]
pub struct Ticket {
    client_ref: AtomicU64,
    state: AtomicU8,
    filled: AtomicI64,
}

impl Ticket {
    /// Of an order that was just sent.
    pub(crate) fn new(client_ref: u64, state: State) -> Arc<Self> {
        let ticket = Self {
            client_ref: AtomicU64::new(client_ref),
            state: AtomicU8::new(state as u8),
            filled: AtomicI64::new(0),
        };
        Arc::new(ticket)
    }

    pub(crate) fn tell(&self, order: &Order) {
        self.client_ref.store(order.client_ref, Ordering::Relaxed);
        self.state.store(order.state as u8, Ordering::Relaxed);
        self.filled.store(order.filled, Ordering::Relaxed);
    }

    /// The reference by which the order goes now.
    pub fn client_ref(&self) -> u64 {
        self.client_ref.load(Ordering::Relaxed)
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        State::ALL[usize::from(self.state.load(Ordering::Relaxed)) - 1]
    }

    /// Lots filled.
    pub fn filled(&self) -> i64 {
        self.filled.load(Ordering::Relaxed)
    }
}

/// An order of ours.
#[derive(Clone, Debug)]
pub struct Order {
    /// Its reference within the account.
    pub client_ref: u64,
    /// What was wanted.
    pub intent: Intent,
    /// Where it stands.
    pub state: State,
    /// Lots filled.
    pub filled: i64,
    /// When it was sent, ns.
    pub placed_ns: i64,
    /// Middle of the quote when it was decided, price units times two; 0 where none was known.
    pub mid_twice: i64,
    /// Why it ended or was refused: code of the reject, or of the cancellation + 1,000, or + 2,000 of a risk limit.
    pub reason: u16,
    /// What the strategy holds of it, where it does.
    pub ticket: Option<Arc<Ticket>>,
}

impl Order {
    /// Lots that may still fill.
    pub const fn leaves(&self) -> i64 {
        if self.state.is_live() { self.intent.quantity - self.filled } else { 0 }
    }

    /// The same, negative for a sale.
    pub fn signed_leaves(&self) -> i64 {
        if self.intent.side == Side::Buy { self.leaves() } else { -self.leaves() }
    }
}
