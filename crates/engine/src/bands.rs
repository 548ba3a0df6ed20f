//! Price bands and collars: how far an order may be priced, and how far it may trade.

use garraway_types::{Reject, Side};

use crate::instruments::Instrument;

/// What of an order bands and collars ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Priced {
    pub(crate) side: Side,
    pub(crate) order_type: u8,
    pub(crate) price: i64,
}

/// `PriceOutsideCollar` or `PriceOutsideBand` for an order that is priced too far.
pub(crate) fn judge_price(_instrument: &Instrument, _order: Priced) -> Result<(), Reject> {
    Ok(())
}

/// The worst price at which an order that enters now may trade: its limit or bound, or the end of a band or collar before it.
pub(crate) fn worst_price(_instrument: &Instrument, order: Priced) -> i64 {
    order.price
}
