//! How an instrument's prices stand in OUCH: multiples of 0.0001 of the quote asset, exactly or not at all.
//! Source: OUCH 4.2, "Data Types": prices have four decimals, at most 199,999.99; an order has at most 999,999 shares.

use std::collections::HashMap;

use garraway_types::ListInstrument;
use garraway_wire::ouch::{MAX_SHARES, Price, Symbol};

/// One step of an OUCH price, in 1e-9 of the quote asset.
const STEP: i128 = 100_000;
/// No OUCH price reaches this, in 1e-9 of the quote asset.
const CEILING: i128 = 200_000 * 1_000_000_000;

/// An instrument that fits OUCH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Its number.
    pub instrument: u32,
    /// One price unit, in 1e-9 of the quote asset.
    price_unit: i64,
    /// The bound of a market order that sells.
    pub min_price: i64,
    /// The bound of a market order that buys.
    pub max_price: i64,
}

impl Scale {
    /// How the instrument's prices stand in OUCH; `None` where they, its quantities or its symbol do not fit.
    pub fn of(instrument: u32, terms: &ListInstrument) -> Option<(Symbol, Self)> {
        let unit = i128::from(terms.price_unit);
        let fits = i128::from(terms.tick) * unit % STEP == 0
            && i128::from(terms.max_price) * unit < CEILING
            && terms.max_quantity <= i64::from(MAX_SHARES);
        let length = terms.symbol.iter().position(|byte| *byte == 0).unwrap_or(terms.symbol.len());
        let symbol = Symbol::new(std::str::from_utf8(&terms.symbol[..length]).ok()?)?;
        let scale = Self {
            instrument,
            price_unit: terms.price_unit,
            min_price: terms.min_price,
            max_price: terms.max_price,
        };
        fits.then_some((symbol, scale))
    }

    /// The price in price units; `None` where it lies between two.
    pub fn units(&self, price: Price) -> Option<i64> {
        let nano = i64::from(price.0) * STEP as i64;
        (nano % self.price_unit == 0).then(|| nano / self.price_unit)
    }

    /// A price of the instrument, as OUCH has it. Every price on the instrument's tick fits: [`Scale::of`] saw to it.
    pub fn price(&self, units: i64) -> Price {
        Price((i128::from(units) * i128::from(self.price_unit) / STEP) as u32)
    }
}

/// The instruments that fit OUCH, by symbol and by number.
#[derive(Debug, Default)]
pub struct Scales {
    by_symbol: HashMap<Symbol, Scale>,
    by_instrument: HashMap<u32, Scale>,
}

impl Scales {
    /// Takes a listing; one that does not fit is not found later.
    pub fn list(&mut self, instrument: u32, terms: &ListInstrument) {
        if let Some((symbol, scale)) = Scale::of(instrument, terms) {
            self.by_symbol.insert(symbol, scale);
            self.by_instrument.insert(instrument, scale);
        }
    }

    /// The instrument with this symbol.
    pub fn by_symbol(&self, symbol: Symbol) -> Option<&Scale> {
        self.by_symbol.get(&symbol)
    }

    /// The instrument with this number.
    pub fn by_instrument(&self, instrument: u32) -> Option<&Scale> {
        self.by_instrument.get(&instrument)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(price_unit: i64, tick: i64) -> ListInstrument {
        let mut symbol = [0; 16];
        symbol[..3].copy_from_slice(b"XYZ");
        ListInstrument {
            symbol,
            base_asset: 2,
            quote_asset: 1,
            execution: 1,
            kind: garraway_types::code::SPOT,
            phase: garraway_types::code::CONTINUOUS,
            reserved: 0,
            price_unit,
            lot_size: 1_000_000_000,
            tick,
            min_price: tick,
            max_price: 100 * tick,
            max_quantity: 1_000,
            max_notional: 1,
            maker_fee_rate: 0,
            taker_fee_rate: 0,
        }
    }

    fn scale(price_unit: i64, tick: i64) -> Option<Scale> {
        Scale::of(7, &terms(price_unit, tick)).map(|(_, scale)| scale)
    }

    #[test]
    fn a_price_unit_of_a_cent_is_a_hundred_steps() {
        let cents = scale(10_000_000, 1).unwrap();
        assert_eq!(cents.units(Price(1_000_000)), Some(10_000));
        assert_eq!(cents.units(Price(1_000_050)), None);
        assert_eq!(cents.price(10_000), Price(1_000_000));
    }

    #[test]
    fn a_price_unit_finer_than_a_step_fits_where_the_tick_is_not() {
        assert_eq!(scale(10_000, 1), None);
        let fine = scale(10_000, 10).unwrap();
        assert_eq!(fine.units(Price(3)), Some(30));
        assert_eq!(fine.price(30), Price(3));
    }

    #[test]
    fn prices_of_200_000_and_more_do_not_fit() {
        let mut at = terms(1_000_000_000, 1);
        at.max_price = 199_999;
        assert!(Scale::of(7, &at).is_some());
        at.max_price = 200_000;
        assert_eq!(Scale::of(7, &at), None);
        at.max_price = i64::MAX;
        at.price_unit = i64::MAX;
        assert_eq!(Scale::of(7, &at), None);
    }

    #[test]
    fn quantities_above_999_999_do_not_fit() {
        let mut large = terms(100_000, 1);
        large.max_quantity = 999_999;
        assert!(Scale::of(7, &large).is_some());
        large.max_quantity = 1_000_000;
        assert_eq!(Scale::of(7, &large), None);
    }

    #[test]
    fn symbols_above_eight_characters_do_not_fit() {
        let mut long = terms(100_000, 1);
        long.symbol[..9].copy_from_slice(b"ABCDEFGHI");
        assert_eq!(Scale::of(7, &long), None);
        long.symbol[8] = 0;
        assert_eq!(Scale::of(7, &long).map(|(symbol, _)| symbol), Symbol::new("ABCDEFGH"));
    }

    #[test]
    fn a_listed_instrument_is_found_by_its_padded_symbol() {
        let mut scales = Scales::default();
        scales.list(7, &terms(100_000, 1));
        assert_eq!(scales.by_symbol(Symbol::new("XYZ").unwrap()).map(|scale| scale.instrument), Some(7));
        assert_eq!(scales.by_symbol(Symbol(*b"XYZ\0\0\0\0\0")), None);
    }
}
