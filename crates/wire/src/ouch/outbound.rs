//! What the venue sends. Each travels in a sequenced packet, so a client that logs in again gets what it missed.
//! Source: OUCH 4.2, "Outbound Messages". Every message starts with nanoseconds past midnight.

use super::codes::{
    BboWeight, Capacity, CrossType, Display, IntermarketSweep, OrderState, Side, SystemEventCode,
};
use super::fields::{Firm, Price, Symbol, TimeInForce, Token};
use super::reasons::{BrokenReason, CancelReason, LiquidityFlag, RejectReason};
use crate::error::DecodeError;
use crate::layout::{FieldLayout, FieldReader, MessageLayout};
use crate::layout::{family, lay_out, message, message_len, unplaced, write_field};

message! {
    /// Something that concerns the whole market.
    SystemEvent, b'S', 10 {
        /// Nanoseconds past midnight.
        timestamp_ns: u64,
        /// What happened.
        event: SystemEventCode,
    }
}

message! {
    /// An order was taken, with the terms that hold: they may differ from those entered.
    Accepted, b'A', 66 {
        /// Nanoseconds past midnight.
        timestamp_ns: u64,
        /// The order.
        token: Token,
        /// Buy or sell.
        side: Side,
        /// How many.
        shares: u32,
        /// The instrument.
        symbol: Symbol,
        /// The limit.
        price: Price,
        /// How long it may rest.
        time_in_force: TimeInForce,
        /// For which firm.
        firm: Firm,
        /// How it shows itself.
        display: Display,
        /// The venue's name for the order, unique for a day.
        order_reference: u64,
        /// For whom the firm acts.
        capacity: Capacity,
        /// Whether it is an intermarket sweep.
        intermarket_sweep: IntermarketSweep,
        /// The least that may trade at once.
        min_quantity: u32,
        /// The cross that it is for.
        cross_type: CrossType,
        /// Whether it lives on.
        state: OrderState,
        /// What it did to the best price.
        bbo_weight: BboWeight,
    }
}

message! {
    /// An order took another's place, with the terms that hold. No cancel of the other comes.
    Replaced, b'U', 80 {
        /// Nanoseconds past midnight.
        timestamp_ns: u64,
        /// The new order.
        replacement_token: Token,
        /// Buy or sell.
        side: Side,
        /// How many are open.
        shares: u32,
        /// The instrument.
        symbol: Symbol,
        /// The limit.
        price: Price,
        /// How long it may rest.
        time_in_force: TimeInForce,
        /// For which firm.
        firm: Firm,
        /// How it shows itself.
        display: Display,
        /// The venue's name for the new order, unique for a day.
        order_reference: u64,
        /// For whom the firm acts.
        capacity: Capacity,
        /// Whether it is an intermarket sweep.
        intermarket_sweep: IntermarketSweep,
        /// The least that may trade at once.
        min_quantity: u32,
        /// The cross that it is for.
        cross_type: CrossType,
        /// Whether it lives on.
        state: OrderState,
        /// The order replaced.
        previous_token: Token,
        /// What it did to the best price.
        bbo_weight: BboWeight,
    }
}

message! {
    /// Shares were taken off an order; it is over when none are left.
    Canceled, b'C', 28 {
        /// Nanoseconds past midnight.
        timestamp_ns: u64,
        /// The order.
        token: Token,
        /// How many were taken off.
        decrement_shares: u32,
        /// Why.
        reason: CancelReason,
    }
}

message! {
    /// Shares were taken off an order that would have traded with one of the same owner.
    AiqCanceled, b'D', 37 {
        /// Nanoseconds past midnight.
        timestamp_ns: u64,
        /// The order.
        token: Token,
        /// How many were taken off.
        decrement_shares: u32,
        /// Why.
        reason: CancelReason,
        /// How many would have traded.
        prevented_shares: u32,
        /// At which price.
        execution_price: Price,
        /// What that would have done to the book's liquidity.
        liquidity_flag: LiquidityFlag,
    }
}

message! {
    /// An order traded, in part or as a whole.
    Executed, b'E', 40 {
        /// Nanoseconds past midnight.
        timestamp_ns: u64,
        /// The order.
        token: Token,
        /// How many traded.
        executed_shares: u32,
        /// At which price.
        execution_price: Price,
        /// What it did to the book's liquidity.
        liquidity_flag: LiquidityFlag,
        /// The trade, the same for both sides.
        match_number: u64,
    }
}

message! {
    /// An execution no longer counts.
    Broken, b'B', 32 {
        /// Nanoseconds past midnight.
        timestamp_ns: u64,
        /// The order.
        token: Token,
        /// The trade.
        match_number: u64,
        /// Why.
        reason: BrokenReason,
    }
}

message! {
    /// An order or replace was not taken. Its token is spent.
    Rejected, b'J', 24 {
        /// Nanoseconds past midnight.
        timestamp_ns: u64,
        /// The order.
        token: Token,
        /// Why.
        reason: RejectReason,
    }
}

message! {
    /// A cancel was received and cannot be done now; it will be when the order may be canceled.
    CancelPending, b'P', 23 {
        /// Nanoseconds past midnight.
        timestamp_ns: u64,
        /// The order.
        token: Token,
    }
}

message! {
    /// A cancel was received and will not be done.
    CancelReject, b'I', 23 {
        /// Nanoseconds past midnight.
        timestamp_ns: u64,
        /// The order.
        token: Token,
    }
}

message! {
    /// The venue changed an order's place in the book.
    PriorityUpdate, b'T', 36 {
        /// Nanoseconds past midnight.
        timestamp_ns: u64,
        /// The order.
        token: Token,
        /// Its price now.
        price: Price,
        /// How it shows itself now.
        display: Display,
        /// The venue's name for it now.
        order_reference: u64,
    }
}

message! {
    /// A modify was done.
    Modified, b'M', 28 {
        /// Nanoseconds past midnight.
        timestamp_ns: u64,
        /// The order.
        token: Token,
        /// The side now.
        side: Side,
        /// How many are open now.
        shares: u32,
    }
}

family! {
    /// Any message that the venue sends.
    Outbound {
        SystemEvent, Accepted, Replaced, Canceled, AiqCanceled, Executed, Broken, Rejected, CancelPending,
        CancelReject, PriorityUpdate, Modified,
    }
}
