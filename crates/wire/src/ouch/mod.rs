//! OUCH 4.2: order entry in messages of fixed length.
//!
//! Each message is declared once in `inbound` or `outbound`; struct, length, decoder, encoder and the table of its
//! fields come from that declaration. Decoding looks at type and length alone: unknown codes pass as they are, and
//! judging values is the gateway's.
//! Source: "O*U*C*H", version 4.2, Nasdaq.

mod codes;
mod fields;
mod inbound;
mod outbound;
mod reasons;

pub use crate::error::DecodeError;
pub use crate::layout::{FieldKind, FieldLayout, MessageLayout};
pub use codes::{
    BboWeight, Capacity, CrossType, CustomerType, Direction, Display, IntermarketSweep, OrderState, Side,
    SystemEventCode,
};
pub use fields::{Firm, Lifetime, MAX_SHARES, Price, Symbol, TimeInForce, Token};
pub use inbound::{CancelOrder, EnterOrder, Inbound, ModifyOrder, ReplaceOrder};
pub use outbound::{
    Accepted, AiqCanceled, Broken, CancelPending, CancelReject, Canceled, Executed, Modified, Outbound,
    PriorityUpdate, Rejected, Replaced, SystemEvent,
};
pub use reasons::{BrokenReason, CancelReason, LiquidityFlag, RejectReason};
