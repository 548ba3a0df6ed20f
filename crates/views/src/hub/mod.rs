//! The hub: one thread that follows the log, folds it and serves WebSocket clients.
//!
//! `reactor` the loop; `serve` what clients ask; `publish` what they are told; `ending` how a connection ends;
//! `transport` the bytes on their way; `channel`, `channels`, `client`, `table` the state; `messages`, `json`, `request` the texts;
//! `binance` another interface.

mod binance;
mod channel;
mod channels;
mod client;
mod ending;
mod json;
mod messages;
mod publish;
mod reactor;
mod request;
mod serve;
mod table;
mod transport;

pub use reactor::{Hub, WAKE};
