//! Trades that do not touch the shown book, and what is known before an auction.
//! Source: ITCH 5.0, "Trade Messages", "Net Order Imbalance Indicator", "Retail Price Improvement Indicator" and
//! "Direct Listing with Capital Raise Price Discovery".

use crate::error::DecodeError;
use crate::layout::{FieldLayout, FieldReader, MessageLayout};
use crate::layout::{lay_out, message, message_len, unplaced, write_field};

use super::codes::{CrossType, ImbalanceDirection, Interest, Side, YesNo};
use super::feed_message;
use super::fields::{Letter, Price4, Stock, Timestamp};

feed_message! {
    /// An order that is not shown traded.
    Trade, b'P', 44 {
        /// The order; 0 since 2010.
        order: u64,
        /// The side of the resting order; always buy since 2014.
        side: Side,
        /// How many.
        shares: u32,
        /// The instrument.
        stock: Stock,
        /// At which price.
        price: Price4,
        /// The trade.
        match_number: u64,
    }
}

feed_message! {
    /// The whole of a cross.
    CrossTrade, b'Q', 40 {
        /// How many.
        shares: u64,
        /// The instrument.
        stock: Stock,
        /// At which price.
        cross_price: Price4,
        /// The trade.
        match_number: u64,
        /// Which cross.
        cross_type: CrossType,
    }
}

feed_message! {
    /// A trade no longer counts. The book stays as it is.
    BrokenTrade, b'B', 19 {
        /// The trade.
        match_number: u64,
    }
}

feed_message! {
    /// What a cross would do now.
    Imbalance, b'I', 50 {
        /// How many would trade.
        paired_shares: u64,
        /// How many would be left.
        imbalance_shares: u64,
        /// On which side.
        direction: ImbalanceDirection,
        /// The instrument.
        stock: Stock,
        /// The price at which orders for the cross alone would cross.
        far_price: Price4,
        /// The price at which all orders would cross.
        near_price: Price4,
        /// The price that the shares are counted at.
        reference_price: Price4,
        /// Which cross.
        cross_type: CrossType,
        /// How far the near price is from the reference price.
        price_variation: Letter,
    }
}

feed_message! {
    /// Retail interest stands within the spread.
    RetailInterest, b'N', 20 {
        /// The instrument.
        stock: Stock,
        /// On which sides.
        interest: Interest,
    }
}

feed_message! {
    /// The prices that a direct listing may open at.
    ListingPrice, b'O', 48 {
        /// The instrument.
        stock: Stock,
        /// Whether it may be released to trade.
        open_eligible: YesNo,
        /// 20 % below the registered price.
        min_price: Price4,
        /// 80 % above the highest registered price.
        max_price: Price4,
        /// The price at which it would open now.
        near_price: Price4,
        /// When that was computed, in nanoseconds past midnight.
        near_time_ns: u64,
        /// 10 % below the near price.
        lower_collar: Price4,
        /// 10 % above the near price.
        upper_collar: Price4,
    }
}
