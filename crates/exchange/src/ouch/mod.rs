//! The OUCH gateway without its sockets: messages to commands (`inbound`), events to messages (`outbound`, `reasons`),
//! and the fold over both that knows tokens and sessions (`tokens`, `scale`).

mod inbound;
mod login;
mod outbound;
mod reasons;
mod scale;
mod tokens;

pub(crate) use inbound::{Entry, enter, read};
pub(crate) use login::{Decision, decide};
pub(crate) use outbound::{Account, system_event};
pub use reasons::{REASONS, reason_of};
pub(crate) use scale::Scales;

/// Longest payload of an OUCH connection in either direction: a message, or a log-in.
pub(crate) const OUCH_PAYLOAD: usize = 128;
