//! The one-byte codes that describe an order or the day. Reasons and liquidity flags are in `reasons`.
//! Source: OUCH 4.2, the fields of "Enter Order Message", "Accepted Message" and "System Event Message".

use crate::layout::{Field, FieldKind, codes};

codes! {
    /// Buy or sell.
    Side {
        /// Buy.
        BUY = b'B',
        /// Sell what one has.
        SELL = b'S',
        /// Sell short.
        SELL_SHORT = b'T',
        /// Sell short, exempt from the short sale rule.
        SELL_SHORT_EXEMPT = b'E',
    }
}

/// Which way an order goes, however it is sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Takes the instrument.
    Buy,
    /// Gives the instrument.
    Sell,
}

impl Side {
    /// Buy or sell; none for a code that is not defined.
    #[must_use]
    pub fn direction(self) -> Option<Direction> {
        match self {
            Self::BUY => Some(Direction::Buy),
            Self::SELL | Self::SELL_SHORT | Self::SELL_SHORT_EXEMPT => Some(Direction::Sell),
            _ => None,
        }
    }
}

codes! {
    /// How an order shows itself, and what it must not do.
    Display {
        /// Shown with the firm's name.
        ATTRIBUTABLE = b'A',
        /// Shown without a name.
        ANONYMOUS = b'Y',
        /// Not shown.
        NON_DISPLAY = b'N',
        /// May only add liquidity.
        POST_ONLY = b'P',
        /// Takes part in a cross only against an imbalance.
        IMBALANCE_ONLY = b'I',
        /// Pegged to the midpoint.
        MIDPOINT_PEG = b'M',
        /// Pegged to the midpoint, may only add liquidity.
        MIDPOINT_PEG_POST_ONLY = b'W',
        /// Shown with the firm's name, may only add liquidity.
        ATTRIBUTABLE_POST_ONLY = b'L',
        /// Retail order, type 1.
        RETAIL_ORDER_1 = b'O',
        /// Retail order, type 2.
        RETAIL_ORDER_2 = b'T',
        /// Retail price improvement order.
        RETAIL_PRICE_IMPROVEMENT = b'Q',
        /// Pegged to the midpoint; with `TradeNow`.
        MIDPOINT_PEG_TRADE_NOW = b'm',
        /// Not shown; with `TradeNow`.
        NON_DISPLAY_TRADE_NOW = b'n',
    }
}

codes! {
    /// For whom the firm acts.
    Capacity {
        /// As agent.
        AGENCY = b'A',
        /// As principal.
        PRINCIPAL = b'P',
        /// As riskless principal.
        RISKLESS = b'R',
        /// Otherwise.
        OTHER = b'O',
    }
}

codes! {
    /// Whether the order is an intermarket sweep.
    IntermarketSweep {
        /// It is.
        ELIGIBLE = b'Y',
        /// It is not.
        NOT_ELIGIBLE = b'N',
        /// It is one under the trade-at rule.
        TRADE_AT = b'y',
    }
}

codes! {
    /// The cross that an order is for.
    CrossType {
        /// None: the continuous market.
        NO_CROSS = b'N',
        /// The opening cross.
        OPENING = b'O',
        /// The closing cross.
        CLOSING = b'C',
        /// The cross after a halt or of a first listing.
        HALT = b'H',
        /// Supplemental order.
        SUPPLEMENTAL = b'S',
        /// Retail.
        RETAIL = b'R',
        /// Extended life.
        EXTENDED_LIFE = b'E',
    }
}

codes! {
    /// Whether the order comes from a retail client.
    CustomerType {
        /// It does.
        RETAIL = b'R',
        /// It does not.
        NOT_RETAIL = b'N',
        /// As configured for the port.
        PORT_DEFAULT = b' ',
    }
}

codes! {
    /// Whether an accepted order lives on.
    OrderState {
        /// It may trade.
        LIVE = b'L',
        /// It was accepted and is over; no further message about it comes.
        DEAD = b'D',
    }
}

codes! {
    /// What the order did to the best price when it came.
    BboWeight {
        /// 0 to 0.2 %.
        UP_TO_0_2_PERCENT = b'0',
        /// 0.2 to 1 %.
        UP_TO_1_PERCENT = b'1',
        /// 1 to 2 %.
        UP_TO_2_PERCENT = b'2',
        /// More than 2 %.
        OVER_2_PERCENT = b'3',
        /// Set the venue's best price while joining the national one.
        SETS_VENUE_BEST = b'S',
        /// Improved the national best price.
        IMPROVES_BEST = b'N',
        /// Not stated.
        UNSPECIFIED = b' ',
    }
}

codes! {
    /// What happened to the whole market.
    SystemEventCode {
        /// Orders are taken from now on. The first message of a day.
        START_OF_DAY = b'S',
        /// No more orders, replaces or executions; breaks and cancels may still come.
        END_OF_DAY = b'E',
    }
}
