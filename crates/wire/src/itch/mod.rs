//! ITCH 5.0: what a venue tells the public, in messages of fixed length.
//!
//! Each message is declared once, in `orders`, `trades` or `market`; struct, length, decoder, encoder and the table of
//! its fields come from that declaration. Decoding looks at type and length alone: unknown codes pass as they are.
//! In files the messages stand in the frames of `binary_file`.
//! Source: "Nasdaq TotalView-ITCH", version 5.0; "BinaryFILE", version 1.00.

mod binary_file;
mod codes;
mod fields;
mod market;
mod orders;
mod trades;

use crate::layout::family;

pub use crate::error::DecodeError;
pub use crate::layout::{FieldKind, FieldLayout, MessageLayout};
pub use binary_file::{Frame, MAX_FRAME, next_frame, write_frame};
pub use codes::{
    Authenticity, BreachedLevel, CrossType, HaltAction, ImbalanceDirection, Interest, IpoQualifier,
    MarketCategory, MarketMakerMode, ParticipantState, RegShoAction, Side, SystemEventCode, TradingState,
    YesNo,
};
pub use fields::{Letter, Mpid, Price4, Price8, Reason, Stock, SubType, Timestamp};
pub use market::{
    AuctionCollar, BreakerLevels, BreakerStatus, IpoQuotation, OperationalHalt, ParticipantPosition, RegSho,
    StockDirectory, SystemEvent, TradingAction,
};
pub use orders::{
    AddOrder, AddOrderAttributed, OrderCancel, OrderDelete, OrderExecuted, OrderExecutedWithPrice,
    OrderReplace,
};
pub use trades::{BrokenTrade, CrossTrade, Imbalance, ListingPrice, RetailInterest, Trade};

family! {
    /// Any message of the feed.
    Message {
        SystemEvent, StockDirectory, TradingAction, RegSho, ParticipantPosition, BreakerLevels, BreakerStatus,
        IpoQuotation, AuctionCollar, OperationalHalt, AddOrder, AddOrderAttributed, OrderExecuted,
        OrderExecutedWithPrice, OrderCancel, OrderDelete, OrderReplace, Trade, CrossTrade, BrokenTrade,
        Imbalance, RetailInterest, ListingPrice,
    }
}

/// Declares a message: the head that all have, and the fields of its own.
macro_rules! feed_message {
    ($(#[$doc:meta])* $name:ident, $type_byte:literal, $len:literal { $($fields:tt)* }) => {
        message! {
            $(#[$doc])*
            $name, $type_byte, $len {
                /// The instrument's number for the day; 0 for the whole market.
                stock_locate: u16,
                /// The venue's own number.
                tracking_number: u16,
                /// Nanoseconds past midnight.
                timestamp: Timestamp,
                $($fields)*
            }
        }
    };
}

use feed_message;
