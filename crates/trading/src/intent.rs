//! What a strategy wants done: an order before it is a command.

use garraway_types::{FixedBody, Side, code};

use crate::terms::Terms;

/// What a strategy asked for and cannot have; the text names the value, the limit and the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misuse(pub String);

impl std::fmt::Display for Misuse {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Misuse {}

/// An order as it is wanted; prices in price units, 0 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Place of the instrument in the desk.
    pub instrument: usize,
    /// Buy or sell.
    pub side: Side,
    /// Lots.
    pub quantity: i64,
    /// Limit.
    pub limit: i64,
    /// Price that triggers it.
    pub stop: i64,
    /// Distance at which a stop follows the market.
    pub trail: i64,
    /// Time in force, as in `PlaceOrder`; 0 for the usual of its kind.
    pub time_in_force: u8,
    /// When an order good till date expires, in seconds since 1970.
    pub expire_s: u32,
    /// Flags, as in `PlaceOrder`.
    pub flags: u8,
    /// The order it is linked with.
    pub target: u64,
    /// The strategy's word for it, a number of the desk's list of tags.
    pub tag: u32,
    /// Whether the desk sent it to bring the position to a target.
    pub to_target: bool,
}

impl Intent {
    /// A market order.
    pub const fn market(instrument: usize, side: Side, quantity: i64) -> Self {
        Self {
            instrument,
            side,
            quantity,
            limit: 0,
            stop: 0,
            trail: 0,
            time_in_force: 0,
            expire_s: 0,
            flags: 0,
            target: 0,
            tag: 0,
            to_target: false,
        }
    }

    /// A limit order that rests.
    pub const fn limit(instrument: usize, side: Side, quantity: i64, limit: i64) -> Self {
        Self { limit, ..Self::market(instrument, side, quantity) }
    }

    /// The order type of `PlaceOrder`.
    pub const fn order_type(&self) -> u8 {
        match (self.trail, self.stop, self.limit) {
            (0, 0, 0) => code::MARKET,
            (0, 0, _) => code::LIMIT,
            (0, _, 0) => code::STOP,
            (0, _, _) => code::STOP_LIMIT,
            _ => code::TRAILING_STOP,
        }
    }

    /// The word for the order type.
    pub const fn kind(&self) -> &'static str {
        match self.order_type() {
            code::MARKET => "market",
            code::LIMIT => "limit",
            code::STOP => "stop",
            code::STOP_LIMIT => "stop_limit",
            _ => "trailing_stop",
        }
    }

    /// Whether it may be sent at all.
    ///
    /// # Errors
    /// The text names what does not fit.
    pub fn check(&self, terms: &Terms) -> Result<(), Misuse> {
        let most = terms.max_quantity;
        if !(1..=most).contains(&self.quantity) {
            let symbol = &terms.symbol;
            return Err(Misuse(format!(
                "quantity {} of {symbol} must be from 1 to {most} lots",
                self.quantity
            )));
        }
        if self.trail != 0 && (self.stop != 0 || self.limit != 0) {
            return Err(Misuse(
                "trail= goes with neither stop= nor limit=: a trailing stop starts from the market".into(),
            ));
        }
        Ok(())
    }

    /// The body of its command.
    pub(crate) fn body(&self, terms: &Terms) -> FixedBody {
        let order_type = self.order_type();
        let bound = if self.side == Side::Buy { terms.max_price } else { terms.min_price };
        let usual =
            if order_type == code::MARKET { code::IMMEDIATE_OR_CANCEL } else { code::GOOD_TILL_CANCEL };
        FixedBody {
            side: self.side as u8,
            order_type,
            time_in_force: if self.time_in_force == 0 { usual } else { self.time_in_force },
            flags: self.flags,
            price: if self.limit == 0 { bound } else { self.limit },
            quantity: self.quantity,
            target: self.target,
            trigger: if self.trail == 0 { self.stop } else { self.trail },
            expire_s: self.expire_s,
            ..FixedBody::empty()
        }
    }
}
