//! The one-byte codes that say why or how: cancels, rejects, broken trades, liquidity.
//! Source: OUCH 4.2, the tables of "Canceled Message", "Rejected Message", "Broken Trade Message", "Executed Message".

use crate::layout::{Field, FieldKind, codes};

codes! {
    /// Why shares were taken off an order.
    CancelReason {
        /// The client asked, by cancel or replace.
        USER_REQUESTED = b'U',
        /// The rest of an immediate-or-cancel order.
        IMMEDIATE_OR_CANCEL = b'I',
        /// The time in force ended.
        TIMEOUT = b'T',
        /// The venue's staff.
        SUPERVISORY = b'S',
        /// Executing it would break a regulation.
        REGULATORY_RESTRICTION = b'D',
        /// It would have traded with an order of the same owner.
        SELF_MATCH_PREVENTION = b'Q',
        /// The system, for no other reason listed.
        SYSTEM = b'Z',
        /// It was for a cross, did not trade there and may not rest.
        CROSS_CANCELED = b'C',
        /// It would have traded outside the market collars.
        MARKET_COLLARS = b'K',
        /// It was for the opening, and the instrument stayed halted.
        HALTED = b'H',
        /// The opening's price protection.
        OPEN_PROTECTION = b'X',
        /// It came when the instrument's day was over.
        CLOSED = b'E',
        /// Post-only, and its price would have had to slide for another market's.
        POST_ONLY_NMS = b'F',
        /// Post-only, and its price would have had to slide for an order displayed here.
        POST_ONLY_BOOK = b'G',
    }
}

codes! {
    /// Why an order or replace was not taken. `a` to `n` are checks of pre-trade risk.
    RejectReason {
        /// The port is in test mode.
        TEST_MODE = b'T',
        /// The instrument is halted or paused.
        HALTED = b'H',
        /// More shares than the safety threshold configured.
        SHARES_OVER_THRESHOLD = b'Z',
        /// No such instrument here.
        INVALID_STOCK = b'S',
        /// No such display, or not for this order.
        INVALID_DISPLAY = b'D',
        /// The market is closed.
        CLOSED = b'C',
        /// The firm is not authorized for this clearing on this account.
        FIRM_NOT_AUTHORIZED = b'L',
        /// Not at this time with this clearing.
        OUTSIDE_PERMITTED_TIMES = b'M',
        /// Not in this kind of cross.
        NOT_ALLOWED_IN_CROSS = b'R',
        /// A price that cannot be.
        INVALID_PRICE = b'X',
        /// A minimum quantity that cannot be.
        INVALID_MIN_QUANTITY = b'N',
        /// Any other reason.
        OTHER = b'O',
        /// Risk: everything is rejected.
        REJECT_ALL = b'a',
        /// Risk: not on the easy-to-borrow list.
        EASY_TO_BORROW = b'b',
        /// Risk: the instrument is restricted.
        RESTRICTED_SYMBOL = b'c',
        /// Risk: no intermarket sweeps.
        INTERMARKET_SWEEP = b'd',
        /// Risk: no odd lots.
        ODD_LOT = b'e',
        /// Risk: no midpoint orders.
        MIDPOINT = b'f',
        /// Risk: nothing before market hours.
        PRE_MARKET = b'g',
        /// Risk: nothing after market hours.
        POST_MARKET = b'h',
        /// Risk: no short sales.
        SHORT_SALE = b'i',
        /// Risk: nothing for the opening.
        ON_OPEN = b'j',
        /// Risk: nothing for the close.
        ON_CLOSE = b'k',
        /// Risk: two-sided quote.
        TWO_SIDED_QUOTE = b'l',
        /// Risk: too many shares.
        SHARES_LIMIT = b'm',
        /// Risk: too much money.
        VALUE_LIMIT = b'n',
    }
}

codes! {
    /// Why an execution no longer counts.
    BrokenReason {
        /// It was clearly erroneous.
        ERRONEOUS = b'E',
        /// Both sides agreed.
        CONSENT = b'C',
        /// The venue's staff.
        SUPERVISORY = b'S',
        /// Somebody outside.
        EXTERNAL = b'X',
    }
}

codes! {
    /// What an execution did to the book's liquidity.
    LiquidityFlag {
        /// Added: the order rested.
        ADDED = b'A',
        /// Removed: the order came.
        REMOVED = b'R',
        /// Opening cross.
        OPENING_CROSS = b'O',
        /// Opening cross, imbalance-only.
        OPENING_CROSS_IMBALANCE = b'M',
        /// Closing cross.
        CLOSING_CROSS = b'C',
        /// Closing cross, imbalance-only.
        CLOSING_CROSS_IMBALANCE = b'L',
        /// Cross of a first listing, or after a halt.
        HALT_IPO_CROSS = b'H',
        /// Cross after a halt.
        HALT_CROSS = b'K',
        /// Added without being displayed.
        NON_DISPLAYED_ADDED = b'J',
        /// Added, post-only.
        POST_ONLY_ADDED = b'W',
        /// Removed at the midpoint.
        MIDPOINT_REMOVED = b'm',
        /// Added by a midpoint order.
        MIDPOINT_ADDED = b'k',
        /// Supplemental order.
        SUPPLEMENTAL = b'0',
        /// Added, displayed, after improving the national best price.
        IMPROVED_BEST = b'7',
        /// Added, displayed, after setting the venue's best price.
        SET_VENUE_BEST = b'8',
        /// Retail, removed.
        RETAIL_REMOVED = b'd',
        /// Retail, added and displayed.
        RETAIL_ADDED = b'e',
        /// Retail, added without being displayed.
        RETAIL_NON_DISPLAYED_ADDED = b'f',
        /// Retail price improvement, added.
        RETAIL_IMPROVEMENT_ADDED = b'j',
        /// Retail, removed a retail price improvement.
        RETAIL_IMPROVEMENT_REMOVED = b'r',
        /// Retail, removed other hidden orders that improved the price.
        RETAIL_HIDDEN_IMPROVEMENT_REMOVED = b't',
        /// Added and displayed, in a designated instrument.
        DESIGNATED_ADDED = b'4',
        /// Added without being displayed, in a designated instrument.
        DESIGNATED_NON_DISPLAYED_ADDED = b'5',
        /// Removed, in a designated instrument.
        DESIGNATED_REMOVED = b'6',
        /// Added by a midpoint order without being displayed, in a designated instrument.
        DESIGNATED_MIDPOINT_ADDED = b'g',
        /// Midpoint, extended life.
        MIDPOINT_EXTENDED_LIFE = b'n',
    }
}
