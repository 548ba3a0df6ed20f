//! The day, the instruments and who makes their market.
//! Source: ITCH 5.0, "System Event Message" and "Stock Related Messages".

use crate::error::DecodeError;
use crate::layout::{FieldLayout, FieldReader, MessageLayout};
use crate::layout::{lay_out, message, message_len, unplaced, write_field};

use super::codes::{
    Authenticity, BreachedLevel, HaltAction, IpoQualifier, MarketCategory, MarketMakerMode, ParticipantState,
    RegShoAction, SystemEventCode, TradingState, YesNo,
};
use super::feed_message;
use super::fields::{Letter, Mpid, Price4, Price8, Reason, Stock, SubType, Timestamp};

feed_message! {
    /// Something that concerns the whole market.
    SystemEvent, b'S', 12 {
        /// What happened.
        event: SystemEventCode,
    }
}

feed_message! {
    /// An instrument of the day, and its number.
    StockDirectory, b'R', 39 {
        /// The instrument.
        stock: Stock,
        /// Where it is listed.
        market_category: MarketCategory,
        /// Whether its company keeps the market's rules; `N` is normal.
        financial_status: Letter,
        /// How many shares are a round lot.
        round_lot_size: u32,
        /// Whether only round lots are taken.
        round_lots_only: YesNo,
        /// Its class; `C` is common stock.
        issue_classification: Letter,
        /// Its class in detail.
        issue_sub_type: SubType,
        /// Whether it is real.
        authenticity: Authenticity,
        /// Whether short sales must be closed early.
        short_sale_threshold: YesNo,
        /// Whether it is a new issue.
        ipo: YesNo,
        /// Its tier of the limit up, limit down rules; `1` or `2`.
        luld_tier: Letter,
        /// Whether it is a traded product.
        etp: YesNo,
        /// How often its leverage holds the index.
        etp_leverage: u32,
        /// Whether it goes against its index.
        inverse: YesNo,
    }
}

feed_message! {
    /// Whether an instrument trades from now on.
    TradingAction, b'H', 25 {
        /// The instrument.
        stock: Stock,
        /// Its state.
        state: TradingState,
        /// Without a meaning.
        reserved: Letter,
        /// Why.
        reason: Reason,
    }
}

feed_message! {
    /// Whether the short sale price test holds.
    RegSho, b'Y', 20 {
        /// The instrument.
        stock: Stock,
        /// The test.
        action: RegShoAction,
    }
}

feed_message! {
    /// A participant's part in an instrument's market.
    ParticipantPosition, b'L', 26 {
        /// The participant.
        participant: Mpid,
        /// The instrument.
        stock: Stock,
        /// Whether it is a primary market maker.
        primary: YesNo,
        /// How it makes the market.
        mode: MarketMakerMode,
        /// Whether it is active.
        state: ParticipantState,
    }
}

feed_message! {
    /// The levels of the market-wide circuit breaker.
    BreakerLevels, b'V', 35 {
        /// The first.
        level_1: Price8,
        /// The second.
        level_2: Price8,
        /// The third.
        level_3: Price8,
    }
}

feed_message! {
    /// A level of the market-wide circuit breaker was reached.
    BreakerStatus, b'W', 12 {
        /// Which.
        breached_level: BreachedLevel,
    }
}

feed_message! {
    /// When a new issue is released for quotation.
    IpoQuotation, b'K', 28 {
        /// The instrument.
        stock: Stock,
        /// Seconds past midnight.
        release_time_s: u32,
        /// What the time means.
        qualifier: IpoQualifier,
        /// The price of the offering.
        price: Price4,
    }
}

feed_message! {
    /// The prices that the auction after a pause may come to.
    AuctionCollar, b'J', 35 {
        /// The instrument.
        stock: Stock,
        /// The price they are counted from.
        reference_price: Price4,
        /// The highest.
        upper_price: Price4,
        /// The lowest.
        lower_price: Price4,
        /// How often they were widened.
        extension: u32,
    }
}

feed_message! {
    /// One of the operator's markets stops or starts an instrument.
    OperationalHalt, b'h', 21 {
        /// The instrument.
        stock: Stock,
        /// The market; `Q` is Nasdaq.
        market: Letter,
        /// Stop or start.
        action: HaltAction,
    }
}
