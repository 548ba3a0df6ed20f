//! Why something is not done, or must be done: a reason with the value and its limit.

use garraway_types::InstrumentId;

/// Which of the five levels a reason belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// One order.
    Order,
    /// One position.
    Position,
    /// One strategy.
    Strategy,
    /// All strategies together.
    Portfolio,
    /// The connection to the venue.
    Venue,
}

impl Level {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Position => "position",
            Self::Strategy => "strategy",
            Self::Portfolio => "portfolio",
            Self::Venue => "venue",
        }
    }
}

macro_rules! reasons {
    ($( $(#[doc = $doc:literal])+ $name:ident = $code:literal, $level:ident, $text:literal; )+) => {
        /// Why an order is refused, a position closed or a strategy locked.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Reason { $( $(#[doc = $doc])+ $name = $code, )+ }

        impl Reason {
            /// All, by their codes.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its name, as logs and tables have it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }

            /// Its level.
            pub const fn level(self) -> Level {
                match self { $(Self::$name => Level::$level,)+ }
            }

            /// What the value and the limit are, and the remedy.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

reasons! {
    /// A breaker tripped, or somebody locked the strategy.
    Locked = 1, Strategy, "the strategy is locked since that time (ns): reset it with a reason";
    /// The venue is away.
    Disconnected = 2, Venue, "the venue is away since that time (ns): wait until it is back";
    /// No price of the instrument is known.
    PriceUnknown = 3, Venue, "no price of the instrument is known: wait for its first quote or trade";
    /// The price is old.
    PriceStale = 4, Venue, "age of the last price, ns, above the limit: wait for a newer one";
    /// The order is too large.
    OrderLots = 10, Order, "lots of the order above the limit: send less";
    /// The order is worth too much.
    OrderNotional = 11, Order, "value of the order above the limit: send less";
    /// Its price is too far away.
    OrderDistance = 12, Order, "basis points between the order's price and the mark above the limit: price it nearer";
    /// The position would have too many lots.
    PositionLots = 20, Position, "lots of the position with all open orders filled above the limit: send less or cancel some";
    /// The position would be worth too much.
    PositionNotional = 21, Position, "value of the position with all open orders filled above the limit: send less or cancel some";
    /// The position lost too much of its cost.
    StopLoss = 22, Position, "basis points of its cost that the position lost, at or above the limit: it is closed";
    /// The mark fell too far from its best.
    TrailingStop = 23, Position, "basis points that the mark is from its best since the opening, at or above the limit: the position is closed";
    /// Too many orders are open.
    OpenOrders = 30, Strategy, "open orders with this one above the limit: cancel some";
    /// Too many orders in a second.
    OrderRate = 31, Strategy, "orders within a second with this one above the limit: wait";
    /// The strategy lost too much today.
    DailyLoss = 32, Strategy, "loss of the day at or above the limit: the strategy is locked";
    /// The strategy lost too much since its best.
    Drawdown = 33, Strategy, "loss since the best at or above the limit: the strategy is locked";
    /// It was refused too often.
    RepeatedRefusals = 34, Strategy, "refusals within the time at the limit: the strategy is locked";
    /// All positions together are worth too much.
    GrossNotional = 40, Portfolio, "gross value with all open orders filled above the limit: send less or cancel some";
    /// All positions together lean too far to one side.
    NetNotional = 41, Portfolio, "net value with all open orders of a side filled above the limit: send less or cancel some";
    /// Too many instruments.
    OpenPositions = 42, Portfolio, "instruments with a position or an open order above the limit: close one";
    /// One instrument is too much of it.
    Concentration = 43, Portfolio, "basis points of the gross value in this instrument above the limit: send less";
    /// All strategies together lost too much today.
    PortfolioDailyLoss = 44, Portfolio, "loss of the day of all strategies at or above the limit: all are locked";
    /// The venue was away for too long.
    ConnectivityLost = 50, Venue, "time that the venue was away, ns, at or above the limit: the strategy is locked";
    /// Somebody locked it.
    StoppedByHand = 51, Strategy, "an emergency stop: unlock with a reason";
}

/// A reason with its figures. `instrument` is 0 where it is about none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// What it is about.
    pub instrument: InstrumentId,
    /// The value, in the unit that [`Reason::text`] names.
    pub value: i64,
    /// Its limit.
    pub limit: i64,
}

/// What must be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Cancel the orders of this instrument and close its position.
    Close(Refusal),
    /// Cancel all orders; the strategy is locked. With `flatten` close all positions, too.
    Stop {
        /// Why.
        why: Refusal,
        /// Whether positions are closed.
        flatten: bool,
    },
}
