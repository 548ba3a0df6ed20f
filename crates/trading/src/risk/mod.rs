//! Risk of a strategy in five levels: order, position, strategy, portfolio, venue. Integers only; time is given.
//!
//! [`Risk::decide`] is asked before an intent becomes a command; `opened`, `left`, `filled` and `marked` tell what happened and
//! give what must be done about it. What is checked, in this order, the first that fails being the reason:
//!
//! 1. the lock of a circuit breaker,
//! 2. venue: connected, a price known, the price fresh,
//! 3. order: size, notional, distance of its price,
//! 4. position: lots and notional, if every open order of that side were filled,
//! 5. strategy: open orders, orders in a second,
//! 6. portfolio: gross and net notional, open positions, concentration, if every open order were filled.
//!
//! An order that can only reduce the strategy's position passes 4 and 6. Flattening passes all but "connected".

mod book;
mod breakers;
mod checks;
mod limiter;
mod limits;
mod refusal;
mod worth;

pub use book::{Book, Line};
pub use breakers::{Losses, Trip};
pub use checks::{Intent, Risk, Whose};
pub use limiter::{Limiter, Shared};
pub use limits::{
    BreakerLimits, Limits, OrderLimits, PortfolioLimits, PositionLimits, StrategyLimits, VenueLimits,
};
pub use refusal::{Action, Level, Reason, Refusal};
pub use worth::Worth;
