//! The limits. 0 is no limit everywhere; money in ledger units of the one asset that all instruments are quoted in.

/// Of one order, by instrument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderLimits {
    /// Lots of one order.
    pub max_lots: i64,
    /// Its value at its limit, or at the mark where it has none.
    pub max_notional: i64,
    /// How far its limit may be from the mark, in basis points of the mark.
    pub max_distance_bps: i64,
}

/// Of one position, by instrument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PositionLimits {
    /// Lots, long or short, with all open orders of that side filled.
    pub max_lots: i64,
    /// The value of so many lots at the mark.
    pub max_notional: i64,
    /// A position is closed when it has lost so much of its cost, in basis points.
    pub stop_loss_bps: i64,
    /// A position is closed when the mark is so far from its best since the opening, in basis points of that.
    pub trailing_stop_bps: i64,
}

/// Of one strategy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StrategyLimits {
    /// Orders open at a time.
    pub max_open_orders: i64,
    /// Orders within any second.
    pub max_orders_per_s: i64,
    /// Loss since the day began, at which the strategy is locked.
    pub max_daily_loss: i64,
    /// Loss since its best, at which the strategy is locked.
    pub max_drawdown: i64,
}

/// Of all strategies of one limits file together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PortfolioLimits {
    /// Value of all positions, long and short added, with open orders filled on the worse side.
    pub max_gross: i64,
    /// Value of all positions, short taken from long, with the open buys or the open sells filled.
    pub max_net: i64,
    /// Instruments with a position or an open order.
    pub max_positions: i64,
    /// Loss since the day began, at which everything is locked.
    pub max_daily_loss: i64,
    /// One instrument's share of the gross value, in basis points.
    pub max_concentration_bps: i64,
    /// Below this gross value the share is not looked at: the first position is always all there is.
    pub concentration_from: i64,
}

/// Of the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VenueLimits {
    /// Age of an instrument's price, above which nothing is sent for it.
    pub max_age_ns: i64,
    /// How long a venue may be away until the breaker trips.
    pub max_away_ns: i64,
}

/// What trips a breaker besides losses, and what it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BreakerLimits {
    /// So many refusals, by these limits or by the venue, ...
    pub max_refusals: i64,
    /// ... within this time.
    pub refusals_ns: i64,
    /// Whether a breaker closes all positions besides stopping new orders.
    pub flatten: bool,
}

/// All that is not by instrument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Level 3.
    pub strategy: StrategyLimits,
    /// Level 4.
    pub portfolio: PortfolioLimits,
    /// Level 5.
    pub venue: VenueLimits,
    /// The breakers.
    pub breakers: BreakerLimits,
}
