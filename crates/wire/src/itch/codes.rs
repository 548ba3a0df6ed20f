//! The one-byte codes of the feed.
//! Source: ITCH 5.0, "System Event Message" to "Retail Price Improvement Indicator".

use crate::layout::{Field, FieldKind, codes};

codes! {
    /// The side of an order.
    Side {
        /// Buy.
        BUY = b'B',
        /// Sell.
        SELL = b'S',
    }
}

codes! {
    /// What happened to the whole market.
    SystemEventCode {
        /// The first message of the day.
        START_OF_MESSAGES = b'O',
        /// Orders may be entered.
        START_OF_SYSTEM_HOURS = b'S',
        /// Market hours begin.
        START_OF_MARKET_HOURS = b'Q',
        /// Market hours are over.
        END_OF_MARKET_HOURS = b'M',
        /// No more orders are taken.
        END_OF_SYSTEM_HOURS = b'E',
        /// The last message of the day.
        END_OF_MESSAGES = b'C',
    }
}

codes! {
    /// Yes or no, where the feed may also know neither.
    YesNo {
        /// Yes.
        YES = b'Y',
        /// No.
        NO = b'N',
        /// Not available.
        UNKNOWN = b' ',
    }
}

codes! {
    /// The market that an instrument is listed on.
    MarketCategory {
        /// Nasdaq Global Select Market.
        NASDAQ_GLOBAL_SELECT = b'Q',
        /// Nasdaq Global Market.
        NASDAQ_GLOBAL = b'G',
        /// Nasdaq Capital Market.
        NASDAQ_CAPITAL = b'S',
        /// New York Stock Exchange.
        NYSE = b'N',
        /// NYSE American.
        NYSE_AMERICAN = b'A',
        /// NYSE Arca.
        NYSE_ARCA = b'P',
        /// Cboe BZX.
        BATS_Z = b'Z',
        /// Investors Exchange.
        IEX = b'V',
        /// Not available.
        UNKNOWN = b' ',
    }
}

codes! {
    /// Whether an instrument is real.
    Authenticity {
        /// It trades.
        LIVE = b'P',
        /// It is for tests.
        TEST = b'T',
    }
}

codes! {
    /// Whether an instrument trades.
    TradingState {
        /// Halted.
        HALTED = b'H',
        /// Paused.
        PAUSED = b'P',
        /// Quotes are taken, trades are not.
        QUOTATION_ONLY = b'Q',
        /// It trades.
        TRADING = b'T',
    }
}

codes! {
    /// The short sale price test.
    RegShoAction {
        /// None in effect.
        NONE = b'0',
        /// In effect since a fall of today.
        STARTED_TODAY = b'1',
        /// Still in effect.
        REMAINS = b'2',
    }
}

codes! {
    /// How a market maker takes part.
    MarketMakerMode {
        /// Normally.
        NORMAL = b'N',
        /// Passively.
        PASSIVE = b'P',
        /// In a syndicate.
        SYNDICATE = b'S',
        /// Before a syndicate.
        PRE_SYNDICATE = b'R',
        /// As a penalty bid.
        PENALTY = b'L',
    }
}

codes! {
    /// The state of a market participant.
    ParticipantState {
        /// Active.
        ACTIVE = b'A',
        /// Excused.
        EXCUSED = b'E',
        /// Withdrawn.
        WITHDRAWN = b'W',
        /// Suspended.
        SUSPENDED = b'S',
        /// Deleted.
        DELETED = b'D',
    }
}

codes! {
    /// The level of the market-wide circuit breaker that was reached.
    BreachedLevel {
        /// The first.
        FIRST = b'1',
        /// The second.
        SECOND = b'2',
        /// The third.
        THIRD = b'3',
    }
}

codes! {
    /// What the time of an initial offering means.
    IpoQualifier {
        /// Quotation begins at it.
        ANTICIPATED = b'A',
        /// The offering is canceled or postponed.
        CANCELED = b'C',
    }
}

codes! {
    /// An operational halt.
    HaltAction {
        /// It begins.
        HALTED = b'H',
        /// It is over.
        TRADING = b'T',
    }
}

codes! {
    /// The cross.
    CrossType {
        /// The opening cross.
        OPENING = b'O',
        /// The closing cross.
        CLOSING = b'C',
        /// The cross after a halt or of a first listing.
        HALT = b'H',
        /// Intraday and after close.
        INTRADAY = b'I',
        /// Extended trading close.
        EXTENDED_CLOSE = b'A',
    }
}

codes! {
    /// The side that an auction has too much of.
    ImbalanceDirection {
        /// Buy.
        BUY = b'B',
        /// Sell.
        SELL = b'S',
        /// Neither.
        NONE = b'N',
        /// Too few orders to tell.
        INSUFFICIENT = b'O',
        /// The auction is paused.
        PAUSED = b'P',
    }
}

codes! {
    /// The sides that retail interest stands on.
    Interest {
        /// Buy.
        BUY = b'B',
        /// Sell.
        SELL = b'S',
        /// Both.
        BOTH = b'A',
        /// Neither.
        NONE = b'N',
    }
}
