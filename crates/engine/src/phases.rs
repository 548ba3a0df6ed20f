//! Phases: which orders an instrument's phase takes, and from which phase it can come into which.

use garraway_types::{Reject, Side, code};

use crate::instruments::Instrument;

/// What of an order decides whether a phase takes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Admission {
    pub(crate) order_type: u8,
    pub(crate) time_in_force: u8,
    pub(crate) flags: u8,
}

/// Whether orders of the phase rest in the book without matching.
pub(crate) fn is_collecting(phase: u8) -> bool {
    phase == code::PRE_OPEN || is_auction(phase)
}

/// Whether the phase collects orders for a book: what the house deals has none.
pub(crate) fn is_for_books(phase: u8) -> bool {
    is_collecting(phase)
}

/// Whether the phase is an auction: leaving it for trading or the close, the book uncrosses.
pub(crate) fn is_auction(phase: u8) -> bool {
    matches!(phase, code::OPENING_AUCTION | code::VOLATILITY_AUCTION | code::CLOSING_AUCTION)
}

/// Whether the book uncrosses on the way from one phase to another.
pub(crate) fn uncrosses(from: u8, to: u8) -> bool {
    is_auction(from) && matches!(to, code::CONTINUOUS | code::CLOSED)
}

/// `PhaseForbids` unless the instrument's phase takes such an order, or a replacement of one.
pub(crate) fn admits(instrument: &Instrument, order: Admission) -> Result<(), Reject> {
    if takes(instrument.phase, order) { Ok(()) } else { Err(Reject::PhaseForbids) }
}

fn takes(phase: u8, order: Admission) -> bool {
    match (phase, order.time_in_force) {
        (code::PRE_OPEN | code::OPENING_AUCTION, code::AT_OPEN) => true,
        (_, code::AT_OPEN) => false,
        (code::CONTINUOUS, _) => true,
        (_, code::IMMEDIATE_OR_CANCEL | code::FILL_OR_KILL) => false,
        _ => {
            let at_once = order.order_type == code::MARKET_TO_LIMIT || order.flags & code::POST_ONLY != 0;
            is_collecting(phase) && !at_once
        }
    }
}

/// Why an instrument cannot come into a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Barred {
    /// No such phase, the one it has, or none that follows.
    Never,
    /// The book is crossed, and only an auction uncrosses it.
    Crossed,
    /// The opening auction needs a reference price.
    NoReference,
}

impl Barred {
    pub(crate) fn reason(self) -> Reject {
        match self {
            Self::Never | Self::Crossed => Reject::PhaseInvalid,
            Self::NoReference => Reject::ReferenceUnknown,
        }
    }
}

/// Whether the instrument can come from its phase into this one.
pub(crate) fn judge_change(instrument: &Instrument, to: u8) -> Result<(), Barred> {
    let from = instrument.phase;
    let known = (code::CONTINUOUS..=code::DELISTED).contains(&to) && to != from;
    let delists = to != code::DELISTED || matches!(from, code::CLOSED | code::SUSPENDED);
    let dealt = instrument.terms.is_dealt() && is_for_books(to);
    if !known || from == code::DELISTED || !delists || dealt {
        return Err(Barred::Never);
    }
    if to == code::CONTINUOUS && !is_auction(from) && is_crossed(instrument) {
        return Err(Barred::Crossed);
    }
    if from == code::OPENING_AUCTION && uncrosses(from, to) && instrument.reference == 0 {
        return Err(Barred::NoReference);
    }
    Ok(())
}

/// Whether the best buy reaches the best sell, hidden orders included.
pub(crate) fn is_crossed(instrument: &Instrument) -> bool {
    match (instrument.book.best_any(Side::Buy), instrument.book.best_any(Side::Sell)) {
        (Some(bid), Some(ask)) => bid >= ask,
        _ => false,
    }
}
