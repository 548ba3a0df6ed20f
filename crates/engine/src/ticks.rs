//! Ticks: which prices an instrument has.

use crate::instruments::Instrument;

/// Whether an order may have this price.
pub(crate) fn is_on_tick(instrument: &Instrument, price: i64) -> bool {
    price % instrument.terms.tick == 0
}

/// The highest price on tick that is not above; the price is positive.
pub(crate) fn tick_down(instrument: &Instrument, price: i64) -> i64 {
    price - price % instrument.terms.tick
}

/// The lowest price on tick that is not below; the price is positive.
pub(crate) fn tick_up(instrument: &Instrument, price: i64) -> i64 {
    let down = tick_down(instrument, price);
    if down == price { price } else { down + instrument.terms.tick }
}
