//! The trading desk: what stands between a strategy and a venue, and the venue in which recorded markets are played.
//!
//! [`Desk`] folds events of the account and of the market, keeps indicators, calls the handlers of a [`Strategy`] and
//! writes commands. It has no mode, no clock and no I/O: live and back-test differ by what stands around it. Prices are
//! whole price units inside; strategies see floats in the quote asset.

mod account;
mod bound;
mod compiled;
mod dealing;
mod desk;
mod feed;
mod folding;
mod followed;
mod gate;
mod intent;
mod kept;
mod market;
mod matcher;
mod order;
mod paper;
mod position;
mod recorded;
pub mod risk;
mod simulated;
mod strategy;
mod telling;
mod terms;
mod timing;

pub use account::{Account, Traded};
pub use bound::{Binding, Cell, Of, Stream};
pub use compiled::{Compiled, EmaCross, Idle, Quoter};
pub use dealing::{Dealer, Dealing, LimitRule};
pub use desk::{Desk, Sent};
pub use feed::{Bad, BadRow, Feed, Item, Problem, Reel, Tapes};
pub use followed::{Books, Followed};
pub use gate::{Action, Gate, Happened, Refusal};
pub use intent::{Intent, Misuse};
pub use kept::{EquityRow, Kept};
pub use market::{Bar, Fill, Level, Quote, Trade};
pub use matcher::Matcher;
pub use order::{Liquidity, Order, State, Ticket};
pub use paper::Paper;
pub use position::Position;
pub use recorded::{Floor, OrderRow, Played, Recorded};
pub use simulated::{Rules, Simulated, Stopped};
pub use strategy::{Failure, Handlers, Strategy};
pub use terms::Terms;
pub use timing::{Every, Timer};

#[cfg(test)]
mod tests;
