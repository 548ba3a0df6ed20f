//! What a client sends. It may be lost with the connection and is safe to send again: a token is taken once.
//! Source: OUCH 4.2, "Inbound Messages".

use super::codes::{Capacity, CrossType, CustomerType, Display, IntermarketSweep, Side};
use super::fields::{Firm, Price, Symbol, TimeInForce, Token};
use crate::error::DecodeError;
use crate::layout::{FieldLayout, FieldReader, MessageLayout};
use crate::layout::{family, lay_out, message, message_len, unplaced, write_field};

message! {
    /// Places an order. A token that was used before makes it void, without an answer.
    EnterOrder, b'O', 49 {
        /// The client's name for the order.
        token: Token,
        /// Buy or sell.
        side: Side,
        /// How many: 1 to [`MAX_SHARES`](super::MAX_SHARES).
        shares: u32,
        /// The instrument.
        symbol: Symbol,
        /// The limit, or [`Price::MARKET`] in a cross.
        price: Price,
        /// How long it may rest.
        time_in_force: TimeInForce,
        /// For which firm; blank for the port's own.
        firm: Firm,
        /// How it shows itself.
        display: Display,
        /// For whom the firm acts.
        capacity: Capacity,
        /// Whether it is an intermarket sweep.
        intermarket_sweep: IntermarketSweep,
        /// The least that may trade at once; 0 for any.
        min_quantity: u32,
        /// The cross that it is for.
        cross_type: CrossType,
        /// Whether it comes from a retail client.
        customer_type: CustomerType,
    }
}

message! {
    /// Puts an order in another's place. Side, symbol and the rest stay as they were.
    ReplaceOrder, b'U', 47 {
        /// The order to be replaced.
        existing_token: Token,
        /// The client's name for the new order.
        replacement_token: Token,
        /// How many in all, executed ones included.
        shares: u32,
        /// The new limit.
        price: Price,
        /// How long the new order may rest.
        time_in_force: TimeInForce,
        /// How the new order shows itself.
        display: Display,
        /// Whether it is an intermarket sweep.
        intermarket_sweep: IntermarketSweep,
        /// The least that may trade at once; 0 for any.
        min_quantity: u32,
    }
}

message! {
    /// Cancels an order or makes it smaller. Void for a token that is not live, without an answer.
    CancelOrder, b'X', 19 {
        /// The order.
        token: Token,
        /// The new intended size in all, executed ones included; 0 cancels what is left.
        shares: u32,
    }
}

message! {
    /// Changes an order without a new token: between kinds of sale, or to fewer shares.
    ModifyOrder, b'M', 20 {
        /// The order.
        token: Token,
        /// The new side; a sale stays a sale.
        side: Side,
        /// The new size in all, executed ones included.
        shares: u32,
    }
}

family! {
    /// Any message that a client sends.
    Inbound { EnterOrder, ReplaceOrder, CancelOrder, ModifyOrder }
}
