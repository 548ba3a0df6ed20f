//! What an instrument is to a desk: its number and units, and the way between price units and the floats of handlers.

use crate::intent::Misuse;

/// An instrument as a desk trades it.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// Its number at the venue.
    pub number: u32,
    /// Its symbol.
    pub symbol: String,
    /// Number of the asset that is paid.
    pub quote_asset: u32,
    /// Decimals of a price unit.
    pub price_decimals: u8,
    /// Prices are multiples of this many price units.
    pub tick: i64,
    /// Ledger units of the quote asset for one price unit and one lot.
    pub price_value: i64,
    /// Decimals of a ledger unit of the quote asset.
    pub money_decimals: u8,
    /// Lowest price of an order, in price units.
    pub min_price: i64,
    /// Highest price of an order, in price units.
    pub max_price: i64,
    /// Largest quantity of an order, in lots.
    pub max_quantity: i64,
}

impl Terms {
    /// Price units in one of the quote asset.
    #[inline]
    pub fn per_price(&self) -> f64 {
        10f64.powi(i32::from(self.price_decimals))
    }

    /// Ledger units in one of the quote asset.
    #[inline]
    pub fn per_money(&self) -> f64 {
        10f64.powi(i32::from(self.money_decimals))
    }

    /// A price as handlers see it.
    pub fn price(&self, units: i64) -> f64 {
        units as f64 / self.per_price()
    }

    /// A price as a whole number of price units on a tick.
    ///
    /// # Errors
    /// The text names the price, its limit, and what to do.
    pub fn units(&self, price: f64, what: &'static str) -> Result<i64, Misuse> {
        let tick = self.tick as f64 / self.per_price();
        let exact = price * self.per_price();
        if !exact.is_finite() || exact.abs() > 9e15 {
            return Err(Misuse(format!("{what} is {price}: give a finite price of {}", self.symbol)));
        }
        let units = exact.round();
        // Nine digits behind the unit are a float's noise, not a price.
        let on_tick =
            (exact - units).abs() <= 1e-6_f64.max(exact.abs() * 1e-12) && units as i64 % self.tick == 0;
        if !on_tick {
            let symbol = &self.symbol;
            return Err(Misuse(format!(
                "{what} {price} is not on a tick of {symbol}, which is {tick}: give self.round({price}), or \"down\" or \"up\" with it"
            )));
        }
        let units = units as i64;
        if !(self.min_price..=self.max_price).contains(&units) {
            let (least, most) = (self.price(self.min_price), self.price(self.max_price));
            return Err(Misuse(format!("{what} {price} of {} must be from {least} to {most}", self.symbol)));
        }
        Ok(units)
    }

    /// The nearest price on a tick: `way` -1 the one below, 1 the one above, 0 the nearest, a half goes up.
    pub fn rounded(&self, price: f64, way: i8) -> f64 {
        let ticks = price * self.per_price() / self.tick as f64;
        // A price that is on a tick but for a float's noise stays there.
        let near = ticks.round();
        let ticks = if (ticks - near).abs() < 1e-6 {
            near
        } else {
            match way {
                -1 => ticks.floor(),
                1 => ticks.ceil(),
                _ => (ticks + 0.5).floor(),
            }
        };
        self.price(ticks as i64 * self.tick)
    }
}
