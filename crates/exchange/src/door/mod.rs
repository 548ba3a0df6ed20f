//! The command door: every submitter that is not a client protocol, over SoupBinTCP on a private unix socket.
//! `packets` has the bytes, `gate` who may come in and what becomes of a command.

mod gate;
mod packets;

pub(crate) use gate::{admit, submit};
pub(crate) use packets::{DOOR_PAYLOAD, STATUS};
pub use packets::{DOOR_USER, Kind, Outcome, Request, SourceState, WINDOW, malformed_code};
