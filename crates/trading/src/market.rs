//! What handlers are told of the market and of fills: prices in the quote asset, quantities in lots.

use garraway_types::Side;

use crate::order::Liquidity;

/// A best bid and ask, in price units and lots; 0 lots say that the size is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quote {
    /// When it was given, ns.
    pub at_ns: i64,
    /// Bid, price units.
    pub bid: i64,
    /// Ask, price units.
    pub ask: i64,
    /// Lots bid for.
    pub bid_size: i64,
    /// Lots offered.
    pub ask_size: i64,
}

impl Quote {
    /// Whether there is one at all.
    pub const fn is_known(&self) -> bool {
        self.ask > 0
    }
}

/// A bar, in price units and lots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bar {
    /// When it was whole, ns.
    pub at_ns: i64,
    /// First price.
    pub open: i64,
    /// Highest price.
    pub high: i64,
    /// Lowest price.
    pub low: i64,
    /// Last price.
    pub close: i64,
    /// Lots traded.
    pub volume: i64,
}

/// A trade of others, in price units and lots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trade {
    /// When, ns.
    pub at_ns: i64,
    /// Price.
    pub price: i64,
    /// Lots.
    pub quantity: i64,
    /// 1 the aggressor bought, -1 sold, 0 unknown.
    pub side: i64,
}

/// A level of a book, in price units and lots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Price.
    pub price: i64,
    /// Lots.
    pub quantity: i64,
}

/// A fill of an order of ours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fill {
    /// When, ns.
    pub at_ns: i64,
    /// Place of the instrument in the desk.
    pub instrument: usize,
    /// Bought or sold.
    pub side: Side,
    /// Price units.
    pub price: i64,
    /// Lots.
    pub quantity: i64,
    /// Price x quantity, ledger units.
    pub value: i64,
    /// Ledger units.
    pub fee: i64,
    /// Gain realised, ledger units.
    pub realised: i64,
    /// Reference of the order.
    pub order: u64,
    /// How it came about.
    pub liquidity: Liquidity,
    /// Lots held afterwards, negative short.
    pub position: i64,
}
