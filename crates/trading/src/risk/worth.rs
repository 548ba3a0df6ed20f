//! What lots at a price are worth in ledger units, exactly.

/// What a value is cut to, so that sums of values never overflow.
const MOST: i128 = 1 << 100;

/// Ledger units for each (price unit x lot), as a fraction in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worth {
    numerator: i128,
    denominator: i128,
}

impl Worth {
    /// From the terms of an instrument: `price_unit` in 1e-9 of the quote asset, `lot_size` in 1e-9 of the base asset, `scale`
    /// decimals of the quote asset's ledger. `None` for what no instrument has.
    pub fn new(price_unit: i64, lot_size: i64, scale: u32) -> Option<Self> {
        if price_unit <= 0 || lot_size <= 0 || scale > 18 {
            return None;
        }
        let (numerator, denominator) = (
            (i128::from(price_unit) * i128::from(lot_size)).checked_mul(10_i128.pow(scale))?,
            10_i128.pow(18),
        );
        let common = common_divisor(numerator, denominator);
        Some(Self { numerator: numerator / common, denominator: denominator / common })
    }

    /// So many whole ledger units, at least 1, for each price unit and lot.
    pub const fn whole(units: i64) -> Self {
        assert!(units > 0, "a lot is worth something");
        Self { numerator: units as i128, denominator: 1 }
    }

    /// Value of signed lots at a price, rounded towards minus infinity.
    pub fn value(self, price: i64, lots: i64) -> i128 {
        let product = (i128::from(price) * i128::from(lots)).saturating_mul(self.numerator);
        product.div_euclid(self.denominator).clamp(-MOST, MOST)
    }

    /// Size of the value, rounded up: for limits.
    pub fn size(self, price: i64, lots: i64) -> i128 {
        let product = (i128::from(price) * i128::from(lots)).abs().saturating_mul(self.numerator);
        (product / self.denominator + i128::from(product % self.denominator != 0)).min(MOST)
    }
}

const fn common_divisor(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The nearest that a figure of 64 bits can say.
pub fn said(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}
