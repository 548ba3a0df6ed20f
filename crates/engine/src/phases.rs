//! Phases: which orders an instrument's phase takes.

use garraway_types::{Reject, code};

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
    matches!(phase, code::PRE_OPEN | code::OPENING_AUCTION | code::VOLATILITY_AUCTION | code::CLOSING_AUCTION)
}

/// `PhaseForbids` unless the instrument's phase takes such an order, or a replacement of one.
pub(crate) fn admits(instrument: &Instrument, order: Admission) -> Result<(), Reject> {
    let phase = instrument.phase;
    let taken = match order.time_in_force {
        code::AT_OPEN => matches!(phase, code::PRE_OPEN | code::OPENING_AUCTION),
        code::AT_CLOSE => phase == code::CONTINUOUS || is_collecting(phase),
        code::IMMEDIATE_OR_CANCEL | code::FILL_OR_KILL => phase == code::CONTINUOUS,
        _ => {
            phase == code::CONTINUOUS
                || is_collecting(phase)
                    && order.order_type != code::MARKET_TO_LIMIT
                    && order.flags & code::POST_ONLY == 0
        }
    };
    if taken { Ok(()) } else { Err(Reject::PhaseForbids) }
}
