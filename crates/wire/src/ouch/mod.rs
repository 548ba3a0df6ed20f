//! OUCH 4.2: order entry in messages of fixed length.
//!
//! Each message is declared once in `inbound` or `outbound`; struct, length, decoder, encoder and the table of its
//! fields come from that declaration. Decoding looks at type and length alone: unknown codes pass as they are, and
//! judging values is the gateway's.
//! Source: "O*U*C*H", version 4.2, Nasdaq.

mod codes;
mod error;
mod fields;
mod inbound;
mod layout;
mod outbound;
mod reasons;

pub use codes::{
    BboWeight, Capacity, CrossType, CustomerType, Direction, Display, IntermarketSweep, OrderState, Side,
    SystemEventCode,
};
pub use error::DecodeError;
pub use fields::{Firm, Lifetime, MAX_SHARES, Price, Symbol, TimeInForce, Token};
pub use inbound::{CancelOrder, EnterOrder, Inbound, ModifyOrder, ReplaceOrder};
pub use layout::{FieldLayout, MessageLayout};
pub use outbound::{
    Accepted, AiqCanceled, Broken, CancelPending, CancelReject, Canceled, Executed, Modified, Outbound,
    PriorityUpdate, Rejected, Replaced, SystemEvent,
};
pub use reasons::{BrokenReason, CancelReason, LiquidityFlag, RejectReason};
