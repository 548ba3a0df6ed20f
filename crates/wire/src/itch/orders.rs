//! The life of a shown order. Its book is kept by the reference, which is unique for a day.
//! Source: ITCH 5.0, "Add Order Message" and "Modify Order Messages".

use crate::error::DecodeError;
use crate::layout::{FieldLayout, FieldReader, MessageLayout};
use crate::layout::{lay_out, message, message_len, unplaced, write_field};

use super::codes::{Side, YesNo};
use super::feed_message;
use super::fields::{Mpid, Price4, Stock, Timestamp};

feed_message! {
    /// An order stands in the book.
    AddOrder, b'A', 36 {
        /// The order.
        order: u64,
        /// Its side.
        side: Side,
        /// How many.
        shares: u32,
        /// The instrument.
        stock: Stock,
        /// Its price.
        price: Price4,
    }
}

feed_message! {
    /// An order stands in the book, with the participant's name.
    AddOrderAttributed, b'F', 40 {
        /// The order.
        order: u64,
        /// Its side.
        side: Side,
        /// How many.
        shares: u32,
        /// The instrument.
        stock: Stock,
        /// Its price.
        price: Price4,
        /// Who entered it.
        attribution: Mpid,
    }
}

feed_message! {
    /// An order traded at its price, in part or as a whole.
    OrderExecuted, b'E', 31 {
        /// The order.
        order: u64,
        /// How many traded.
        shares: u32,
        /// The trade.
        match_number: u64,
    }
}

feed_message! {
    /// An order traded at another price than the one shown.
    OrderExecutedWithPrice, b'C', 36 {
        /// The order.
        order: u64,
        /// How many traded.
        shares: u32,
        /// The trade.
        match_number: u64,
        /// Whether it counts for the volume: the shares of a cross are told by the cross.
        printable: YesNo,
        /// At which price.
        execution_price: Price4,
    }
}

feed_message! {
    /// Shares were taken off an order, which stays.
    OrderCancel, b'X', 23 {
        /// The order.
        order: u64,
        /// How many were taken off.
        canceled_shares: u32,
    }
}

feed_message! {
    /// An order left the book.
    OrderDelete, b'D', 19 {
        /// The order.
        order: u64,
    }
}

feed_message! {
    /// An order left the book and another of the same side and instrument came, last at its price.
    OrderReplace, b'U', 35 {
        /// The order that left.
        original_order: u64,
        /// The order that came.
        new_order: u64,
        /// How many.
        shares: u32,
        /// Its price.
        price: Price4,
    }
}
